"""A small course whose exam can be reckoned by hand: four items of twelve, the last one critical, half is enough."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

from app.content.values import Course, Exam, Item, ItemType, Lesson, Option, Section, Standing, StatementRow
from tests.unit import course_rows

COURSE_ID, FACT = "life", "statements/st-1"
ASKED, CUT, ALLOWED, MINUTES, WAIT = 4, Fraction(1, 2), 2, 30, timedelta(hours=24)
RESTING = frozenset({"items/s0", "items/s1"})  # on the fact
EXAM = Exam(
    cut_score_percent=50,
    time_limit_minutes=MINUTES,
    attempts=ALLOWED,
    retake_wait_hours=24,
    sections=(
        Section(objective="know", items=3, draw_from=("items",), cut_score_percent=None),
        Section(objective="safe", items=1, draw_from=("items",), cut_score_percent=None),
    ),
)
SCHEME = replace(
    course_rows.SCHEME,
    title="Life",
    renewal_window_days=30,
    grace_days=0,
    requires_lessons="none",
    requires_sign_offs=0,
)
ROW = StatementRow(
    id="st-1",
    objective="safe",
    standing=Standing.CITED,
    sources=(),
    fact=None,
    conflict=None,
    line=2,
    statement="Goggles come first.",
    prompt="What comes first?",
    correct="Goggles",
    wrong=("Gel", "Gloves", "Gauze"),
    critical=False,
    why=None,
)


def edition(number: int) -> Course:
    """Return an edition of the course; each says its fact in other words."""
    items = [_item(f"k{n}", "know") for n in range(8)] + [_item(f"s{n}", "safe") for n in range(4)]
    return Course(
        id=COURSE_ID,
        title="Life",
        summary="A course to live through.",
        edition=str(number),
        language="en",
        study_minutes=1,
        objectives={"know": "Know it", "safe": "Be safe"},
        lessons=(Lesson(id="one", title="One", objectives=("know",), minutes=1, text="One line."),),
        devices=(),
        exam=EXAM,
        scheme=SCHEME,
        statements=(replace(ROW, statement=f"Goggles come first, says edition {number}."),),
        items=tuple(items),
        files={"life/course.yaml": str(number).encode()},
    )


def _item(name: str, objective: str) -> Item:
    return Item(
        id=f"items/{name}",
        family="items",
        seed=0,
        type=ItemType.SINGLE,
        objective=objective,
        draw_from="items",
        key_row=f"items/{name}",
        stem=f"Which of these is right in {name}?",
        options=tuple(Option(id=c, text=f"Answer {c} to {name}") for c in "abcd"),
        key=("a",),
        critical=objective == "safe",
        facts=(FACT,) if f"items/{name}" in RESTING else (),
        sources=(),
        why="The first one is.",
    )
