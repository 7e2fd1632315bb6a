"""What a form says of a response: numbers as they are understood, how sure one is, what the page knew, and the hash."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.grade import parse_number
from app.errors import RefusedError
from app.exams.responses import hash_revisions, known_revision, read_certainty, read_form, understood

NUMERIC = {"type": "numeric", "unit": "J/cm²", "options": [], "rights": []}


@pytest.mark.parametrize(
    ("typed", "kept", "shown"),
    [
        ("12,5", "12,5", "12.5 J/cm²"),
        ("12.50", "12.50", "12.5 J/cm²"),
        (" 012 ", "012", "12 J/cm²"),
        ("+3", "+3", "3 J/cm²"),
        ("-0,25", "-0,25", "−0.25 J/cm²"),
        ("13 J/cm²", "13", "13 J/cm²"),
        ("1,234", "1,234", "1.234 J/cm²"),
        ("−5", "-5", "−5 J/cm²"),
        ("", None, ""),
    ],
)
def test_a_number_is_told_as_it_is_understood(typed: str, kept: str | None, shown: str) -> None:
    chosen = read_form(NUMERIC, {"value": [typed]})
    assert (chosen, understood(chosen, "J/cm²")) == (kept, shown)


@pytest.mark.parametrize("typed", ["twelve", "12 ms", "1e3", "1.2.3", "12,", "١٢", "--1", "1 000", "J/cm²"])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(RefusedError, match=r"Enter a number such as 12\.5 or 12,5\."):
        read_form(NUMERIC, {"value": [typed]})


@given(st.from_regex(r"[+-]?[0-9]{1,9}([.,][0-9]{1,9})?", fullmatch=True))
def test_what_is_told_is_what_is_graded(typed: str) -> None:
    chosen = read_form(NUMERIC, {"value": [typed]})
    told = understood(chosen, "").replace("−", "-")
    assert parse_number(told) == parse_number(str(chosen))


@pytest.mark.parametrize(("given_", "read"), [(["sure"], "sure"), (["not_sure"], "not_sure"), ([""], None), ([], None)])
def test_how_sure_one_is(given_: list[str], read: str | None) -> None:
    assert read_certainty({"certainty": given_} if given_ else {}) == read


def test_how_sure_one_is_has_two_answers() -> None:
    with pytest.raises(RefusedError, match="Choose sure or not sure"):
        read_certainty({"certainty": ["very"]})


@pytest.mark.parametrize(("given_", "known"), [({"revision": ["7"]}, 7), ({"revision": [""]}, 0), ({}, 0)])
def test_what_a_page_knew(given_: dict[str, list[str]], known: int) -> None:
    assert known_revision(given_) == known


@pytest.mark.parametrize("odd", ["-1", "1.0", "٣", "9" * 10, "a"])
def test_an_odd_revision_is_refused(odd: str) -> None:
    with pytest.raises(RefusedError, match="Load this page again"):
        known_revision({"revision": [odd]})


def test_the_hash_of_responses_without_certainty_is_what_it_always_was() -> None:
    revisions = [(1, 1, ["a"], "2026-11-22T13:06:00+00:00"), (2, 1, {"a": "b"}, "2026-11-22T13:07:00+00:00")]
    lines = [json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in revisions]
    assert hash_revisions(revisions) == hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert hash_revisions([(*revisions[0], "sure"), revisions[1]]) != hash_revisions(revisions)
    assert hash_revisions([(*revisions[0], "sure")]) != hash_revisions([(*revisions[0], "not_sure")])
