"""Moodle XML: what is taken and how, and what is refused by name, line and reason."""

from decimal import Decimal

import pytest

from app.content.values import ItemType, Scoring
from tests.unit.interchange_files import CHOICE_ANSWERS, quiz, refused, taken

FALSE = "<single>false</single>"


def weighed(*shares: str) -> str:
    answers = "".join(
        f'<answer fraction="{share}"><text>Answer {share} {n}</text></answer>' for n, share in enumerate(shares)
    )
    return FALSE + answers


def test_a_choice_with_feedback_and_category() -> None:
    item = taken("q.xml", quiz(more="<generalfeedback><text>A tan burns.</text></generalfeedback>"))
    assert (item.name, item.line, item.type, item.stem) == ("Tan now", 4, ItemType.SINGLE, "What?")
    assert [(one.text, one.correct, one.why) for one in item.choices] == [
        ("Defer", True, "Right."),
        ("Treat", False, None),
        ("Halve the fluence", False, None),
    ]
    assert item.why == "A tan burns."
    assert item.labels.others[:2] == ("safety", "Lasers")


def test_html_of_the_stem_becomes_markdown() -> None:
    stem = "<p>Use 30&nbsp;J/cm<sup>2</sup>?</p><ul><li>one</li><li><b>two</b></li></ul>"
    assert taken("q.xml", quiz(stem=stem)).stem == "Use 30\xa0J/cm²?\n\n- one\n- **two**"


@pytest.mark.parametrize("third", ["33.33333", "33.333", "33"])
def test_shares_that_mean_per_correct(third: str) -> None:
    item = taken("q.xml", quiz(weighed(third, third, third, f"-{third}")))
    assert (item.type, item.scoring) == (ItemType.MULTIPLE, Scoring.PER_CORRECT)
    assert [one.correct for one in item.choices] == [True, True, True, False]


def test_the_all_or_nothing_type() -> None:
    item = taken("q.xml", quiz(weighed("100", "100", "0"), "multichoiceset"))
    assert (item.type, item.scoring) == (ItemType.MULTIPLE, Scoring.ALL_OR_NOTHING)


@pytest.mark.parametrize(("true", "false"), [("true", "false"), ("Wahr", "Falsch")])
def test_true_and_false_in_any_language(true: str, false: str) -> None:
    answers = (
        f'<answer fraction="100"><text>{true}</text><feedback><text>Yes.</text></feedback></answer>'
        f'<answer fraction="0"><text>{false}</text></answer>'
    )
    item = taken("q.xml", quiz(answers, "truefalse"))
    assert [(one.text, one.correct, one.why) for one in item.choices] == [
        ("True", True, "Yes."),
        ("False", False, None),
        ("Neither true nor false", False, None),
    ]


def test_a_figure_with_its_unit() -> None:
    answers = '<answer fraction="100"><text>12.5</text><tolerance>0.5</tolerance></answer>'
    unit = "<units><unit><multiplier>1</multiplier><unit_name>J/cm²</unit_name></unit></units>"
    item = taken("q.xml", quiz(answers + unit, "numerical"))
    assert (item.low, item.high, item.unit) == (Decimal("12.0"), Decimal("13.0"), "J/cm²")


def test_pairs_and_steps() -> None:
    pairs = "".join(
        f"<subquestion format='html'><text>{left}</text><answer><text>{right}</text></answer></subquestion>"
        for left, right in (("Tan", "Defer"), ("Sunburn", "Defer"), ("Gold", "Do *not* treat"))
    )
    assert taken("q.xml", quiz(pairs, "matching")).pairs[2] == ("Gold", "Do \\*not\\* treat")
    steps = "".join(f"<answer fraction='{n}'><text>Step {n}</text></answer>" for n in (1, 2, 3))
    rules = "<selecttype>ALL</selecttype><gradingtype>ALL_OR_NOTHING</gradingtype>"
    assert taken("q.xml", quiz(rules + steps, "ordering")).steps == ("Step 1", "Step 2", "Step 3")


def test_what_has_no_place_is_said() -> None:
    more = (
        "<shuffleanswers>false</shuffleanswers><hint><text>Think.</text></hint>"
        "<correctfeedback><text>Well done!</text></correctfeedback>"
    )
    item = taken(
        "q.xml", quiz(CHOICE_ANSWERS.replace("Treat", "None of the above"), more=more).replace(b"1.0000000", b"2")
    )
    said = " ".join(item.notes)
    for words in ("fixed order", "hints", "whole response", "counts 2 marks", "speaks of the others"):
        assert words in said


def test_what_moodle_writes_by_itself_is_not_worth_a_note() -> None:
    more = "<correctfeedback><text><![CDATA[<p>Your answer is correct.</p>]]></text></correctfeedback>"
    assert taken("q.xml", quiz(more=more)).notes == ()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (quiz("", "essay"), "an essay"),
        (quiz("", "cloze"), "several gaps"),
        (quiz("", "calculated"), "change with every attempt"),
        (quiz("", "ddmarker"), "onto a picture"),
        (quiz("", "gapfill"), "the type gapfill"),
        (quiz("", "description"), "asks nothing"),
        (quiz(weighed("50", "50", "0")), "do not take away"),
        (quiz(weighed("50", "50", "-100")), "do not take away"),
        (quiz(weighed("100", "50", "-50")), "unequal weights"),
        (quiz(CHOICE_ANSWERS.replace('"0"', '"50"', 1)), "part of the mark"),
        (quiz(CHOICE_ANSWERS.replace('"0"', '"-33.3"', 1)), "costs marks"),
        (quiz(CHOICE_ANSWERS.replace('"0"', '"lots"', 1)), "not a number of percent"),
        (quiz(stem='<p>Look: <img src="@@PLUGINFILE@@/skin.png" alt="x"></p>'), "a picture (skin.png)"),
        (quiz(stem="<script>alert(1)</script>What?"), "a script"),
        (quiz(stem="<iframe src='//x'></iframe>What?"), "a frame of another site"),
        (quiz(stem="<a href='javascript:x()'>What?</a>"), "no web address"),
        (quiz(stem="Is $$x^2$$ right?"), "a TeX formula"),
        (quiz(stem="<ol type='A'><li>one</li></ol>"), "does not count 1, 2, 3"),
        (quiz(stem="<p>log<sub>q</sub> 8?</p>"), "q lowered"),
        (quiz(stem="What <u>not</u> to do?"), "underlined"),
        (quiz(more="<image>old.png</image>"), "a picture in the way of Moodle 1.9"),
        (quiz('<answer fraction="100"><text>-4</text></answer>', "numerical"), "not negative"),
        (quiz('<answer fraction="50"><text>4</text></answer>', "numerical"), "part of the mark"),
        (quiz("<answer fraction='1'><text>a</text></answer>", "ordering"), "a chance selection"),
    ],
)
def test_refused_with_its_reason(data: bytes, reason: str) -> None:
    refusal = refused("q.xml", data)
    assert (refusal.name, refusal.line, refusal.path) == ("Tan now", 4, "q.xml")
    assert reason in refusal.reason
