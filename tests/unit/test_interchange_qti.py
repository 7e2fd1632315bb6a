"""QTI items and packages: what is taken and how, and what is refused by name, line and reason."""

from decimal import Decimal

import pytest

from app.content.interchange import importing
from app.content.interchange.values import Candidate, FileRefusedError, Refusal
from app.content.values import ItemType, Scoring
from tests.unit.interchange_files import ITEM_2, manifest, qti_item, refused, taken, zipped

CHOICES = "".join(f'<qti-simple-choice identifier="{n}">{n} it</qti-simple-choice>' for n in "ABC")
CHOICE = f'<qti-choice-interaction response-identifier="R" max-choices="0">{CHOICES}</qti-choice-interaction>'
ORDER = f'<qti-order-interaction response-identifier="R">{CHOICES}</qti-order-interaction>'
TYPED = '<p>It is <qti-text-entry-interaction response-identifier="R"/> nm.</p>'
LEFTS = "".join(f'<qti-simple-associable-choice identifier="{n}">{n}</qti-simple-associable-choice>' for n in "ABC")
RIGHTS = "".join(f'<qti-simple-associable-choice identifier="{n}">{n}</qti-simple-associable-choice>' for n in "XY")
PAIRS = (
    '<qti-match-interaction response-identifier="R">'
    f"<qti-simple-match-set>{LEFTS}</qti-simple-match-set><qti-simple-match-set>{RIGHTS}</qti-simple-match-set>"
    "</qti-match-interaction>"
)
MATCH = '<qti-response-processing template="https://purl.imsglobal.org/spec/qti/v3p0/rptemplates/match_correct"/>'
MAP = MATCH.replace("match_correct", "map_response.xml")


def declared(cardinality: str, base_type: str, *values: str, mapping: str = "") -> str:
    correct = "".join(f"<qti-value>{value}</qti-value>" for value in values)
    return (
        f'<qti-response-declaration identifier="R" cardinality="{cardinality}" base-type="{base_type}">'
        f"<qti-correct-response>{correct}</qti-correct-response>{mapping}</qti-response-declaration>"
    )


def mapped(limits: str, **entries: str) -> str:
    shown = "".join(
        f'<qti-map-entry map-key="{key.replace("_", " ")}" mapped-value="{value}"/>' for key, value in entries.items()
    )
    return f"<qti-mapping {limits}>{shown}</qti-mapping>"


def scored(test: str, earned: str = '<qti-base-value base-type="float">1</qti-base-value>') -> str:
    return (
        "<qti-response-processing><qti-response-condition><qti-response-if>"
        f'{test}<qti-set-outcome-value identifier="SCORE">{earned}</qti-set-outcome-value>'
        "</qti-response-if></qti-response-condition></qti-response-processing>"
    )


def test_a_choice_of_qti_2() -> None:
    item = taken("tan.xml", ITEM_2.encode())
    assert (item.name, item.line, item.type) == ("Tan", 2, ItemType.SINGLE)
    assert item.stem == "The client has a **tan**.\n\nWhat do you do?"
    assert [(one.text, one.correct, one.why) for one in item.choices] == [
        ("Treat", False, "It burns."),
        ("Defer", True, None),
        ("Ask", False, None),
    ]


def test_several_choices_all_or_nothing_and_per_correct() -> None:
    data = qti_item(CHOICE, declared("multiple", "identifier", "A", "B"), MATCH)
    assert taken("i.xml", data).scoring is Scoring.ALL_OR_NOTHING
    mapping = mapped('lower-bound="0" default-value="-2"', A="2", B="2", C="-2")
    data = qti_item(CHOICE, declared("multiple", "identifier", "A", "B", mapping=mapping), MAP)
    item = taken("i.xml", data)
    assert (item.type, item.scoring) == (ItemType.MULTIPLE, Scoring.PER_CORRECT)
    assert [one.correct for one in item.choices] == [True, True, False]


