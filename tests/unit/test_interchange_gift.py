"""GIFT: what is taken and how, and what is refused by name, line and reason."""

from decimal import Decimal

import pytest

from app.content.interchange import gift
from app.content.interchange.values import Candidate, FileRefusedError, Refusal
from app.content.values import ItemType, Scoring


def taken(text: str) -> Candidate:
    [found] = gift.read(text.encode())
    assert isinstance(found, Candidate), found
    return found


def refused(text: str) -> Refusal:
    [found] = gift.read(text.encode())
    assert isinstance(found, Refusal), found
    return found


def test_a_choice_with_name_feedback_and_general_feedback() -> None:
    item = taken(
        "::Tan now::The client has a *fresh* tan. What do you do?{\n"
        "=Defer#A tan holds pigment.\n~Treat ~Treat at half the fluence#Never.\n####Tan is a stop.}"
    )
    assert (item.name, item.type, item.line) == ("Tan now", ItemType.SINGLE, 1)
    assert item.stem == "The client has a \\*fresh\\* tan. What do you do?"
    assert [(one.text, one.correct, one.why) for one in item.choices] == [
        ("Defer", True, "A tan holds pigment."),
        ("Treat", False, None),
        ("Treat at half the fluence", False, "Never."),
    ]
    assert item.why == "Tan is a stop."


def test_a_missing_word_leaves_a_gap() -> None:
    item = taken("The eyes are {~bare =covered ~shut} while the laser is armed.")
    assert item.stem == "The eyes are _____ while the laser is armed."
    assert item.name == "The eyes are"


def test_true_and_false_get_a_third_option() -> None:
    item = taken("A tan is a stop.{TRUE#It is one.#Right.}")
    assert [(one.text, one.correct, one.why) for one in item.choices] == [
        ("True", True, "Right."),
        ("False", False, "It is one."),
        ("Neither true nor false", False, None),
    ]
    assert any("third option" in note for note in item.notes)


def test_weights_that_mean_per_correct() -> None:
    item = taken("Which stop you?{~%50%Tan ~%50%Gold ~%-50%Haircut}")
    assert (item.type, item.scoring) == (ItemType.MULTIPLE, Scoring.PER_CORRECT)
    assert [one.correct for one in item.choices] == [True, True, False]


def test_matching_and_ordering() -> None:
    pairs = taken("Match.{=Tan -> Defer =Sunburn -> Defer =Gold -> Do not treat}")
    assert pairs.pairs == (("Tan", "Defer"), ("Sunburn", "Defer"), ("Gold", "Do not treat"))
    assert pairs.scoring is Scoring.PER_CORRECT
    steps = taken("Order.{>3 ALL VERTICAL RELATIVE_ALL_PREVIOUS_AND_NEXT SHOW none\nGoggles\nClean\nArm\n}")
    assert (steps.type, steps.scoring) == (ItemType.ORDERING, Scoring.PAIRS)
    assert steps.steps == ("Goggles", "Clean", "Arm")


@pytest.mark.parametrize(
    ("answers", "low", "high"),
    [
        ("#1064", "1064", "1064"),
        ("#3.14:0.05", "3.09", "3.19"),
        ("#30..60", "30", "60"),
        ("#=%100%12:2 =%0%*", "10", "14"),
    ],
)
def test_figures_are_exact(answers: str, low: str, high: str) -> None:
    item = taken(f"How many?{{{answers}}}")
    assert (item.low, item.high) == (Decimal(low), Decimal(high))


def test_a_known_unit_after_the_gap_is_the_unit() -> None:
    assert taken("The wavelength is {#1064} nm.").unit == "nm"
    assert taken("The wavelength is {#1064} metres of pride.").unit is None


def test_escapes_formats_comments_categories_and_tags() -> None:
    found = gift.read(
        b"$CATEGORY: $course$/Safety first/safety\n\n"
        b"// a comment\n// [id:x] [tag:objective:settings] [tag:eyes]\n"
        b"::A\\: b::[html]Is <b>1 \\= 1</b> in \\{a\\}?{=[plain]<b> ~no\\n way ~[markdown]**no**}\n"
    )
    [item] = found
    assert isinstance(item, Candidate)
    assert (item.name, item.line) == ("A: b", 5)
    assert item.stem == "Is **1 = 1** in {a}?"
    assert [one.text for one in item.choices] == ["<b>", "no way", "**no**"]
    assert item.labels.objective == "settings"
    assert item.labels.others == ("eyes", "safety", "Safety first", "$course$")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Write about it.{}", "an essay"),
        ("Read this.", "asks nothing"),
        ("Who?{=no one =nobody}", "typed words"),
        ("Who?{~a ~%50%b =c}", "part of the mark"),
        ("Which?{~%50%a ~%50%b ~c}", "do not take away"),
        ("Which?{~%50%a ~%40%b ~%-50%c}", "unequal weights"),
        ("Which?{~a ~b ~c}", "no answer earns anything"),
        ("Match.{=a -> 1 =b -> 2 = -> 3}", "belongs to nothing"),
        ("Order.{>2 RANDOM\na\nb\nc\n}", "a chance selection of 2 of its 3 steps"),
        ("Order.{>3 ALL VERTICAL ABSOLUTE_POSITION\na\nb\nc\n}", "graded by ABSOLUTE_POSITION"),
        ("How many?{#-3}", "not negative"),
        ("How many?{#3 =%50%4}", "50% of the mark"),
        ("How many?{#=3 =4}", "2 different figures"),
        ("How many?{#1e99999}", "not a number"),
        ("How many?{#five}", "five is not a number"),
        ("Which?{=a ~b ~c", "a brace is missing"),
        ("Which?{=a ~b} and {=c ~d}", "more than one { }; put an empty line between two questions"),
        ('[html]<img src\\="x.png"> what?{T}', "a picture (x.png)"),
        ("Is \\\\(x^2\\\\) right?{T}", "a TeX formula"),
    ],
)
def test_refused_with_its_reason(text: str, reason: str) -> None:
    assert reason in refused(text).reason


def test_a_refusal_has_the_line_of_its_question() -> None:
    found = gift.read(b"::One::T?{T}\n\n// note\n::Two::\nWrite.{}\n")
    assert [(one.name, one.line, isinstance(one, Refusal)) for one in found] == [("One", 1, False), ("Two", 4, True)]


def test_a_file_that_is_not_utf_8_is_refused_at_its_line() -> None:
    with pytest.raises(FileRefusedError, match="UTF-8") as refusal:
        gift.read("T?{T}\n\nGr\xf6\xdfe?{T}".encode("latin-1"))
    assert refusal.value.line == 3
