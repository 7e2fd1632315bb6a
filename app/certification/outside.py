"""What of a decision rests on evidence from outside: only where a requirement is met by nothing else."""

from typing import Any

from app.certification.standing import Standing
from app.learning.queries import Acceptance


def frozen(one: Acceptance, where: Standing) -> dict[str, Any]:
    """Return what a certification keeps of evidence that it rests on."""
    said = {"id": one.evidence_id, "issuer": one.issuer, "number": one.number, "title": one.title}
    return {**said, "for": sorted(met_by(where) & set(one.requirements))}


def met_by(where: Standing) -> frozenset[str]:
    """Return the requirements that only evidence from outside meets."""
    return frozenset(one.from_outside for one in where.assessment.requirements if one.from_outside)


def used(where: Standing) -> list[Acceptance]:
    """Return the evidence from outside without which a requirement would be missing."""
    return [one for one in where.accepted if met_by(where) & set(one.requirements)]


def in_words(where: Standing) -> str | None:
    """Return in words which evidence from outside a decision rests on, or None."""
    told = "; ".join(f"{one.title}, {one.issuer}, {one.number}" for one in used(where))
    return f"Rests on evidence from outside: {told}"[:500] if told else None
