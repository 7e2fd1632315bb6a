"""What an uploaded file really is, by its bytes: one whole PDF, JPEG or PNG and nothing else in it; pure.

Nothing is decoded to pixels and nothing is run. What a file could do by itself, or what a second reader could take it
for, is refused: the file is only ever sent on as it came.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.errors import RefusedError

LARGEST_FILE = 10 * 1024 * 1024
LARGEST_SIDE, LARGEST_PICTURE = 20_000, 100_000_000  # pixels
LARGEST_INFLATED = 32 * 1024 * 1024

PNG_BEGINS = b"\x89PNG\r\n\x1a\n"
NAME = re.compile(rb"/((?:[^\s()<>\[\]{}/%#]|#[0-9A-Fa-f]{2})+)")
OBJECT = re.compile(rb"\d\s+\d+\s+obj\b")
STREAM, STREAM_ENDS = re.compile(rb"(?<!end)stream\r?\n"), b"endstream"
PDF_ACTS = frozenset(
    {b"JavaScript", b"JS", b"Launch", b"EmbeddedFile", b"EmbeddedFiles", b"XFA", b"RichMedia", b"SubmitForm"}
    | {b"ImportData", b"GoToR", b"GoToE", b"Movie", b"Sound", b"Rendition", b"3D"}
)
# Start-of-frame markers of JPEG: those between C0 and CF that are no tables (ISO/IEC 10918-1, table B.1).
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
ALONE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length
MARKED_UP = re.compile(rb"<\s*(?:!doctype|html|script|svg|iframe|body|\?php)", re.IGNORECASE)

SAVE_ANEW = "Open it, save or print it as a new file, and upload that."


class FileKind(StrEnum):
    """What is taken."""

    PDF = "pdf"
    JPEG = "jpg"
    PNG = "png"


MEDIA_TYPES = {FileKind.PDF: "application/pdf", FileKind.JPEG: "image/jpeg", FileKind.PNG: "image/png"}


@dataclass(frozen=True, slots=True)
class Sniffed:
    """A file with what it is: made by `sniffed` alone, which refuses what is not taken."""

    data: bytes
    kind: FileKind


def sniffed(data: bytes) -> Sniffed:
    """Look at a file; call it outside a transaction, a large one takes a moment."""
    return Sniffed(data, kind_of(data))


def kind_of(data: bytes) -> FileKind:
    """Return what a file is; RefusedError says what to do where it is nothing that is taken."""
    if not data:
        raise RefusedError("Choose the file of the certificate; this one is empty.")
    if len(data) > LARGEST_FILE:
        raise RefusedError("The file is larger than 10 MB. Save it smaller, and upload that.")
    if _ends_as_zip(data) or MARKED_UP.search(data[:1024]):
        raise RefusedError(f"This file is also something else than a certificate. {SAVE_ANEW}")
    if data.startswith(b"%PDF-"):
        _check_pdf(data)
        return FileKind.PDF
    if data.startswith(PNG_BEGINS):
        _check_png(data)
        return FileKind.PNG
    if data.startswith(b"\xff\xd8\xff"):
        _check_jpeg(data)
        return FileKind.JPEG
    raise RefusedError("Upload a PDF, JPG or PNG file; this is none of them, whatever its name says.")


def _ends_as_zip(data: bytes) -> bool:
    """Tell whether a reader of archives would open the file: it looks for its directory from the end."""
    at = data.rfind(b"PK\x05\x06", max(0, len(data) - 65_557))
    return at != -1 and at + 22 <= len(data)


def _check_pdf(data: bytes) -> None:
    whole = re.match(rb"%PDF-[12]\.\d", data) and data.rfind(b"startxref") != -1
    end = data.rfind(b"%%EOF")
    if not whole or end == -1 or data[end + 5 :].strip(b"\r\n\t \x00"):
        raise RefusedError(f"This PDF is damaged, or something follows it. {SAVE_ANEW}")
    streams = list(_streams(data))
    # A comment, or a length that is not true, makes what a reader takes for objects look like the inside of a stream.
    own = [before for before, _ in streams] + [packed for _, packed in streams if OBJECT.search(packed)]
    names = _names(b" ".join(own))
    if b"Encrypt" in names:
        raise RefusedError(f"This PDF is locked, so nobody can see what is in it. {SAVE_ANEW}")
    if b"ObjStm" in names:
        names |= _names_within(streams)
    if names & PDF_ACTS:
        raise RefusedError(f"This PDF can act by itself, or carries other files. {SAVE_ANEW}")


def _names(text: bytes) -> set[bytes]:
    """Return the names in a PDF's own text, escapes undone: `/J#61vaScript` is `JavaScript`."""
    return {re.sub(rb"#([0-9A-Fa-f]{2})", lambda hexed: bytes([int(hexed[1], 16)]), one) for one in NAME.findall(text)}


