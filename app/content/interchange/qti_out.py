"""A course's items as a QTI 3.0 content package (1EdTech): an item a file, and a manifest that says more of each."""

from collections.abc import Iterable, Iterator
from typing import Final

from app.content.interchange.labels import labels_of
from app.content.interchange.leaving import Exported, named, order_of, problem, why_not
from app.content.interchange.markup_out import markup, text, xml
from app.content.interchange.package import write as write_zip
from app.content.interchange.qti_package import MANIFEST
from app.content.interchange.qti_rules import declaration, interaction, outcomes, processing
from app.content.values import Course, Item, ItemType, Problem, Scoring

_ASI: Final = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
_CP: Final = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
_LOM: Final = "http://ltsc.ieee.org/xsd/LOM"
_XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
_XSD: Final = "https://purl.imsglobal.org/spec/qti/v3p0/schema/xsd/"
_LOM_XSD: Final = "https://purl.imsglobal.org/spec/md/v1p3/schema/xsd/imsmd_loose_v1p3p2.xsd"
_PICTURES: Final = "../media/"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_PAIRS_NOTE: Final = "QTI has no rule for the share of ordered pairs kept; elsewhere its order is all or nothing"


def write(course: Course, items: Iterable[Item]) -> Exported:
    """Return items as a package, with what QTI cannot say and what other systems will do otherwise."""
    refused: list[Problem] = []
    notes: list[Problem] = []
    files: dict[str, bytes] = {}
    resources: list[str] = []
    media = {name.rsplit("/", 1)[-1]: data for name, data in course.files.items() if "/media/" in name}
    for name, item in named(items):
        reason = why_not(item)
        if reason:
            refused.append(problem(name, reason))
            continue
        place = f"items/{name}.xml"
        files[place] = _item(name, item, course.language).encode()
        pictures = [one for one in _pictures(item) if one in media]
        files |= {f"media/{one}": media[one] for one in pictures}
        resources.append(_resource(name, item, place, pictures, course.language))
        if item.type is ItemType.ORDERING and item.scoring is Scoring.PAIRS:
            notes.append(problem(name, _PAIRS_NOTE))
    manifest = _manifest(course, resources).encode()
    return Exported(write_zip({MANIFEST: manifest, **files}), len(resources), refused, notes)


def _item(name: str, item: Item, language: str) -> str:
    """Return an item as a document: declarations, body, scoring, feedback, in the order of the schema."""
    attributes = {
        "xmlns": _ASI,
        "xmlns:xsi": _XSI,
        "xsi:schemaLocation": f"{_ASI} {_XSD}imsqti_asiv3p0_v1p0.xsd",
        # An identifier begins with a letter, an id of ours may begin with a digit.
        "identifier": f"item-{name}",
        "title": name,
        "adaptive": "false",
        "time-dependent": "false",
        "xml:lang": language,
        "tool-name": "Fluence",
    }
    has_feedback = any(option.why for option in item.options)
    parts = [
        declaration(item, order_of(item) if item.type is ItemType.ORDERING else None),
        *outcomes(item),
        xml("qti-item-body", {}, _stem(item), interaction(item)),
        processing(item, has_feedback=has_feedback or bool(item.why)),
        *_feedback(item),
    ]
    return _HEAD + xml("qti-assessment-item", attributes, "\n", "\n".join(parts), "\n") + "\n"


def _stem(item: Item) -> str:
    """Return the stem with the item's picture above it."""
    picture = xml("p", {}, xml("img", {"src": _PICTURES + item.media[0], "alt": item.media[1]})) if item.media else ""
    return xml("div", {}, picture + markup(item.stem, _PICTURES).html)


def _feedback(item: Item) -> Iterator[str]:
    """Yield what explains each option that was chosen, and what explains the item."""
    for option in item.options:
        if option.why:
            yield _modal("FEEDBACK", option.id, option.why)
    if item.why:
        yield _modal("WHY", "why", item.why)


def _modal(outcome: str, identifier: str, why: str) -> str:
    shown = {"outcome-identifier": outcome, "identifier": identifier, "show-hide": "show"}
    return xml("qti-modal-feedback", shown, xml("qti-content-body", {}, markup(why, _PICTURES).html))


def _pictures(item: Item) -> list[str]:
    """Return the names of all pictures that an item shows, each once."""
    texts = [
        item.stem,
        item.why or "",
        *(part for one in (*item.options, *item.rights) for part in (one.text, one.why or "")),
    ]
    shown = [name for one in texts if "![" in one for name in markup(one, "").pictures]
    return list(dict.fromkeys([*([item.media[0]] if item.media else []), *shown]))


def _resource(name: str, item: Item, place: str, pictures: list[str], language: str) -> str:
    keywords = [
        xml("imsmd:keyword", {}, xml("imsmd:string", {"language": language}, text(label))) for label in labels_of(item)
    ]
    general = xml("imsmd:general", {}, xml("imsmd:title", {}, xml("imsmd:string", {}, text(name))), *keywords)
    files = [xml("file", {"href": place}), *(xml("file", {"href": f"media/{one}"}) for one in pictures)]
    attributes = {"identifier": f"item-{name}", "type": "imsqti_item_xmlv3p0", "href": place}
    return xml("resource", attributes, xml("metadata", {}, xml("imsmd:lom", {}, general)), *files)


def _manifest(course: Course, resources: list[str]) -> str:
    attributes = {
        "xmlns": _CP,
        "xmlns:imsmd": _LOM,
        "xmlns:xsi": _XSI,
        "xsi:schemaLocation": f"{_CP} {_XSD}imsqtiv3p0_imscpv1p2_v1p0.xsd {_LOM} {_LOM_XSD}",
        "identifier": f"course-{course.id}",
    }
    schema = xml("metadata", {}, xml("schema", {}, "QTI Package"), xml("schemaversion", {}, "3.0.0"))
    body = [schema, xml("organizations"), xml("resources", {}, "\n", "\n".join(resources), "\n")]
    return _HEAD + xml("manifest", attributes, "\n", "\n".join(body), "\n") + "\n"
