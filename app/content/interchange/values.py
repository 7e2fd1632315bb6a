"""An item on its way in: what a file of another system says, before the course format's own rules see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from app.content.values import ItemType, Scoring


class CannotTakeError(Exception):
    """An item that this format cannot say without changing what it means; `line` where it is not the item's own."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


class FileRefusedError(Exception):
    """A file of which nothing can be read; the message says what to do."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One option; texts are Markdown."""

    text: str
    correct: bool
    why: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Labels:
    """What a file says about an item beside the item: names that may be an objective's, and our own labels."""

    objective: str | None = None
    others: tuple[str, ...] = ()  # categories and tags, the most telling first
    critical: bool = False
    scoring: Scoring | None = None
    facts: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Candidate:
    """An item that can be said in the course format, if it keeps that format's own rules.

    By type: single and multiple, `choices`; numeric, `low` and `high` (both count) with `unit`, None where the
    file names none; ordering, `steps`; matching, `pairs` of left and right. Texts are Markdown.
    """

    name: str
    line: int
    type: ItemType
    stem: str
    scoring: Scoring = Scoring.ALL_OR_NOTHING
    choices: tuple[Choice, ...] = ()
    low: Decimal | None = None
    high: Decimal | None = None
    unit: str | None = None
    steps: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    why: str | None = None
    labels: Labels = field(default_factory=Labels)
    notes: tuple[str, ...] = ()
    path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """An item that is left out, by its name in the file, and why."""

    name: str
    line: int | None
    reason: str
    path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Home:
    """The course that items go into: its objectives, sources, rows as table/row, and the ids its items have."""

    objectives: Mapping[str, str]
    sources: frozenset[str] = frozenset()
    rows: frozenset[str] = frozenset()
    item_ids: frozenset[str] = frozenset()


Found = Candidate | Refusal
