from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.certification.dates import first_period
from app.certification.lifecycle import State
from app.certification.rules import (
    Assessment,
    ExamFact,
    Facts,
    HeldCertification,
    Requirement,
    RequirementKind,
    assess,
    counts_as_practice,
    renewal_open,
)
from app.certification.scope import Cell, GrantedCell
from app.content.values import Decision, Scheme

SCHEME = Scheme(
    title="Skin tightening",
    validity_months=12,
    expiry_basis="completion",
    renewal_window_days=60,
    grace_days=30,
    requires_lessons="all",
    requires_sign_offs=3,
    requires_certifications=("laser-safety",),
    scope_devices=("ndyag-1064",),
    scope_skin_types=(1, 2, 3),
    scope_procedures=("tightening",),
    practice_per_cell=None,
    renewal_lessons=None,
    renewal_items=None,
    disclaimer="Not a licence.",
)
CELLS = tuple(Cell(procedure="tightening", device="ndyag-1064", skin_type=skin_type) for skin_type in (1, 2, 3))
OUTSIDE = Cell(procedure="tightening", device="ndyag-1064", skin_type=6)
SAFETY = HeldCertification(course_id="laser-safety", title="Laser safety", state=State.ACTIVE)
COMPLETE = Facts(
    lessons=("one", "two", "three"),
    lessons_read=frozenset({"one", "two", "three"}),
    exam=ExamFact(score=Fraction(92, 100), passed=True),
    cells=(
        GrantedCell(cell=CELLS[0], decision=Decision.ALLOWED),
        GrantedCell(cell=CELLS[1], decision=Decision.WITH_SIGN_OFF),
    ),
    observed=(CELLS[0], CELLS[0], CELLS[1]),
    certifications=(SAFETY,),
)


def requirement(assessment: Assessment, kind: RequirementKind) -> Requirement:
    return next(one for one in assessment.requirements if one.kind is kind)


def test_all_met_and_said_in_words() -> None:
    assessment = assess(SCHEME, COMPLETE)
    assert assessment.met
    assert assessment.missing == ()
    assert [one.text for one in assessment.requirements] == [
        "3 of 3 lessons read",
        "Exam passed with 92%",
        "3 of 3 treatments observed",
        "Laser safety certification is current",
    ]


def test_nothing_done_names_everything_at_once() -> None:
    assessment = assess(SCHEME, Facts(lessons=("one", "two", "three")))
    assert not assessment.met
    assert [one.text for one in assessment.missing] == [
        "0 of 3 lessons read",
        "Exam not taken yet",
        "0 of 3 treatments observed",
        "Laser safety certification is missing",
    ]


def test_names_the_lessons_still_to_read() -> None:
    facts = replace(COMPLETE, lessons_read=frozenset({"two", "of-an-older-release"}))
    lessons = requirement(assess(SCHEME, facts), RequirementKind.LESSONS)
    assert (lessons.text, lessons.done, lessons.needed) == ("1 of 3 lessons read", 1, 3)
    assert lessons.missing == ("one", "three")


def test_one_lesson_is_not_some_lessons() -> None:
    facts = replace(COMPLETE, lessons=("one",))
    assert requirement(assess(SCHEME, facts), RequirementKind.LESSONS).text == "1 of 1 lesson read"


@pytest.mark.parametrize(
    ("exam", "text"),
    [
        (None, "Exam not taken yet"),
        (ExamFact(score=Fraction(799, 1000), passed=False), "Exam not passed yet, last score 79%"),
        (ExamFact(score=Fraction(88, 100), passed=False), "Exam not passed yet, last score 88%"),
    ],
)
def test_without_a_pass_nothing_is_certified(exam: ExamFact | None, text: str) -> None:
    assessment = assess(SCHEME, replace(COMPLETE, exam=exam))
    assert [one.text for one in assessment.missing] == [text]


def test_sign_offs_count_only_for_cells_that_the_release_grants() -> None:
    facts = replace(COMPLETE, observed=(CELLS[0], CELLS[2], OUTSIDE))
    sign_offs = requirement(assess(SCHEME, facts), RequirementKind.SIGN_OFFS)
    assert (sign_offs.met, sign_offs.done, sign_offs.text) == (False, 1, "1 of 3 treatments observed")
    assert counts_as_practice(CELLS[1], COMPLETE.cells)
    assert not counts_as_practice(CELLS[2], COMPLETE.cells)


