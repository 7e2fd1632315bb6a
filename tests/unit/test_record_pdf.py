"""A training record on paper: its words, page numbers, marks; nothing that a person wrote is ever markup."""

from typing import Any

import pytest

from app.reports.record_pdf import record_pdf
from tests.pdf_text import pages_of

MARKUP = '#panic("x") *bold* _it_ $x$ @ref <label> \\ // /* = h [#read("/etc/passwd")]'


def shown(**more: Any) -> dict[str, Any]:
    """Return what a record says, as its pages give it."""
    part = {
        "title": "Skin tightening",
        "sub": "Edition 2026.1",
        "facts": [{"term": "State", "value": "Current"}],
        "lines": ["Nd:YAG laser 1064 nm: III–IV allowed"],
        "table": {"columns": ["What happened", "Reason"], "rows": [["Issued", "–"]]},
    }
    return {
        "title": "Training record",
        "sub": "Ann Berg, Lumen Clinics",
        "name": "Ann Berg",
        "organisation": "Lumen Clinics",
        "demo": False,
        "header": "As of 22 November 2026",
        "footer": "Training record. Not a licence.",
        "made": [2026, 11, 22],
        "facts": [{"term": "Name", "value": "Ann Berg"}],
        "disclaimer": "It replaces none.",
        "blocks": [{"id": "certifications", "title": "Certifications", "none": "", "parts": [part]}],
        **more,
    }


def test_it_says_what_it_was_given() -> None:
    [page] = pages_of(record_pdf(shown()))
    told = ("Training record", "Ann Berg", "Certifications", "Skin tightening", "III–IV allowed", "Issued")
    assert [text for text in told if text not in page] == []
    assert "Not a licence." in page
    assert "It replaces none." in page


def test_every_page_has_its_number_the_name_and_the_disclaimer() -> None:
    rows = [[f"Lesson {number}", "read"] for number in range(150)]
    part = {**shown()["blocks"][0]["parts"][0], "table": {"columns": ["Lesson", "Read"], "rows": rows}}
    pages = pages_of(record_pdf(shown(blocks=[{**shown()["blocks"][0], "parts": [part]}])))
    assert len(pages) > 2
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in page
        assert "Ann Berg" in page
        assert "Training record. Not a licence." in page
    assert sum(f"Lesson {number}\n" in page for number in range(150) for page in pages) == 150


@pytest.mark.parametrize("demo", [True, False])
def test_what_is_invented_says_so_on_every_page(demo: bool) -> None:  # noqa: FBT001  a value of the table
    assert ("DEMO" in pages_of(record_pdf(shown(demo=demo)))[0]) is demo


def test_what_a_person_wrote_is_never_markup() -> None:
    part = {**shown()["blocks"][0]["parts"][0], "title": MARKUP, "lines": [MARKUP]}
    block = {**shown()["blocks"][0], "title": MARKUP, "parts": [part]}
    pages = pages_of(record_pdf(shown(name=MARKUP, sub=MARKUP, blocks=[block], disclaimer=MARKUP)))
    text = "".join(pages).replace("\n", " ")
    assert text.count('#panic("x")') >= 6
    assert text.count("[#read") >= 6
    assert "root:" not in text


def test_the_same_record_is_the_same_file() -> None:
    assert record_pdf(shown()) == record_pdf(shown())


def test_a_name_in_letters_without_a_font_is_set_all_the_same() -> None:
    pdf = record_pdf(shown(name="山田 太郎"))
    assert "Training record" in pages_of(pdf)[0]


def test_a_screen_reader_can_read_it() -> None:
    pdf = record_pdf(shown())
    assert all(mark in pdf for mark in (b"/StructTreeRoot", b"/Marked true", b"/Lang", b"pdfuaid"))
    assert not any(active in pdf for active in (b"/JavaScript", b"/JS", b"/Launch", b"/EmbeddedFile"))