def _streams(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield a PDF's parts in order: what stands before a stream, its object's dictionary last, and the stream."""
    at = 0
    while (found := STREAM.search(data, at)) and (ends := data.find(STREAM_ENDS, found.end())) != -1:
        yield data[at : found.start()], data[found.end() : ends]
        at = ends + len(STREAM_ENDS)
    yield data[at:], b""


def _names_within(streams: Iterable[tuple[bytes, bytes]]) -> set[bytes]:
    """Return the names in the compressed parts of a PDF that hold objects; too much of them is refused."""
    names: set[bytes] = set()
    left = LARGEST_INFLATED
    for before, packed in streams:
        if b"ObjStm" not in _names(before):
            continue
        reader = zlib.decompressobj()
        try:
            text = reader.decompress(packed, left)
        except zlib.error:
            raise RefusedError(f"A part of this PDF cannot be read. {SAVE_ANEW}") from None
        left -= len(text)
        if left <= 0:
            raise RefusedError(f"This PDF unfolds into too much. {SAVE_ANEW}")
        if not reader.eof:
            raise RefusedError(f"A part of this PDF cannot be read to its end. {SAVE_ANEW}")
        names |= _names(text)
    return names


def _check_png(data: bytes) -> None:
    at, seen = len(PNG_BEGINS), list[bytes]()
    while at + 12 <= len(data) and seen[-1:] != [b"IEND"]:
        length = int.from_bytes(data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if zlib.crc32(kind + body) != int.from_bytes(data[at + 8 + length : at + 12 + length]):
            break
        if not seen:
            _check_sides(kind == b"IHDR" and length == 13, int.from_bytes(body[:4]), int.from_bytes(body[4:8]))
        seen.append(kind)
        at += 12 + length
    if seen[-1:] != [b"IEND"] or b"IDAT" not in seen or at != len(data):
        raise RefusedError(f"This picture is damaged, or something follows it. {SAVE_ANEW}")


def _check_jpeg(data: bytes) -> None:
    at, framed, scanned = 2, False, False
    while at + 2 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xD9:
            break
        if marker == 0xFF or marker in ALONE:
            at += 1 if marker == 0xFF else 2
            continue
        length = int.from_bytes(data[at + 2 : at + 4])
        if marker in FRAMES:
            _check_sides(length >= 8, int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7]))
            framed = True
        at += 2 + length
        if marker == 0xDA:
            at, scanned = _after_scan(data, at), True
    if not (framed and scanned) or data[at : at + 2] != b"\xff\xd9" or data[at + 2 :].strip(b"\x00"):
        raise RefusedError(f"This picture is damaged, or something follows it. {SAVE_ANEW}")


def _after_scan(data: bytes, at: int) -> int:
    """Return where the coded pixels end: at the first marker that is neither stuffing nor a restart."""
    while (at := data.find(b"\xff", at)) != -1 and at + 1 < len(data):
        if data[at + 1] not in {0x00, *range(0xD0, 0xD8)}:
            return at
        at += 2
    return len(data)


def _check_sides(known: object, width: int, height: int) -> None:
    if not known or not (
        0 < width <= LARGEST_SIDE and 0 < height <= LARGEST_SIDE and width * height <= LARGEST_PICTURE
    ):
        raise RefusedError("This picture is damaged, or far too large. Save it smaller, and upload that.")
