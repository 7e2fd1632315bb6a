"""Rows of a lesson's HTML whose facts were withdrawn: in place of each figure stands that, and why; pure."""

from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser
from typing import Final

CONTINUES: Final = "facts-more"  # of a settings row's second line: why, and what another authority says
_CELL: Final = '<td colspan="99" role="cell" class="withdrawn">{}</td>'


def struck(html: str, notes: Mapping[str, str]) -> str:
    """Return a lesson's HTML without the rows that `notes` name ("settings/set-004"): each shows its note instead."""
    if not notes:
        return html
    striker = _Striker(notes)
    striker.feed(html)
    striker.close()
    return "".join(striker.kept)


def facts_in(html: str) -> frozenset[str]:
    """Return the rows that a lesson's HTML lays out, as "table/row-id"."""
    finder = _Finder()
    finder.feed(html)
    finder.close()
    return frozenset(finder.found)


def _fact_of(attributes: list[tuple[str, str | None]]) -> str:
    """Return the fact that an element lays out, "" for none; lessons of old releases tell it by their ids alone."""
    told = dict(attributes)
    name = told.get("data-fact") or ""
    if not name and (told.get("id") or "").startswith("fact-"):
        table, _, row = (told["id"] or "").removeprefix("fact-").partition("-")
        name = f"{table}/{row}"
    return name


class _Finder(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if name := _fact_of(attrs):
            self.found.add(name)


class _Striker(HTMLParser):
    """Copies HTML as it stands, but for withdrawn rows."""

    def __init__(self, notes: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self._notes = notes
        self._inside: list[str] = []  # the row's tag, and those of the same name that are open in it
        self._ends = ""  # what stands where the row ends
        self.kept: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._inside:
            if tag == self._inside[0]:
                self._inside.append(tag)
            return
        name, told = _fact_of(attrs), dict(attrs)
        start = self.get_starttag_text() or ""
        if name not in self._notes:
            self.kept.append(start)
            return
        self._inside = [tag]
        if CONTINUES in (told.get("class") or ""):
            self._ends = ""
            return
        note = f"<b>Withdrawn.</b> {escape(self._notes[name])}"
        self.kept += [start, _CELL.format(note) if tag == "tr" else f'<span class="withdrawn">{note}</span>']
        self._ends = f"</{tag}>"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._keep(self.get_starttag_text() or "")  # such as <br />, which ends nothing

    def handle_endtag(self, tag: str) -> None:
        if not self._inside:
            self.kept.append(f"</{tag}>")
        elif tag == self._inside[0]:
            self._inside.pop()
            if not self._inside:
                self.kept.append(self._ends)

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._keep(f"<!--{data}-->")

    def _keep(self, text: str) -> None:
        if not self._inside:
            self.kept.append(text)
