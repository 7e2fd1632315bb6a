"""The family settings-decision: may a technician treat these skin types with this device: yes, with a sign-off, no."""

from collections.abc import Iterator
from functools import partial

from app.content.generate import wording
from app.content.generate.seeded import shuffled
from app.content.generate.treatments import Treatments, named, same_treatment, treatment_text, treatments
from app.content.generate.unit import Unit, lettered
from app.content.values import Course, Decision, Item, ItemType, SettingsRow, Standing

FAMILY = "settings-decision"
ANSWERS = {
    Decision.ALLOWED: "Yes, without a sign-off",
    Decision.WITH_SIGN_OFF: "Yes, but only with a sign-off",
    Decision.NOT_ALLOWED: "No, not even with a sign-off",
}


def units(course: Course) -> Iterator[Unit]:
    """Yield a unit for every settings row."""
    known = treatments(course)
    for row in course.settings:
        why = _why_none(known, row)
        yield Unit(
            id=f"{FAMILY}/settings/{row.id}",
            family=FAMILY,
            row=f"settings/{row.id}",
            objective=row.objective,
            draw_from="settings",
            key_row=f"settings/{row.id}",
            critical=row.decision is Decision.NOT_ALLOWED,
            build=None if why else partial(_item, course, row),
            why_none=why,
        )


def _why_none(known: Treatments, row: SettingsRow) -> str | None:
    if row.standing is Standing.DRAFT:
        return wording.DRAFT
    others = [other.id for other in same_treatment(known, row) if other.decision is not row.decision]
    if others:
        return f"{named(others)} decides otherwise for the same device, procedure and skin type."
    return None


def _item(course: Course, row: SettingsRow, seed: int) -> Item:
    shown = shuffled(list(ANSWERS), FAMILY, row.id, seed)
    options = lettered((ANSWERS[decision], None) for decision in shown)
    fact = f"settings/{row.id}"
    answer = f"{treatment_text(course, row)}: {ANSWERS[row.decision][0].lower()}{ANSWERS[row.decision][1:]}"
    return Item(
        id=f"{FAMILY}/{fact}",
        family=FAMILY,
        seed=seed,
        type=ItemType.SINGLE,
        objective=row.objective,
        draw_from="settings",
        key_row=fact,
        stem=(
            f"May a technician carry out {wording.procedure_name(row.procedure)} with the "
            f"{wording.device_name(course, row.device)}, on Fitzpatrick {wording.skin_types(row)}?"
        ),
        options=options,
        key=(options[shown.index(row.decision)].id,),
        critical=row.decision is Decision.NOT_ALLOWED,
        facts=(fact,),
        sources=row.sources,
        why=wording.joined((answer, row.why, wording.rows_named([fact]))),
        notice=wording.NOTICE,
    )
