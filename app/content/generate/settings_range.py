"""The family settings-range: which fluence, pulse, spot or energy range fits a device, procedure and skin type."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import islice
from operator import itemgetter

from app.content.generate import spans, wording
from app.content.generate.contested import figures_said
from app.content.generate.seeded import digest, shuffled
from app.content.generate.unit import Unit, lettered
from app.content.generate.wording import Span
from app.content.values import Course, Decision, Item, ItemType, Range, SettingsRow, Standing

FAMILY = "settings-range"
# Quantity → its name in a stem, its unit.
QUANTITIES = {
    "fluence": ("fluence", "J/cm²"),
    "pulse": ("pulse duration", "ms"),
    "spot": ("spot size", "mm"),
    "pulse_energy": ("pulse energy per micro-beam", "mJ"),
}
DISTRACTORS = 3
FEWEST = 2
# A row's nearest neighbours, so that a table of any size is searched in time.
NEIGHBOURS = 24
# Tiers of neighbours: the skin types that lie between two rows are added.
SAME_TREATMENT, OTHER_DEVICE, OTHER_PROCEDURE = 0, 10, 20
# A figure of another device or procedure that is further off than this gives itself away.
PLAUSIBLE_FACTOR = 8

# How near it is (lowest nearest), a range, and the row that gives it.
Figure = tuple[int, Span, SettingsRow]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A row's quantity with all that its options can come from; nearest neighbours have the lowest tier."""

    course: Course
    row: SettingsRow
    quantity: str
    key: Span
    neighbours: tuple[Figure, ...]
    below: tuple[Span, ...]
    above: tuple[Span, ...]


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every row and quantity; one without a quantity for a row that has none to ask."""
    keys = wording.device_keys(course)
    given = {row.id: _spans_of(row) for row in course.settings}
    for row in course.settings:
        if row.standing is Standing.DRAFT:
            yield _none(row, wording.DRAFT)
        elif row.decision is Decision.NOT_ALLOWED:
            yield _none(row, "The row says not_allowed, so there is no range to ask.")
        elif not given[row.id]:
            yield _none(row, "The row gives no fluence, pulse, spot or pulse energy.")
        else:
            near = _near(course, keys, row)
            for quantity in given[row.id]:
                figures = [(tier, given[one.id][quantity], one) for tier, one in near if quantity in given[one.id]]
                yield _unit(_asked(course, row, quantity, figures))


def _spans_of(row: SettingsRow) -> dict[str, Span]:
    ranges: dict[str, Range | None] = {quantity: getattr(row, quantity) for quantity in QUANTITIES}
    return {quantity: wording.exact_span(values) for quantity, values in ranges.items() if values}


def _none(row: SettingsRow, why: str) -> Unit:
    return Unit(
        id=f"{FAMILY}/settings/{row.id}",
        family=FAMILY,
        row=f"settings/{row.id}",
        objective=row.objective,
        draw_from="settings",
        key_row=f"settings/{row.id}",
        why_none=why,
    )


def _unit(asked: Asked) -> Unit:
    row = asked.row
    enough = len(_distractors(asked, seed=0)) >= FEWEST
    why = f"{asked.quantity}: fewer than {FEWEST} ranges are false under every row for the same treatment."
    return Unit(
        id=f"{FAMILY}/settings/{row.id}/{asked.quantity}",
        family=FAMILY,
        row=f"settings/{row.id}",
        objective=row.objective,
        draw_from="settings",
        key_row=f"settings/{row.id}",
        build=partial(_item, asked) if enough else None,
        why_none=None if enough else why,
    )


def _asked(course: Course, row: SettingsRow, quantity: str, figures: Sequence[Figure]) -> Asked:
    """Return what is asked of a row's quantity; `figures` are its own and all that are near, the nearest first."""
    key = next(span for _, span, one in figures if one is row)
    true = [span for tier, span, _ in figures if tier == SAME_TREATMENT]
    said = [figure for tier, _, one in figures if tier == SAME_TREATMENT for figure in _of_authorities(one, quantity)]
    mistakes = (one for one in figures if _is_mistake(*one, key) and _is_false(one[1], true, said))
    below, above = ([span for span in side if _is_false(span, true, said)] for side in spans.computed(key))
    return Asked(
        course=course,
        row=row,
        quantity=quantity,
        key=key,
        neighbours=tuple(islice(mistakes, NEIGHBOURS)),
        below=tuple(below),
        above=tuple(above),
    )


def _is_false(span: Span, true: Iterable[Span], said: Iterable[Decimal]) -> bool:
    """Say whether a range is true under no row, and holds no figure that another authority gives."""
    low, high = span
    return not any(spans.inside(span, other) for other in true) and not any(low <= figure <= high for figure in said)


def _of_authorities(row: SettingsRow, quantity: str) -> list[Decimal]:
    """Return the figures in a row's `conflict` where it speaks of the unit: they are contested, not wrong."""
    return figures_said(row.conflict or "", QUANTITIES[quantity][1])


