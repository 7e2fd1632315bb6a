"""Rows of the fact tables laid out for a lesson: settings in tables, contraindications by action, steps in order."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final
from xml.etree import ElementTree as ET

from app.content.generate.wording import NOTICE, ROMAN, device_name, procedure_name
from app.content.numerals import range_text
from app.content.page import Page, element, reference
from app.content.values import (
    ContraindicationRow,
    Course,
    Fact,
    Range,
    SettingsRow,
    Standing,
    StepRow,
)

STANDINGS: Final = {
    Standing.CITED: ("Cited", "The figures stand in the numbered source."),
    Standing.PROTOCOL: ("Protocol", "A rule of the clinic, confirmed by the medical director who signs the release."),
    Standing.DRAFT: ("Unconfirmed", "Nobody confirmed it. Never in an exam, never on a client."),
}
DECISIONS: Final = {"allowed": "Allowed", "with_sign_off": "With sign-off", "not_allowed": "Not allowed"}
ACTIONS: Final = {
    "do_not_treat": "Do not treat",
    "defer": "Defer",
    "refer": "Refer",
    "treat_with_precautions": "Treat with precautions",
}
_FIGURES: Final[tuple[tuple[str, str, Callable[[SettingsRow], Range | None]], ...]] = (
    ("Fluence", "J/cm²", lambda row: row.fluence),
    ("Pulse", "ms", lambda row: row.pulse),
    ("Spot", "mm", lambda row: row.spot),
    ("Energy", "mJ", lambda row: row.pulse_energy),
    ("Passes", "", lambda row: row.passes),
    ("Interval", "weeks", lambda row: row.interval_weeks),
)
# Always a rule of the clinic, whatever vouches for the row's figures.
_RULES: Final[tuple[tuple[str, Callable[[SettingsRow], str | None]], ...]] = (
    ("Cooling", lambda row: row.cooling),
    ("Today's tone", lambda row: row.tone_rule),
    ("Endpoint", lambda row: row.endpoint),
    ("Stop if", lambda row: row.stop_if),
    ("Test spot", lambda row: row.test_spot),
)


def settings_block(course: Course, page: Page, rows: Sequence[SettingsRow]) -> list[ET.Element]:
    """Return the teaching sentence, the table of settings and the key to its standings."""
    first, _, rest = NOTICE.partition(". ")
    notice = element("p", "teach")
    bold = element("b", text=f"{first}.")
    bold.tail = f" {rest}"
    notice.append(bold)
    figures = [figure for figure in _FIGURES if any(figure[2](row) for row in rows)]
    rules = [rule for rule in _RULES if any(rule[1](row) for row in rows)]
    table = element("table", "facts facts-settings", role="table")
    table.append(element("caption", "sr", "Settings by device, procedure and skin type"))
    table.append(_settings_head(figures, rules))
    width = 3 + len(figures) + len(rules)
    groups: dict[tuple[str, str], list[SettingsRow]] = {}
    for row in rows:
        groups.setdefault((row.device, row.procedure), []).append(row)
    for (device, procedure), members in groups.items():
        body = ET.SubElement(table, "tbody", {"role": "rowgroup"})
        body.append(_group_row(device_name(course, device), procedure_name(procedure), width))
        for row in sorted(members, key=lambda member: member.skin_type_min):
            body.extend(_settings_rows(page, row, figures, rules, width))
    return [notice, table, _standing_key(rows)]


def contraindications_block(course: Course, page: Page, rows: Sequence[ContraindicationRow]) -> list[ET.Element]:
    """Return the conditions in one box for each action, the gravest first."""
    boxes = element("div", "stops")
    for action, title in ACTIONS.items():
        members = [row for row in rows if row.action == action]
        if not members:
            continue
        name = _fresh_id(page, f"stop-{action.replace('_', '-')}")
        box = element("div", f"stop stop-{action}", role="group", aria_labelledby=name)
        box.append(element("h3", text=title, id=name))
        entries = ET.SubElement(box, "ul")
        for row in members:
            entries.append(_condition(course, page, row))
        boxes.append(box)
    return [boxes]


def procedure_block(page: Page, rows: Sequence[StepRow]) -> list[ET.Element]:
    """Return the steps as numbered lists, one for each phase, every step after those that come before it."""
    phases = list(dict.fromkeys((row.procedure, row.phase) for row in rows))
    several = len({procedure for procedure, _ in phases}) > 1
    made: list[ET.Element] = []
    for procedure, phase in phases:
        name = f"{procedure_name(procedure)}: {procedure_name(phase)}" if several else procedure_name(phase)
        if len(phases) > 1:
            made.append(element("h3", text=_capital(name)))
        steps = element("ol", "procedure")
        for row in in_step_order([row for row in rows if (row.procedure, row.phase) == (procedure, phase)]):
            steps.append(_step(page, row))
        made.append(steps)
    return made


def in_step_order(rows: Sequence[StepRow]) -> list[StepRow]:
    """Return steps so that each comes after the steps that it names, else in the order of the file."""
    waiting = list(rows)
    placed: list[StepRow] = []
    while waiting:
        open_ids = {row.id for row in waiting}
        ready = next((row for row in waiting if not open_ids.intersection(row.after)), waiting[0])
        waiting.remove(ready)
        placed.append(ready)
    return placed


def _settings_head(
    figures: Sequence[tuple[str, str, Callable[[SettingsRow], Range | None]]],
    rules: Sequence[tuple[str, Callable[[SettingsRow], str | None]]],
) -> ET.Element:
    head = element("thead", role="rowgroup")
    row = ET.SubElement(head, "tr", {"role": "row"})
    titles = [("Skin type", ""), ("Decision", "Protocol")]
    titles += [(name, unit) for name, unit, _ in figures]
    titles += [(name, "Protocol") for name, _ in rules]
    for name, small in [*titles, ("Standing", "")]:
        cell = element("th", text=f"{name} " if small else name, scope="col", role="columnheader")
        if small:
            cell.append(element("small", "is-protocol" if small == "Protocol" else "", small))
        row.append(cell)
    return head


def _group_row(device: str, procedure: str, width: int) -> ET.Element:
    row = element("tr", "facts-group", role="row")
    cell = element("th", text=f"{device} ", scope="rowgroup", role="rowheader", colspan=str(width))
    cell.append(element("span", text=procedure))
    row.append(cell)
    return row


def _settings_rows(
    page: Page,
    row: SettingsRow,
    figures: Sequence[tuple[str, str, Callable[[SettingsRow], Range | None]]],
    rules: Sequence[tuple[str, Callable[[SettingsRow], str | None]]],
    width: int,
) -> Iterator[ET.Element]:
    """Return a settings row, and below it one with why and what another authority says, where there is any."""
    line = element("tr", f"facts-row is-{row.decision}{_draft_class(row)}", role="row")
    _give_id(page, line, "settings", row)
    line.append(_skin_cell(row))
    decision = element("td", "facts-decision", role="cell", data_label="Decision")
    decision.append(element("span", f"decision decision-{row.decision}", DECISIONS[row.decision]))
    line.append(decision)
    for name, unit, figure in figures:
        value = figure(row)
        label = f"{name}, {unit}" if unit else name
        cls = "fig" if value else "fig is-none"
        line.append(element("td", cls, range_text(value) if value else "–", role="cell", data_label=label))
    for name, rule in rules:
        told = _prose(page, rule(row))
        cell = element("td", "line" if told else "line is-none", role="cell", data_label=name)
        cell.text = told or "–"
        line.append(cell)
    standing = element("td", "facts-standing", role="cell", data_label="Standing")
    standing.extend(_standing(row))
    line.append(standing)
    yield line
    more = list(_why_and_conflict(page, row))
    if more:
        below = element("tr", f"facts-more is-{row.decision}", role="row", data_fact=f"settings/{row.id}")
        cell = element("td", role="cell", colspan=str(width))
        cell.extend(more)
        below.append(cell)
        yield below


def _skin_cell(row: SettingsRow) -> ET.Element:
    cell = element("th", "facts-type", scope="row", role="rowheader")
    types = range(row.skin_type_min, row.skin_type_max + 1)
    skin = element("span", "skin", aria_hidden="true")
    skin.extend(element("i", f"tone-{number}") for number in types)
    first, last = ROMAN[types[0]], ROMAN[types[-1]]
    skin.tail = first if first == last else f"{first}–{last}"
    cell.append(skin)
    return cell


def _condition(course: Course, page: Page, row: ContraindicationRow) -> ET.Element:
    entry = element("li", _draft_class(row).strip())
    _give_id(page, entry, "contraindications", row)
    entry.append(_bold(page, row.condition))
    entry.append(_after(element("span", text=_until(row))))
    where = [device_name(course, device) for device in row.applies_to]
    where += [procedure_name(procedure) for procedure in row.procedures]
    if where:
        entry.append(_after(element("span", "only", f"Only for {', '.join(where)}.")))
    if row.ask:
        entry.append(_labelled(page, "ask", "Ask:", row.ask))
    entry.extend(_why_and_conflict(page, row))
    entry.append(_standing_line(row))
    return entry


def _until(row: ContraindicationRow) -> str:
    """Return how strong the contraindication is, until when it holds, and who decides."""
    parts = [f"{row.strength.capitalize()}."]
    if row.defer_days is not None:
        parts.append(f"Defer {_days(row.defer_days)}." if row.defer_days else "Defer until it is resolved.")
    if row.decided_by:
        parts.append(f"A {row.decided_by} decides.")
    return " ".join(parts)


def _days(days: int) -> str:
    text = "1 day" if days == 1 else f"{days} days"
    weeks, rest = divmod(days, 7)
    return f"{text} ({weeks} week{'' if weeks == 1 else 's'})" if weeks and not rest else text


def _step(page: Page, row: StepRow) -> ET.Element:
    classes = " ".join(filter(None, ("is-critical" if row.safety_critical else "", _draft_class(row).strip())))
    entry = element("li", classes)
    _give_id(page, entry, "procedure", row)
    entry.append(_bold(page, row.step))
    if row.safety_critical:
        entry.append(_after(element("span", "critical", "Safety-critical")))
    for cls, label, text in (("stop-if", "Stop if:", row.stop_if), ("record", "Record:", row.record)):
        if text:
            entry.append(_labelled(page, cls, label, text))
    entry.extend(_why_and_conflict(page, row))
    entry.append(_standing_line(row))
    return entry


def _why_and_conflict(page: Page, row: SettingsRow | ContraindicationRow | StepRow) -> Iterator[ET.Element]:
    if row.why:
        yield _labelled(page, "why", "Why:", row.why)
    if row.conflict:
        yield _labelled(page, "conflict", "Another authority says:", row.conflict)


def _standing(row: Fact) -> Iterator[ET.Element]:
    """Return the chip of a row's standing and the references to its sources."""
    word, _ = STANDINGS[row.standing]
    yield _after(element("span", f"standing standing-{row.standing}", word))
    for source in row.sources:
        yield _after(reference(source))


