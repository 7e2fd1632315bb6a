"""The immutable values that a course consists of, and the item that is asked from them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Standing(StrEnum):
    """Who vouches for a fact's figures."""

    CITED = "cited"
    PROTOCOL = "protocol"
    DRAFT = "draft"


class Decision(StrEnum):
    """What a settings row says of a technician treating these skin types."""

    ALLOWED = "allowed"
    WITH_SIGN_OFF = "with_sign_off"
    NOT_ALLOWED = "not_allowed"


class ItemType(StrEnum):
    """The five ways to answer an item."""

    SINGLE = "single-choice"
    MULTIPLE = "multiple-choice"
    NUMERIC = "numeric"
    ORDERING = "ordering"
    MATCHING = "matching"


class Scoring(StrEnum):
    """How a partly right response counts."""

    ALL_OR_NOTHING = "all_or_nothing"
    PER_CORRECT = "per_correct"
    PAIRS = "pairs"


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Problem:
    """One thing to mend in a course: where it is, and what to do."""

    path: str
    line: int | None = None
    column: int | None = None
    field: str | None = None
    message: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A work that facts rest on; `read` says whether somebody opened it."""

    id: str
    citation: str
    url: str | None
    read: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Device:
    """A treatment device; wavelengths in nm, None for a device without one."""

    id: str
    name: str
    wavelength_min_nm: float | None
    wavelength_max_nm: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Lesson:
    """One lesson; `text` is its Markdown source, `minutes` the reading time."""

    id: str
    title: str
    objectives: tuple[str, ...]
    minutes: int
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """A closed range of a quantity: J/cm² (fluence), ms (pulse), mm (spot), mJ (pulse energy)."""

    low: float
    high: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """What every row of a fact table carries; `line` is its line in the file."""

    id: str
    objective: str
    standing: Standing
    sources: tuple[str, ...]
    fact: str | None
    conflict: str | None
    line: int


@dataclass(frozen=True, kw_only=True, slots=True)
class SettingsRow(Fact):
    """Settings of one device and procedure for a span of Fitzpatrick skin types (1–6)."""

    device: str
    procedure: str
    skin_type_min: int
    skin_type_max: int
    decision: Decision
    fluence: Range | None = None
    pulse: Range | None = None
    spot: Range | None = None
    pulse_energy: Range | None = None
    passes: Range | None = None
    interval_weeks: Range | None = None
    cooling: str | None = None
    tone_rule: str | None = None
    endpoint: str | None = None
    stop_if: str | None = None
    test_spot: str | None = None
    why: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContraindicationRow(Fact):
    """A condition and what the technician does about it; `defer_days` 0 means until resolved."""

    condition: str
    category: str
    strength: str
    action: str
    defer_days: int | None
    applies_to: tuple[str, ...]  # device ids; empty means all
    procedures: tuple[str, ...]  # empty means all
    decided_by: str | None
    ask: str | None
    why: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRow(Fact):
    """A step of a procedure; `after` names the steps that come before it (direct ones)."""

    procedure: str
    phase: str
    step: str
    after: tuple[str, ...]
    safety_critical: bool
    stop_if: str | None
    record: str | None
    why: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class StatementRow(Fact):
    """A single checked statement with its prompt and answers."""

    statement: str
    prompt: str
    correct: str
    wrong: tuple[str, ...]
    critical: bool
    why: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of an exam: `items` items of one objective, drawn from these sources."""

    objective: str
    items: int
    draw_from: tuple[str, ...]
    cut_score_percent: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Exam:
    """The exam's blueprint and rules; minutes, hours, percentages 1–100."""

    cut_score_percent: int
    time_limit_minutes: int
    attempts: int
    retake_wait_hours: int
    sections: tuple[Section, ...]
    critical_items: str = "must_pass"
    review: str = "after_pass"
    certainty: bool = False
    proctor_code: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Scheme:
    """What a certification needs and grants (ISO/IEC 17024's scheme)."""

    title: str
    validity_months: int
    expiry_basis: str  # completion | previous_expiry | fixed
    renewal_window_days: int
    grace_days: int
    requires_lessons: str  # all | none
    requires_sign_offs: int
    requires_certifications: tuple[str, ...]
    scope_devices: tuple[str, ...]
    scope_skin_types: tuple[int, ...]
    scope_procedures: tuple[str, ...]
    practice_per_cell: int | None
    renewal_lessons: str | None
    renewal_items: int | None
    disclaimer: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """One choice, step, or side of a pair; `why` is shown by the review policy."""

    id: str
    text: str
    why: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One scorable question.

    `id` is "family/table/row[/quantity]" or "items/<id>"; `key_row` is what a paper may hold only once.
    `key` by type: single and multiple, tuple of option ids; numeric, {"min", "max", "unit"};
    ordering, tuple of (before, after) option-id pairs (transitive); matching, {left id: right id}.
    `rights` are the right-hand options of a matching item. `notice` is a sentence that must stand with it.
    """

    id: str
    family: str
    seed: int
    type: ItemType
    objective: str
    draw_from: str  # settings | contraindications | procedure | statements | cases | items
    key_row: str
    stem: str
    options: tuple[Option, ...]
    key: Any
    critical: bool
    facts: tuple[str, ...]
    sources: tuple[str, ...]
    why: str | None
    rights: tuple[Option, ...] = ()
    scoring: Scoring = Scoring.ALL_OR_NOTHING
    media: tuple[str, str] | None = None  # file, alt
    notice: str | None = None


@dataclass(frozen=True, kw_only=True)
class Course:
    """A checked course with its register of sources and devices; `files` are the bytes it was read from."""

    id: str
    title: str
    summary: str
    edition: str
    language: str
    study_minutes: int
    objectives: dict[str, str]
    lessons: tuple[Lesson, ...]
    devices: tuple[str, ...]
    exam: Exam
    scheme: Scheme
    settings: tuple[SettingsRow, ...] = ()
    contraindications: tuple[ContraindicationRow, ...] = ()
    procedure: tuple[StepRow, ...] = ()
    statements: tuple[StatementRow, ...] = ()
    items: tuple[Item, ...] = ()  # hand-written, options in file order, seed 0
    sources: dict[str, Source] = field(default_factory=dict)
    device_register: dict[str, Device] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
