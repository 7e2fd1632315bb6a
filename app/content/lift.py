"""The blocks of a lesson's HTML that lay out some facts, with only their rows in them; pure."""

from collections.abc import Collection
from html.parser import HTMLParser
from typing import Final

BLOCK: Final = "laid"  # the class of what a lesson lays facts out in
VOID: Final = frozenset({"br", "hr", "img", "col", "wbr", "input"})


def blocks_with(html: str, facts: Collection[str]) -> str:
    """Return the blocks of a lesson that lay out any of these facts ("settings/set-004"), without the rows of others.

    Ids are left out: the page that shows the blocks may hold those of the lesson itself.
    """
    lifter = _Lifter(frozenset(facts))
    lifter.feed(html)
    lifter.close()
    return "".join(lifter.found)


class _Lifter(HTMLParser):
    def __init__(self, facts: frozenset[str]) -> None:
        super().__init__(convert_charrefs=False)
        self._facts = facts
        self._open: list[str] = []  # the tags that are open in a block
        self._left_out = 0  # how many are open of what is left out
        self._kept: list[str] = []
        self._has = False
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if not self._open and not (tag == "div" and BLOCK in (told.get("class") or "").split()):
            return
        fact = told.get("data-fact")
        if self._left_out or (fact is not None and fact not in self._facts):
            self._left_out += tag not in VOID
            self._open += [tag] if tag not in VOID else []
            return
        self._has = self._has or fact is not None
        text = self.get_starttag_text() or ""
        if "id" in told:
            text = text.replace(f' id="{told["id"]}"', "")
        self._kept.append(text)
        self._open += [tag] if tag not in VOID else []

    def handle_endtag(self, tag: str) -> None:
        if not self._open or tag in VOID:
            return
        self._open.pop()
        if self._left_out:
            self._left_out -= 1
        else:
            self._kept.append(f"</{tag}>")
        if not self._open:
            self.found += self._kept if self._has else []
            self._kept, self._has = [], False

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def _keep(self, text: str) -> None:
        if self._open and not self._left_out:
            self._kept.append(text)
