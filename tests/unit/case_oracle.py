"""What is true of a case, decided from the rows alone and from what the case says, without the generator's code."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from app.content.values import ContraindicationRow, Course, Decision, Fact, Item, SettingsRow, Standing
from tests.unit.oracle import Figures, devices_meant, plain, within

TYPES = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
BOOKED = re.compile(r"A client of Fitzpatrick type ([IV]+) is booked today for (.+?) with the (.+)\. You find:")
FOUND = re.compile(r"\*\*(.+?):\*\* (.+)")
QUESTION = re.compile(
    r"Go by all of this and nothing else(, and count any waiting time from today)?\. What do you do\?"
)
NEGATIVES = {
    "Today's tone": "the same in the field as on skin that never sees the sun.",
    "Sun, medicines and health": "nothing to report.",
    "Tone, sun, medicines and health otherwise": "nothing to report.",
}
QUANTITIES = {
    "fluence": ("fluence", "J/cm²"),
    "pulse duration": ("pulse", "ms"),
    "spot size": ("spot", "mm"),
    "pulse energy per micro-beam": ("pulse_energy", "mJ"),
}
FIGURE = re.compile(r"(.+?) ([0-9.]+)(?:–([0-9.]+))? (J/cm²|ms|mm|mJ)")
# Safest first.
ORDER = ("do_not_treat", "not_allowed", "refer", "defer", "with_sign_off", "treat_with_precautions", "allowed")
# What an option asserts; "wrong" is true under no row, as long as nobody is treated today.
SHAPES = {
    "Do not treat, now or later": "do_not_treat",
    "Do not treat: not allowed for a technician with this device": "not_allowed",
    "Not today: a clinician decides": "refer",
    "Not today; the earliest is when the reason to wait has gone": "defer",
    "Treat today, with the precautions of your clinic's protocol": "treat_with_precautions",
    "Treat today, but only with a sign-off": "with_sign_off",
    "Treat today, without a sign-off": "allowed",
    "Treat today as usual, without precautions": "allowed",
    "Treat today, at a lower fluence": "wrong",
    "Treat today, at lower settings": "wrong",
    "Treat today, with the settings for a darker skin type": "wrong",
    "Place a test spot today, and treat the client once the skin has stayed calm": "wrong",
}
LOWER = {"Treat today, at a lower fluence", "Treat today, at lower settings"}
DAYS = re.compile(r"Not today; the earliest is in ([0-9]+) days?")


@dataclass(frozen=True)
class Answer:
    """What an option asserts: the action, a deferral's days (0 until resolved), a treatment's ranges."""

    action: str
    days: int | None = None
    figures: tuple[tuple[str, Figures], ...] = ()


@dataclass(frozen=True)
class Case:
    """What a stem says: the rows that name the cell booked, and for each condition stated all rows that apply."""

    cell: tuple[SettingsRow, ...]
    conditions: tuple[tuple[ContraindicationRow, ...], ...]
    skin_type: int


def assert_case(course: Course, item: Item) -> None:
    """Exactly one option is true under every row, it is the key, and the item says what it rests on."""
    case = read(course, item)
    outcome = decided(case)
    told = {option.id: asserted(option.text) for option in item.options}
    assert [one for one, answer in told.items() if is_true(answer, outcome, case)] == list(item.key)
    assert len({option.text for option in item.options}) == len(item.options) == 4
    assert list(told) == list("abcd")
    assert_undoubted(case, outcome, [answer for one, answer in told.items() if one not in item.key])
    assert item.critical == (outcome.action in ("do_not_treat", "not_allowed"))
    assert_rests_on_what_applies(course, item, case, outcome)
    if case.conditions:
        assert_stated_case(item, case, outcome, told)
    else:
        assert_settings_case(item, told)


def read(course: Course, item: Item) -> Case:
    """Return what the stem of a case says, in rows."""
    first, *lines, last = item.stem.split("  \n")
    booked = BOOKED.fullmatch(first)
    assert booked is not None, first
    meant = devices_meant(course, booked[3])
    assert meant
    found = [FOUND.fullmatch(line) for line in lines]
    said = [(one[1], one[2]) for one in found if one]
    assert len(said) == len(lines), item.stem
    stated = [(label, text) for label, text in said if NEGATIVES.get(label) != text]
    assert len({plain(text) for _, text in stated}) == len(stated) <= 3
    question = QUESTION.fullmatch(last)
    assert question is not None
    assert bool(question[1]) == bool(stated)
    skin_type, procedure = TYPES[booked[1]], booked[2]
    cell = tuple(
        row
        for row in course.settings
        if row.device in meant
        and row.procedure.replace("-", " ") == procedure
        and row.skin_type_min <= skin_type <= row.skin_type_max
    )
    conditions = tuple(tuple(applying(course, text, meant, procedure)) for _, text in stated)
    return Case(cell=cell, conditions=conditions, skin_type=skin_type)


def applying(course: Course, text: str, meant: set[str], procedure: str) -> Iterable[ContraindicationRow]:
    """All rows for the condition of a text that apply, also those that only a shared fact id or text leads to."""
    texts, facts, size = {plain(text)}, set[str](), 0
    while size != len(texts) + len(facts):
        size = len(texts) + len(facts)
        same = [row for row in course.contraindications if plain(row.condition) in texts or row.fact in facts]
        texts |= {plain(row.condition) for row in same}
        facts |= {row.fact for row in same if row.fact}
    for row in same:
        of_device = not row.applies_to or meant & set(row.applies_to)
        if of_device and (not row.procedures or procedure in {one.replace("-", " ") for one in row.procedures}):
            yield row


def answer_of(row: ContraindicationRow) -> Answer:
    return Answer(row.action, row.defer_days if row.action == "defer" else None)


def decided(case: Case) -> Answer:
    """The safest of what the rows say; whatever is stated is of one mind and no cell is a draft."""
    assert case.cell  # a cell that no row names is not booked
    assert all(row.standing != Standing.DRAFT for row in case.cell)
    assert len({row.decision for row in case.cell}) == 1
    answers = [Answer(case.cell[0].decision.value)]
    for rows in case.conditions:
        assert len({answer_of(row) for row in rows}) == 1  # drafts too
        assert any(row.standing != Standing.DRAFT for row in rows)
        answers.append(answer_of(rows[0]))
    return min(answers, key=strictness)


def strictness(answer: Answer) -> tuple[int, bool, int]:
    """What sorts answers safest first; of deferrals 0 first, then the longest."""
    return ORDER.index(answer.action), answer.days != 0, -(answer.days or 0)


def asserted(text: str) -> Answer:
    """Return what an option asserts."""
    days = DAYS.fullmatch(text)
    if days:
        assert int(days[1]) > 0
        assert text.endswith("days") == (days[1] != "1")
        return Answer("defer", int(days[1]))
    if text in SHAPES:
        return Answer(SHAPES[text], 0 if SHAPES[text] == "defer" else None)
    start, _, ranges = text.partition(": ")
    return Answer(SHAPES[start], None, tuple(read_figure(part) for part in ranges.split(", ")))


def read_figure(text: str) -> tuple[str, Figures]:
    found = FIGURE.fullmatch(text)
    assert found is not None, text
    quantity, unit = QUANTITIES[found[1]]
    assert unit == found[4]
    return quantity, (float(found[2]), float(found[3] or found[2]))


def is_true(answer: Answer, outcome: Answer, case: Case) -> bool:
    """Whether an option is what the rows come to; its ranges, if any, lie inside those of a row for the cell."""
    if (answer.action, answer.days) != (outcome.action, outcome.days):
        return False
    return not answer.figures or any(inside(answer, row) for row in case.cell)


def inside(answer: Answer, row: SettingsRow) -> bool:
    """Whether every range of an option lies inside the row's, as far as the row gives one."""
    given = [(figures, getattr(row, quantity)) for quantity, figures in answer.figures]
    return all(within(figures, (one.low, one.high)) for figures, one in given if one)


