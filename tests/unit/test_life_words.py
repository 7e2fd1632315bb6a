"""Every kind of event, every reason of the lists and every requirement is told in words, never as its code."""

import pytest

from app.certification import acting, interlocks
from app.certification.issuing import FROM_OUTSIDE, PRACTICE
from app.certification.lifecycle import EventKind
from app.certification.rules import certification_key
from app.web.life_words import happened, reason_of, stands_for


@pytest.mark.parametrize("kind", EventKind)
def test_each_kind_of_event_has_words(kind: EventKind) -> None:
    assert "_" not in happened(kind.value)


@pytest.mark.parametrize(
    "words", [acting.WHY_SUSPEND, acting.WHY_REINSTATE, acting.WHY_REVOKE, interlocks.WHY], ids=["s", "r", "v", "i"]
)
def test_reasons_are_told_as_they_were_chosen(words: dict[str, str]) -> None:
    assert {code: reason_of(code) for code in words} == words


def test_what_the_reason_says_itself_is_not_said_twice() -> None:
    assert [reason_of(code) for code in (None, PRACTICE, FROM_OUTSIDE)] == ["", "", ""]
    assert reason_of(interlocks.OVER) == "The interlock was lifted"
    assert reason_of("of_before_the_list") == "Of before the list"


def test_requirements_are_told_with_the_titles_of_courses() -> None:
    told = [stands_for(key, {"safety": "Laser safety"}.__getitem__) for key in ("exam", certification_key("safety"))]
    assert told == ["the exam", "the certification Laser safety"]
