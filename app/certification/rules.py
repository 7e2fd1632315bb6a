"""What a scheme requires, weighed against the facts about a person, with the explanation; pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from app.certification.dates import Period
from app.certification.lifecycle import State
from app.certification.renewal import NONE, Again, lessons_text
from app.certification.scope import Cell, GrantedCell
from app.content.values import Scheme
from app.exams.scoring import percent_shown

# How a required certification that does not count is told; only an active one carries another.
LACKING = {
    State.NONE: "is missing",
    State.GRACE: "is in grace; renew it first",
    State.EXPIRED: "has expired; renew it first",
    State.SUSPENDED: "is suspended",
    State.SUPERSEDED: "was replaced by another one",
    State.REVOKED: "was revoked",
}


class RequirementKind(StrEnum):
    """What a scheme can ask for; every scheme asks for its exam."""

    LESSONS = "lessons"
    EXAM = "exam"
    SIGN_OFFS = "sign_offs"
    PER_CELL = "per_cell"
    CERTIFICATION = "certification"


@dataclass(frozen=True, kw_only=True, slots=True)
class ExamFact:
    """The result that speaks for a person: the pass that counts, or else the latest one; score 0–1."""

    score: Fraction
    passed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldCertification:
    """A required certification as it stands for the person; `none` where it was never held."""

    course_id: str
    title: str
    state: State


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known of a person under a scheme.

    `lessons` are the ids of the release, in order; `cells` what the release can grant; `observed` holds one
    cell for every treatment that both signed and that counts, so that a cell may stand in it several times. `again` is
    what a renewal needs of the lessons, None where it needs what a first issue does.
    """

    lessons: tuple[str, ...]
    lessons_read: frozenset[str] = frozenset()
    exam: ExamFact | None = None
    cells: tuple[GrantedCell, ...] = ()
    observed: tuple[Cell, ...] = ()
    certifications: tuple[HeldCertification, ...] = ()
    accepted: Mapping[str, str] = field(default_factory=dict)
    """By requirement what stands for it from outside, in words: who issued it, and its number."""
    again: Again | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Requirement:
    """One requirement: `done` of `needed`, in words, and the ids of the lessons or course still missing."""

    kind: RequirementKind
    met: bool
    done: int
    needed: int
    text: str
    missing: tuple[str, ...] = ()
    from_outside: str = ""
    """What it is called where evidence from outside stands for it: `exam`, `certification:…`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Assessment:
    """Whether a certification can be decided on, and requirement by requirement why."""

    met: bool
    requirements: tuple[Requirement, ...]

    @property
    def missing(self) -> tuple[Requirement, ...]:
        """The requirements that are not met yet."""
        return tuple(requirement for requirement in self.requirements if not requirement.met)


def assess(scheme: Scheme, facts: Facts) -> Assessment:
    """Weigh every requirement of a scheme; none hides another."""
    found: list[tuple[str, Requirement]] = []
    if facts.again is not None:
        found.extend((RequirementKind.LESSONS, one) for one in _lessons_again(facts.again))
    elif scheme.requires_lessons == "all":
        found.append((RequirementKind.LESSONS, _lessons(facts)))
    found.append((RequirementKind.EXAM, _exam(facts.exam)))
    if scheme.requires_sign_offs:
        found.append((RequirementKind.SIGN_OFFS, _sign_offs(scheme.requires_sign_offs, facts)))
    found.extend(
        (certification_key(course_id), _certification(course_id, facts.certifications))
        for course_id in scheme.requires_certifications
    )
    requirements = [_from_outside(one, key, facts.accepted.get(key)) for key, one in found]
    # Nothing from outside stands for it: it decides which cells there are to grant.
    if scheme.practice_per_cell and facts.cells:
        requirements.append(_per_cell(scheme.practice_per_cell, facts))
    return Assessment(met=all(requirement.met for requirement in requirements), requirements=tuple(requirements))


def acceptable(scheme: Scheme) -> tuple[str, ...]:
    """Return what evidence from outside can stand for, in the order of the requirements: `exam`, `certification:…`."""
    return (
        *((RequirementKind.LESSONS.value,) if scheme.requires_lessons == "all" else ()),
        RequirementKind.EXAM.value,
        *((RequirementKind.SIGN_OFFS.value,) if scheme.requires_sign_offs else ()),
        *(certification_key(one) for one in scheme.requires_certifications),
    )


def certification_key(course_id: str) -> str:
    """Return what a required certification is called among the requirements."""
    return f"{RequirementKind.CERTIFICATION.value}:{course_id}"


def _from_outside(requirement: Requirement, key: str, words: str | None) -> Requirement:
    """Return a requirement as met where evidence was accepted for it; one that is met by itself stays as it is."""
    if words is None or requirement.met:
        return requirement
    told = f"{requirement.text}; {words} was accepted for it"
    return replace(requirement, met=True, text=told, missing=(), from_outside=key)


def counts_as_practice(cell: Cell, cells: Sequence[GrantedCell]) -> bool:
    """Tell whether an observed treatment counts: only where the release grants its very cell."""
    return any(granted.cell == cell for granted in cells)


def renewal_open(period: Period, day: date) -> bool:
    """Tell whether a certification can be renewed: from the first day of its window on, and after its end."""
    return day >= period.due_from_on


def _lessons(facts: Facts) -> Requirement:
    missing = tuple(lesson for lesson in facts.lessons if lesson not in facts.lessons_read)
    needed = len(facts.lessons)
    done = needed - len(missing)
    return Requirement(
        kind=RequirementKind.LESSONS,
        met=not missing,
        done=done,
        needed=needed,
        text=f"{done} of {_counted(needed, 'lesson')} read",
        missing=missing,
    )


def _lessons_again(again: Again) -> list[Requirement]:
    if again.asks == NONE:
        return []
    return [
        Requirement(
            kind=RequirementKind.LESSONS,
            met=not again.missing,
            done=len(again.read),
            needed=len(again.needed),
            text=lessons_text(again),
            missing=again.missing,
        )
    ]


def _exam(exam: ExamFact | None) -> Requirement:
    passed = exam is not None and exam.passed
    if exam is None:
        text = "Exam not taken yet"
    elif passed:
        text = f"Exam passed with {percent_shown(exam.score)}%"
    else:
        text = f"Exam not passed yet, last score {percent_shown(exam.score)}%"
    return Requirement(kind=RequirementKind.EXAM, met=passed, done=int(passed), needed=1, text=text)


def _sign_offs(needed: int, facts: Facts) -> Requirement:
    done = sum(counts_as_practice(cell, facts.cells) for cell in facts.observed)
    return Requirement(
        kind=RequirementKind.SIGN_OFFS,
        met=done >= needed,
        done=done,
        needed=needed,
        text=f"{min(done, needed)} of {_counted(needed, 'treatment')} observed",
    )


def _per_cell(needed: int, facts: Facts) -> Requirement:
    """One cell at least has enough practice: a certification of a scheme that grants by practice has a scope."""
    seen = Counter(cell for cell in facts.observed if counts_as_practice(cell, facts.cells))
    most = max(seen.values(), default=0)
    enough = sum(number >= needed for number in seen.values())
    told = f"{min(most, needed)} of {_counted(needed, 'treatment')} observed with one device, skin type and procedure"
    practised = f"Practised in {enough} of {len(facts.cells)} combinations of device, skin type and procedure"
    return Requirement(
        kind=RequirementKind.PER_CELL,
        met=enough > 0,
        done=min(most, needed),
        needed=needed,
        text=practised if enough else told,
    )


def _certification(course_id: str, held: Sequence[HeldCertification]) -> Requirement:
    found = next((one for one in held if one.course_id == course_id), None)
    title = found.title if found else course_id.replace("-", " ").capitalize()
    state = found.state if found else State.NONE
    met = state is State.ACTIVE
    subject = title if title.casefold().endswith("certification") else f"{title} certification"
    return Requirement(
        kind=RequirementKind.CERTIFICATION,
        met=met,
        done=int(met),
        needed=1,
        text=f"{subject} {'is current' if met else LACKING[state]}",
        missing=() if met else (course_id,),
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