def assert_undoubted(case: Case, outcome: Answer, wrong: list[Answer]) -> None:
    """No wrong option says what some row that applies says as well in another way."""
    actions = {answer.action for answer in wrong}
    if outcome.action in ("with_sign_off", "treat_with_precautions", "allowed"):
        assert "wrong" not in actions
    if outcome.action != "treat_with_precautions":
        assert Answer("defer", 0) not in wrong
    else:
        assert "with_sign_off" not in actions
    if outcome.action == "not_allowed":
        assert not {"refer", "do_not_treat"} & actions
    for row in (row for condition in case.conditions for row in condition):
        assert_row_leaves_no_doubt(row, case, outcome, wrong)


def assert_row_leaves_no_doubt(row: ContraindicationRow, case: Case, outcome: Answer, wrong: list[Answer]) -> None:
    actions = {answer.action for answer in wrong}
    if row.decided_by == "clinician" or row.action == "refer":
        assert "refer" not in actions
        assert "with_sign_off" not in actions or case.cell[0].decision is Decision.WITH_SIGN_OFF
    if row.strength == "absolute":
        assert "do_not_treat" not in actions
    if row.strength == "temporary":
        assert Answer("defer", 0) not in wrong
    if answer_of(row) == outcome:
        contested = {int(figure) for figure in re.findall("([0-9]+) days", f"{row.conflict} {row.why}")}
        assert not contested & {answer.days for answer in wrong}


