"""What a preview says of items: each with its key, its whys and the facts under it, by family, row and seed."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from markupsafe import Markup

from app.content.draw import DrawError
from app.content.generate import FAMILIES, rests_on
from app.content.papers import drawn_items
from app.content.values import Item, ItemType
from app.releases.freeze import frozen_item
from app.web.exam_words import instruction_of, key_lines, told_and_asked
from app.web.preview_pages import fact_link, items_url, row_url
from app.web.preview_shelf import Built, State
from app.web.words import Context, counted

A_PAGE = 50
LONGEST_SEED = 18  # digits
REFUSED = 422
MARKED = (ItemType.SINGLE, ItemType.MULTIPLE)


def items_page(_state: State, built: Built, asked: Mapping[str, str]) -> Context:
    """Return the items that the filters of an address leave, fifty a page."""
    course_id = built.course.id
    family, row = asked.get("family", ""), asked.get("row", "").strip()
    seed, faults = _seed(asked, 0)
    items = built.items(seed)
    if family and family not in FAMILIES:
        faults.append(f"There is no family {family[:64]}. Choose one from the list.")
    if row and row not in built.facts and not any(rests_on(item, row) for item in items):
        faults.append(f"There is no row {row[:64]}. Write it as table/row, such as {next(iter(built.facts))}.")
    found = [one for one in items if family in ("", one.family) and (not row or rests_on(one, row))]
    found = [] if faults else found
    first, pages = _pages(asked, len(found), lambda number: _address(course_id, family, row, seed, number))
    return {
        "title": "Items",
        "sub": "Every item as it is asked, with its key. Another seed is another variant of the same item.",
        "status": REFUSED if faults else 200,
        "faults": faults,
        "form": {
            "url": items_url(course_id),
            "family": family,
            "families": [{"value": "", "label": "All families"}, *({"value": one, "label": one} for one in FAMILIES)],
            "row": row,
            "rows": list(built.facts),
            "seed": seed,
        },
        "unasked": [one for one in built.counts if row and one["row"] == row and one["why_none"]],
        "count": counted(len(found), "item"),
        "items": [item_shown(built, one) for one in found[first : first + A_PAGE]],
        "pages": pages,
    }


def paper_page(_state: State, built: Built, asked: Mapping[str, str]) -> Context:
    """Return the paper of a seed, section by section, with the figures that prove how it was drawn."""
    course = built.course
    seed, faults = _seed(asked, 1)
    drawn: list[tuple[int, Item]] = []
    proof: dict[str, Any] = {}
    if not faults:
        try:
            drawn, proof = drawn_items(course, seed)
        except DrawError as error:
            faults.append(str(error))
    return {
        "title": "A paper",
        "sub": "What one attempt would ask. Another seed draws another paper; the same seed always draws this one.",
        "status": REFUSED if faults else 200,
        "faults": faults,
        "url": url_for("preview.paper", course_id=course.id),
        "seed": seed,
        "proof": _proof(proof) if proof else [],
        "sections": [
            {
                **figures,
                "title": course.objectives[section.objective],
                "shown": [item_shown(built, one) for index, one in drawn if index == number],
            }
            for number, (section, figures) in enumerate(
                zip(course.exam.sections, proof.get("sections", ()), strict=bool(proof))
            )
        ],
    }


def item_shown(built: Built, item: Item) -> Context:
    """Return an item as the attempt shows it, and all that only its author sees."""
    frozen = frozen_item(item, built.course, built.media)
    shown, keyed = frozen.shown, frozen.keyed
    context, question = told_and_asked(shown["stem"])
    right = keyed["key"] if item.type in MARKED else ()
    return {
        "name": item.id,
        "href": items_url(built.course.id, row=item.key_row) if item.key_row in built.facts else "",
        "seed": item.seed,
        "critical": item.critical,
        "topic": shown["topic"],
        "context": _html(context),
        "stem": _html(question),
        "notice": item.notice or "",
        "image": shown["media"],
        "instruction": instruction_of(shown),
        "options": [_option(one, keyed["whys"], one["id"] in right) for one in (*shown["options"], *shown["rights"])],
        "marked": item.type in MARKED,
        "key": [] if item.type in MARKED else [_html(line) for line in key_lines(shown, keyed)],
        "why": _html(keyed["why"] or ""),
        "facts": [fact_link(built, fact) for fact in item.facts],
        "row_url": row_url(built, item.key_row),
        "sources": keyed["citations"],
        "scoring": item.scoring.value.replace("_", " "),
    }


def _option(option: Mapping[str, str], whys: Mapping[str, str], right: bool) -> Context:  # noqa: FBT001
    return {
        "letter": option["id"],
        "html": _html(option["html"]),
        "right": right,
        "why": _html(whys.get(option["id"], "")),
    }


def _html(text: str) -> Markup:
    return Markup(text)  # noqa: S704  rendered and sanitised from a checked course


def _seed(asked: Mapping[str, str], usual: int) -> tuple[int, list[str]]:
    """Return the seed of an address, or the usual one and what is wrong with it."""
    text = asked.get("seed", "").strip()
    if not text:
        return usual, []
    if text.isascii() and text.isdigit() and len(text) <= LONGEST_SEED:
        return int(text), []
    return usual, [f"A seed is a whole number from 0, of at most {LONGEST_SEED} digits."]


def _pages(asked: Mapping[str, str], total: int, address: Any) -> tuple[int, Context]:
    """Return the place of the first item to show, and the links to the pages before and after."""
    text = asked.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 6 else 1
    last = max(1, -(-total // A_PAGE))
    number = min(max(1, number), last)
    first = (number - 1) * A_PAGE
    summary = f"{first + 1}–{min(first + A_PAGE, total)} of {total}"
    return first, {
        "summary": summary if total else "",
        "previous": address(number - 1) if number > 1 else None,
        "next": address(number + 1) if number < last else None,
    }


def _address(course_id: str, family: str, row: str, seed: int, number: int) -> str:
    asked = {"family": family, "row": row, "seed": str(seed) if seed else "", "page": str(number)}
    return items_url(course_id, **{name: value for name, value in asked.items() if value})


def _proof(proof: Mapping[str, Any]) -> Sequence[Context]:
    return [
        {"term": "Seed", "value": proof["seed"]},
        {"term": "Items", "value": proof["items"]},
        {"term": "Key rows", "value": f"{proof['key_rows']}, none asked twice"},
        {"term": "Critical items", "value": proof["critical"]},
    ]
