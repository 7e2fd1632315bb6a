"""Files of other systems become entries of items.yaml: the format is found, ids and objectives given, rules kept."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from app.content.cells import ID_LENGTH, ID_PATTERN
from app.content.interchange import gift, moodle_xml, qti, qti_package
from app.content.interchange.items_yaml import Entry, entry_of, problems
from app.content.interchange.safe_xml import Element, parse
from app.content.interchange.values import Candidate, CannotTakeError, FileRefusedError, Found, Home, Refusal
from app.content.numerals import shorten
from app.content.text import decode
from app.content.values import ItemType, Problem

GIFT, MOODLE_XML, QTI = "gift", "moodle-xml", "qti"
FORMATS: Final = (GIFT, MOODLE_XML, QTI)
_ZIP: Final = b"PK\x03\x04"
_ID = re.compile(ID_PATTERN)
_NO_OBJECTIVE: Final = "it names no objective of the course"
_NO_UNIT: Final = "it names no unit, and a numeric item here has one: write it right after the gap, or give --unit"


@dataclass(slots=True)
class Outcome:
    """What came of an import: the entries to write, what was refused, and what was left out of what was taken."""

    entries: list[Entry] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    without_objective: list[Problem] = field(default_factory=list)


def read(path: str, data: bytes, kind: str | None = None) -> list[Found]:
    """Return the items of a file, taken or refused, with its path; raises FileRefusedError.

    `kind` is one of FORMATS; where it is None, the file tells by itself.
    """
    found = _read(path, data, kind)
    if not found:
        raise FileRefusedError("it holds no item; export the questions themselves, not a test or a category")
    return [one if one.path else replace(one, path=path) for one in found]


def settle(
    found: Iterable[Found], *, objective: str | None = None, unit: str | None = None, home: Home | None = None
) -> Outcome:
    """Return entries for the items that a course can hold; each problem has the item's path, line and name.

    `objective` is for items that name none, `unit` for numeric ones that name none; `home` is the course that they
    go into, where it is known.
    """
    outcome = Outcome()
    used = set(home.item_ids) if home else set()
    for one in found:
        if isinstance(one, Refusal):
            outcome.refused.append(_problem(one, one.reason))
            continue
        wanted = _objective(one, home) or objective
        if wanted is None:
            outcome.without_objective.append(_problem(one, _NO_OBJECTIVE))
            continue
        try:
            entry, notes = _entry(one, wanted, unit, home, used)
        except CannotTakeError as refusal:
            outcome.refused.append(_problem(one, str(refusal)))
            continue
        used.add(str(entry["id"]))
        outcome.entries.append(entry)
        outcome.notes += [_problem(one, note) for note in (*one.notes, *notes)]
    return outcome


def slug(title: str) -> str:
    """Return a title as an id of the course format: small letters and digits with single hyphens."""
    letters = re.sub("['’]", "", title.replace("ß", "ss"))
    plain = unicodedata.normalize("NFKD", letters).encode("ascii", "ignore").decode()
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    if len(name) > ID_LENGTH:
        name = name[: ID_LENGTH + 1].rpartition("-")[0] or name[:ID_LENGTH]
    return name.strip("-") or "item"


def _read(path: str, data: bytes, kind: str | None) -> Sequence[Found]:
    is_zip = data.startswith(_ZIP)
    if is_zip and kind in (None, QTI):
        return qti_package.read(data, path)
    if is_zip:
        raise FileRefusedError(f"a zip is a QTI package, not {kind}; leave --from out")
    if kind == GIFT:
        return gift.read(data)
    if kind == MOODLE_XML:
        return moodle_xml.read(data)
    if kind == QTI or _is_markup(data):
        return _read_xml(parse(data), data, path, kind)
    if b"\0" not in data and gift.looks_like(decode(data)[0]):
        return gift.read(data)
    raise FileRefusedError(f"its format cannot be told; give --from {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")


def _is_markup(data: bytes) -> bool:
    """Say whether a file begins as XML does, in UTF-8 or UTF-16."""
    return data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] == b"<"


def _read_xml(root: Element, data: bytes, path: str, kind: str | None) -> Sequence[Found]:
    if qti.is_item(root):
        return [qti.read_item(root, path)]
    if kind is None and root.name in ("quiz", "question"):
        return moodle_xml.read(data)
    advice = {
        "questestinterop": "QTI 1.2 is not read; export it as QTI 2.1 or later",
        "manifest": "a manifest alone holds no items; give the whole package as a zip",
        "assessmentTest": "a test names its items only; give the whole package as a zip",
        "qti-assessment-test": "a test names its items only; give the whole package as a zip",
        "MOODLE_BACKUP": "a backup of Moodle 1.9 is not read; export the questions as Moodle XML",
    }
    raise FileRefusedError(advice.get(root.name, f"<{root.name[:60]}> is neither a QTI item nor Moodle XML"), root.line)


def _objective(item: Candidate, home: Home | None) -> str | None:
    """Return the objective that an item names: by our own label, or any name that is an id of a known course."""
    own = item.labels.objective
    if home is None:
        return own
    names = [own, *item.labels.others] if own else [*item.labels.others]
    return next((name for text in names for name in (text, slug(text)) if name in home.objectives), None)


def _entry(
    item: Candidate, objective: str, unit: str | None, home: Home | None, used: set[str]
) -> tuple[Entry, list[str]]:
    if item.type is ItemType.NUMERIC and item.unit is None:
        if unit is None:
            raise CannotTakeError(_NO_UNIT)
        item = replace(item, unit=unit)
    notes: list[str] = []
    facts = list(_known("row", item.labels.facts, home.rows if home else None, notes))
    sources = list(_known("source", item.labels.sources, home.sources if home else None, notes))
    item_id = _free(item.name if _ID.match(item.name) else slug(item.name), used)
    entry = entry_of(item, item_id=item_id, objective=objective, facts=facts, sources=sources)
    found = problems(entry)
    if found:
        raise CannotTakeError("; ".join(found))
    return entry, notes


def _known(kind: str, names: Iterable[str], known: frozenset[str] | None, notes: list[str]) -> Iterator[str]:
    """Yield the names that the course has, and note the others."""
    for name in names:
        if known is None or name in known:
            yield name
        else:
            notes.append(f"the {kind} {name} is not in the course and was left out")


def _free(name: str, used: set[str]) -> str:
    """Return an id that no item has: the name itself, or with the next free number."""
    name = name if len(name) <= ID_LENGTH else slug(name)
    number, free = 2, name
    while free in used:
        ending = f"-{number}"
        free = name[: ID_LENGTH - len(ending)].rstrip("-") + ending
        number += 1
    return free


def _problem(one: Found, message: str) -> Problem:
    return Problem(path=one.path, line=one.line, field=shorten(one.name), message=message)
