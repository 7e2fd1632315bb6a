"""What is true of the items of seven more families, decided from the rows and the item's own words alone."""

import re
from dataclasses import replace
from itertools import combinations

from app.content.values import ContraindicationRow, Course, Decision, Item, SettingsRow, Standing, StepRow
from tests.unit.oracle import QUANTITIES, TYPES, applying, devices_meant, label, plain, treated

TREATMENT = (
    r"(?P<procedure>.+?) with the (?P<device>.+), on Fitzpatrick skin types? (?P<low>[IV]+)(?:–(?P<high>[IV]+))?"
)
VALUE_STEM = re.compile(
    r"(?:What is the|Give one) (?P<name>[a-z -]+?), in (?P<unit>\S+), (?:that lies inside the range )?"
    rf"for {TREATMENT}[.?]"
)
DECISION_STEM = re.compile(rf"May a technician carry out {TREATMENT}\?")
DEVICE_STEM = re.compile(
    r"Which of these devices may a technician use for (.+) on Fitzpatrick skin type ([IV]+) without a sign-off\?"
)
DECISIONS = {
    "Yes, without a sign-off": Decision.ALLOWED,
    "Yes, but only with a sign-off": Decision.WITH_SIGN_OFF,
    "No, not even with a sign-off": Decision.NOT_ALLOWED,
}
UNTIL = re.compile(r"Until (?:(\d+) days? after it|it no longer applies, with no set number of days)")
INTERVAL_END = "Until when do you put the treatment off?"
SELECT_STEM = re.compile(
    r"A client is booked today for (.+?)(?: with the (.+?))?\. "
    r"Which of these findings, each taken alone, stop the treatment today\?"
)
PHASE = r"the (?P<phase_mark>phase “(?P<phase>.+?)” of )?(?P<procedure>[a-z -]+?)"
NEXT_STEM = re.compile(
    rf"In {PHASE}, (?P<opened>everything that must come before it is done, and so (?:are these steps|is this step)|"
    r"(?:these steps are|this step is) done so far): (?P<done>.+) Which step(?: of the phase)? comes next\?"
)
FIRST_STEM = re.compile(
    rf"(?P<opened>Everything that must come before {PHASE} is done\.) Which step of the phase comes first\?"
)
VERY_FIRST_STEM = re.compile(rf"Which step of {PHASE} comes first\?")
PHASE_ACCOUNT = re.compile(
    rf"Here is an account of {PHASE}, from its start to its end: (?P<told>\(1\) .+) One safety-critical step that the "
    r"course lists for (?:this phase|it) is missing\. Which\?"
)
RUN_ACCOUNT = re.compile(
    r"Here is a part of an account of (?P<procedure>[a-z -]+): (?P<told>\(1\) .+) One safety-critical step that must "
    r"come between the first and the last of these is missing\. Which\?"
)


def in_one_line(item: Item) -> str:
    return item.stem.replace("  \n", " ")


def chosen(item: Item) -> list[str]:
    return [option.text for option in item.options if option.id in item.key]


def assert_no_draft(course: Course, item: Item) -> None:
    """An item rests on confirmed rows that exist, its key row among them where that is a row."""
    tables = {
        "settings": course.settings,
        "contraindications": course.contraindications,
        "procedure": course.procedure,
    }
    standing = {f"{table}/{row.id}": row.standing for table, rows in tables.items() for row in rows}
    assert item.facts
    assert all(standing[fact] != Standing.DRAFT for fact in item.facts)
    assert len(set(item.facts)) == len(item.facts)
    if item.key_row in standing:
        assert item.facts[0] == item.key_row
    assert [option.id for option in item.options] == list("abcdef"[: len(item.options)])
    assert len({plain(option.text) for option in item.options}) == len(item.options)


def of_treatment(course: Course, found: re.Match[str]) -> list[SettingsRow]:
    """All rows for the treatment that a stem names, on any of its skin types."""
    meant = devices_meant(course, found["device"])
    assert meant
    low = TYPES[found["low"]]
    types = range(low, TYPES[found["high"] or found["low"]] + 1)
    return [
        row
        for row in course.settings
        if row.device in meant
        and row.procedure.replace("-", " ") == found["procedure"]
        and any(row.skin_type_min <= one <= row.skin_type_max for one in types)
    ]


def assert_value_item(course: Course, item: Item) -> None:
    assert_no_draft(course, item)
    found = VALUE_STEM.fullmatch(item.stem)
    assert found is not None, item.stem
    quantity, unit = QUANTITIES[found["name"]]
    assert (found["unit"], item.key["unit"], item.options) == (unit, unit, ())
    rows = of_treatment(course, found)
    given = [values for row in rows if (values := getattr(row, quantity))]
    ends = {end for values in given for end in (values.low, values.high)}
    probes = {end + shift for end in ends for shift in (-0.001, 0, 0.001)} | {0.0, 1e12}
    for value in probes:
        is_true = any(values.low <= value <= values.high for values in given)
        assert (item.key["min"] <= value <= item.key["max"]) == is_true, value
    assert all(row.decision != Decision.NOT_ALLOWED for row in rows)
    assert item.stem.startswith("What is the") == (item.key["min"] == item.key["max"])
    assert item.notice


