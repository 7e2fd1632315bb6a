"""The text of a PDF as a reader copies it, page by page: glyphs back to letters by each font's own table."""

import re
import zlib

OBJECT = re.compile(rb"(?<![0-9])(\d+) 0 obj(.*?)endobj", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
LETTER = re.compile(rb"<([0-9A-Fa-f]{4})> <([0-9A-Fa-f]+)>")
SHOWN = re.compile(rb"/(f\d+) [\d.]+ Tf|\(((?:[^()\\]|\\.)*)\)|\bET\b", re.DOTALL)
ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.DOTALL)
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(pdf: bytes) -> list[str]:
    """Return the text of every page; each piece that is set by itself ends with a line break."""
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    pages = [body for body in objects.values() if re.search(rb"/Type ?/Page\b(?!s)", body)]
    return [_page(body, objects) for body in pages]


def _page(page: bytes, objects: dict[int, bytes]) -> str:
    fonts = _fonts(page, objects)
    content = b"".join(_stream(objects[int(one)]) for one in re.findall(rb"/Contents (\d+) 0 R", page))
    letters: dict[bytes, str] = {}
    text = ""
    for font, shown in SHOWN.findall(content):
        if font:
            letters = fonts[font]
        elif shown:
            codes = ESCAPED.sub(_plain, shown)
            text += "".join(letters.get(codes[at : at + 2], "\ufffd") for at in range(0, len(codes), 2))
        else:
            text += "\n"
    return text


def _fonts(page: bytes, objects: dict[int, bytes]) -> dict[bytes, dict[bytes, str]]:
    found = re.search(rb"/Resources (\d+) 0 R", page)
    resources = objects[int(found[1])] if found else page
    return {
        name: _letters(objects[int(number)], objects) for name, number in re.findall(rb"/(f\d+) (\d+) 0 R", resources)
    }


def _letters(font: bytes, objects: dict[int, bytes]) -> dict[bytes, str]:
    found = re.search(rb"/ToUnicode (\d+) 0 R", font)
    assert found, "a font without its letters"
    table = _stream(objects[int(found[1])])
    return {
        bytes.fromhex(code.decode()): bytes.fromhex(text.decode()).decode("utf-16-be")
        for code, text in LETTER.findall(table)
    }


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    assert found
    return zlib.decompress(found[1]) if b"FlateDecode" in body else found[1]


def _plain(found: re.Match[bytes]) -> bytes:
    code = found[1]
    return bytes([int(code, 8)]) if code[:1].isdigit() else CONTROLS.get(code, code)