def test_an_order_and_pairs() -> None:
    assert taken("i.xml", qti_item(ORDER, declared("ordered", "identifier", "C", "A", "B"), MATCH)).steps == (
        "C it",
        "A it",
        "B it",
    )
    key = ("A X", "B X", "C Y")
    item = taken("i.xml", qti_item(PAIRS, declared("multiple", "directedPair", *key), MATCH))
    assert (item.pairs, item.scoring) == ((("A", "X"), ("B", "X"), ("C", "Y")), Scoring.ALL_OR_NOTHING)
    mapping = mapped('default-value="0"', A_X="1", B_X="1", C_Y="1")
    item = taken("i.xml", qti_item(PAIRS, declared("multiple", "directedPair", *key, mapping=mapping), MAP))
    assert item.scoring is Scoring.PER_CORRECT


@pytest.mark.parametrize(
    ("processing", "low", "high"),
    [
        (MATCH, "1064", "1064"),
        (
            scored(
                '<qti-equal tolerance-mode="absolute" tolerance="4 6"><qti-variable identifier="R"/>'
                '<qti-correct identifier="R"/></qti-equal>'
            ),
            "1060",
            "1070",
        ),
        (
            scored(
                '<qti-equal tolerance-mode="relative" tolerance="50"><qti-variable identifier="R"/>'
                '<qti-base-value base-type="float">100</qti-base-value></qti-equal>'
            ),
            "50",
            "150",
        ),
        (
            scored(
                '<qti-and><qti-gte><qti-variable identifier="R"/><qti-base-value base-type="float">2.5</qti-base-value>'
                '</qti-gte><qti-lte><qti-variable identifier="R"/><qti-base-value base-type="float">4</qti-base-value>'
                "</qti-lte></qti-and>",
                '<qti-sum><qti-variable identifier="SCORE"/><qti-base-value base-type="float">1</qti-base-value>'
                "</qti-sum>",
            ),
            "2.5",
            "4",
        ),
    ],
)
def test_figures_by_their_scoring(processing: str, low: str, high: str) -> None:
    item = taken("i.xml", qti_item(TYPED, declared("single", "float", "1064"), processing))
    assert (item.type, item.low, item.high, item.unit) == (ItemType.NUMERIC, Decimal(low), Decimal(high), "nm")
    assert item.stem == "Ask.\n\nIt is _____ nm."


def test_feedback_by_outcome() -> None:
    feedback = "".join(
        f'<qti-modal-feedback outcome-identifier="F" identifier="{name}" show-hide="show"><qti-content-body>{text}'
        "</qti-content-body></qti-modal-feedback>"
        for name, text in (("good", "Well reasoned."), ("bad", "Read again."), ("C", "Asking is late."))
    )
    processing = (
        scored('<qti-match><qti-variable identifier="R"/><qti-correct identifier="R"/></qti-match>')
        .replace(
            "</qti-response-if>",
            '<qti-set-outcome-value identifier="F"><qti-base-value base-type="identifier">good</qti-base-value>'
            "</qti-set-outcome-value></qti-response-if><qti-response-else><qti-set-outcome-value identifier='F'>"
            "<qti-base-value base-type='identifier'>bad</qti-base-value></qti-set-outcome-value></qti-response-else>",
        )
        .replace(
            "</qti-response-processing>",
            '<qti-set-outcome-value identifier="F"><qti-variable identifier="R"/></qti-set-outcome-value>'
            "</qti-response-processing>",
        )
    )
    item = taken("i.xml", qti_item(CHOICE, declared("single", "identifier", "A"), processing + feedback))
    assert [one.why for one in item.choices] == ["Well reasoned.", None, "Asking is late."]
    assert any("feedback that depends on the whole response" in note for note in item.notes)


