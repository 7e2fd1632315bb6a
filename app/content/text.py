"""The bytes of a course file become text, and every byte that may not stand there is named with its place."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

# Line feed and tab are the only control characters; U+FDD0–U+FDEF and the like are no characters at all, and
# the Markdown reader marks places with them.
_REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class TextFault:
    """A byte or character that may not stand in a text; line and column from 1."""

    line: int
    column: int
    message: str


def decode(data: bytes) -> tuple[str, list[TextFault]]:
    r"""Return the text with line feeds only, and its faults: one a line, the first.

    A byte-order mark at the beginning and the line ends of Windows (\r\n) are accepted. What is refused is left
    out of the text, so that the rest of the file can still be checked.
    """
    if data.startswith(_UTF16):
        return "", [TextFault(1, 1, "the file is UTF-16; save it again as UTF-8")]
    data = data.removeprefix(b"\xef\xbb\xbf").replace(b"\r\n", b"\n")
    try:
        text, faults = data.decode(), []
    except UnicodeDecodeError:
        text, faults = data.decode(errors="replace"), list(_bad_bytes(data))
    if _REFUSED.search(text):
        faults += _control_characters(text)
        text = _REFUSED.sub("", text)
    return text, sorted(faults, key=lambda fault: (fault.line, fault.column))


def refused_character(text: str) -> str | None:
    """Return the name of the first character in `text` that may not stand in a text, like U+0007."""
    found = _REFUSED.search(text)
    return f"U+{ord(found[0]):04X}" if found else None


def _bad_bytes(data: bytes) -> Iterator[TextFault]:
    for number, line in enumerate(data.split(b"\n"), 1):
        try:
            line.decode()
        except UnicodeDecodeError as error:
            column = len(line[: error.start].decode()) + 1
            message = f"byte 0x{line[error.start]:02X} is not UTF-8; save the file again as UTF-8"
            yield TextFault(number, column, message)


def _control_characters(text: str) -> Iterator[TextFault]:
    for number, line in enumerate(text.split("\n"), 1):
        found = _REFUSED.search(line)
        if found:
            message = f"control character U+{ord(found[0]):04X}; remove it, or type the character that was meant"
            yield TextFault(number, found.start() + 1, message)
