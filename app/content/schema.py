"""The YAML files of a course as strict models: the checker and the JSON Schema are made from the same ones."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter

from app.content.cells import ID_LENGTH, ID_PATTERN

TEXT_PATTERN: Final = r"\S"
LINE_PATTERN: Final = r"^[^\n]*\S[^\n]*\n?$"  # a folded YAML text ends with one line feed
URL_PATTERN: Final = r"^https?://[^\s/]\S*$"
LANGUAGE_PATTERN: Final = (
    r"^([A-Za-z]{2,3}(-[A-Za-z]{3}){0,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|[0-9]{3}))?"
    r"(-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*(-[A-WY-Za-wy-z0-9](-[A-Za-z0-9]{2,8})+)*(-[xX](-[A-Za-z0-9]{1,8})+)?"
    r"|[xX](-[A-Za-z0-9]{1,8})+)$"
)
DISCLAIMER: Final = "This certificate is the clinic's own. It is not a licence and replaces none."


def _no_number(value: object) -> object:
    """Keep 1 and 0 from passing for true and false, to which Python holds them equal."""
    return str(value) if type(value) in (int, float) else value


def _only_whole(value: object) -> object:
    """Keep true and 1.0 from passing for 1, to which Python holds them equal."""
    return str(value).lower() if isinstance(value, bool | float) else value


Id = Annotated[str, StringConstraints(pattern=ID_PATTERN, max_length=ID_LENGTH)]
Text = Annotated[str, StringConstraints(pattern=TEXT_PATTERN)]
Line = Annotated[str, StringConstraints(pattern=LINE_PATTERN)]
Url = Annotated[str, StringConstraints(pattern=URL_PATTERN)]
Language = Annotated[str, StringConstraints(pattern=LANGUAGE_PATTERN)]
Whole = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Percent = Annotated[int, Field(ge=1, le=100)]
SkinType = Annotated[int, Field(ge=1, le=6)]
Figure = Annotated[float, Field(ge=0)]
Wavelength = Annotated[float, Field(gt=0)]
YesNo = Literal["yes", "no"]
Flag = Annotated[Literal[True, False, "yes", "no"], BeforeValidator(_no_number)]
DrawFrom = Literal["settings", "contraindications", "procedure", "statements", "cases", "items"]


def _optional() -> Any:
    """Return a key that may be left out, and that has no empty value: null is refused."""
    return Field(default=None, json_schema_extra=_without_default)


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class Strict(BaseModel):
    """A mapping of the format: no other keys, no conversion of types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    def given(self, key: str) -> Any:
        """Return the value of an optional key, or None where the file leaves it out."""
        return getattr(self, key) if key in self.model_fields_set else None


class SourceEntry(Strict):
    """A work of the bibliography."""

    citation: Text
    url: Url = _optional()
    read: YesNo


class DeviceEntry(Strict):
    """A device of the register; wavelengths in nm, both or neither."""

    name: Line
    wavelength_min_nm: Wavelength = _optional()
    wavelength_max_nm: Wavelength = _optional()


class LessonEntry(Strict):
    """A lesson in the order of the course; `minutes` is the reading time."""

    id: Id
    title: Line
    objectives: list[Id]
    minutes: Whole


class SectionEntry(Strict):
    """A part of the exam."""

    objective: Id
    items: Positive
    draw_from: list[DrawFrom] = Field(min_length=1)
    cut_score_percent: Percent = _optional()


class ExamEntry(Strict):
    """The exam's blueprint and rules."""

    cut_score_percent: Percent
    time_limit_minutes: Positive
    attempts: Positive
    retake_wait_hours: Whole
    sections: list[SectionEntry] = Field(min_length=1)
    critical_items: Literal["must_pass", "counted"] = "must_pass"
    review: Literal["after_pass", "after_last_attempt", "never"] = "after_pass"
    certainty: YesNo = "no"
    proctor_code: YesNo = "no"


class RequiresEntry(Strict):
    """What somebody must have before a certification is issued."""

    lessons: Literal["all", "none"]
    sign_offs: Whole
    certifications: list[Id]


class ScopeEntry(Strict):
    """The product of which a certification grants the cells that settings.csv allows."""

    devices: list[Id]
    skin_types: list[SkinType]
    procedures: list[Id]


class PracticeEntry(Strict):
    """How many observed treatments grant a cell."""

    per_cell: Whole


class RenewalEntry(Strict):
    """What a renewal asks."""

    lessons: Literal["all", "changed", "none"]
    items: Whole


