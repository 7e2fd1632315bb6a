"""The family settings-value: a figure inside the fluence, pulse, spot or energy range of a row, with its unit."""

from collections.abc import Iterator, Sequence
from functools import partial

from app.content.generate import spans, wording
from app.content.generate.contested import figures_said
from app.content.generate.settings_range import QUANTITIES
from app.content.generate.treatments import named, same_treatment, treatment_text, treatments
from app.content.generate.unit import Unit
from app.content.values import Course, Decision, Item, ItemType, Range, SettingsRow, Standing

FAMILY = "settings-value"


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every row and quantity; one without a quantity for a row that has none to ask."""
    known = treatments(course)
    for row in course.settings:
        given = [quantity for quantity in QUANTITIES if getattr(row, quantity)]
        if row.standing is Standing.DRAFT:
            yield _unit(course, row, None, wording.DRAFT)
        elif row.decision is Decision.NOT_ALLOWED:
            yield _unit(course, row, None, "The row says not_allowed, so there is no figure to ask.")
        elif not given:
            yield _unit(course, row, None, "The row gives no fluence, pulse, spot or pulse energy.")
        else:
            same = same_treatment(known, row)
            for quantity in given:
                yield _unit(course, row, quantity, _why_none(row, quantity, same))


def _unit(course: Course, row: SettingsRow, quantity: str | None, why: str | None) -> Unit:
    return Unit(
        id=f"{FAMILY}/settings/{row.id}{f'/{quantity}' if quantity else ''}",
        family=FAMILY,
        row=f"settings/{row.id}",
        objective=row.objective,
        draw_from="settings",
        key_row=f"settings/{row.id}",
        build=partial(_item, course, row, quantity) if quantity and not why else None,
        why_none=why,
    )


def _why_none(row: SettingsRow, quantity: str, same: Sequence[SettingsRow]) -> str | None:
    """Say why the row's own range would not be exactly what is right under every row for the same treatment."""
    unit = QUANTITIES[quantity][1]
    low, high = wording.exact_span(getattr(row, quantity))
    forbidden = [other.id for other in same if other.decision is Decision.NOT_ALLOWED]
    if forbidden:
        return f"{quantity}: {named(forbidden)} allows no treatment for the same device, procedure and skin type."
    ranges = {other.id: getattr(other, quantity) for other in same}
    spelled = {one: wording.exact_span(values) for one, values in ranges.items() if values}
    wider = [one for one, span in spelled.items() if not spans.inside(span, (low, high))]
    if wider:
        return f"{quantity}: {named(wider)} allows other figures for the same device, procedure and skin type."
    said = {figure for other in same for figure in figures_said(other.conflict or "", unit)}
    contested = sorted(figure for figure in said if not low <= figure <= high)
    if contested:
        figures = " and ".join(wording.number(figure) for figure in contested)
        return f"{quantity}: another authority gives {figures} {unit}, so what differs from the row is not wrong."
    return None


def _item(course: Course, row: SettingsRow, quantity: str, seed: int) -> Item:
    name, unit = QUANTITIES[quantity]
    values: Range = getattr(row, quantity)
    fact = f"settings/{row.id}"
    figures = f"{treatment_text(course, row)}: {name} {wording.span_text(wording.exact_span(values), unit)}"
    signed = "Only with a sign-off" if row.decision is Decision.WITH_SIGN_OFF else None
    return Item(
        id=f"{FAMILY}/{fact}/{quantity}",
        family=FAMILY,
        seed=seed,
        type=ItemType.NUMERIC,
        objective=row.objective,
        draw_from="settings",
        key_row=fact,
        stem=_stem(course, row, name, unit, values),
        options=(),
        key={"min": values.low, "max": values.high, "unit": unit},
        critical=False,
        facts=(fact,),
        sources=row.sources,
        why=wording.joined((figures, signed, row.why, wording.rows_named([fact]))),
        notice=wording.NOTICE,
    )


def _stem(course: Course, row: SettingsRow, name: str, unit: str, values: Range) -> str:
    fits = (
        f"for {wording.procedure_name(row.procedure)} with the {wording.device_name(course, row.device)}, "
        f"on Fitzpatrick {wording.skin_types(row)}"
    )
    if values.low == values.high:
        return f"What is the {name}, in {unit}, {fits}?"
    return f"Give one {name}, in {unit}, that lies inside the range {fits}."
