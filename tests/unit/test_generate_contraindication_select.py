from hypothesis import given
from hypothesis import strategies as st

from app.content.generate import counts, items_of, rests_on
from app.content.generate.contraindication_select import FAMILY
from app.content.values import ContraindicationRow, Course, Item, ItemType
from tests.unit import oracle_more
from tests.unit.course_rows import DRAFT, NOT, contraindication, course, setting
from tests.unit.random_tables import contraindication_courses, made, why_none

GO = "treat_with_precautions"
ROW = "contraindications/medication"


def category(*actions: str, **values: object) -> tuple[ContraindicationRow, ...]:
    return tuple(
        contraindication(f"r{number}", action, 14 if action == "defer" else None, **values)
        for number, action in enumerate(actions)
    )


def only(of: Course, seed: int = 0) -> Item:
    (item,) = made(of, FAMILY, seed)
    return item


def texts(item: Item) -> set[str]:
    return {option.text for option in item.options}


@given(of=contraindication_courses(), seed=st.integers(0, 2**64))
def test_the_key_is_exactly_the_conditions_that_stop_the_treatment(of: Course, seed: int) -> None:
    items = made(of, FAMILY, seed)
    for item in items:
        oracle_more.assert_select_item(of, item)
    assert [item.id for item in items] == [item.id for item in made(of, FAMILY)]  # no seed decides what is made


@given(of=contraindication_courses())
def test_every_category_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    told = counts(of, [FAMILY])
    assert {count["row"].split("/")[1] for count in told} == {row.category for row in of.contraindications}
    assert all((count["items"] == 0) == bool(count["why_none"]) for count in told)
    assert sum(count["items"] for count in told) == len(made(of, FAMILY))


def test_it_asks_which_conditions_stop_the_treatment_today() -> None:
    item = only(course(contraindications=category("do_not_treat", "defer", "refer", GO)))
    assert item.id == "contraindication-select/contraindications/medication"
    assert item.type is ItemType.MULTIPLE
    assert item.key_row == ROW
    assert item.stem == (
        "A client is booked today for treatment. Which of these findings, each taken alone, stop the treatment today?"
    )
    assert set(oracle_more.chosen(item)) == {"Condition r0", "Condition r1", "Condition r2"}
    assert texts(item) == {"Condition r0", "Condition r1", "Condition r2", "Condition r3"}
    assert set(item.facts) == {f"contraindications/r{number}" for number in range(4)}
    assert {option.text: option.why for option in item.options}["Condition r2"] == (
        "Not today: a clinician decides. Because."
    )
    assert item.why is not None
    assert "Condition r0: Do not treat, now or later." in item.why
    assert not item.critical


def test_seeds_show_other_conditions_and_other_numbers_of_them() -> None:
    of = course(contraindications=category("refer", "defer", "refer", "refer", GO, GO, GO))
    items = [only(of, seed) for seed in range(60)]
    assert {len(item.options) for item in items} == {4, 5, 6}
    assert {len(item.key) for item in items} == {1, 2, 3, 4}
    assert len(set.union(*(texts(item) for item in items))) == 7
    assert {letter for item in items for letter in item.key} == set("abcdef")


def test_a_row_s_own_items_and_its_category_s_rest_on_it() -> None:
    of = course(contraindications=category("do_not_treat", "defer", "refer", GO))
    families = [item.family for item in items_of(of, seed=0) if rests_on(item, "contraindications/r1")]
    assert families == ["contraindication-action", "contraindication-interval", FAMILY]
    assert [item.family for item in items_of(of, seed=0) if rests_on(item, ROW)] == [FAMILY]


def test_a_category_of_two_objectives_is_two_items_that_no_paper_holds_together() -> None:
    rows = category("do_not_treat", "defer", "refer", GO)
    others = [contraindication(f"o{row.id}", row.action, row.defer_days, objective="screen") for row in rows]
    of = course(contraindications=(*rows, *others), objectives={"safe": "Safe.", "screen": "Screens."})
    items = made(of, FAMILY)
    assert [(item.id, item.objective) for item in items] == [
        ("contraindication-select/contraindications/medication/safe", "safe"),
        ("contraindication-select/contraindications/medication/screen", "screen"),
    ]
    assert {item.key_row for item in items} == {ROW}