def _standing_line(row: Fact) -> ET.Element:
    line = element("span", "facts-standing")
    line.extend(_standing(row))
    return line


def _standing_key(rows: Iterable[Fact]) -> ET.Element:
    """Return the explanation of the standings that the rows have, and of the columns that are always protocol."""
    key = element("dl", "key")
    present = {row.standing for row in rows} | {Standing.PROTOCOL}
    for standing, (word, meaning) in STANDINGS.items():
        if standing in present:
            pair = ET.SubElement(key, "div")
            term = ET.SubElement(pair, "dt")
            term.append(element("span", f"standing standing-{standing}", word))
            pair.append(element("dd", text=meaning))
    return key


def _labelled(page: Page, cls: str, label: str, text: str) -> ET.Element:
    """Return a line that begins with a word of ours; its text is the author's Markdown."""
    line = element("span", cls)
    word = element("b", text=label)
    word.tail = f" {_prose(page, text)}"
    line.append(word)
    return _after(line)


def _bold(page: Page, text: str) -> ET.Element:
    bold = element("b")
    bold.text = _prose(page, text)
    return _after(bold)


def _prose(page: Page, text: str | None) -> str | None:
    """Return a cell's text on one line, with its citations and images marked."""
    return page.marks.inline(" ".join(text.split())) if text else None


def _after(made: ET.Element) -> ET.Element:
    """Return an element with a space after it, so that words do not run together without a stylesheet."""
    made.tail = " "
    return made


def _give_id(page: Page, made: ET.Element, table: str, row: Fact) -> None:
    """Say which row an element lays out; where it is laid out first it gets the id that results link to."""
    made.set("data-fact", f"{table}/{row.id}")
    name = page.unique_id(f"fact-{table}-{row.id}")
    if name:
        made.set("id", name)


def _fresh_id(page: Page, wanted: str) -> str:
    number = 1
    name = page.unique_id(wanted)
    while name is None:
        number += 1
        name = page.unique_id(f"{wanted}-{number}")
    return name


def _draft_class(row: Fact) -> str:
    return " is-draft" if row.standing is Standing.DRAFT else ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
