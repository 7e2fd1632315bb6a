from fractions import Fraction
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.grade import credit, parse_number
from app.content.values import ItemType, Scoring

ALL, EACH, PAIRS = Scoring.ALL_OR_NOTHING, Scoring.PER_CORRECT, Scoring.PAIRS
KEYS: dict[ItemType, Any] = {
    ItemType.SINGLE: ("a",),
    ItemType.MULTIPLE: ("a", "c"),
    ItemType.NUMERIC: {"min": 10, "max": 12.5, "unit": "J/cm²"},
    ItemType.ORDERING: (("a", "b"), ("b", "c"), ("a", "c")),
    ItemType.MATCHING: {"a": "d", "b": "e", "c": "d"},
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("abcde,.0123456789- ", max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abcde"), inner, max_size=4),
    max_leaves=6,
)


def graded(item_type: ItemType, chosen: object, scoring: Scoring = ALL) -> Fraction:
    return credit(item_type, scoring, KEYS[item_type], chosen)


@given(item_type=st.sampled_from(ItemType), scoring=st.sampled_from(Scoring), chosen=JSON)
def test_whatever_is_sent_earns_a_share_and_never_fails(item_type: ItemType, scoring: Scoring, chosen: Any) -> None:
    assert 0 <= graded(item_type, chosen, scoring) <= 1


@pytest.mark.parametrize("item_type", ItemType)
@pytest.mark.parametrize("scoring", Scoring)
@pytest.mark.parametrize("chosen", [None, "", [], {}, (), "a", 7.5, True, [None], [["a"]], {"a": ["d"]}, {1: 2}])
def test_nothing_readable_earns_nothing(item_type: ItemType, scoring: Scoring, chosen: object) -> None:
    assert graded(item_type, chosen, scoring) == 0


@pytest.mark.parametrize(("chosen", "share"), [(["a"], 1), (("a",), 1), (["b"], 0), (["a", "b"], 0), (["a", "a"], 0)])
def test_single_choice(chosen: object, share: int) -> None:
    assert graded(ItemType.SINGLE, chosen) == graded(ItemType.SINGLE, chosen, EACH) == share


@pytest.mark.parametrize(
    ("chosen", "whole", "each"),
    [
        (["a", "c"], 1, 1),
        (["c", "a"], 1, 1),
        (["a"], 0, Fraction(1, 2)),
        (["a", "c", "b"], 0, Fraction(1, 2)),
        (["a", "b"], 0, 0),
        (["b", "d"], 0, 0),
        (["a", "b", "c", "d"], 0, 0),
        (["a", "a", "c"], 0, 0),
    ],
)
def test_multiple_choice(chosen: list[str], whole: int, each: Fraction) -> None:
    assert graded(ItemType.MULTIPLE, chosen) == graded(ItemType.MULTIPLE, chosen, PAIRS) == whole
    assert graded(ItemType.MULTIPLE, chosen, EACH) == each


@pytest.mark.parametrize(
    "chosen",
    ["10", "12.5", "12,5", " 11 ", "11.0", "011", "+11", "12.", "11 J/cm²", "11J/CM²", "12.50", 11, 12.5],
)
def test_a_number_within_the_range_is_right(chosen: object) -> None:
    assert graded(ItemType.NUMERIC, chosen) == 1


@pytest.mark.parametrize(
    "chosen",
    [
        "9.99",
        "12.5000001",
        "-11",
        "11 ms",
        "11 11",
        "1.1.1",
        "1,1.5",
        "1e1",
        "11_0",
        "٣١",
        "nan",
        "inf",
        "eleven",
        "0" * 99 + "11",
        float("nan"),
        float("inf"),
        pytest.param(10**5000, id="an integer of 5001 digits"),
        [11],
        {"min": 11},
    ],
)
def test_what_is_no_number_within_the_range_is_wrong(chosen: object) -> None:
    assert graded(ItemType.NUMERIC, chosen) == 0


def test_figures_are_compared_as_they_read() -> None:
    key = {"min": 0.1, "max": 0.3, "unit": "ms"}
    assert credit(ItemType.NUMERIC, ALL, key, "0,3") == credit(ItemType.NUMERIC, ALL, key, "0.1") == 1
    assert credit(ItemType.NUMERIC, ALL, key, "0.30000000000000001") == 0


def test_numbers_are_read_with_comma_or_point() -> None:
    assert parse_number("12,5") == parse_number("12.5") == parse_number("12.5 ms", "ms") == Fraction(25, 2)
    assert parse_number(",5") == Fraction(1, 2)
    assert parse_number("12.5 ms") is None


@pytest.mark.parametrize(
    ("chosen", "whole", "pairs"),
    [
        ("abc", 1, 1),
        ("acb", 0, Fraction(2, 3)),
        ("bca", 0, Fraction(1, 3)),
        ("cba", 0, 0),
        ("ab", 0, Fraction(1, 3)),
        ("xabcy", 1, 1),
        ("aabc", 0, 0),
    ],
)
def test_ordering(chosen: str, whole: int, pairs: Fraction) -> None:
    assert graded(ItemType.ORDERING, list(chosen)) == whole
    assert graded(ItemType.ORDERING, list(chosen), PAIRS) == pairs


def test_pairs_that_others_imply_count_too() -> None:
    key = [["a", "b"], ["b", "c"]]
    assert credit(ItemType.ORDERING, PAIRS, key, ["b", "a", "c"]) == Fraction(2, 3)


@given(order=st.permutations("abcde"))
def test_a_partial_order_accepts_exactly_the_orders_that_keep_it(order: list[str]) -> None:
    key = (("a", "b"), ("c", "b"))
    right = {one for one in permutations("abcde") if one.index("a") < one.index("b") > one.index("c")}
    assert (credit(ItemType.ORDERING, ALL, key, order) == 1) == (tuple(order) in right)


@pytest.mark.parametrize(
    ("chosen", "whole", "each"),
    [
        ({"a": "d", "b": "e", "c": "d"}, 1, 1),
        ({"a": "d", "b": "e"}, 0, Fraction(2, 3)),
        ({"a": "d", "b": "d", "c": "d"}, 0, Fraction(2, 3)),
        ({"a": "d", "b": "e", "c": "d", "x": "d"}, 0, 1),
        ({"a": None, "b": None, "c": None}, 0, 0),
    ],
)
def test_matching(chosen: dict[str, str], whole: int, each: Fraction) -> None:
    assert graded(ItemType.MATCHING, chosen) == graded(ItemType.MATCHING, chosen, PAIRS) == whole
    assert graded(ItemType.MATCHING, chosen, EACH) == each


@pytest.mark.parametrize("item_type", ItemType)
def test_a_key_that_is_empty_earns_nothing(item_type: ItemType) -> None:
    assert credit(item_type, ALL, (), ["a"]) == 0
