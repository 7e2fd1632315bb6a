import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.content.generate import counts
from app.content.generate.case import FAMILY
from app.content.render import render_text
from app.content.values import ContraindicationRow, Course, SettingsRow
from tests.unit import case_oracle, oracle
from tests.unit.case_courses import (
    CELL,
    DOXYCYCLINE,
    FILLER,
    GOLD,
    LUPUS,
    SORE,
    TAN,
    courses,
    ids,
    item_of,
    key_of,
    made,
    table,
    texts,
    why_none,
)
from tests.unit.course_rows import ALLOWED, DRAFT, SIGNED, contraindication, setting

many = settings(max_examples=100)


@many
@given(of=courses(), seed=st.integers(0, 2**64))
def test_exactly_one_option_is_true_under_every_row(of: Course, seed: int) -> None:
    items = made(of, seed)
    for item in items:
        case_oracle.assert_case(of, item)
    assert [(item.id, item.critical) for item in items] == [(item.id, item.critical) for item in made(of)]


@many
@given(of=courses())
def test_every_row_is_asked_or_the_counts_say_why_not(of: Course) -> None:
    asked = set(ids(of))
    told = counts(of, [FAMILY])
    assert [count["row"] for count in told] == [
        *(f"contraindications/{row.id}" for row in of.contraindications),
        *(f"settings/{row.id}" for row in of.settings),
    ]
    for count in told:
        assert (count["row"] in asked) == (count["items"] == 1) == (count["why_none"] is None)


@many
@given(of=courses())
def test_a_row_that_nothing_casts_doubt_on_is_asked(of: Course) -> None:
    asked = set(ids(of))
    for row in of.contraindications:
        rivals = [one for one in of.contraindications if one is not row]
        alone = not any(oracle.plain(one.condition) == oracle.plain(row.condition) for one in rivals)
        alone = alone and (row.fact is None or all(one.fact != row.fact for one in rivals))
        if row.standing is not DRAFT and alone and any(decides(of, row, cell) for cell in of.settings):
            assert f"contraindications/{row.id}" in asked
    for cell in of.settings:
        if cell.standing is not DRAFT and undisputed(of, cell):
            assert f"settings/{cell.id}" in asked


def undisputed(of: Course, cell: SettingsRow) -> bool:
    """Whether no other row is for the same device name, procedure and any skin type of a row."""
    names = {one: case_name(of, one) for one in of.device_register}
    return not any(
        other is not cell and names[other.device] == names[cell.device] and other.procedure == cell.procedure
        for other in of.settings
    )


def case_name(of: Course, one: str) -> str:
    return oracle.plain(oracle.label(of.device_register[one]))


def decides(of: Course, row: ContraindicationRow, cell: SettingsRow) -> bool:
    """Whether a row is what decides for a client who is booked in an undisputed cell."""
    wanted = (ALLOWED,) if row.action == "treat_with_precautions" else (ALLOWED, SIGNED)
    names = {case_name(of, one) for one in row.applies_to}
    return (
        cell.standing is not DRAFT
        and undisputed(of, cell)
        and cell.decision in wanted
        and (not names or case_name(of, cell.device) in names)
        and (not row.procedures or cell.procedure in row.procedures)
    )


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (GOLD, "Do not treat, now or later"),
        (LUPUS, "Not today: a clinician decides"),
        (SORE, "Not today; the earliest is when the reason to wait has gone"),
        (TAN, "Not today; the earliest is in 28 days"),
        (DOXYCYCLINE, "Treat today, with the precautions of your clinic's protocol"),
    ],
)
def test_the_safest_answer_is_the_key_whatever_else_is_stated(row: ContraindicationRow, key: str) -> None:
    of = table(GOLD, LUPUS, SORE, TAN, FILLER, DOXYCYCLINE)
    stems = set()
    for seed in range(24):
        item = item_of(of, f"contraindications/{row.id}", seed)
        case_oracle.assert_case(of, item)
        assert key_of(item) == key
        assert item.critical == (row is GOLD)
        stems.add(item.stem)
    assert len(stems) > (1 if row is DOXYCYCLINE else 3)


