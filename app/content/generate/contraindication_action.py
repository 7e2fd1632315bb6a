"""The family contraindication-action: the client says, or you see, a condition: what do you do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, count, islice, product

from app.content.generate import wording
from app.content.generate.contested import days_said, is_said
from app.content.generate.seeded import pick, shuffled
from app.content.generate.unit import Unit, lettered, unique
from app.content.values import ContraindicationRow, Course, Decision, Item, ItemType, Standing

FAMILY = "contraindication-action"
TEXTS = {
    "do_not_treat": "Do not treat, now or later",
    "refer": "Not today: a clinician decides",
    "treat_with_precautions": "Treat today, with the precautions of your clinic's protocol",
}
# Days to offer as a wrong interval where the table holds no other.
USUAL_DAYS = (14, 28, 7)
DISTRACTORS = 3

Answer = tuple[str, int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Booking:
    """What the stem says is booked (None where it leaves the device or procedure open), and the rows that apply."""

    device: str | None
    procedure: str | None
    rows: tuple[ContraindicationRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A row with the bookings under which every row for its condition agrees, and its false answers."""

    course: Course
    row: ContraindicationRow
    bookings: tuple[Booking, ...]
    wrong: tuple[Answer, ...]  # one of each other shape, without a deferral
    days: tuple[int, ...]  # intervals that are false for it


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every contraindication."""
    keys = wording.device_keys(course)
    for row, same in alike(course):
        yield _unit(course, keys, row, same)


def alike(course: Course) -> Iterator[tuple[ContraindicationRow, list[ContraindicationRow]]]:
    """Yield every row with all rows, whatever their standing, for the same condition; itself among them."""
    named: dict[str, list[ContraindicationRow]] = {}
    for row in course.contraindications:
        for name in names(row):
            named.setdefault(name, []).append(row)
    for row in course.contraindications:
        yield row, list({other.id: other for name in names(row) for other in named[name]}.values())


def answer_of(row: ContraindicationRow) -> Answer:
    """Return what a row says to do: its action, and for a deferral the days (0 until resolved)."""
    return row.action, (row.defer_days or 0) if row.action == "defer" else None


def answer_text(answer: Answer) -> str:
    """Return an answer in words, in one of the four shapes."""
    action, days = answer
    if action != "defer":
        return TEXTS[action]
    if not days:
        return "Not today; the earliest is when this no longer applies"
    return f"Not today; the earliest is {days} {'day' if days == 1 else 'days'} after it"


def names(row: ContraindicationRow) -> list[str]:
    """Return what makes another row one for the same condition: the condition's text, or the fact's id."""
    text = f"condition {wording.same(row.condition)}"
    return [text, f"fact {row.fact}"] if row.fact else [text]


def texts_of(row: ContraindicationRow) -> tuple[str | None, ...]:
    """Return the texts of a row that may speak of times: they hold for some clients, or another authority says them."""
    return row.condition, row.conflict, row.ask, row.why


def _unit(course: Course, keys: dict[str, str], row: ContraindicationRow, same: Sequence[ContraindicationRow]) -> Unit:
    booked, possible = bookings(course, keys, row, same)
    why = _why_none(row, same, booked)
    asked = Asked(
        course=course,
        row=row,
        bookings=tuple(booked),
        wrong=_wrong(row, same, possible=possible),
        days=_false_days(course, row, same),
    )
    return Unit(
        id=f"{FAMILY}/contraindications/{row.id}",
        family=FAMILY,
        row=f"contraindications/{row.id}",
        objective=row.objective,
        draw_from="contraindications",
        key_row=f"contraindications/{row.id}",
        critical=row.action == "do_not_treat",
        build=None if why else partial(_item, asked),
        why_none=why,
    )


def _why_none(row: ContraindicationRow, same: Sequence[ContraindicationRow], booked: Sequence[Booking]) -> str | None:
    if row.standing is Standing.DRAFT:
        return wording.DRAFT
    if booked:
        return None
    others = [f"contraindications/{other.id}" for other in same if answer_of(other) != answer_of(row)]
    if others:
        return f"{'; '.join(others)} says otherwise for the same condition, devices and procedures."
    return "No settings row lets anybody be treated with these devices and procedures, so nobody is treated today."


def bookings(
    course: Course, keys: dict[str, str], row: ContraindicationRow, same: Sequence[ContraindicationRow]
) -> tuple[list[Booking], bool]:
    """Return the bookings that name as little as possible, and whether settings let anybody be treated under them."""
    agreed: list[Booking] = []
    for level in _levels(course, row):
        booked = [_booking(keys, device, procedure, same) for device, procedure in level]
        good = [one for one in booked if all(answer_of(other) == answer_of(row) for other in one.rows)]
        possible = [one for one in good if possible_under(course, keys, one)]
        if possible:
            return possible, True
        agreed = agreed or good
    return ([] if row.action == "treat_with_precautions" else agreed), False


def _levels(course: Course, row: ContraindicationRow) -> Iterator[list[tuple[str | None, str | None]]]:
    """Yield the devices and procedures to name: first those that the row narrows, then more, to tell rows apart."""
    devices: list[list[str | None]] = [[*row.applies_to]] if row.applies_to else [[None], [*course.devices]]
    known = {row.procedure for row in course.settings} | {step.procedure for step in course.procedure}
    known |= {name for other in course.contraindications for name in other.procedures}
    procedures: list[list[str | None]] = [[*row.procedures]] if row.procedures else [[None], [*sorted(known)]]
    for some_devices, some_procedures in product(devices, procedures):
        yield list(product(some_devices, some_procedures))


def _booking(
    keys: dict[str, str], device: str | None, procedure: str | None, same: Sequence[ContraindicationRow]
) -> Booking:
    """Return a booking with the rows that apply, or might where it leaves the device or procedure open."""
    rows = tuple(
        row
        for row in same
        if (device is None or not row.applies_to or keys[device] in {keys[one] for one in row.applies_to})
        and (procedure is None or not row.procedures or procedure in row.procedures)
    )
    return Booking(device=device, procedure=procedure, rows=rows)


def possible_under(course: Course, keys: dict[str, str], booking: Booking) -> bool:
    """Say whether settings let anybody be treated so; a cell that no row names is not allowed."""
    return not course.settings or any(
        row.decision is not Decision.NOT_ALLOWED
        and (booking.device is None or keys[booking.device] == keys[row.device])
        and booking.procedure in (None, row.procedure)
        for row in course.settings
    )


def _wrong(row: ContraindicationRow, same: Sequence[ContraindicationRow], *, possible: bool) -> tuple[Answer, ...]:
    actions = {action for action in TEXTS if action != row.action}
    if any(other.decided_by == "clinician" for other in same):
        actions.discard("refer")  # a clinician does decide, whatever the action
    if not possible:
        actions.discard("do_not_treat")  # nobody is treated with this device anyway
    return tuple((action, None) for action in TEXTS if action in actions)


def _false_days(course: Course, row: ContraindicationRow, same: Sequence[ContraindicationRow]) -> tuple[int, ...]:
    """Return at least three intervals that are false for a row: other rows' own, and usual ones to make up three.

    None of them is one of which the texts of the condition's rows speak: that is contested, not wrong.
    """
    said = {span for other in same for span in days_said(texts_of(other))}
    asked = [other for other in course.contraindications if other.standing is not Standing.DRAFT]
    taken = {other.defer_days for other in same}
    if row.action == "defer" or any(other.strength == "temporary" for other in same):
        taken.add(0)  # what passes is resolved one day, so this would be true as well
    own = sorted({day for other in asked if (day := other.defer_days) is not None and not is_said(day, said)} - taken)
    usual = (day for day in chain(USUAL_DAYS, count(35, 7)) if day not in {*taken, *own} and not is_said(day, said))
    return (*own, *islice(usual, max(0, DISTRACTORS - len(own))))


def _item(asked: Asked, seed: int) -> Item:
    row = asked.row
    booking = pick(asked.bookings, FAMILY, row.id, seed, "booking")
    answers = [answer_of(row), *_distractors(asked, seed)]
    shown = shuffled(answers, FAMILY, row.id, seed)
    options = lettered((answer_text(answer), None) for answer in shown)
    applying = [other for other in booking.rows if other.standing is not Standing.DRAFT]
    facts = unique([[f"contraindications/{row.id}"], [f"contraindications/{other.id}" for other in applying]])
    return Item(
        id=f"{FAMILY}/contraindications/{row.id}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="contraindications",
        key_row=f"contraindications/{row.id}",
        stem=_stem(asked.course, row, booking),
        options=options,
        key=(options[shown.index(answer_of(row))].id,),
        critical=row.action == "do_not_treat",
        facts=facts,
        sources=unique([row.sources, *(other.sources for other in applying)]),
        why=wording.joined((f"{row.condition}: {answer_text(answer_of(row))}", row.why, wording.rows_named(facts))),
    )


def _distractors(asked: Asked, seed: int) -> list[Answer]:
    """Return an answer of each other shape; wrong intervals fill up where a shape may be true as well."""
    days = shuffled(asked.days, FAMILY, asked.row.id, seed, "days")
    deferred: list[Answer] = [("defer", day) for day in days]
    if asked.row.action == "defer":
        return [*asked.wrong, *deferred][:DISTRACTORS]
    return [deferred[0], *asked.wrong, *deferred[1:]][:DISTRACTORS]


def _stem(course: Course, row: ContraindicationRow, booking: Booking) -> str:
    return f"{situation(course, row, booking)} What do you do?"


def situation(course: Course, row: ContraindicationRow, booking: Booking) -> str:
    """Return what a stem says before it asks: what is booked, and the condition that stands against it."""
    said = "The intake shows" if row.ask else "You see"
    return f"{booked_text(course, booking)} {said}: {wording.sentence(row.condition)}"


def booked_text(course: Course, booking: Booking) -> str:
    """Return what a stem says is booked."""
    what = wording.procedure_name(booking.procedure) if booking.procedure else "treatment"
    device = f" with the {wording.device_name(course, booking.device)}" if booking.device else ""
    return f"A client is booked today for {what}{device}."
