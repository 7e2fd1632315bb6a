"""What rests on the changes of a release, by id, as the reports found it and as a signature keeps it; pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """What rests on one change, counted."""

    items: int = 0
    certifications: int = 0
    people: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Impact:
    """Ids of what rests on the changes: items asked, attempts that are open, certifications in force, people, clinics.

    `by_change` counts the same for each change, by its key.
    """

    items: tuple[str, ...] = ()
    attempts: tuple[int, ...] = ()
    certifications: tuple[int, ...] = ()
    people: tuple[int, ...] = ()
    clinics: tuple[int, ...] = ()
    by_change: Mapping[str, Touched] = field(default_factory=dict, compare=False)

    @property
    def counts(self) -> dict[str, int]:
        """How many of each rest on the changes."""
        return {name: len(ids) for name, ids in self._ids().items()}

    @property
    def digest(self) -> str:
        """SHA-256 (hex) over all ids: two impacts with the same digest are the same."""
        spelled = json.dumps(self._ids(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(spelled.encode()).hexdigest()

    def as_values(self) -> dict[str, Any]:
        """Return what a signature keeps: the counts, and the digest of the ids."""
        return {**self.counts, "sha256": self.digest}

    def stored(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the ids, and the counts by change, as JSON values."""
        return self._ids(), {key: asdict(one) for key, one in self.by_change.items()}

    @classmethod
    def from_stored(cls, ids: Mapping[str, Any], by_change: Mapping[str, Any]) -> "Impact":
        """Return an impact from its stored values."""
        told = {key: Touched(**one) for key, one in by_change.items()}
        return cls(**{name: tuple(ones) for name, ones in ids.items()}, by_change=told)

    def _ids(self) -> dict[str, list[Any]]:
        return {one.name: sorted(getattr(self, one.name)) for one in fields(self) if one.name != "by_change"}


NO_IMPACT = Impact()
