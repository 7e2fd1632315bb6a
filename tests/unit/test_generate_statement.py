from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts, items_of
from app.content.generate.statement import FAMILY
from app.content.values import Course, Item, Standing, StatementRow
from tests.unit import oracle
from tests.unit.course_rows import DRAFT, course, statement

answers = st.sampled_from(["1064 nm", "1064nm.", "755 nm", "None", "none!", "IPL"])


@st.composite
def courses(draw: st.DrawFn) -> Course:
    rows = []
    for number in range(draw(st.integers(1, 5))):
        correct = draw(answers)
        wrong = [text for text in draw(st.lists(answers, max_size=3)) if oracle.plain(text) != oracle.plain(correct)]
        rows.append(
            statement(
                f"row-{number}",
                correct,
                tuple(wrong) or ("Nothing",),
                prompt=draw(st.sampled_from(["Which is it?", "which is it", "What else?"])),
                standing=draw(st.sampled_from(Standing)),
            )
        )
    return course(statements=tuple(rows))


def made(of: Course, seed: int = 0) -> list[Item]:
    return items_of(of, seed=seed, families=[FAMILY])


def only(row: StatementRow, seed: int = 0) -> Item:
    (item,) = made(course(statements=(row,)), seed)
    return item


@given(of=courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    for item in made(of, seed):
        oracle.assert_statement_item(of, item)


@given(of=courses())
def test_every_row_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = {item.key_row for item in made(of)}
    for row, count in zip(of.statements, counts(of, [FAMILY]), strict=True):
        assert (f"statements/{row.id}" in asked) == (count["items"] == 1) == (count["why_none"] is None)
        assert row.standing is not DRAFT or count["items"] == 0


def test_it_asks_the_row_s_own_prompt() -> None:
    row = statement("r", "Right", ("Wrong", "Worse", "Worst"), why="Because", critical=True)
    item = only(row)
    assert item.id == "statement/statements/r"
    assert item.stem == "What of r?"
    assert {option.text for option in item.options} == {"Right", "Wrong", "Worse", "Worst"}
    assert item.why == "It is so. Because. Fact: statements/r."
    assert item.critical


def test_the_right_answer_stands_in_every_place_alike() -> None:
    row = statement("r", "Right", ("Wrong", "Worse", "Worst"))
    places = [only(row, seed).key[0] for seed in range(400)]
    assert all(70 < places.count(letter) < 130 for letter in "abcd")


def test_a_wrong_answer_that_another_row_calls_right_is_left_out() -> None:
    rows = (
        statement("a", "Redness", ("Whitening", "Warmth"), prompt="What may you see?"),
        statement("b", "warmth.", ("Blisters",), prompt="What may you see", standing=DRAFT),
    )
    (item,) = made(course(statements=rows))
    assert {option.text for option in item.options} == {"Redness", "Whitening"}


def test_rows_that_contradict_each_other_are_not_asked() -> None:
    rows = (statement("a", "Yes", ("No",), prompt="May you?"), statement("b", "No", ("Yes",), prompt="May you?"))
    of = course(statements=rows)
    assert made(of) == []
    assert [count["why_none"] for count in counts(of, [FAMILY])] == [
        "statements/b has the same prompt and calls this row's correct answer wrong.",
        "statements/a has the same prompt and calls this row's correct answer wrong.",
    ]


def test_a_row_whose_wrong_answers_are_all_right_elsewhere_is_not_asked() -> None:
    rows = (statement("a", "1", ("2",), prompt="Which?"), statement("b", "2", ("3",), prompt="Which?"))
    of = course(statements=rows)
    assert made(of) == []
    assert counts(of, [FAMILY])[0]["why_none"] == (
        "Every wrong answer is the correct one of another row with the same prompt."
    )