NO_MATCH = "no scoring here matches"
SINGLE = declared("single", "identifier", "A")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (ITEM_2.replace('adaptive="false"', 'adaptive="true"').encode(), "adaptive"),
        (ITEM_2.replace("<itemBody>", "<templateDeclaration/><itemBody>").encode(), "made anew by a program"),
        (ITEM_2.replace("choiceInteraction", "hotspotInteraction").encode(), "hotspot"),
        (ITEM_2.replace("choiceInteraction", "gapMatchInteraction").encode(), "dragged into gaps"),
        (ITEM_2.replace("choiceInteraction", "extendedTextInteraction").encode(), "an essay"),
        (ITEM_2.replace("choiceInteraction", "newInteraction").encode(), "<newInteraction>"),
        (ITEM_2.replace("match_correct", "map_response_point").encode(), "map_response_point has no match"),
        (ITEM_2.replace("<prompt>", "<prompt><img src='a/skin.png' alt=''/>").encode(), "a picture (skin.png)"),
        (ITEM_2.replace("<prompt>", "<prompt><math/>").encode(), "MathML"),
        (ITEM_2.replace("<value>B<", "<value>D<").encode(), "D, which is no choice"),
        (qti_item("<p>No question.</p>", SINGLE, MATCH), "asks nothing"),
        (qti_item(CHOICE + ORDER.replace('"R"', '"S"'), SINGLE, MATCH), "asks 2 questions"),
        (qti_item(CHOICE, SINGLE, "<qti-response-processing/>"), "never sets SCORE"),
        (qti_item(CHOICE, SINGLE, scored('<qti-custom-operator class="x"/>')), NO_MATCH),
        (qti_item(CHOICE, declared("multiple", "identifier", "A", mapping=mapped("", A="1", B="0")), MAP), NO_MATCH),
        (qti_item(CHOICE, declared("multiple", "identifier", "A", mapping=mapped("", A="1", B="-1")), MAP), NO_MATCH),
        (
            qti_item(CHOICE, declared("single", "identifier", "A", mapping=mapped("", A="1", B="-1")), MAP),
            "costs marks",
        ),
        (qti_item(CHOICE, declared("single", "identifier", "A", mapping=mapped("", B="1")), MAP), "disagree"),
        (qti_item(ORDER, declared("ordered", "identifier", "C", "A"), MATCH), "leaves steps out"),
        (qti_item(PAIRS, declared("multiple", "directedPair", "A X", "B X", "C X"), MATCH), "Y belongs to nothing"),
        (qti_item(PAIRS, declared("multiple", "directedPair", "A X", "A Y", "B X"), MATCH), "each left has one right"),
        (qti_item(TYPED, declared("single", "string", "York"), MATCH), "typed words"),
        (qti_item(TYPED, declared("single", "float", "-4"), MATCH), "not negative"),
    ],
)
def test_refused_with_its_reason(data: bytes, reason: str) -> None:
    refusal = refused("i.xml", data)
    assert reason in refusal.reason
    assert (refusal.path, refusal.line is None) == ("i.xml", False)


def test_a_package_names_its_items_and_their_objectives() -> None:
    lom = (
        b"<metadata><lom><general><keyword><string>eyes</string></keyword></general><classification><purpose>"
        b"<value>educational objective</value></purpose><taxonPath><taxon><id>safety</id></taxon></taxonPath>"
        b"</classification></lom></metadata></resource>"
    )
    listed = manifest("items/a.xml", "items/b.xml", "items/gone.xml").replace(
        b'href="items/a.xml"/>', b'href="items/a.xml">' + lom, 1
    )
    data = zipped(
        {
            "imsmanifest.xml": listed,
            "items/a.xml": ITEM_2.encode(),
            "items/b.xml": ITEM_2.replace("choiceInteraction", "drawingInteraction").encode(),
        }
    )
    first, second, third = importing.read("p.zip", data)
    assert isinstance(first, Candidate)
    assert (first.path, first.labels.others) == ("p.zip/items/a.xml", ("eyes", "safety"))
    assert isinstance(second, Refusal)
    assert (second.path, second.line) == ("p.zip/items/b.xml", 11)
    assert isinstance(third, Refusal)
    assert "items/gone.xml is not in the package" in third.reason


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (zipped({"a.xml": b"<x/>"}), "no imsmanifest.xml"),
        (zipped({"in/imsmanifest.xml": b"<x/>"}), "zip the files of that folder"),
        (zipped({"imsmanifest.xml": manifest()}), "holds no item"),
        (b"<questestinterop/>", "QTI 1.2 is not read"),
        (b"<manifest/>", "whole package"),
        (b"<html/>", "neither a QTI item nor Moodle XML"),
        (b"no questions here", "give --from"),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(FileRefusedError, match=message):
        importing.read("f", data)