def test_a_stem_reads_like_a_form() -> None:
    of = table(FILLER, LUPUS, DOXYCYCLINE, TAN, cells=(setting("cell", (4, 4), device="c"),))
    item = next(
        item
        for seed in range(200)
        if all(text in (item := item_of(of, "contraindications/lupus", seed)).stem for text in ("A tan", "Doxy"))
    )
    assert item.stem.split("  \n") == [
        "A client of Fitzpatrick type IV is booked today for hair reduction with the RF. You find:",
        "**Sun and today's tone:** A tan.",
        "**Medicines:** Doxycycline, agreed.",
        "**Health, skin and plan:** Lupus.",
        "**Tone, sun, medicines and health otherwise:** nothing to report.",
        "Go by all of this and nothing else, and count any waiting time from today. What do you do?",
    ]
    assert item.why == (
        "Lupus: Not today: a clinician decides. Because. Also stated: A tan: Not today; the earliest is 28 days after "
        "it. Also stated: Doxycycline, agreed: Treat today, with the precautions of your clinic's protocol. "
        "Fitzpatrick type IV, hair reduction with the RF: allowed. The safest answer counts. "
        "Facts: contraindications/lupus; contraindications/tan; contraindications/doxy; settings/cell."
    )


def test_a_tan_defers_and_never_lowers_a_fluence() -> None:
    of = table(TAN, DOXYCYCLINE, FILLER)
    for seed in range(100):
        item = item_of(of, "contraindications/tan", seed)
        case_oracle.assert_case(of, item)
        assert {"Treat today, at a lower fluence", "Not today; the earliest is in 28 days"} < texts(item)
        why = {option.text: option.why for option in item.options}
        assert why["Treat today, at a lower fluence"] == "A lower fluence lifts no stop: no row allows it."


def test_who_overlooks_the_decisive_row_finds_that_answer_too() -> None:
    for seed in range(24):
        item = item_of(table(LUPUS, TAN), "contraindications/lupus", seed)
        if "A tan" in item.stem:
            why = {option.text: option.why for option in item.options}
            assert why["Not today; the earliest is in 28 days"] == "This leaves out: Lupus."


def test_a_cell_with_sign_off_offers_the_sign_off_as_the_mistake() -> None:
    signed = setting("cell", (5, 6), device="c", decision=SIGNED)
    of = table(SORE, DOXYCYCLINE, cells=(signed,))
    for seed in range(12):
        assert "Treat today, but only with a sign-off" in texts(item_of(of, "contraindications/sore", seed))
    assert why_none(of, "contraindications/doxy") == (
        "No confirmed settings row lets anybody be treated without a sign-off with these devices and procedures."
    )


def test_two_overlooked_rows_that_say_the_same_make_one_mistake() -> None:
    other = contraindication("thinner", "treat_with_precautions", condition="Blood thinner", category="blood")
    for seed in range(24):
        of = table(LUPUS, DOXYCYCLINE, other)
        case_oracle.assert_case(of, item_of(of, "contraindications/lupus", seed))


def test_a_pregnancy_stands_alone() -> None:
    row = contraindication("pregnant", "defer", 0, condition="Pregnancy", category="pregnancy")
    of = table(row, DOXYCYCLINE, LUPUS)
    for seed in range(24):
        assert "Doxycycline" not in item_of(of, "contraindications/pregnant", seed).stem
        assert "Pregnancy" not in item_of(of, "contraindications/lupus", seed).stem


def test_two_conditions_of_one_category_are_never_stated_together() -> None:
    none_now = contraindication("history", "refer", condition="Cold sores, none active", category="infection")
    of = table(SORE, none_now)
    assert all("A cold sore." not in item_of(of, "contraindications/history", seed).stem for seed in range(24))


