"""What is true of an item, decided from the rows alone and from what the item says, without the generator's code."""

import re
import string
from itertools import permutations

from app.content.values import ContraindicationRow, Course, Decision, Device, Item, SettingsRow, StepRow

RANGE = re.compile(r"([0-9.]+)(?:–([0-9.]+))? (J/cm²|ms|mm|mJ)")
SETTINGS_STEM = re.compile(
    r"Which (fluence|pulse duration|spot size|pulse energy per micro-beam)(?: range)?, in (.+), fits (.+) with the "
    r"(.+), on Fitzpatrick skin types? ([IV]+)(?:–([IV]+))?\?"
)
QUANTITIES = {
    "fluence": ("fluence", "J/cm²"),
    "pulse duration": ("pulse", "ms"),
    "spot size": ("spot", "mm"),
    "pulse energy per micro-beam": ("pulse_energy", "mJ"),
}
ORDER_STEM = re.compile(
    r"Put these steps of (?:the phase “(.+?)” of (.+)|the (?P<whole>.+)) in the order in which you do them\."
)
TYPES = {"I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6}
BOOKED = re.compile(
    r"A client is booked today for (.+?)(?: with the (.+?))?\. (?:The intake shows|You see): (.*) What do you do\?"
)

Figures = tuple[float, float]


def label(device: Device) -> str:
    """A device as a stem names it: with its wavelength, which its name may hold already."""
    low, high = device.wavelength_min_nm, device.wavelength_max_nm
    if low is None or high is None or (f"{low:g}" in device.name and f"{high:g}" in device.name):
        return device.name
    return f"{device.name} ({low:g} nm)" if low == high else f"{device.name} ({low:g}–{high:g} nm)"


def plain(text: str) -> str:
    """A text without case, space and punctuation (ASCII's, which is what these tests write)."""
    return "".join(letter for letter in text.casefold() if letter not in string.punctuation + " ’“”–\t\n")


def devices_meant(course: Course, name: str) -> set[str]:
    """All devices that a reader of this name may think of."""
    return {one.id for one in course.device_register.values() if plain(label(one)) == plain(name)}


def figures(text: str, unit: str) -> Figures:
    found = RANGE.fullmatch(text)
    assert found is not None, text
    assert found[3] == unit
    low = float(found[1])
    return low, float(found[2]) if found[2] else low


def within(inner: Figures, outer: Figures) -> bool:
    return outer[0] <= inner[0] and inner[1] <= outer[1]


def true_ranges(course: Course, item: Item) -> tuple[list[Figures], str]:
    """The ranges that rows give for the treatment that the stem names, for each skin type; and the unit."""
    found = SETTINGS_STEM.fullmatch(item.stem)
    assert found is not None, item.stem
    quantity, unit = QUANTITIES[found[1]]
    assert found[2] == unit
    first = TYPES[found[5]]
    named = range(first, TYPES[found[6] or found[5]] + 1)
    meant = devices_meant(course, found[4])
    assert meant, item.stem
    rows = [
        row
        for row in course.settings
        if row.device in meant
        and row.procedure.replace("-", " ") == found[3]
        and any(row.skin_type_min <= skin_type <= row.skin_type_max for skin_type in named)
    ]
    given = [getattr(row, quantity) for row in rows]
    return [(one.low, one.high) for one in given if one], unit


def assert_range_item(course: Course, item: Item) -> None:
    true, unit = true_ranges(course, item)
    offered = {option.id: figures(option.text, unit) for option in item.options}
    right = [one for one, values in offered.items() if any(within(values, row) for row in true)]
    assert right == list(item.key)
    assert offered[item.key[0]] in true
    assert not any(within(one, other) for one, other in permutations(offered.values(), 2))
    assert list(offered.values()) == sorted(offered.values())
    assert 3 <= len(offered) <= 4
    assert len({low == high for low, high in offered.values()}) == 1  # all ranges, or all single figures
    assert list(offered) == list("abcd"[: len(offered)])


def shape(text: str) -> tuple[str, int | None]:
    """The action that one of the four shapes of answers stands for, with the days of a deferral."""
    if text.startswith("Not today; the earliest is "):
        days = re.search(r"([0-9]+) days? after it$", text)
        assert days or text.endswith("when this no longer applies")
        return "defer", int(days[1]) if days else 0
    starts = {
        "Do not treat, now or later": "do_not_treat",
        "Not today: a clinician decides": "refer",
        "Treat today, with the precautions of ": "treat_with_precautions",
    }
    return next(action for start, action in starts.items() if text.startswith(start)), None


def applying(course: Course, item: Item, row: ContraindicationRow) -> list[ContraindicationRow]:
    """All rows, whatever their standing, for the condition of a row under what the stem books."""
    found = BOOKED.fullmatch(item.stem)
    assert found is not None, item.stem
    assert row.condition in found[3]
    meant = devices_meant(course, found[2]) if found[2] else None
    assert meant != set()
    same = [
        other
        for other in course.contraindications
        if plain(other.condition) == plain(row.condition) or (row.fact is not None and other.fact == row.fact)
    ]
    if meant is not None:
        same = [other for other in same if not other.applies_to or meant & set(other.applies_to)]
    if found[1] != "treatment":
        same = [
            other
            for other in same
            if not other.procedures or found[1] in {name.replace("-", " ") for name in other.procedures}
        ]
    return same


def assert_action_item(course: Course, item: Item) -> None:
    row = next(one for one in course.contraindications if item.key_row == f"contraindications/{one.id}")
    rows = applying(course, item, row)
    assert row in rows
    true = {(other.action, other.defer_days if other.action == "defer" else None) for other in rows}
    assert len(true) == 1
    offered = {option.id: shape(option.text) for option in item.options}
    assert [one for one, answer in offered.items() if answer in true] == list(item.key)
    assert len(set(offered.values())) == len(offered) == 4
    if any(other.decided_by == "clinician" for other in rows) and row.action != "refer":
        assert ("refer", None) not in offered.values()  # true as well: a clinician decides
    if row.action == "treat_with_precautions":
        assert treated(course, item)
    assert item.critical == (row.action == "do_not_treat")
    assert f"contraindications/{row.id}" in item.facts


def treated(course: Course, item: Item) -> bool:
    """Whether any cell that the stem may mean is not forbidden; without settings nothing is known of cells."""
    found = BOOKED.fullmatch(item.stem)
    assert found is not None
    meant = devices_meant(course, found[2]) if found[2] else set(course.device_register)

    def is_meant(row: SettingsRow) -> bool:
        return row.device in meant and found[1] in ("treatment", row.procedure.replace("-", " "))

    rows = [row for row in course.settings if is_meant(row)]
    return not course.settings or any(row.decision != Decision.NOT_ALLOWED for row in rows)


def comes_before(course: Course, one: str, other: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a step must come before another one of its procedure, through whichever steps."""
    after = next(step.after for step in course.procedure if step.id == other)
    return one in after or any(comes_before(course, one, via, seen | {via}) for via in after if via not in seen)


def true_pairs(course: Course, item: Item) -> tuple[dict[str, StepRow], set[tuple[str, str]]]:
    """The step that each option stands for in the phase that the stem names, and the true (before, after) pairs."""
    found = ORDER_STEM.match(item.stem)
    assert found is not None, item.stem
    steps = [
        step
        for step in course.procedure
        if (step.phase.replace("-", " "), step.procedure.replace("-", " ")) == found.groups()[:2]
        or step.procedure.replace("-", " ") == found["whole"]
    ]
    assert not found["whole"] or len({step.phase for step in steps}) == 1  # no phase is left unnamed among several
    shown = {}
    for option in item.options:
        (shown[option.id],) = [step for step in steps if step.step == option.text]
    pairs = {
        (one, other) for one, other in permutations(shown, 2) if comes_before(course, shown[one].id, shown[other].id)
    }
    return shown, pairs


def assert_order_item(course: Course, item: Item) -> None:
    shown, true = true_pairs(course, item)
    assert set(item.key) == true
    assert len(item.key) == len(true) > 0
    assert 3 <= len(shown) <= 6
    order = list(shown)
    assert any(order.index(one) > order.index(other) for one, other in true)  # as displayed it is not right
    assert {f"procedure/{step.id}" for step in shown.values()} <= set(item.facts)
    assert all(step.standing != "draft" for step in shown.values())


def assert_statement_item(course: Course, item: Item) -> None:
    asking = [row for row in course.statements if plain(row.prompt) == plain(item.stem)]
    true = {plain(row.correct) for row in asking}
    right = [option.id for option in item.options if plain(option.text) in true]
    assert right == list(item.key)
    key = next(option.text for option in item.options if option.id in item.key)
    assert not any(plain(key) == plain(text) for row in asking for text in row.wrong)
    assert len({plain(option.text) for option in item.options}) == len(item.options) >= 2