def test_a_scheme_that_grants_by_practice_needs_one_cell_practised() -> None:
    scheme = replace(SCHEME, practice_per_cell=2)
    met = requirement(assess(scheme, COMPLETE), RequirementKind.PER_CELL)
    assert (met.met, met.text) == (True, "Practised in 1 of 2 combinations of device, skin type and procedure")
    spread = replace(COMPLETE, observed=(CELLS[0], CELLS[1], OUTSIDE, OUTSIDE))
    missing = requirement(assess(scheme, spread), RequirementKind.PER_CELL)
    assert (missing.met, missing.done, missing.needed) == (False, 1, 2)
    assert missing.text == "1 of 2 treatments observed with one device, skin type and procedure"
    kinds = {one.kind for one in assess(SCHEME, COMPLETE).requirements}
    assert RequirementKind.PER_CELL not in kinds


def test_more_sign_offs_than_needed_read_as_enough() -> None:
    sign_offs = requirement(assess(SCHEME, replace(COMPLETE, observed=CELLS[:1] * 5)), RequirementKind.SIGN_OFFS)
    assert (sign_offs.met, sign_offs.done, sign_offs.text) == (True, 5, "3 of 3 treatments observed")


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (State.NONE, "Laser safety certification is missing"),
        (State.GRACE, "Laser safety certification is in grace; renew it first"),
        (State.EXPIRED, "Laser safety certification has expired; renew it first"),
        (State.SUSPENDED, "Laser safety certification is suspended"),
        (State.SUPERSEDED, "Laser safety certification was replaced by another one"),
        (State.REVOKED, "Laser safety certification was revoked"),
    ],
)
def test_only_an_active_certification_carries_another(state: State, text: str) -> None:
    assessment = assess(SCHEME, replace(COMPLETE, certifications=(replace(SAFETY, state=state),)))
    assert [(one.text, one.missing) for one in assessment.missing] == [(text, ("laser-safety",))]


def test_a_title_that_says_certification_does_not_say_it_twice() -> None:
    held = replace(SAFETY, title="Laser Safety Certification", state=State.NONE)
    assessment = assess(SCHEME, replace(COMPLETE, certifications=(held,)))
    assert assessment.missing[0].text == "Laser Safety Certification is missing"


def test_asks_for_nothing_that_the_scheme_does_not_require() -> None:
    scheme = replace(SCHEME, requires_lessons="none", requires_sign_offs=0, requires_certifications=())
    exam_only = Facts(lessons=("one",), exam=COMPLETE.exam)
    assert [one.kind for one in assess(scheme, exam_only).requirements] == [RequirementKind.EXAM]
    assert assess(scheme, exam_only).met


def test_renewal_opens_with_the_window_and_stays_open() -> None:
    period = first_period(
        date(2026, 3, 1), validity_months=12, grace_days=30, renewal_window_days=60, expiry_basis="fixed"
    )
    days = (date(2026, 12, 30), date(2026, 12, 31), date(2027, 2, 28), date(2028, 1, 1))
    assert [renewal_open(period, day) for day in days] == [False, True, True, True]


FACTS = st.builds(
    Facts,
    lessons=st.just(COMPLETE.lessons),
    lessons_read=st.frozensets(st.sampled_from(COMPLETE.lessons)),
    exam=st.none() | st.builds(ExamFact, score=st.just(Fraction(4, 5)), passed=st.booleans()),
    cells=st.just(COMPLETE.cells),
    observed=st.lists(st.sampled_from([*CELLS, OUTSIDE]), max_size=5).map(tuple),
    certifications=st.builds(replace, st.just(SAFETY), state=st.sampled_from(State)).map(lambda one: (one,)),
)


@given(FACTS)
def test_met_exactly_when_nothing_is_missing(facts: Facts) -> None:
    assessment = assess(SCHEME, facts)
    assert assessment.met == (assessment.missing == ())
    assert all(one.met == (one.done >= one.needed) for one in assessment.requirements)


@given(FACTS, st.sampled_from([*CELLS, OUTSIDE]), st.sampled_from(COMPLETE.lessons))
def test_doing_more_never_loses_a_requirement(facts: Facts, cell: Cell, lesson: str) -> None:
    more = replace(facts, observed=(*facts.observed, cell), lessons_read=facts.lessons_read | {lesson})
    pairs = zip(assess(SCHEME, facts).requirements, assess(SCHEME, more).requirements, strict=True)
    assert all(after.met or not before.met for before, after in pairs)
