from typing import Any

import pytest

from app.content.grade import credit
from app.content.values import ItemType, Scoring
from app.errors import RefusedError
from app.exams.new_keys import read_key

OPTIONS = [{"id": one, "html": one.upper()} for one in ("a", "b", "c")]
RIGHTS = [{"id": one, "html": one.upper()} for one in ("x", "y")]


def shown(item_type: ItemType) -> dict[str, Any]:
    return {"type": item_type.value, "options": OPTIONS, "rights": RIGHTS, "unit": "J/cm²"}


@pytest.mark.parametrize(
    ("item_type", "form", "key"),
    [
        (ItemType.SINGLE, {"key": ["b"]}, ["b"]),
        (ItemType.MULTIPLE, {"key": ["c", "a"]}, ["a", "c"]),
        (ItemType.NUMERIC, {"min": ["12,5"], "max": ["14 J/cm²"]}, {"min": 12.5, "max": 14.0, "unit": "J/cm²"}),
        (ItemType.ORDERING, {"after-b": ["a"], "after-c": ["b"]}, [["a", "b"], ["b", "c"]]),
        (ItemType.MATCHING, {f"match-{one}": ["x"] for one in "abc"}, {"a": "x", "b": "x", "c": "x"}),
    ],
)
def test_a_form_names_a_key_in_the_items_own_shape(item_type: ItemType, form: dict[str, list[str]], key: Any) -> None:
    assert read_key(shown(item_type), form) == key


@pytest.mark.parametrize(
    ("item_type", "form"),
    [
        (ItemType.SINGLE, {}),
        (ItemType.SINGLE, {"key": ["a", "b"]}),
        (ItemType.SINGLE, {"key": ["z"]}),
        (ItemType.MULTIPLE, {}),
        (ItemType.MULTIPLE, {"key": ["a", "z"]}),
        (ItemType.NUMERIC, {}),
        (ItemType.NUMERIC, {"min": ["3"], "max": ["2"]}),
        (ItemType.NUMERIC, {"min": ["three"], "max": ["4"]}),
        (ItemType.NUMERIC, {"min": ["1 ms"], "max": ["4"]}),
        (ItemType.ORDERING, {}),
        (ItemType.ORDERING, {"after-a": ["a"]}),
        (ItemType.ORDERING, {"after-a": ["b"], "after-b": ["c"], "after-c": ["a"]}),
        (ItemType.MATCHING, {"match-a": ["x"], "match-b": ["y"]}),
        (ItemType.MATCHING, {f"match-{one}": ["z"] for one in "abc"}),
    ],
)
def test_a_key_that_the_item_cannot_have_is_refused(item_type: ItemType, form: dict[str, list[str]]) -> None:
    with pytest.raises(RefusedError):
        read_key(shown(item_type), form)


def test_a_read_order_is_scored_over_all_that_it_implies() -> None:
    key = read_key(shown(ItemType.ORDERING), {"after-b": ["a"], "after-c": ["b"]})
    assert credit(ItemType.ORDERING, Scoring.PAIRS, key, ["a", "b", "c"]) == 1
    assert credit(ItemType.ORDERING, Scoring.ALL_OR_NOTHING, key, ["a", "c", "b"]) == 0