def assert_decision_item(course: Course, item: Item) -> None:
    assert_no_draft(course, item)
    found = DECISION_STEM.fullmatch(item.stem)
    assert found is not None, item.stem
    decisions = {row.decision for row in of_treatment(course, found)}
    assert len(decisions) == 1
    offered = {option.id: DECISIONS[option.text] for option in item.options}
    assert [one for one, decision in offered.items() if decision in decisions] == list(item.key)
    assert set(offered.values()) == set(Decision)
    assert item.critical == (decisions == {Decision.NOT_ALLOWED})
    assert item.notice


def assert_device_item(course: Course, item: Item) -> None:
    assert_no_draft(course, item)
    found = DEVICE_STEM.fullmatch(item.stem)
    assert found is not None, item.stem
    skin_type = TYPES[found[2]]
    assert item.id == f"settings-device/{item.key_row}/{skin_type}"
    cell = [
        row
        for row in course.settings
        if row.procedure.replace("-", " ") == found[1] and row.skin_type_min <= skin_type <= row.skin_type_max
    ]
    right = []
    for option in item.options:
        meant = devices_meant(course, option.text)
        assert meant & {*course.devices, *(row.device for row in course.settings)}
        rows = [row for row in cell if row.device in meant]
        if any(row.decision == Decision.ALLOWED for row in rows):
            assert all(row.decision == Decision.ALLOWED for row in rows)
            assert f"settings/{next(row.id for row in rows if row.standing != 'draft')}" == item.key_row
            right.append(option.id)
        named = {f"settings/{row.id}" for row in rows if row.standing != "draft"}
        assert named <= set(item.facts)
    assert right == list(item.key)
    assert len(right) == 1
    assert 3 <= len(item.options) <= 4
    assert item.notice


def device_cells(course: Course) -> set[tuple[str, int]]:
    """The procedures and skin types that can be asked: a device surely allowed, and two that are surely not."""
    names = {plain(label(course.device_register[one])) for one in course.devices}
    can_ask = set()
    for procedure in {row.procedure for row in course.settings}:
        for skin_type in range(1, 7):
            said: dict[str, list[SettingsRow]] = {name: [] for name in names}
            for row in course.settings:
                if row.procedure == procedure and row.skin_type_min <= skin_type <= row.skin_type_max:
                    said[plain(label(course.device_register[row.device]))].append(row)
            sure = [
                rows
                for rows in said.values()
                if any(row.standing != "draft" for row in rows) and all(row.decision == "allowed" for row in rows)
            ]
            false = [rows for rows in said.values() if not any(row.decision == "allowed" for row in rows)]
            if sure and len(false) >= 2:
                can_ask.add((procedure, skin_type))
    return can_ask


def assert_interval_item(course: Course, item: Item) -> None:
    assert_no_draft(course, item)
    row = next(one for one in course.contraindications if item.key_row == f"contraindications/{one.id}")
    assert item.stem.endswith(INTERVAL_END)
    asked = replace(item, stem=item.stem.replace(INTERVAL_END, "What do you do?"))
    rows = applying(course, asked, row)
    assert row in rows
    assert {(other.action, other.defer_days) for other in rows} == {("defer", row.defer_days)}
    assert treated(course, asked)
    offered = {option.id: UNTIL.fullmatch(option.text) for option in item.options}
    days = {one: int(found[1] or 0) for one, found in offered.items() if found}
    assert days.keys() == offered.keys()
    assert [one for one, number in days.items() if number == row.defer_days] == list(item.key)
    counted = [number for number in days.values() if number]
    assert counted == sorted(set(counted))
    assert 0 in days.values()  # so that what ends without a number of days is no cue
    assert 3 <= len(days) <= 4
    assert not any(re.search(r"\b1 days", option.text) for option in item.options)


def condition_of(course: Course, text: str) -> list[ContraindicationRow]:
    """All rows for a condition: of the same text or fact, or the same as one that is."""
    rows = [row for row in course.contraindications if plain(row.condition) == plain(text)]
    while True:
        facts = {row.fact for row in rows if row.fact}
        texts = {plain(row.condition) for row in rows}
        more = [
            row
            for row in course.contraindications
            if row not in rows and (row.fact in facts or plain(row.condition) in texts)
        ]
        if not more:
            return rows
        rows += more


def assert_select_item(course: Course, item: Item) -> None:
    assert_no_draft(course, item)
    found = SELECT_STEM.fullmatch(item.stem)
    assert found is not None, item.stem
    category = item.key_row.removeprefix("contraindications/")
    meant = devices_meant(course, found[2]) if found[2] else None

    def applies(row: ContraindicationRow, *, surely: bool) -> bool:
        devices = not row.applies_to or (bool(meant & set(row.applies_to)) if meant else not surely)
        names = {name.replace("-", " ") for name in row.procedures}
        return devices and (not names or (found[1] in names if found[1] != "treatment" else not surely))

    right, conditions = [], []
    for option in item.options:
        rows = condition_of(course, option.text)
        conditions.append({row.id for row in rows})
        own = [row for row in rows if row.category == category and row.objective == item.objective]
        assert any(applies(row, surely=True) and row.standing != "draft" for row in own)
        told = {row.action != "treat_with_precautions" for row in rows if applies(row, surely=False)}
        assert len(told) == 1
        if told == {True}:
            right.append(option.id)
    assert right == list(item.key)
    assert 1 <= len(right) < len(item.options)
    assert 4 <= len(item.options) <= 6
    assert all(one.isdisjoint(other) for one, other in combinations(conditions, 2))
    assert treated(course, replace(item, stem=f"{item.stem.partition(' Which')[0]} You see: it. What do you do?"))


