"""Reading the safety-critical steps of a procedure as releases teach them: what an evaluator looks for."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.content.pieces import Piece, PieceKind
from app.releases.comparing import pieces
from app.releases.models import ReleasePiece
from app.releases.queries import InForce


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A safety-critical step: the release that teaches it, its row such as "procedure/stp-001", phase and text."""

    release_id: int
    fact: str
    phase: str
    text: str


def critical_steps(session: Session, in_force: Iterable[InForce], procedure: str) -> list[Step]:
    """Return the safety-critical steps of a procedure by these releases, in their order; one query.

    What several releases word alike stands once. Drafts are not in it, nor rows that were withdrawn.
    """
    found = list(in_force)
    kept: dict[int, list[Piece]] = {}
    query = select(ReleasePiece).where(
        ReleasePiece.release_id.in_([one.release.id for one in found]), ReleasePiece.kind == PieceKind.FACT.value
    )
    for row in session.scalars(query.order_by(ReleasePiece.release_id, ReleasePiece.position)):
        piece = Piece(key=row.key, kind=PieceKind.FACT, title=row.title, values=row.shown)
        kept.setdefault(row.release_id, []).append(piece)
    steps: dict[tuple[str, str], Step] = {}
    for one in found:
        # Published before releases kept their pieces: these are read from its files.
        for piece in kept.get(one.release.id) or pieces(session, one.release):
            if _is_critical(piece, procedure) and piece.key not in one.withdrawn.facts:
                told = Step(
                    release_id=one.release.id, fact=piece.key, phase=piece.values["phase"], text=piece.values["step"]
                )
                steps.setdefault((told.fact, told.text), told)
    return list(steps.values())


def _is_critical(piece: Piece, procedure: str) -> bool:
    values = piece.values
    return (
        piece.key.startswith("procedure/")
        and values.get("procedure") == procedure
        and values.get("safety_critical") == "yes"
        and values.get("standing") != "draft"
    )
