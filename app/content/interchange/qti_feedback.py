"""The feedback of a QTI item: which of it explains an option, which the item, and which has no place."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from app.content.interchange.markdown_text import from_nodes
from app.content.interchange.qti_scoring import MATCH, Judged, Rule
from app.content.interchange.safe_xml import Element

NAMES: Final = ("modalFeedback", "feedbackInline", "feedbackBlock")
LEFT_OUT_NOTE: Final = "feedback that depends on the whole response has no place here and was left out"


@dataclass(slots=True)
class Feedback:
    """What is shown after a response: by option id, when it is right, and in any case."""

    options: dict[str, list[str]] = field(default_factory=dict)
    right: list[str] = field(default_factory=list)
    always: list[str] = field(default_factory=list)
    left_out: bool = False

    def put(self, text: str, kinds: set[str], choice: str) -> bool:
        """Put a text where it belongs by what it depends on, and the option it stands in; say whether it does."""
        named = [kind.partition(":")[2] for kind in kinds if kind.startswith("option:")]
        wanted = [option for option in named if option in self.options and choice in ("", option)]
        if wanted:
            self.options[wanted[0]].append(text)
        elif choice in self.options and (kinds & {"right", "always"} or not kinds):
            self.options[choice].append(text)
        elif "always" in kinds:
            self.always.append(text)
        elif "right" in kinds:
            self.right.append(text)
        else:
            return False
        return True


def feedback_of(item: Element, judged: Judged, response: str, options: Iterable[str]) -> Feedback:
    """Return the feedback of an item as Markdown, sorted by what it depends on."""
    found = Feedback(options={option: [] for option in options})
    for choice, element in _elements(item, ""):
        text = from_nodes(_content(element), element.line)
        if not text:
            continue
        kinds = {
            kind
            for rule in judged.rules
            if rule.outcome == element.get("outcomeIdentifier")
            for kind in _depends(rule, judged, response, element.get("identifier"))
        }
        if element.get("showHide") == "hide" or not found.put(text, kinds, choice):
            found.left_out = True
    return found


def without_feedback(nodes: Iterable[Element | str]) -> list[Element | str]:
    """Return nodes without the feedback in them."""
    out: list[Element | str] = []
    for node in nodes:
        if isinstance(node, str):
            out.append(node)
        elif node.name not in NAMES:
            out.append(Element(node.name, node.line, node.space, node.attributes, without_feedback(node.children)))
    return out


def _elements(parent: Element, choice: str) -> Iterable[tuple[str, Element]]:
    """Yield every feedback with the id of the option that it stands in, or ""."""
    for child in parent.elements():
        if child.name in NAMES:
            yield choice, child
        else:
            is_choice = child.name in ("simpleChoice", "simpleAssociableChoice", "inlineChoice")
            yield from _elements(child, child.get("identifier") if is_choice else choice)


def _content(element: Element) -> list[Element | str]:
    """Return the nodes of a feedback; in QTI 3.0 they stand in a content body."""
    body = element.first("contentBody")
    return body.children if body else element.children


def _depends(rule: Rule, judged: Judged, response: str, shown_for: str) -> Iterable[str]:
    """Yield what a rule makes a feedback of this identifier depend on: `option:<id>`, `right`, `wrong`, `always`."""
    value = rule.value()
    if value is None:
        return
    if value.name == "variable" and value.get("identifier") == response:
        yield f"option:{shown_for}"
    constants = [one.text() for one in value.walk() if one.name == "baseValue"]
    if shown_for not in constants:
        return
    if not rule.conditions:
        yield "always"
    elif len(rule.conditions) == 1 and judged.way == MATCH:
        yield _by_condition(*rule.conditions[0], response)
    else:
        yield "wrong"


def _by_condition(test: Element, otherwise: bool, response: str) -> str:  # noqa: FBT001
    parts = test.elements()
    names = {part.name for part in parts if part.get("identifier") == response}
    if test.name == "match" and names == {"variable", "correct"}:
        return "wrong" if otherwise else "right"
    constants = [part.text() for part in parts if part.name == "baseValue"]
    if test.name in ("match", "member") and names == {"variable"} and len(constants) == 1 and not otherwise:
        return f"option:{constants[0]}"
    return "wrong"
