"""A line of the table of roles and pages, and what nobody has."""

from collections.abc import Mapping
from dataclasses import dataclass, field

ROLES = ("stranger", "ann", "max", "eva", "mira", "ada", "tom", "ida", "olga")
# What nobody has: an id, a course, a lesson, a hash, a token and a number that are well written.
UNKNOWN = {
    "ann": "999999",
    "gone": "999999",
    "certification": "999999",
    "interlock": "999999",
    "bulk_change": "999999",
    "attempt": "999999",
    "failed": "999999",
    "grant": "999999",
    "accommodation": "999999",
    "task": "999999",
    "sign_off": "999999",
    "appointment": "999999",
    "release": "999999",
    "revised": "999999",
    "case": "999999",
    "appeal": "999999",
    "certificate": "999999",
    "regrade": "999999",
    "item": "0" * 64,
    "riverside": "999999",
    "api_token": "999999",
    "course": "no-such-course",
    "lesson": "no-such-lesson",
    "hash": "0" * 64,
    "refreshed": "999999",
    "link": "x" * 43,
    "number": "0000-0000-0000-00000",
    "recall": "999999",
    "recalled": "999999",
    "recall_item": "999999",
    "item_id": "statement/statements/no-such-fact",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A page: its endpoint and method, a path with names in it, what its form sends, the status for each role."""

    endpoint: str
    method: str
    path: str
    statuses: tuple[int, ...]
    form: dict[str, str] = field(default_factory=dict)

    @property
    def about(self) -> bool:
        """Whether the page is about one thing, so that there is one that nobody has."""
        return any(f"{{{name}}}" in self.path for name in UNKNOWN)

    def url(self, names: Mapping[str, str]) -> str:
        """Return the page's address."""
        return self.path.format_map(names)

    def fields(self, names: Mapping[str, str]) -> dict[str, str]:
        """Return what the page's form sends."""
        return {name: value.format_map(names) for name, value in self.form.items()}


def row(endpoint: str, method: str, path: str, statuses: str, **form: str) -> Row:
    """Return a line of the table, as it is written below."""
    return Row(
        endpoint=endpoint, method=method, path=path, statuses=tuple(int(one) for one in statuses.split()), form=form
    )