def test_what_a_draft_says_otherwise_is_never_stated() -> None:
    draft = contraindication("draft", "refer", condition="A TAN!", standing=DRAFT)
    of = table(TAN, draft, LUPUS)
    assert ids(of) == ["contraindications/lupus", "settings/cell"]
    assert why_none(of, "contraindications/tan") == (
        "contraindications/draft says otherwise for the same condition, devices and procedures."
    )
    assert "draft" in why_none(of, "contraindications/draft")
    assert all("A tan" not in item_of(of, "contraindications/lupus", seed).stem for seed in range(24))


def test_a_draft_that_agrees_changes_nothing_and_is_not_named() -> None:
    draft = contraindication("draft", "defer", 28, condition="Tanned", fact="sun", standing=DRAFT)
    tan = contraindication("tan", "defer", 28, condition="A tan", fact="sun")
    item = item_of(table(tan, draft), "contraindications/tan")
    assert item.facts == ("contraindications/tan", "settings/cell")


def test_what_is_absolute_is_never_offered_as_stopped_for_ever() -> None:
    of = table(contraindication("mole", "refer", condition="An unexamined mole", strength="absolute"), FILLER)
    offered = {text for seed in range(24) for text in texts(item_of(of, "contraindications/mole", seed))}
    assert "Do not treat, now or later" not in offered


def test_no_wait_is_wrong_that_the_row_itself_speaks_of() -> None:
    why = "Clinics wait from 24 hours to two weeks; once a day is enough."
    of = table(contraindication("toxin", "refer", condition="Toxin", why=why), FILLER)
    offered = {text for seed in range(40) for text in texts(item_of(of, "contraindications/toxin", seed))}
    waits = {text for text in offered if "earliest is in" in text}
    assert waits
    assert not waits & {f"Not today; the earliest is in {days} days" for days in range(1, 15)}


def test_no_wait_is_wrong_that_another_row_with_the_same_answer_speaks_of() -> None:
    other = contraindication("thinner", "treat_with_precautions", condition="Aspirin", category="blood", why="7 days.")
    of = table(DOXYCYCLINE, other, contraindication("week", "defer", 7, category="blood"))
    items = [item_of(of, "contraindications/doxy", seed) for seed in range(80)]
    both = [item for item in items if "Aspirin" in item.stem]
    assert both
    assert len(both) < len(items)
    assert not any("Not today; the earliest is in 7 days" in texts(item) for item in both)
    assert any("Not today; the earliest is in 7 days" in texts(item) for item in items)


def test_a_cell_that_a_draft_names_is_never_booked() -> None:
    twin = setting("twin", (4, 6), device="b", standing=DRAFT)
    of = table(TAN, cells=(setting("cell", (3, 4), device="a"), twin))
    assert all("type III " in item.stem for seed in range(12) for item in made(of, seed))
    of = table(TAN, cells=(setting("cell", (4, 4), device="a"), twin))
    assert ids(of) == []
    assert why_none(of, "settings/cell") == (
        "settings/twin says otherwise, or is a draft, for a device of the same name."
    )
    assert why_none(of, "contraindications/tan") == (
        "No confirmed settings row lets anybody be treated with these devices and procedures."
    )


def test_empty_tables_make_no_case_and_one_row_makes_one() -> None:
    assert made(table(cells=())) == []
    assert ids(table(TAN, cells=())) == []
    assert ids(table(cells=(CELL,))) == ["settings/cell"]


def test_the_key_stands_in_every_place_alike() -> None:
    places = [item_of(table(TAN), "contraindications/tan", seed).key[0] for seed in range(400)]
    assert all(70 < places.count(letter) < 130 for letter in "abcd")


@pytest.mark.parametrize("row", ["contraindications/lupus", "settings/cell"])
def test_a_stem_is_one_paragraph_with_lines(row: str) -> None:
    html = render_text(item_of(table(LUPUS, TAN), row).stem)
    assert "<br>" in html
    assert "<strong>" in html
    assert not any(block in html for block in ("<p>", "<ul>", "<dl>", "<table>"))
