"""Clients for cases: the cells that can be booked, what can be stated of a client there, and one drawn by seed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from app.content.generate import wording
from app.content.generate.contraindication_action import Answer, answer_of
from app.content.generate.seeded import digest, pick, shuffled
from app.content.generate.settings_range import QUANTITIES
from app.content.generate.wording import Span
from app.content.values import ContraindicationRow, Course, Decision, SettingsRow, Standing

# Beside the condition that is asked.
COMPANIONS = 2
# Whatever else is stated beside a pregnancy raises a question of its own: most medicines do.
ALONE = {"pregnancy"}
RANK = {"do_not_treat": 0, "refer": 1, "defer": 2, "treat_with_precautions": 3}

Figures = dict[str, Span]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """A device, procedure and skin type (1–6), with the rows that name them: none a draft, all of one mind."""

    device: str
    procedure: str
    skin_type: int
    rows: tuple[SettingsRow, ...]

    @property
    def decision(self) -> Decision:
        """What every row says of the cell."""
        return self.rows[0].decision


@dataclass(frozen=True, kw_only=True, slots=True)
class Treatment:
    """A procedure with a device, as a reader tells devices apart, and its cells where somebody may be treated."""

    key: str
    procedure: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """A contraindication and where it applies: the texts that its devices are told apart by, empty for all."""

    row: ContraindicationRow
    devices: frozenset[str]
    procedures: frozenset[str]

    def reaches(self, treatment: Treatment) -> bool:
        """Say whether the row applies to a treatment."""
        return (not self.devices or treatment.key in self.devices) and (
            not self.procedures or treatment.procedure in self.procedures
        )


# All rows for one condition, whatever their standing.
Condition = tuple[Reach, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stated:
    """A condition that a stem states in the words of a row; all `rows` that apply give the same answer."""

    row: ContraindicationRow
    rows: tuple[ContraindicationRow, ...]

    @property
    def answer(self) -> Answer:
        """What the rows say to do."""
        return answer_of(self.row)


@dataclass(frozen=True, kw_only=True, slots=True)
class Client:
    """A client with what is booked and what is stated, the decisive condition first, then the safest first."""

    cell: Cell
    stated: tuple[Stated, ...]


def cells_of(course: Course, keys: Mapping[str, str]) -> dict[tuple[str, str], list[Cell]]:
    """Return for each device's text and procedure the cells of which all rows, none a draft, say the same."""
    named: dict[tuple[str, str, int], list[SettingsRow]] = defaultdict(list)
    for row in course.settings:
        for skin_type in range(row.skin_type_min, row.skin_type_max + 1):
            named[keys[row.device], row.procedure, skin_type].append(row)
    cells: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for (key, procedure, skin_type), rows in named.items():
        if any(row.standing is Standing.DRAFT for row in rows) or not _of_one_mind(rows):
            continue
        cell = Cell(device=rows[0].device, procedure=procedure, skin_type=skin_type, rows=tuple(rows))
        cells[key, procedure].append(cell)
    return cells


def treatments_of(cells: Mapping[tuple[str, str], Sequence[Cell]]) -> list[Treatment]:
    """Return the treatments that a technician may give somebody, with their cells."""
    open_cells = {
        named: tuple(cell for cell in of_treatment if cell.decision is not Decision.NOT_ALLOWED)
        for named, of_treatment in cells.items()
    }
    return [Treatment(key=key, procedure=name, cells=found) for (key, name), found in open_cells.items() if found]


def bookable(treatment: Treatment, action: str) -> list[Cell]:
    """Return the cells in which a condition's action is what decides: precautions give way to a sign-off."""
    if action != "treat_with_precautions":
        return [*treatment.cells]
    return [cell for cell in treatment.cells if cell.decision is Decision.ALLOWED]


def figures_of(row: SettingsRow) -> Figures:
    """Return a row's ranges by quantity: fluence, pulse, spot and pulse energy, as far as it gives them."""
    given = {quantity: getattr(row, quantity) for quantity in QUANTITIES}
    return {quantity: wording.exact_span(values) for quantity, values in given.items() if values}