def test_a_condition_that_rows_tell_differently_is_left_out() -> None:
    rows = (
        *category("refer", "refer", "refer", GO, GO),
        contraindication("draft", GO, condition="condition R1!", standing=DRAFT, category="sun"),
    )
    of = course(contraindications=rows)
    for seed in range(20):
        assert texts(only(of, seed)) == {"Condition r0", "Condition r2", "Condition r3", "Condition r4"}


def test_some_conditions_shown_stop_the_treatment_and_some_do_not() -> None:
    for actions in (("refer", GO, GO, GO, GO, GO), ("refer", "defer", "refer", "refer", "refer", GO)):
        of = course(contraindications=category(*actions))
        assert all(1 <= len(only(of, seed).key) < len(only(of, seed).options) for seed in range(60))


def test_rows_of_one_fact_are_one_condition() -> None:
    def of(action: str) -> Course:
        other = contraindication("other", action, condition="In other words", fact="f")
        return course(
            contraindications=(*category("refer", "refer", GO, GO), other, contraindication("r9", "refer", fact="f"))
        )

    for seed in range(20):
        assert len(texts(only(of("do_not_treat"), seed)) & {"In other words", "Condition r9"}) <= 1
        assert texts(only(of(GO), seed)) == {f"Condition r{number}" for number in range(4)}


def test_rows_that_agree_that_it_stops_are_one_condition() -> None:
    rows = (
        *category("refer", "do_not_treat", GO, GO),
        contraindication("again", "defer", 14, condition="Condition R0", category="sun"),
    )
    item = only(course(contraindications=rows))
    assert "contraindications/again" in item.facts
    assert len(item.options) == 4


def test_it_names_a_device_where_only_then_enough_conditions_are_told_alike() -> None:
    rows = (
        *category("refer", "refer", GO, GO),
        contraindication("lamp", GO, condition="Condition r0", applies_to=("ipl",)),
    )
    of = course(contraindications=rows)
    stems = {only(of, seed).stem.partition(".")[0] for seed in range(20)}
    assert stems == {
        "A client is booked today for treatment with the Nd:YAG (1064 nm)",
        "A client is booked today for treatment with the Diode (800–810 nm)",
    }
    narrow = course(contraindications=category("refer", "refer", GO, GO, procedures=("tightening",)))
    assert only(narrow).stem.startswith("A client is booked today for tightening. Which")


def test_the_counts_say_why_a_category_is_not_asked() -> None:
    def why(*rows: ContraindicationRow) -> str:
        return why_none(course(contraindications=rows), FAMILY, ROW)

    assert why(*category("refer", GO, GO)).startswith("Only 3 of the category's conditions can be asked")
    assert why(*category("refer", GO, GO), contraindication("d", GO, standing=DRAFT)).startswith("Only 3")
    assert why(*category("refer", "defer", "refer", "refer")) == "Every condition of the category stops the treatment."
    assert why(*category(GO, GO, GO, GO)) == "No condition of the category stops the treatment."
    apart = category("refer", GO), category(GO, GO)
    rivals = [contraindication(f"x{row.id}", "defer", 0, fact=None, condition=row.condition) for row in apart[1]]
    assert why(*category("refer", GO, GO, GO), rivals[1]).startswith("No device and procedure can be booked")


def test_no_item_where_no_settings_row_lets_anybody_be_treated() -> None:
    rows = category("refer", "refer", GO, GO, applies_to=("ipl",))
    of = course(contraindications=rows, settings=(setting("s", device="ipl", decision=NOT), setting("t")))
    assert why_none(of, FAMILY, ROW).startswith("No device and procedure can be booked")
    can = course(contraindications=rows, settings=(setting("s", device="ipl"),))
    assert "with the IPL" in only(can).stem
