"""How a case reads: the client's stem, the answers in words, and the why that names every row that applies."""

from collections.abc import Sequence

from app.content.generate import wording
from app.content.generate.clients import Cell, Client, Figures, figures_of
from app.content.generate.contraindication_action import TEXTS, Answer, answer_text
from app.content.generate.settings_range import QUANTITIES
from app.content.values import ContraindicationRow, Course, Decision, SettingsRow

ANSWERS = {
    **TEXTS,
    "plain": "Treat today as usual, without precautions",
    "signed": "Treat today, but only with a sign-off",
    "darker": "Treat today, with the settings for a darker skin type",
    "not_allowed": "Do not treat: not allowed for a technician with this device",
    "test_spot": "Place a test spot today, and treat the client once the skin has stayed calm",
}
DECISIONS = {
    Decision.ALLOWED: "allowed",
    Decision.WITH_SIGN_OFF: "only with a sign-off",
    Decision.NOT_ALLOWED: "not allowed",
}
# A category's own name on the form would say too much: “cancer” beside a mole.
SUN, MEDICINES, OTHER, ALSO = "Sun and today's tone", "Medicines", "Health, skin and plan", "Also"
OF_SUN = {"sun", "tan", "tanning", "sun-exposure", "tone"}
OF_MEDICINES = {"medication", "medications", "medicine", "medicines", "drug", "drugs"}
NOTHING_ELSE = "**Tone, sun, medicines and health otherwise:** nothing to report."
UNTANNED = "**Today's tone:** the same in the field as on skin that never sees the sun."
NOTHING = "**Sun, medicines and health:** nothing to report."
WAITING = "Go by all of this and nothing else, and count any waiting time from today. What do you do?"
COUNTING = "Go by all of this and nothing else. What do you do?"
LINE_BREAK = "  \n"


def stem(course: Course, client: Client) -> str:
    """Return the stem of a client with conditions, in the order of a form, so that no place gives the key away."""
    rows = [one.row for one in client.stated]
    ordered = [row for row in course.contraindications if any(row is one for one in rows)]
    found = {label: [row for row in ordered if _label(row) == label] for label in (SUN, MEDICINES, OTHER)}
    lines = [
        f"**{ALSO if place else label}:** {wording.sentence(one_line(row.condition))}"
        for label, of_label in found.items()
        for place, row in enumerate(of_label)
    ]
    return LINE_BREAK.join((_booked(course, client.cell), *lines, NOTHING_ELSE, WAITING))


def plain_stem(course: Course, cell: Cell) -> str:
    """Return the stem of a client against whom nothing speaks."""
    return LINE_BREAK.join((_booked(course, cell), UNTANNED, NOTHING, COUNTING))


def answer_words(course: Course, cell: Cell, answer: Answer) -> str:
    """Return an answer in words; a deferral's days count from today."""
    action, days = answer
    if action == "lower":
        return f"Treat today, at {'a lower fluence' if _has_fluence(course, cell) else 'lower settings'}"
    if action != "defer":
        return ANSWERS[action]
    if not days:
        return "Not today; the earliest is when the reason to wait has gone"
    return f"Not today; the earliest is in {_days(days)}"


def settings_words(decision: Decision, figures: Figures) -> str:
    """Return a treatment in words, with the ranges that it keeps within."""
    start = ANSWERS["signed"] if decision is Decision.WITH_SIGN_OFF else "Treat today, without a sign-off"
    return f"{start}: {figure_words(figures)}" if figures else start


def figure_words(figures: Figures) -> str:
    """Return "fluence 30–60 J/cm², pulse duration 10 ms"."""
    named = ((QUANTITIES[quantity], span) for quantity, span in figures.items())
    return ", ".join(f"{name} {wording.span_text(span, unit)}" for (name, unit), span in named)


def why(course: Course, client: Client, facts: Sequence[str]) -> str:
    """Return why a client's decisive condition decides, with what the other rows say."""
    first, *others = client.stated
    also = [f"Also stated: {one_line(one.row.condition)}: {answer_text(one.answer)}" for one in others]
    return wording.joined(
        (
            f"{one_line(first.row.condition)}: {answer_text(first.answer)}",
            first.row.why,
            *also,
            cell_words(course, client.cell),
            "The safest answer counts",
            wording.rows_named(facts),
        )
    )


def plain_why(course: Course, row: SettingsRow, cell: Cell, facts: Sequence[str]) -> str:
    """Return why a cell decides where nothing speaks against the client."""
    told = ": ".join(filter(None, (cell_words(course, cell), figure_words(figures_of(row)))))
    return wording.joined((told, row.why, wording.rows_named(facts)))


def cell_words(course: Course, cell: Cell) -> str:
    """Return what the rows say of a cell."""
    return (
        f"Fitzpatrick type {wording.ROMAN[cell.skin_type]}, {wording.procedure_name(cell.procedure)} with the "
        f"{wording.device_name(course, cell.device)}: {DECISIONS[cell.decision]}"
    )


def _booked(course: Course, cell: Cell) -> str:
    return (
        f"A client of Fitzpatrick type {wording.ROMAN[cell.skin_type]} is booked today for "
        f"{wording.procedure_name(cell.procedure)} with the {wording.device_name(course, cell.device)}. You find:"
    )


def _label(row: ContraindicationRow) -> str:
    if is_of_sun(row):
        return SUN
    return MEDICINES if row.category in OF_MEDICINES else OTHER


def is_of_sun(row: ContraindicationRow) -> bool:
    """Say whether a condition is one of sun and tone, by its category."""
    return row.category in OF_SUN


def one_line(text: str) -> str:
    """Return a text of a table, in which a cell may hold several lines, on one line."""
    return " ".join(text.split())


def _has_fluence(course: Course, cell: Cell) -> bool:
    """Say whether one speaks of a fluence at this device: a row gives one, or it is a light of some wavelength."""
    device = course.device_register.get(cell.device)
    known = device is not None and device.wavelength_min_nm is not None
    return known or any(row.fluence for row in cell.rows)


def _days(days: int) -> str:
    return f"{days} {'day' if days == 1 else 'days'}"