class SchemeEntry(Strict):
    """The certification scheme."""

    title: Line
    validity_months: Positive
    expiry_basis: Literal["completion", "previous_expiry", "fixed"]
    renewal_window_days: Whole
    grace_days: Whole
    requires: RequiresEntry
    scope: ScopeEntry
    practice: PracticeEntry = _optional()
    renewal: RenewalEntry = _optional()
    disclaimer: Line = DISCLAIMER


class CourseEntry(Strict):
    """The file course.yaml."""

    format: Annotated[Literal[1], BeforeValidator(_only_whole)]
    title: Line
    summary: Line
    edition: Line
    language: Language
    study_minutes: Whole
    objectives: dict[Id, Line] = Field(min_length=1)
    lessons: list[LessonEntry]
    devices: list[Id]
    exam: ExamEntry
    scheme: SchemeEntry


class MediaEntry(Strict):
    """A picture that stands with an item."""

    file: Line
    alt: Text


class OptionEntry(Strict):
    """A choice; `why` says why it is right or wrong."""

    text: Text
    correct: Flag = False
    why: Text = _optional()


class PairEntry(Strict):
    """Two things that belong together."""

    left: Text
    right: Text


class AnswerEntry(Strict):
    """The figures that a numeric item accepts, both ends included."""

    min: Figure
    max: Figure
    unit: Line


class ItemEntry(Strict):
    """What every item of items.yaml may hold."""

    id: Id
    objective: Id
    stem: Text
    critical: Flag = False
    facts: list[Text] = []
    sources: list[Id] = []
    why: Text = _optional()
    media: MediaEntry = _optional()


class SingleChoiceEntry(ItemEntry):
    """Exactly one option is correct."""

    type: Literal["single-choice"]
    scoring: Literal["all_or_nothing"] = "all_or_nothing"
    options: list[OptionEntry] = Field(min_length=3, max_length=6)


class MultipleChoiceEntry(ItemEntry):
    """At least one option is correct and at least one is not."""

    type: Literal["multiple-choice"]
    scoring: Literal["all_or_nothing", "per_correct"] = "all_or_nothing"
    options: list[OptionEntry] = Field(min_length=3, max_length=8)


class NumericEntry(ItemEntry):
    """A figure with its unit."""

    type: Literal["numeric"]
    scoring: Literal["all_or_nothing"] = "all_or_nothing"
    answer: AnswerEntry


class OrderingEntry(ItemEntry):
    """Steps in the right order."""

    type: Literal["ordering"]
    scoring: Literal["all_or_nothing", "pairs"] = "all_or_nothing"
    steps: list[Text] = Field(min_length=3, max_length=8)


class MatchingEntry(ItemEntry):
    """Lefts and the rights that belong to them."""

    type: Literal["matching"]
    scoring: Literal["all_or_nothing", "per_correct"] = "all_or_nothing"
    pairs: list[PairEntry] = Field(min_length=3, max_length=8)


AnyItem = SingleChoiceEntry | MultipleChoiceEntry | NumericEntry | OrderingEntry | MatchingEntry

ITEM_MODELS: Final[dict[str, type[AnyItem]]] = {
    "single-choice": SingleChoiceEntry,
    "multiple-choice": MultipleChoiceEntry,
    "numeric": NumericEntry,
    "ordering": OrderingEntry,
    "matching": MatchingEntry,
}

SOURCES: Final = TypeAdapter(dict[Id, SourceEntry])
DEVICES: Final = TypeAdapter(dict[Id, DeviceEntry])
COURSE: Final = TypeAdapter(CourseEntry)
ITEMS: Final = TypeAdapter(list[Annotated[AnyItem, Field(discriminator="type")]])


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of every YAML file, by file name."""
    files: dict[str, TypeAdapter[Any]] = {
        "sources.yaml": SOURCES,
        "devices.yaml": DEVICES,
        "course.yaml": COURSE,
        "items.yaml": ITEMS,
    }
    dialect = "https://json-schema.org/draft/2020-12/schema"
    return {
        name: _closed({"$schema": dialect, "title": name, **adapter.json_schema()}) for name, adapter in files.items()
    }


def _closed(schema: Any) -> Any:
    """Refuse, everywhere in a schema, the keys that match no pattern of a mapping."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closing = {"additionalProperties": False} if "patternProperties" in schema else {}
    return {key: _closed(part) for key, part in schema.items()} | closing
