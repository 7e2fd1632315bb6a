"""The protocol rows of a release for who signs it: all that a row says, what is new apart from what is as it was."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from app.content.compare import Change
from app.content.pieces import Piece
from app.releases.manifest import procedure_name
from app.reports.releases import Review
from app.web.change_pages import field_label
from app.web.words import Context, counted

TABLES = {
    "settings": "Settings",
    "contraindications": "Contraindications",
    "procedure": "Steps of the procedure",
    "statements": "Statements",
}
# What a row's title and line say already, or what nobody compares with a protocol.
SAID = frozenset(
    {"condition", "step", "statement", "prompt", "standing", "fact", "objective", "device", "procedure", "skin_types"}
    | {"decision", "fluence", "pulse", "spot", "pulse_energy", "passes", "interval_weeks"}
    | {"strength", "action", "phase", "correct"}
)
SHORT = 40  # characters of a value that shares its line with others
YES = {"yes": "Yes", "no": "No", "all": "All"}


def protocol_parts(read: Review, ticked: Collection[str]) -> list[Context]:
    """Return the rows that a signature vouches for: the new and changed ones, then those as they were.

    A course's first release has one part; each part groups its rows by fact table.
    """
    rows, before = read.release.manifest["protocol"], read.base.edition if read.base else ""
    changed = {change.key for change in read.changes}
    if not before:
        return [_part("", "", rows, read, ticked, folded=False)]
    new = [one for one in rows if one["row"] in changed]
    same = [one for one in rows if one["row"] not in changed]
    parts = (
        (f"New or changed since edition {before}", "Compare each with your own protocol.", new),
        (f"As in edition {before}", "A medical director confirmed each of them when that edition was signed.", same),
    )
    return [_part(title, text, chosen, read, ticked, folded=chosen is same) for title, text, chosen in parts if chosen]


def _part(
    title: str,
    text: str,
    rows: Sequence[Mapping[str, Any]],
    read: Review,
    ticked: Collection[str],
    *,
    folded: bool,
) -> Context:
    pieces, changed = {piece.key: piece for piece in read.pieces}, {change.key: change for change in read.changes}
    citations = _citations(read)
    return {
        "title": title,
        "text": text,
        "count": counted(len(rows), "row"),
        "folded": folded,
        "groups": [
            {
                "title": TABLES.get(table, table.capitalize()),
                "rows": [
                    {
                        **one,
                        "id": one["row"].replace("/", "-"),
                        "note": _note(changed.get(one["row"])),
                        "ticked": one["row"] in ticked,
                        "says": list(_says(pieces.get(one["row"]), citations)),
                    }
                    for one in of_table
                ],
            }
            for table, of_table in groupby(rows, key=lambda one: one["row"].partition("/")[0])
        ],
    }


def _note(change: Change | None) -> str:
    if change is None:
        return ""
    if change.added:
        return "New"
    return f"Changed: {', '.join(field_label(one.name).lower() for one in change.fields if one.changed)}"


def _says(piece: Piece | None, citations: Mapping[str, str]) -> Iterable[Context]:
    """Yield what a row says beyond its title and line: short values first, the sources last and in words."""
    values = piece.values if piece else {}
    told = {name: _value(name, value) for name, value in values.items() if name not in SAID and name != "sources"}
    for name, value in sorted(told.items(), key=lambda one: len(one[1]) > SHORT):
        yield {"term": field_label(name), "value": value, "short": len(value) <= SHORT}
    sources = [citations.get(one, one).rstrip(".") for one in values.get("sources", "").split("; ") if one]
    yield {"term": "Sources", "value": "; ".join(sources) or "None: a rule of the clinic", "short": False}


def _value(name: str, value: str) -> str:
    if name == "procedures":
        return ", ".join(procedure_name(one).lower() for one in value.split("; "))
    return YES.get(value, value)


def _citations(read: Review) -> dict[str, str]:
    return {
        piece.key.partition("/")[2]: f"{piece.title}{' (not read yet)' if piece.values.get('read') == 'no' else ''}"
        for piece in read.pieces
        if piece.key.startswith("sources/")
    }
