"""Random tables for the families' properties: overlaps, twins, drafts and repeated texts are the rule in them."""

from typing import Any

from hypothesis import strategies as st

from app.content.generate import counts, items_of
from app.content.values import ContraindicationRow, Course, Item, SettingsRow, Standing, StepRow
from tests.unit.course_rows import ALLOWED, NOT, SIGNED, contraindication, course, device, setting, step

FIGURES = [0.3, 0.5, 1, 2, 3, 5, 8, 10, 13, 15, 20, 30, 33.4, 40, 60, 100, 4000]
QUANTITIES = ("fluence", "pulse", "spot", "pulse_energy")
PROCEDURES = ("hair-reduction", "tightening")
# Two ids may carry one name, or one name with and without the wavelength in it.
NAMES = (
    ("Nd:YAG", 1064, 1064),
    ("Nd:YAG (1064 nm)", 1064, 1064),
    ("Diode", 800, 810),
    ("IPL", None, None),
    ("Alexandrite", 755, 755),
    ("ipl!", None, None),
)
DEVICES = "abcdef"
ACTIONS = ("do_not_treat", "defer", "refer", "treat_with_precautions", "treat_with_precautions")
CONDITIONS = ("Sunburn", "sunburn!", "Tan", "Gold therapy", "A cold sore", "Aspirin", "aspirin", "Melasma", "Filler")
# A conflict that speaks of nearly every number of days.
LONG = "From 24 hours to 6 months."
STANDINGS = [*Standing, Standing.CITED, Standing.PROTOCOL]

ranges = st.tuples(st.sampled_from(FIGURES), st.sampled_from(FIGURES)).map(sorted).map(tuple)
rarely = st.sampled_from([None, None, None, "f1", "f2"])


def made(of: Course, family: str, seed: int = 0) -> list[Item]:
    """The items of one family at a seed."""
    return items_of(of, seed=seed, families=[family])


def why_none(of: Course, family: str, row: str) -> str:
    """What the counts say of a row that makes no item."""
    told = {count["row"]: count for count in counts(of, [family])}
    assert told[row]["items"] == 0
    return str(told[row]["why_none"])


def places(of: Course, family: str, seeds: int = 400) -> list[str]:
    """The letters of the key of a course's only item at many seeds."""
    return [item.key[0] for seed in range(seeds) for item in made(of, family, seed)]


@st.composite
def settings_rows(draw: st.DrawFn, number: int) -> SettingsRow:
    skin = draw(st.tuples(st.integers(1, 6), st.integers(1, 6)).map(sorted))
    decision = draw(st.sampled_from([ALLOWED, ALLOWED, SIGNED, NOT]))
    given: dict[str, Any] = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(QUANTITIES, ranges)))
    return setting(
        f"row-{number}",
        (skin[0], skin[1]),
        device=draw(st.sampled_from(DEVICES)),
        procedure=draw(st.sampled_from(PROCEDURES)),
        decision=decision,
        standing=draw(st.sampled_from(STANDINGS)),
        **({} if decision == NOT else given),
    )


@st.composite
def settings_courses(draw: st.DrawFn) -> Course:
    """One to eight settings rows for six devices, two or three pairs of which may read alike."""
    names = draw(st.permutations(NAMES))
    register = {one: device(one, *name) for one, name in zip(DEVICES, names, strict=True)}
    rows = [draw(settings_rows(number)) for number in range(draw(st.integers(1, 8)))]
    return course(settings=tuple(rows), device_register=register)


@st.composite
def contraindication_rows(draw: st.DrawFn, number: int, *, calm: bool) -> ContraindicationRow:
    """A row; where it is calm, most rows speak of conditions of their own, and of all devices and procedures."""
    action = draw(st.sampled_from(ACTIONS))
    own = calm and draw(st.integers(0, 4))
    return contraindication(
        f"row-{number}",
        action,
        draw(st.sampled_from([0, 1, 14, 28, 30])) if action == "defer" else None,
        condition=f"Condition {number}" if own else draw(st.sampled_from(CONDITIONS)),
        category="medication" if own else draw(st.sampled_from(["medication", "medication", "sun"])),
        objective="safe" if own else draw(st.sampled_from(["safe", "safe", "safe", "screen"])),
        standing=draw(st.sampled_from([*STANDINGS, Standing.CITED, Standing.CITED])),
        fact=None if own else draw(rarely),
        applies_to=() if own else draw(st.sampled_from([(), (), ("a",), ("b", "c")])),
        procedures=draw(st.sampled_from([(), (), (), PROCEDURES] if own else [(), (), ("tightening",), PROCEDURES])),
        decided_by="technician" if action == "treat_with_precautions" else draw(st.sampled_from(["clinician", None])),
        conflict=draw(st.sampled_from([None, None, "Others wait 2 weeks.", LONG])),
        ask=draw(st.sampled_from([None, "Any sun?"])),
    )


@st.composite
def contraindication_courses(draw: st.DrawFn) -> Course:
    """One to twelve contraindications, many for the same condition, with up to three settings rows."""
    register = {one: device(one, *name) for one, name in zip("abc", NAMES, strict=False)}
    calm = draw(st.booleans())
    rows = [draw(contraindication_rows(number, calm=calm)) for number in range(draw(st.integers(1, 12)))]
    cells = draw(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(PROCEDURES), st.booleans()), max_size=3))
    settings = [
        setting(f"set-{number}", device=one, procedure=procedure, decision=NOT if forbidden else ALLOWED)
        for number, (one, procedure, forbidden) in enumerate(cells)
    ]
    return course(
        contraindications=tuple(rows),
        settings=() if draw(st.booleans()) else tuple(settings),
        device_register=register,
    )


@st.composite
def procedures(draw: st.DrawFn) -> Course:
    """Steps of one to three procedures over three phases, without a cycle: each after some earlier ones.

    Half of them are nearly a chain with its phases in a row, so that much must come between, before and after.
    """
    chain = draw(st.booleans())
    rows: list[StepRow] = []
    for number in range(draw(st.integers(1, 12))):
        names = ["tightening", "tightening", "hair-reduction", "burn-response"]
        procedure = "tightening" if chain else draw(st.sampled_from(names))
        earlier = [row.id for row in rows if row.procedure == procedure]
        after = draw(st.sets(st.sampled_from(earlier), max_size=2)) if earlier else set()
        if chain and earlier and draw(st.integers(0, 5)):
            after |= {earlier[-1]}
        phases = [("prepare", "treat", "burn")[number // 5]] if chain else ["prepare", "prepare", "treat", "burn"]
        if procedure == "burn-response":
            phases = [*["burn"] * 6, "treat"]
        rows.append(
            step(
                f"s{number}",
                " ".join(sorted(after)),
                procedure=procedure,
                phase=draw(st.sampled_from(phases)),
                standing=draw(st.sampled_from([*STANDINGS, *(Standing.CITED,) * 4])),
                step=draw(st.sampled_from([*(f"Do task {number}",) * 8, "Cool the skin", "cool the skin."])),
                safety_critical=draw(st.sampled_from([True, True, False])),
            )
        )
    return course(procedure=tuple(draw(st.permutations(rows))))
