import pytest

from app.content.generate import counts, items_of
from app.content.generate.wording import NOTICE
from app.content.values import Item, ItemType, Option
from tests.unit.course_rows import DRAFT, course, setting, written

STEPS = tuple((str(one), str(other)) for one in range(1, 5) for other in range(one + 1, 5))
RIGHTS = tuple(Option(id=f"r{number}", text=text) for number, text in enumerate(("Red", "Red", "Blue", "Green"), 1))


def variant(item: Item, seed: int) -> Item:
    (shown,) = items_of(course(items=(item,)), seed=seed)
    return shown


@pytest.mark.parametrize("key", [("1",), ("1", "3", "4")])
def test_options_are_shuffled_and_lettered_anew(key: tuple[str, ...]) -> None:
    item = written("one", ItemType.SINGLE if len(key) == 1 else ItemType.MULTIPLE, key=key)
    for seed in range(8):
        shown = variant(item, seed)
        right = {option.text for option in shown.options if option.id in shown.key}
        assert right == {f"Text {number}" for number in key}
        assert [option.id for option in shown.options] == list("abcd")
        assert (shown.id, shown.seed) == ("items/one", seed)
    assert len({variant(item, seed).options for seed in range(8)}) > 4


def test_an_option_keeps_its_why() -> None:
    options = tuple(Option(id=str(number), text=f"T{number}", why=f"W{number}") for number in range(3))
    shown = variant(written("one", options=options, key=("0",)), 5)
    assert all(option.why == option.text.replace("T", "W") for option in shown.options)


def test_numeric_is_left_as_it_is() -> None:
    item = written("one", ItemType.NUMERIC, options=(), key={"min": 1, "max": 2, "unit": "ms"})
    assert (variant(item, 3).key, variant(item, 3).options) == (item.key, ())


def test_ordering_never_shows_the_right_order() -> None:
    item = written("one", ItemType.ORDERING, key=STEPS)
    for seed in range(50):
        shown = variant(item, seed)
        texts = [option.text for option in shown.options]
        assert texts != sorted(texts)
        text = {option.id: option.text for option in shown.options}
        assert {(text[one], text[other]) for one, other in shown.key} == {
            (f"Text {one}", f"Text {other}") for one, other in STEPS
        }


def test_matching_shows_equal_rights_once_and_never_side_by_side_with_their_lefts() -> None:
    key = {"1": "r1", "2": "r2", "3": "r3", "4": "r4"}
    item = written("one", ItemType.MATCHING, rights=RIGHTS, key=key)
    for seed in range(20):
        shown = variant(item, seed)
        right = {option.id: option.text for option in shown.rights}
        left = {option.id: option.text for option in shown.options}
        assert {left[one]: right[other] for one, other in shown.key.items()} == {
            "Text 1": "Red",
            "Text 2": "Red",
            "Text 3": "Blue",
            "Text 4": "Green",
        }
        assert [option.text for option in shown.rights] != ["Red", "Blue", "Green"]
        assert [*left, *right] == list("abcdefg")


def test_matching_with_one_right_for_all() -> None:
    rights = tuple(Option(id=f"r{number}", text="Stop") for number in range(1, 5))
    item = written("one", ItemType.MATCHING, rights=rights, key={"1": "r1", "2": "r2", "3": "r3", "4": "r4"})
    shown = variant(item, 0)
    assert shown.key == {"a": "e", "b": "e", "c": "e", "d": "e"}


def test_an_item_that_rests_on_settings_carries_their_notice() -> None:
    assert variant(written("one", facts=("settings/r", "statements/s")), 0).notice == NOTICE
    assert variant(written("one", facts=("statements/s",)), 0).notice is None


def test_an_item_that_rests_on_a_draft_is_not_asked() -> None:
    of = course(
        items=(written("one", facts=("settings/slot",)), written("two")),
        settings=(setting("slot", standing=DRAFT),),
    )
    assert [item.id for item in items_of(of, seed=0)] == ["items/two"]
    one, two = counts(of, ["items"])
    assert (one["items"], one["why_none"]) == (0, "It rests on settings/slot, a draft that nobody confirmed.")
    assert (two["row"], two["items"], two["why_none"]) == ("items/two", 1, None)
