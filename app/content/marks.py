"""Marks in a Markdown text: what Python-Markdown forgets, the line and column of a block, a citation or an image."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Final

FACT_BLOCKS: Final = ("settings", "contraindications", "procedure")
NOTES: Final = ("note", "tip", "warning", "danger")
# Blocks of pymdown that carry no mark: they have a meaning of their own and lay out nothing of the tables.
PLAIN_BLOCKS: Final = ("details", "definition", "caption", "figure-caption", "table-caption")

# Two noncharacters that no course text may hold (app.content.text) stand around the number of a mark.
TOKEN = re.compile("\ufdd0([0-9]+)\ufdd1")
_HEADER = re.compile(r"( *)(/{3,})[ ]*([\w-]+)[ ]*(?:\|[ ]*(.*?)[ ]*)?")
_INLINE = re.compile(r"(?<!\\)(?:!\[|\[@([^\[\]\n]*)\])")
_OPTION = re.compile(r"([\w-]+)[ ]*:(?:[ ]+(.*))?")


@dataclass(frozen=True, slots=True)
class OptionLine:
    """One indented line below a block's header; `key` is None where it is not `key: value`."""

    line: int
    column: int
    key: str | None
    value: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A block, a citation or an image of the source text: where it is, and the text that its token stands for.

    `name` is a block's name or a citation's source id; `group` is shared by citations that stand together;
    line and column are from 1, and 0 for a text that is not a file of its own.
    """

    kind: str  # block | citation | image
    line: int
    column: int
    source: str
    name: str = ""
    group: int = 0
    title: str | None = None
    options: tuple[OptionLine, ...] = ()
    content_line: int = 0


class Marks:
    """The marks of one page, by number."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._groups = 0
        self._since_citation: str | None = None

    def text(self, source: str) -> str:
        """Return a page's source with tokens: in block headers, before images, in place of citations.

        The option lines of a fact block are left out: its mark has them.
        """
        lines = source.expandtabs(4).split("\n")
        out: list[str] = []
        number = 0
        while number < len(lines):
            header = _HEADER.fullmatch(lines[number].rstrip())
            if header and header[3].lower() not in PLAIN_BLOCKS:
                out.append(self._header(lines, number, header))
                number += 1 + len(self.marks[-1].options)  # the header's own mark is made last
            else:
                out.append(lines[number])
                number += 1
                out[-1] = self.inline(out[-1], number)
        return "\n".join(out)

    def inline(self, text: str, line: int = 0, offset: int = 0) -> str:
        """Return one line of text with tokens; `offset` is how many characters of its line come before it."""
        out, end = "", 0
        for found in _INLINE.finditer(text):
            out += text[end : found.start()]
            self._pass(text[end : found.start()])
            column = offset + found.start() + 1 if line else 0
            if found[0] == "![":
                out += self._token(Mark("image", line, column, "")) + "!["
                self._since_citation = None
            else:
                group = self._group()
                out += self._token(Mark("citation", line, column, found[0], found[1].strip(), group))
            end = found.end()
        self._pass(text[end:] + "\n")
        return out + text[end:]

    def restore(self, html: str) -> str:
        """Return rendered HTML with every token that nothing used turned back into the escaped source."""

        def original(found: re.Match[str]) -> str:
            number = int(found[2])
            mark = self.marks[number] if number < len(self.marks) else Mark("image", 0, 0, "")
            bar = "" if mark.kind == "block" else found[1] or ""
            return bar + escape(mark.source, quote=False)

        return _LEFT.sub(original, html)

    def plain(self, text: str) -> str:
        """Return a text, such as an address, with its tokens turned back into the source."""
        return TOKEN.sub(lambda token: self.of(token).source, text)

    def of(self, token: re.Match[str]) -> Mark:
        """Return the mark that a token stands for."""
        return self.marks[int(token[1])]

    def _token(self, mark: Mark) -> str:
        self.marks.append(mark)
        return f"\ufdd0{len(self.marks) - 1}\ufdd1"

    def _pass(self, text: str) -> None:
        if self._since_citation is not None:
            self._since_citation += text

    def _group(self) -> int:
        """Return the group of the next citation: that of the last one where only commas stand between."""
        between = self._since_citation
        if between is None or between.strip(" \n,;") or "\n\n" in between:
            self._groups += 1
        self._since_citation = ""
        return self._groups

    def _header(self, lines: list[str], number: int, header: re.Match[str]) -> str:
        indent, slashes, written, title = header.groups()
        name = written.lower()
        options = tuple(_options(lines, number, len(indent))) if name in FACT_BLOCKS else ()
        after = number + 1 + len(options)
        content = next((place for place in range(after, len(lines)) if lines[place].strip()), after)
        source = "".join(f"\n{line}" for line in lines[number + 1 : after])
        mark = Mark(
            kind="block",
            line=number + 1,
            column=len(indent) + 1,
            source=" | " if title is not None else source,
            name=name,
            title=title,
            options=options,
            content_line=content + 1,
        )
        shown = self.inline(title, number + 1, header.start(4)) if title else ""
        token = self._token(mark)
        return f"{indent}{slashes} {written} | {token}{shown}"


# A token with the bar that a header was given for it.
_LEFT = re.compile(f"( \\| )?{TOKEN.pattern}")


def _options(lines: list[str], header: int, indent: int) -> Iterator[OptionLine]:
    """Return the lines below a header that are indented by four spaces or more."""
    for number in range(header + 1, len(lines)):
        line = lines[number]
        column = len(line) - len(line.lstrip()) + 1
        if not line.strip() or column <= indent + 4:
            return
        found = _OPTION.fullmatch(line.strip())
        key, value = (found[1], (found[2] or "").strip()) if found else (None, line.strip())
        yield OptionLine(number + 1, column, key, value)