def assert_rests_on_what_applies(course: Course, item: Item, case: Case, outcome: Answer) -> None:
    """The facts are every confirmed row that applies, the key row first, and the why names them all."""
    confirmed = [row for rows in case.conditions for row in rows if row.standing != Standing.DRAFT]
    named = {f"contraindications/{row.id}" for row in confirmed} | {f"settings/{row.id}" for row in case.cell}
    assert set(item.facts) == named
    assert len(item.facts) == len(named)
    assert item.facts[0] == item.key_row
    assert item.id == f"case/{item.key_row}"
    assert item.draw_from == "cases"
    assert all(fact in (item.why or "") for fact in named)
    assert set(item.sources) == {source for row in (*confirmed, *case.cell) for source in row.sources}
    says, row = own_row(course, item.key_row)
    assert row.standing != Standing.DRAFT
    assert row.objective == item.objective
    assert says == outcome  # the item's own row decides, whatever else is stated


def own_row(course: Course, key_row: str) -> tuple[Answer, Fact]:
    """The row that an item is of, and what it says."""
    table, _, row_id = key_row.partition("/")
    if table == "settings":
        cell = next(row for row in course.settings if row.id == row_id)
        return Answer(cell.decision.value), cell
    row = next(one for one in course.contraindications if one.id == row_id)
    return answer_of(row), row


def assert_stated_case(item: Item, case: Case, outcome: Answer, told: dict[str, Answer]) -> None:
    assert item.key_row.startswith("contraindications/")
    assert case.cell[0].decision is not Decision.NOT_ALLOWED
    assert sum(option.text.startswith("Treat today") for option in item.options) == 2
    waits = [answer_of(rows[0]).days for rows in case.conditions]
    if outcome.action == "defer" and outcome.days:
        assert 0 not in waits
    if outcome == Answer("defer", 0):
        assert all(days in (None, 0) for days in waits)  # else whichever ends last would decide
    said = " ".join(line for line in item.stem.split("  \n")[1:-2])
    treated = outcome.action == "treat_with_precautions"
    if re.search(r"\b[Tt]an\b", said) and not treated:
        assert LOWER & {option.text for option in item.options}
    assert not any(answer.figures for answer in told.values())
    assert item.notice is None


def assert_settings_case(item: Item, told: dict[str, Answer]) -> None:
    """Ranges of one decision are not nested, quantity by quantity."""
    assert item.key_row.startswith("settings/")
    for one, other in combinations(told.values(), 2):
        if one.figures and other.figures and one.action == other.action:
            assert dict(one.figures).keys() == dict(other.figures).keys()
            pairs = [(dict(one.figures)[name], dict(other.figures)[name]) for name in dict(one.figures)]
            assert not all(within(*pair) for pair in pairs)
            assert not all(within(pair[1], pair[0]) for pair in pairs)
    assert item.notice is not None
    assert item.notice.startswith("Published range for teaching.")
