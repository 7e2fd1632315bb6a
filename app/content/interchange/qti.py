"""QTI 2.0 to 3.0 items (1EdTech): one interaction with its key, its scoring and its feedback."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final

from app.content.interchange import figures
from app.content.interchange.markdown_text import from_nodes
from app.content.interchange.prose import UNIT_CLASS
from app.content.interchange.qti_feedback import LEFT_OUT_NOTE, NAMES, Feedback, feedback_of, without_feedback
from app.content.interchange.qti_keys import Asked, keyed
from app.content.interchange.qti_scoring import judge
from app.content.interchange.safe_xml import Element
from app.content.interchange.shared import GAP, NEITHER_NOTE, SHUFFLED_NOTE, choice_notes, true_false
from app.content.interchange.values import Candidate, CannotTakeError, Choice, Found, Labels, Refusal
from app.content.values import ItemType

_TAKEN: Final = (
    "choiceInteraction",
    "orderInteraction",
    "matchInteraction",
    "textEntryInteraction",
    "inlineChoiceInteraction",
)
_INLINE: Final = ("textEntryInteraction", "inlineChoiceInteraction")
_WHYS: Final = {
    "extendedTextInteraction": "an essay: a person must mark it, and items here mark themselves",
    "associateInteraction": "pairs from one heap (associate); a matching item here has a left and a right side",
    "gapMatchInteraction": "words dragged into gaps; write each gap as an item of its own",
    "hottextInteraction": "words picked in a text (hot text); make it a choice",
    "hotspotInteraction": "a place picked on a picture (hotspot), which no item type here knows",
    "selectPointInteraction": "a place picked on a picture, which no item type here knows",
    "graphicOrderInteraction": "an order on a picture, which no item type here knows",
    "graphicAssociateInteraction": "pairs on a picture, which no item type here knows",
    "graphicGapMatchInteraction": "dragging onto a picture, which no item type here knows",
    "positionObjectInteraction": "dragging onto a picture, which no item type here knows",
    "sliderInteraction": "a slider; ask for the figure instead",
    "drawingInteraction": "a drawing: a person must mark it",
    "uploadInteraction": "a file sent in: a person must mark it",
    "mediaInteraction": "a recording to play, which asks nothing by itself",
    "endAttemptInteraction": "a button that ends or changes the attempt (hints, solutions)",
    "portableCustomInteraction": "an interaction that is a program of its own",
    "customInteraction": "an interaction that is a program of its own",
}


def is_item(root: Element) -> bool:
    """Say whether a document is one item of QTI 2.0 to 3.0."""
    return root.name in ("assessmentItem", "qti-assessment-item")


def read_item(root: Element, path: str, labels: Labels | None = None) -> Found:
    """Return the item of a document, taken or refused; `labels` is what a package says of it."""
    item = _plainly_named(root)
    name = item.get("title") or item.get("identifier") or "an item without a name"
    try:
        return _candidate(item, name, path, labels or Labels())
    except CannotTakeError as refusal:
        return Refusal(name=name, line=refusal.line or item.line, reason=str(refusal), path=path)


def _plainly_named(element: Element) -> Element:
    """Return a tree with the names of QTI 2: QTI 3.0 spells the same ones anew (qti-simple-choice, max-choices)."""
    children = [child if isinstance(child, str) else _plainly_named(child) for child in element.children]
    if not element.name.startswith("qti-"):
        return Element(element.name, element.line, element.space, element.attributes, children)
    attributes = {
        name if name.startswith("data-") else _camel(name): value for name, value in element.attributes.items()
    }
    return Element(_camel(element.name.removeprefix("qti-")), element.line, element.space, attributes, children)


def _camel(name: str) -> str:
    return re.sub(r"-([a-z0-9])", lambda found: found[1].upper(), name)


def _candidate(item: Element, name: str, path: str, labels: Labels) -> Candidate:
    _refuse_programs(item)
    interaction = _interaction(item)
    asked = _asked(item, interaction)
    judged = judge(item, asked.declaration)
    taken = keyed(asked, judged, labels.scoring)
    feedback = feedback_of(item, judged, asked.name, asked.choices)
    notes = [*judged.notes, *_notes(item, interaction, feedback)]
    why = [*feedback.always]
    if asked.choices and taken["type"] in (ItemType.SINGLE, ItemType.MULTIPLE):
        _give_whys(taken, asked, feedback)
        notes += choice_notes(taken["choices"])
        added = _as_true_false(taken)
        notes = [*added, *(note for note in notes if not added or note != SHUFFLED_NOTE)]
    else:
        why += feedback.right
    return Candidate(
        name=name,
        line=item.line,
        stem=_stem(item, interaction),
        why="\n\n".join(why) or None,
        labels=labels,
        notes=tuple(notes),
        path=path,
        **taken,
    )


def _refuse_programs(item: Element) -> None:
    for part in item.elements("templateDeclaration", "templateProcessing"):
        raise CannotTakeError("it is made anew by a program for every attempt (template)", part.line)
    if item.get("adaptive") == "true":
        raise CannotTakeError("it is adaptive: it changes while it is answered")
    for part in item.walk():
        if part.name in ("printedVariable", "templateInline", "templateBlock", "infoControl"):
            raise CannotTakeError(f"its text changes while it is answered (<{part.name}>)", part.line)


def _interaction(item: Element) -> Element:
    """Return the one interaction that an item asks; raises CannotTakeError."""
    body = item.first("itemBody")
    found = [part for part in body.walk() if part.name.endswith("Interaction")] if body else []
    for part in found:
        if part.name not in _TAKEN:
            raise CannotTakeError(
                f"it asks for {_WHYS.get(part.name, f'<{part.name[:60]}>, which has no match here')}", part.line
            )
    if len(found) != 1:
        how_many = f"{len(found)} questions" if found else "nothing"
        raise CannotTakeError(f"it asks {how_many}; an item here asks one: split it" if found else "it asks nothing")
    return found[0]


def _asked(item: Element, interaction: Element) -> Asked:
    name = interaction.get("responseIdentifier")
    declared = [one for one in item.elements("responseDeclaration") if one.get("identifier") == name]
    if len(declared) != 1:
        raise CannotTakeError(f"its response {name[:40]} is not declared once", interaction.line)
    sets = interaction.elements("simpleMatchSet")
    if interaction.name == "matchInteraction" and len(sets) == 2:
        sides = tuple(_texts(part) for part in sets)
    else:
        sides = (_texts(interaction),)
    unit = _unit(item, interaction) if interaction.name == "textEntryInteraction" else None
    return Asked(name, interaction, declared[0], sides, unit)


def _texts(parent: Element) -> dict[str, str]:
    """Return the texts of choices by their identifiers, in order."""
    choices = parent.elements("simpleChoice", "simpleAssociableChoice", "inlineChoice")
    texts = {one.get("identifier"): from_nodes(without_feedback(one.children), one.line) for one in choices}
    if len(texts) != len(choices) or "" in texts:
        raise CannotTakeError("two of its choices share an identifier, or one has none", parent.line)
    return texts


def _give_whys(taken: dict[str, Any], asked: Asked, feedback: Feedback) -> None:
    """Put the feedback of options to the options; feedback for a right response belongs to the one right option."""
    right = [one for one in taken["choices"] if one.correct]
    whys = ["\n\n".join(feedback.options.get(option, ())) for option in asked.choices]
    taken["choices"] = tuple(
        Choice(text=one.text, correct=one.correct, why=why or None)
        for one, why in zip(taken["choices"], whys, strict=True)
    )
    if feedback.right and len(right) == 1:
        text = "\n\n".join(feedback.right)
        taken["choices"] = tuple(
            Choice(text=one.text, correct=True, why=one.why or text) if one.correct else one for one in taken["choices"]
        )
    elif feedback.right:
        feedback.left_out = True


def _as_true_false(taken: dict[str, Any]) -> list[str]:
    """Give a choice between true and false the third option that an item here has; return what was added."""
    words = {one.text.casefold().strip("*. "): one for one in taken["choices"]}
    if taken["type"] is not ItemType.SINGLE or set(words) != {"true", "false"} or len(taken["choices"]) != 2:
        return []
    taken["choices"] = true_false(words["true"].correct, words["true"].why, words["false"].why)
    return [NEITHER_NOTE]


def _notes(item: Element, interaction: Element, feedback: Feedback) -> Iterator[str]:
    if interaction.get("shuffle") == "false" and interaction.name == "choiceInteraction":
        yield SHUFFLED_NOTE
    if feedback.left_out:
        yield LEFT_OUT_NOTE
    if any(part.name == "rubricBlock" and not _is_shown(part) for part in item.walk()):
        yield "what it says to markers or teachers (rubric) was left out"
    if any(part.name in ("stylesheet", "companionMaterialsInfo") for part in item.walk()):
        yield "its own style sheet or tools were left out"


def _is_shown(rubric: Element) -> bool:
    return "candidate" in rubric.get("view", "candidate").split()


def _stem(item: Element, interaction: Element) -> str:
    """Return the text around the interaction and its prompt, with a gap where something is typed or picked."""
    body = item.first("itemBody")
    stem = from_nodes(_question(body, interaction), item.line) if body else ""
    if not stem:
        raise CannotTakeError("it has no text that asks something")
    return stem


def _question(parent: Element, interaction: Element) -> list[Element | str]:
    out: list[Element | str] = []
    for node in parent.children:
        if isinstance(node, str):
            out.append(node)
        elif node is interaction:
            out.append(GAP if node.name in _INLINE else _block(node.elements("prompt"), node.line))
        elif node.name in NAMES or node.name == "stylesheet" or (node.name == "rubricBlock" and not _is_shown(node)):
            continue
        elif interaction.name == "textEntryInteraction" and _is_field_alone(node, interaction):
            continue  # the page has a field of its own
        else:
            name = "div" if node.name in ("rubricBlock", "contentBody", "prompt") else node.name
            out.append(Element(name, node.line, node.space, node.attributes, _question(node, interaction)))
    return out


def _is_field_alone(node: Element, interaction: Element) -> bool:
    """Say whether a block holds nothing but the field that a figure is typed into, and its unit."""
    if not any(child is interaction for child in node.children):
        return False
    if any(one.get("class") == UNIT_CLASS for one in node.elements("span")):
        return True
    words = node.text().strip(" .:\xa0")
    return not words or words in figures.UNITS


def _block(nodes: Iterable[Element], line: int) -> Element:
    return Element("div", line, children=[child for node in nodes for child in without_feedback(node.children)])


def _unit(item: Element, interaction: Element) -> str | None:
    """Return the unit of a figure that is typed: our own mark of it, or a known unit right after the gap."""
    for parent in item.walk():
        for place, child in enumerate(parent.children):
            if child is interaction:
                marked = [one.text() for one in parent.elements("span") if one.get("class") == UNIT_CLASS]
                after = parent.children[place + 1] if place + 1 < len(parent.children) else ""
                return marked[0] if marked else figures.unit_after(after) if isinstance(after, str) else None
    return None