def conditions_of(course: Course, keys: Mapping[str, str]) -> list[Condition]:
    """Return the contraindications by condition: rows with one text or one fact id, also by way of a third row."""
    named: dict[str, list[ContraindicationRow]] = defaultdict(list)
    for row in course.contraindications:
        for name in _names(row):
            named[name].append(row)
    seen: set[str] = set()
    return [
        tuple(_reach(keys, one) for one in sorted(_together(row, named, seen), key=lambda one: one.id))
        for row in course.contraindications
        if row.id not in seen
    ]


def agreed(condition: Condition, treatment: Treatment) -> tuple[ContraindicationRow, ...]:
    """Return the rows of a condition that apply to a treatment; none where one of them, even a draft, disagrees."""
    rows = tuple(reach.row for reach in condition if reach.reaches(treatment))
    return rows if len({answer_of(row) for row in rows}) == 1 else ()


def drawn(
    row: ContraindicationRow,
    own: Condition,
    treatments: Sequence[Treatment],
    conditions: Sequence[Condition],
    *name: str | int,
) -> Client:
    """Return the client of a name (family, row, seed): the row's condition, and others that it overrules."""
    treatment = pick(treatments, *name, "treatment")
    cell = pick(bookable(treatment, row.action), *name, "cell")
    stated = [Stated(row=row, rows=agreed(own, treatment))]
    number = 1 if row.category in ALONE else 1 + digest(*name, "number") % (COMPANIONS + 1)
    others = list(_overruled(row, treatment, conditions)) if number > 1 else []
    for other in shuffled(others, *name, "others"):
        # Two conditions of one category may contradict each other: a cold sore now, and none now.
        categories = {one.row.category for one in stated}
        if len(stated) < number and other.row.category not in categories:
            stated.append(other)
    overruled = sorted(stated[1:], key=lambda one: strictness(one.answer))
    return Client(cell=cell, stated=(stated[0], *overruled))


def overrules(answer: Answer, other: Answer) -> bool:
    """Say whether an answer is safer than another one, or both are precautions.

    A deferral until resolved is never set beside one of some days: whichever ends last would decide.
    """
    if answer[0] == other[0] == "defer":
        return 0 < (other[1] or 0) < (answer[1] or 0)
    return RANK[answer[0]] < RANK[other[0]] or answer[0] == other[0] == "treat_with_precautions"


def strictness(answer: Answer) -> tuple[int, int]:
    """Return what sorts answers to conditions safest first; a deferral until resolved, then the longest."""
    action, days = answer
    return RANK[action], -days if days else -(10**9)


def _of_one_mind(rows: Sequence[SettingsRow]) -> bool:
    first = rows[0]
    return all(row.decision is first.decision and figures_of(row) == figures_of(first) for row in rows[1:])


def _names(row: ContraindicationRow) -> list[str]:
    text = f"condition {wording.same(row.condition)}"
    return [text, f"fact {row.fact}"] if row.fact else [text]


def _together(
    row: ContraindicationRow, named: Mapping[str, Sequence[ContraindicationRow]], seen: set[str]
) -> list[ContraindicationRow]:
    """Return all rows that hang together with one by their names; marks them, and never looks at a name twice."""
    found, waiting, looked_up = [row], [row], set()
    seen.add(row.id)
    while waiting:
        for name in _names(waiting.pop()):
            if name in looked_up:
                continue
            looked_up.add(name)
            new = [other for other in named[name] if other.id not in seen]
            seen.update(other.id for other in new)
            found += new
            waiting += new
    return found


def _reach(keys: Mapping[str, str], row: ContraindicationRow) -> Reach:
    devices = frozenset(keys[device] for device in row.applies_to)
    return Reach(row=row, devices=devices, procedures=frozenset(row.procedures))


def _overruled(row: ContraindicationRow, treatment: Treatment, conditions: Sequence[Condition]) -> Iterator[Stated]:
    """Yield every other condition that may be stated beside a row's, in the words of its first confirmed row."""
    for condition in conditions:
        rows = () if any(reach.row is row for reach in condition) else agreed(condition, treatment)
        said = next((one for one in rows if one.standing is not Standing.DRAFT), None)
        if said and said.category not in ALONE and overrules(answer_of(row), answer_of(said)):
            yield Stated(row=said, rows=rows)
