"""What an uploaded file is by its bytes: the three kinds, and what could act or be read as another."""

import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import RefusedError
from app.learning.sniffing import LARGEST_FILE, FileKind, kind_of
from app.reports.record_pdf import record_pdf
from tests.integration.outside import jpeg, pdf, png
from tests.unit.test_record_pdf import shown

ZIP_END = b"PK\x05\x06" + b"\0" * 18
MAKERS: dict[FileKind, Callable[..., bytes]] = {FileKind.PDF: pdf, FileKind.PNG: png, FileKind.JPEG: jpeg}


@pytest.mark.parametrize("kind", FileKind)
def test_each_kind_is_known_by_its_bytes(kind: FileKind) -> None:
    assert kind_of(MAKERS[kind]()) is kind


def test_a_real_pdf_is_taken() -> None:
    assert kind_of(record_pdf(shown())) is FileKind.PDF


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"MZ\x90\x00",
        b"<html></html>",
        b"GIF89a",
        b"PK\x03\x04",
        b"%PDF-9.9",
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"hello",
    ],
)
def test_what_is_none_of_them_is_refused(data: bytes) -> None:
    with pytest.raises(RefusedError):
        kind_of(data)


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize("more", [b"more", ZIP_END, b"<script>alert(1)</script>", b"\n%PDF-1.7", b"\x7fELF"])
def test_nothing_may_follow_the_file(kind: FileKind, more: bytes) -> None:
    with pytest.raises(RefusedError):
        kind_of(MAKERS[kind](after=more))


@pytest.mark.parametrize("kind", FileKind)
def test_half_a_file_is_refused(kind: FileKind) -> None:
    data = MAKERS[kind]()
    for length in range(len(data) - (2 if kind is FileKind.PDF else 1)):
        with pytest.raises(RefusedError):
            kind_of(data[:length])


@pytest.mark.parametrize(
    "act",
    [
        b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>",
        b"/AA<</O<</S/#4a#61vaScript>>>>",
        b"/OpenAction<</S/Launch/F(cmd.exe)>>",
        b"/Names<</EmbeddedFiles<<>>>>",
        b"/AcroForm<</XFA[]>>",
        b"/A<</S/SubmitForm>>",
        b"/A<</S/GoToR>>",
        b"/Encrypt 9 0 R",
    ],
)
def test_a_pdf_that_acts_is_refused(act: bytes) -> None:
    with pytest.raises(RefusedError):
        kind_of(pdf(b"<</Type/Catalog/Pages 2 0 R" + act + b">>"))


def packed(inside: bytes) -> bytes:
    """Return a PDF that holds objects in a compressed part."""
    stream = zlib.compress(inside)
    return pdf(
        b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(stream), stream)
    )


def test_what_acts_is_found_in_compressed_parts_too() -> None:
    assert kind_of(packed(b"1 0 <</Type/Annot>>")) is FileKind.PDF
    with pytest.raises(RefusedError, match="act by itself"):
        kind_of(packed(b"1 0 <</S/JavaScript/JS(app.alert(1))>>"))


def test_a_part_that_unfolds_into_too_much_is_refused() -> None:
    with pytest.raises(RefusedError, match="unfolds into too much"):
        kind_of(packed(b" " * (40 * 1024 * 1024)))


def test_letters_within_pixels_are_no_name() -> None:
    body = b"<</Type/XObject/Length 20>>stream\n\x00\x01/JS \x02/JavaScript \x03\nendstream"
    assert kind_of(pdf(body)) is FileKind.PDF


@pytest.mark.parametrize("size", [(0, 1), (20_001, 1), (15_000, 15_000)])
def test_a_picture_that_says_to_be_huge_is_refused(size: tuple[int, int]) -> None:
    for make in (png, jpeg):
        with pytest.raises(RefusedError):
            kind_of(make(*size))


def test_a_file_that_is_too_large_is_refused() -> None:
    with pytest.raises(RefusedError, match="10 MB"):
        kind_of(pdf() + b"\n" * LARGEST_FILE)


@given(
    kind=st.sampled_from(FileKind), at=st.integers(min_value=0), byte=st.integers(0, 255), begin=st.binary(max_size=64)
)
def test_whatever_comes_is_judged_without_a_fault(kind: FileKind, at: int, byte: int, begin: bytes) -> None:
    whole = MAKERS[kind]()
    data = bytearray(whole)
    data[at % len(data)] = byte
    for one in (bytes(data), begin, begin + whole, whole[: at % len(whole)] + begin):
        try:
            assert kind_of(one) in FileKind
        except RefusedError as refusal:
            assert str(refusal)  # noqa: PT017  a refusal is as good an answer


def test_a_file_that_repeats_a_word_is_judged_at_once() -> None:
    # What was searched again from each of its words took hours on a large file.
    with pytest.raises(RefusedError):
        kind_of(b"%PDF-1.4\n" + b"stream\n" * 1_000_000 + b"startxref\n0\n%%EOF/Encrypt")
    assert kind_of(b"%PDF-1.4\n" + b"stream\n" * 1_000_000 + b"startxref\n0\n%%EOF") is FileKind.PDF


@pytest.mark.parametrize(
    "body",
    [
        b"%stream\n 1 0 obj<</S/JavaScript/JS(app.alert(1))>>endobj\n%endstream\n",
        b"1 0 obj<</Length 3>>stream\nabc\nendobj 2 0 obj<</S/JavaScript/JS(1)>>endobj\nendstream\n",
    ],
    ids=["a comment", "a length that is not true"],
)
def test_what_acts_is_found_where_a_stream_only_seems_to_be(body: bytes) -> None:
    with pytest.raises(RefusedError, match="can act by itself"):
        kind_of(pdf(body))


def test_a_packed_part_with_a_far_dictionary_or_without_an_end_is_refused() -> None:
    inside = zlib.compress(b"1 0 <</S/JavaScript/JS(app.alert(1))>>")
    far = b"5 0 obj<</Type/ObjStm" + b" " * 5000 + b"/Filter/FlateDecode>>stream\n" + inside + b"\nendstream"
    with pytest.raises(RefusedError, match="can act by itself"):
        kind_of(pdf(far))
    cut = b"5 0 obj<</Type/ObjStm/Filter/FlateDecode>>stream\n" + inside[:-8] + b"\nendstream"
    with pytest.raises(RefusedError, match="cannot be read"):
        kind_of(pdf(cut))
