"""How a QTI item scores: the few rules that an item of a course can keep, told apart from programs of its own."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from app.content.interchange import figures
from app.content.interchange.safe_xml import Element
from app.content.interchange.values import CannotTakeError

SCORE: Final = "SCORE"
MATCH, MAP, RANGE = "match", "map", "range"  # all of the key; by its mapping; a figure between two
_TEMPLATES: Final = {
    "match_correct": MATCH,
    "CC2_match": MATCH,
    "CC2_match_basic": MATCH,
    "map_response": MAP,
    "CC2_map_response": MAP,
}
_OWN_PROGRAM: Final = "its scoring is a program of its own, which no scoring here matches"


@dataclass(slots=True)
class Rule:
    """One statement that sets an outcome, and the conditions under which it does; True in `otherwise` means else."""

    statement: Element
    conditions: tuple[tuple[Element, bool], ...]

    @property
    def outcome(self) -> str:
        """The outcome that is set."""
        return self.statement.get("identifier")

    def value(self) -> Element | None:
        """Return the expression that it is set to."""
        return next(iter(self.statement.elements()), None)


@dataclass(slots=True)
class Judged:
    """What the response processing of an item means."""

    way: str
    low: Decimal | None = None
    high: Decimal | None = None
    key: tuple[str, ...] = ()  # where the rule names the right choices, and the declaration does not
    at_least_zero: bool = False
    rules: list[Rule] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def judge(item: Element, response: Element) -> Judged:
    """Return what the scoring of an item with one response means; raises CannotTakeError."""
    processing = item.first("responseProcessing")
    if processing is None:
        if response.first("correctResponse") is None:
            raise CannotTakeError("it has neither a right answer nor a scoring; declare its correct response")
        return Judged(MATCH, notes=["it has no scoring rule; all or nothing was taken"])
    template = re.sub(r"\.xml$", "", processing.get("template").rsplit("/", 1)[-1])
    if template:
        if template not in _TEMPLATES:
            raise CannotTakeError(f"its scoring template {template[:40]} has no match here", processing.line)
        return Judged(_TEMPLATES[template])
    rules = list(_rules(processing, ()))
    judged = _judge_rules(item, [rule for rule in rules if rule.outcome == SCORE], response)
    judged.rules = rules
    return judged


def _rules(parent: Element, conditions: tuple[tuple[Element, bool], ...]) -> Iterator[Rule]:
    """Yield every statement with the conditions around it."""
    for node in parent.elements():
        if node.name == "setOutcomeValue":
            yield Rule(node, conditions)
        elif node.name == "responseCondition":
            before = conditions
            for branch in node.elements():
                test = next(iter(branch.elements()), None)
                if branch.name == "responseElse" or test is None:
                    yield from _rules(branch, before)
                    continue
                body = Element(branch.name, branch.line, children=[*branch.elements()[1:]])
                yield from _rules(body, (*before, (test, False)))
                before = (*before, (test, True))
        elif node.name == "responseProcessingFragment":
            yield from _rules(node, conditions)
        else:
            raise CannotTakeError(f"{_OWN_PROGRAM} (<{node.name}>)", node.line)


def _judge_rules(item: Element, rules: list[Rule], response: Element) -> Judged:
    """Return the one meaning that all statements about the score have together."""
    found: Judged | None = None
    at_least_zero = False
    for rule in rules:
        if _is_floor(item, rule):
            at_least_zero = True
        elif not _is_nothing(item, rule) and not _is_ceiling(rule):
            if found is not None:
                raise CannotTakeError(_OWN_PROGRAM, rule.statement.line)
            found = _judge_rule(item, rule, response)
    if found is None:
        raise CannotTakeError("its scoring never sets SCORE", item.line)
    found.at_least_zero = at_least_zero
    return found


def _judge_rule(item: Element, rule: Rule, response: Element) -> Judged:
    name = response.get("identifier")
    value = rule.value()
    inner = _added(value)
    tests = [(test, otherwise) for test, otherwise in rule.conditions if not _is_empty_test(test, name, otherwise)]
    if inner is not None and inner.name == "mapResponse" and inner.get("identifier") == name and not tests:
        return Judged(MAP)
    if len(tests) == 1 and not tests[0][1] and inner is not None and (_constant(item, inner) or 0) > 0:
        return _judge_test(tests[0][0], response)
    raise CannotTakeError(_OWN_PROGRAM, rule.statement.line)


def _judge_test(test: Element, response: Element) -> Judged:
    """Return what a condition that earns the whole score means."""
    name = response.get("identifier")
    parts = test.elements()
    if test.name == "match" and _names(parts) == {"variable": name, "correct": name}:
        return Judged(MATCH)
    if test.name == "match" and len(parts) == 2 and _is_variable(parts[0], name) and parts[1].name == "baseValue":
        return Judged(MATCH, key=(parts[1].text(),))
    if test.name == "equal" and len(parts) == 2 and _is_variable(parts[0], name):
        return _tolerance(test, parts[1], response)
    if test.name == "and" and {part.name for part in parts} == {"gte", "lte"} and len(parts) == 2:
        bounds = {part.name: _bound(part, name) for part in parts}
        low, high = figures.between(bounds["gte"], bounds["lte"])
        return Judged(RANGE, low, high)
    raise CannotTakeError(_OWN_PROGRAM, test.line)


def _bound(test: Element, name: str) -> Decimal:
    parts = test.elements()
    if len(parts) != 2 or not _is_variable(parts[0], name) or parts[1].name != "baseValue":
        raise CannotTakeError(_OWN_PROGRAM, test.line)
    return figures.figure(parts[1].text())


def _tolerance(test: Element, wanted: Element, response: Element) -> Judged:
    """Return the range that `equal` accepts by its tolerance; raises CannotTakeError for open ends."""
    correct = response.first("correctResponse", "value")
    if wanted.name not in ("baseValue", "correct") or (wanted.name == "correct" and correct is None):
        raise CannotTakeError(_OWN_PROGRAM, test.line)
    value = figures.figure(wanted.text() if wanted.name == "baseValue" or correct is None else correct.text())
    spreads = [figures.figure(part) for part in test.get("tolerance").split()]
    mode = test.get("toleranceMode", "exact") or "exact"
    if "false" in (test.get("includeLowerBound"), test.get("includeUpperBound")):
        raise CannotTakeError("an end of its range does not count; here both ends count", test.line)
    if mode == "exact" or not spreads:
        return Judged(RANGE, *figures.around(value, Decimal(0), Decimal(0)))
    below, above = spreads[0], spreads[-1]
    if mode == "relative":
        below, above = value * below / 100, value * above / 100
    return Judged(RANGE, *figures.around(value, below, above))


def _names(parts: list[Element]) -> dict[str, str]:
    return {part.name: part.get("identifier") for part in parts}


def _is_variable(part: Element, name: str) -> bool:
    return part.name == "variable" and part.get("identifier") == name


def _is_empty_test(test: Element, name: str, otherwise: bool) -> bool:  # noqa: FBT001
    """Say whether a condition only asks that something was answered, which an unanswered item fails anyway."""
    inner, wanted = test, otherwise
    if test.name == "not":
        inner, wanted = next(iter(test.elements()), test), not otherwise
    parts = inner.elements()
    return inner.name == "isNull" and wanted and len(parts) == 1 and _is_variable(parts[0], name)


def _added(value: Element | None) -> Element | None:
    """Return what is added to a score that begins at nothing: x of sum(SCORE, x), and every other expression itself."""
    if value is None or value.name != "sum":
        return value
    others = [part for part in value.elements() if not _is_variable(part, SCORE)]
    return others[0] if len(others) == 1 and len(value.elements()) == 2 else None


def _constant(item: Element, value: Element | None) -> Decimal | None:
    """Return the number that an expression always has: a base value, or an outcome that keeps its default."""
    if value is None:
        return None
    text = value.text() if value.name == "baseValue" else ""
    if value.name == "variable":
        declared = [
            one for one in item.elements("outcomeDeclaration") if one.get("identifier") == value.get("identifier")
        ]
        default = declared[0].first("defaultValue", "value") if declared else None
        normal = declared[0].get("normalMaximum") if declared else ""
        text = default.text() if default else normal
        text = text or ("1" if value.get("identifier") == "MAXSCORE" else "")
    return figures.figure(text) if re.fullmatch(r"[-+0-9.eE]+", text) else None


def _is_nothing(item: Element, rule: Rule) -> bool:
    """Say whether a statement gives nothing: a score of 0, wherever it stands."""
    inner = _added(rule.value())
    return (
        inner is not None and inner.name != "mapResponse" and _constant(item, inner) == 0 and not _is_floor(item, rule)
    )


def _on_score(rule: Rule, sign: str) -> bool:
    """Say whether a statement depends on how the score compares with a limit, and on nothing else."""
    tests = [test for test, otherwise in rule.conditions if not otherwise]
    return len(tests) == 1 and tests[0].name == sign and _is_variable(tests[0].elements()[0], SCORE)


def _is_floor(item: Element, rule: Rule) -> bool:
    return _on_score(rule, "lt") and _constant(item, rule.value()) == 0


def _is_ceiling(rule: Rule) -> bool:
    value = rule.value()
    return _on_score(rule, "gt") and value is not None and _is_variable(value, "MAXSCORE")