def earlier(course: Course, step: str) -> set[str]:
    """All steps that must come before a step."""
    found: set[str] = set()
    wait = [step]
    while wait:
        one = wait.pop()
        after = next(row.after for row in course.procedure if row.id == one)
        wait += [other for other in after if other not in found]
        found |= set(after)
    return found


def listed(course: Course, text: str, among: list[StepRow]) -> list[StepRow]:
    """The steps of a numbered line of text, each confirmed; its numbers go up by one."""
    parts = re.split(r"\((\d+)\) ", text if text.startswith("(1)") else f"(1) {text}")[1:]
    assert [int(number) for number in parts[::2]] == list(range(1, len(parts) // 2 + 1))
    steps = []
    for one in parts[1::2]:
        (step,) = [row for row in among if plain(row.step) == plain(one)]
        assert step.standing != "draft"
        steps.append(step)
    for before, after in combinations(steps, 2):
        assert after.id not in earlier(course, before.id)  # told in an order that can be
    return steps


def of_phase(course: Course, found: re.Match[str]) -> tuple[list[StepRow], list[StepRow]]:
    """The steps of the procedure and of the phase that a stem names."""
    steps = [row for row in course.procedure if row.procedure.replace("-", " ") == found["procedure"]]
    if not found["phase_mark"]:
        assert len({row.phase for row in steps}) == 1  # no phase is left unnamed among several
        return steps, steps
    return steps, [row for row in steps if row.phase.replace("-", " ") == found["phase"]]


def assert_next_item(course: Course, item: Item) -> None:
    assert_no_draft(course, item)
    stem = in_one_line(item)
    found = NEXT_STEM.fullmatch(stem) or FIRST_STEM.fullmatch(stem) or VERY_FIRST_STEM.fullmatch(stem)
    assert found is not None, item.stem
    steps, phase = of_phase(course, found)
    before = {row.id: earlier(course, row.id) for row in steps}
    inside = {row.id for row in phase}
    needed = {one for row in phase for one in before[row.id]} - inside
    first = {one for one in needed if before[one].isdisjoint(inside)}
    frame = [row for row in steps if row.id in inside | (needed - first)]
    said = (found.groupdict().get("opened") or "").lower()
    assert bool(first) == said.startswith("everything that must come before")
    told = listed(course, found["done"], frame) if found.groupdict().get("done") else []
    done = {row.id for row in told} | first
    assert all(before[one] <= done for one in done)  # it can be so
    is_open = [row for row in frame if row.id not in done and before[row.id] <= done]
    (key,) = is_open
    assert key.id in inside
    assert item.key_row == f"procedure/{key.id}"
    assert chosen(item) == [key.step]
    for option in item.options:
        for row in steps:
            if plain(row.step) == plain(option.text) and row.id != key.id and option.id not in item.key:
                assert row.id not in done
                assert key.id in before[row.id]
    assert sum(plain(row.step) == plain(key.step) for row in frame) == 1
    assert {f"procedure/{row.id}" for row in told} <= set(item.facts)
    assert 3 <= len(item.options) <= 4


def assert_missing_item(course: Course, item: Item) -> None:
    assert_no_draft(course, item)
    found = PHASE_ACCOUNT.fullmatch(in_one_line(item)) or RUN_ACCOUNT.fullmatch(in_one_line(item))
    assert found is not None, item.stem
    steps = [row for row in course.procedure if row.procedure.replace("-", " ") == found["procedure"]]
    if "phase" in found.groupdict():
        members = of_phase(course, found)[1]
        told = listed(course, found["told"], members)
        outside = [row for row in steps if row not in members]
    else:
        told = listed(course, found["told"], steps)
        first, last = told[0], told[-1]
        ways = {row.id: earlier(course, row.id) for row in steps}
        members = [row for row in steps if first.id in ways[row.id] and row.id in ways[last.id]] + [first, last]
        outside = [row for row in steps if row.id in ways[first.id] or last.id in ways[row.id]]
        assert all(row in members for row in told)
    missing = [row for row in members if row.safety_critical and row not in told]
    (key,) = missing
    assert item.key_row == f"procedure/{key.id}"
    assert chosen(item) == [key.step]
    assert all(plain(row.step) != plain(key.step) for row in told)
    for option in item.options:
        if option.id not in item.key:
            said = [row for row in steps if plain(row.step) == plain(option.text)]
            assert said
            assert all(row in outside for row in said)
    assert {f"procedure/{row.id}" for row in told} <= set(item.facts)
    assert 3 <= len(item.options) <= 4
