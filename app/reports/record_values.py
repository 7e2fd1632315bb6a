"""What a training record says, as values: the JSON that a person takes along is exactly this, and so is its schema.

Days are days in the organisation's time zone, instants are in UTC. Lists stand in a stable order: courses and
certifications by when they began, everything else by when it was recorded.
"""

from datetime import date, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SCHEMA_ID = "fluence-training-record/1"
NOT_A_LICENCE = (
    "A certification says what was learned, examined and observed. It is not a licence and replaces none: "
    "who may treat people is decided by the law of the place."
)


class Value(BaseModel):
    """A part of a record: nothing in it changes, and nothing beside it is taken."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Holder(Value):
    """Whose record it is."""

    account_id: int
    name: str = Field(description="As it is now; a certification keeps the name that it was issued to")
    organisation: str
    clinics: list[str] = Field(description="Where the person held a role at the end of the day")
    disabled_at: datetime | None


class Assignment(Value):
    """A course that was to be completed."""

    course: str
    title: str
    assigned_at: datetime
    due_on: date | None = Field(description="As it stands now; a change of the day is an entry of the trail")


class LessonRead(Value):
    """A lesson that the person marked as read."""

    course: str
    lesson: str
    title: str
    edition: str
    read_at: datetime


class PartScore(Value):
    """What was got in the part of an exam that asks about one objective, in items."""

    objective: str
    title: str
    got: str = Field(description="An exact fraction such as 5/1")
    of: int
    reached: bool


class Score(Value):
    """A score as it was reckoned."""

    numerator: int
    denominator: int
    percent: int = Field(description="Whole percent, rounded down")
    passed: bool
    parts: list[PartScore]


class ExamAttempt(Value):
    """One sitting of an exam: what it closed with, and what counts since keys were corrected."""

    course: str
    title: str
    edition: str
    number: int
    started_at: datetime
    closed_at: datetime | None
    closed_by: str | None = Field(description="submitted, ran_out, ended (with the account) or withdrawn")
    original: Score | None
    regraded: Score | None = Field(description="None where no corrected key changed it")
    regraded_at: datetime | None
    edition_withdrawn: bool = Field(description="Sat on an edition that was withdrawn whole; it does not count")


class ExtraAttempt(Value):
    """One more attempt than the course gives."""

    course: str
    granted_at: datetime
    granted_by: str
    reason: str


class SignedOff(Value):
    """An evaluator's attestation of an observed treatment; no client is ever named."""

    procedure: str
    device: str
    skin_type: int
    observed_on: date
    attested_at: datetime
    evaluator: str
    outcome: str | None = Field(description="safe, prompted or stopped; null where nobody recorded it at that time")
    state: str = Field(description="waiting, contested, counted, not_counted or corrected; counted alone is practice")


class Period(Value):
    """From when to when a certification is valid; last days count."""

    first_on: date
    last_on: date
    grace_last_on: date
    due_from_on: date


class Cell(Value):
    """A device, skin type and procedure with what was granted for it."""

    procedure: str
    device: str
    skin_type: int
    decision: str


class OnHold(Value):
    """A granted cell in which the holder may not treat on the day, since when and why."""

    procedure: str
    device: str
    skin_type: int
    since_on: date
    reason_code: str | None
    reason: str | None


class Recall(Value):
    """A recall that concerns a certification, because a fact that it rests on changed."""

    number: int
    title: str
    task: str = Field(description="read, quiz or exam")
    consequence: str
    started_at: datetime
    due_on: date
    done_on: date | None
    ended_on: date | None = Field(description="Where a medical director ended it early")


class Event(Value):
    """What happened to a certification."""

    kind: str
    effective_on: date
    recorded_at: datetime
    actor: str | None = Field(description="None where requirements that were met decided, and nobody acted")
    reason_code: str | None
    reason: str | None
    edition: str | None
    content_hash: str | None
    period: Period | None
    cells: list[Cell] | None = Field(description="Those that it concerns; none named: the whole certification")


class CertificationLife(Value):
    """A certification with its state on the day and its whole life up to then."""

    number: str
    name: str = Field(description="To whom it was issued, frozen")
    course: str
    title: str
    edition: str
    issuer: str
    disclaimer: str
    state: str = Field(description="revoked, superseded, suspended, expired, grace or active")
    due: bool
    since_on: date | None
    first_issued_on: date | None
    reason_code: str | None
    reason: str | None
    period: Period | None = Field(description="The one that ends last, begun or not")
    devices: dict[str, Any]
    cells: list[Cell] = Field(description="In force only while the state is active or grace, and not on hold")
    on_hold: list[OnHold]
    recalls: list[Recall]
    events: list[Event]


class EvidenceDecision(Value):
    """What somebody decided about evidence."""

    accepted: bool
    course: str | None
    requirements: list[str] = Field(description="lessons, exam, sign_offs or certification:COURSE")
    decided_by: str
    decided_at: datetime
    reason: str


class OutsideEvidence(Value):
    """A certificate of another body or an earlier system."""

    issuer: str
    number: str
    title: str
    issued_on: date
    expires_on: date | None
    file_sha256: str
    uploaded_by: str
    uploaded_at: datetime
    decisions: list[EvidenceDecision]


class Accommodation(Value):
    """What was granted for a fair exam."""

    course: str | None = Field(description="None for every exam")
    time_factor: str
    extra_attempts: int
    breaks: int
    break_minutes: int
    first_on: date
    last_on: date | None
    granted_at: datetime
    granted_by: str
    ended_at: datetime | None
    reason: str


class Reading(Value):
    """Somebody else who opened this record; once a reader and day."""

    reader: str
    read_at: datetime


class TrainingRecord(Value):
    """The training record of a person as of a day, by what was known on a day."""

    kind: Literal["fluence-training-record/1"] = "fluence-training-record/1"
    demo: bool = Field(description="People and certificates are invented")
    as_of: date
    known_on: date
    made_at: datetime
    time_zone: str
    holder: Holder
    assignments: list[Assignment]
    lessons: list[LessonRead]
    attempts: list[ExamAttempt]
    extra_attempts: list[ExtraAttempt]
    sign_offs: list[SignedOff]
    certifications: list[CertificationLife]
    evidence: list[OutsideEvidence]
    accommodations: list[Accommodation] | None = Field(description="None where they were left out")
    readings: list[Reading]
    disclaimer: str = NOT_A_LICENCE


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a record, as it is served beside the site."""
    return {"$id": SCHEMA_ID, **TrainingRecord.model_json_schema(mode="serialization")}