def _is_mistake(tier: int, span: Span, row: SettingsRow, key: Span) -> bool:
    """Say whether a technician could take this row's figure for the key's by mistake."""
    if tier == SAME_TREATMENT or row.standing is Standing.DRAFT:
        return False
    # A single figure among ranges, or the reverse, would stand out.
    return spans.is_point(span) == spans.is_point(key) and (tier < OTHER_DEVICE or _plausible(span, key))


def _near(course: Course, keys: dict[str, str], row: SettingsRow) -> list[tuple[int, SettingsRow]]:
    """Return the rows whose figures could be confused with a row's, each with its tier, lowest first; itself too."""
    tiers = ((_tier(keys, row, other), other) for other in course.settings)
    return sorted(((tier, other) for tier, other in tiers if tier is not None), key=itemgetter(0))


def _tier(keys: dict[str, str], row: SettingsRow, other: SettingsRow) -> int | None:
    """Return how near a row is, or None where device and procedure both differ.

    0 speaks of the same treatment, so that its range is true as well; 1–5 other skin types only.
    """
    device = keys[other.device] == keys[row.device]
    procedure = other.procedure == row.procedure
    if not device and not procedure:
        return None
    apart = max(0, other.skin_type_min - row.skin_type_max, row.skin_type_min - other.skin_type_max)
    if device and procedure:
        return SAME_TREATMENT + apart
    return (OTHER_DEVICE if procedure else OTHER_PROCEDURE) + apart


def _plausible(span: Span, key: Span) -> bool:
    centre, asked = sum(span), sum(key)
    return asked <= centre * PLAUSIBLE_FACTOR and centre <= asked * PLAUSIBLE_FACTOR


def _distractors(asked: Asked, seed: int) -> list[Span]:
    """Return the false ranges to offer: figures of other skin types first, then of other devices, then computed ones.

    The seed decides between those that are equally near, and how many lie below the key, so that the key stands in
    every place alike.
    """
    name = (FAMILY, asked.row.id, asked.quantity, seed)
    near = sorted(asked.neighbours, key=lambda one: (one[0], digest(*name, one[2].id)))
    chosen = spans.beside(asked.key, [span for tier, span, _ in near if tier < OTHER_DEVICE], DISTRACTORS)
    further = [span for tier, span, _ in near if tier >= OTHER_DEVICE]
    low = [*(span for span in further if span < asked.key), *shuffled(asked.below[:3], *name), *asked.below]
    high = [*(span for span in further if span > asked.key), *shuffled(asked.above[:3], *name), *asked.above]
    left = DISTRACTORS - len(chosen)
    lower = digest(*name, "lower") % (left + 1)
    for side, number in ((low, lower), (high, left - lower)):
        for _ in range(number):
            chosen += [span for span in side if not any(spans.nested(span, other) for other in chosen)][:1]
    return spans.beside(asked.key, [*chosen, *low, *high], DISTRACTORS)


def _item(asked: Asked, seed: int) -> Item:
    row, unit = asked.row, QUANTITIES[asked.quantity][1]
    wrong = _distractors(asked, seed)
    offered = sorted([asked.key, *wrong])
    why = _origins(asked)
    options = lettered((wording.span_text(span, unit), why.get(span)) for span in offered)
    return Item(
        id=f"{FAMILY}/settings/{row.id}/{asked.quantity}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="settings",
        key_row=f"settings/{row.id}",
        stem=_stem(asked),
        options=options,
        key=(options[offered.index(asked.key)].id,),
        critical=False,
        facts=(f"settings/{row.id}",),
        sources=row.sources,
        why=_why(asked),
        notice=wording.NOTICE,
    )


def _stem(asked: Asked) -> str:
    row, (name, unit) = asked.row, QUANTITIES[asked.quantity]
    what = name if spans.is_point(asked.key) else f"{name} range"
    return (
        f"Which {what}, in {unit}, fits {wording.procedure_name(row.procedure)} with the "
        f"{wording.device_name(asked.course, row.device)}, on Fitzpatrick {wording.skin_types(row)}?"
    )


def _why(asked: Asked) -> str:
    row, (name, unit) = asked.row, QUANTITIES[asked.quantity]
    figures = (
        f"{wording.device_name(asked.course, row.device)}, {wording.procedure_name(row.procedure)}, "
        f"{wording.skin_types(row)}: {name} {wording.span_text(asked.key, unit)}"
    )
    signed = "Only with a sign-off" if row.decision is Decision.WITH_SIGN_OFF else None
    return wording.joined((figures, signed, row.why, wording.rows_named([f"settings/{row.id}"])))


def _origins(asked: Asked) -> dict[Span, str]:
    """Return for each neighbour's range what it belongs to, so that a wrong response can be explained."""
    name = QUANTITIES[asked.quantity][0]
    return {
        span: wording.sentence(
            f"This is the {name} for {wording.procedure_name(row.procedure)} with the "
            f"{wording.device_name(asked.course, row.device)}, on {wording.skin_types(row)}"
        )
        for _, span, row in sorted(asked.neighbours, key=lambda one: one[0], reverse=True)
    }
