import json

import pytest

from app.content.draw import LIVE_SEEDS, DrawError
from app.content.generate import items_of
from app.content.papers import item_json, paper, pool_of, problem_sections
from app.content.values import Course, ItemType, Option, Section
from tests.unit.course_rows import contraindication, course, exam, section, setting, statement, step, written


def course_of(*sections: Section, statements: int = 12) -> Course:
    rows = [setting(f"r{skin}", (skin, skin), pulse=(skin, skin), fluence=(30, 60)) for skin in range(1, 5)]
    return course(
        exam=exam(*sections),
        settings=tuple(rows),
        contraindications=(contraindication("gold", "do_not_treat"), contraindication("tan", "defer", 28)),
        procedure=tuple(step(f"s{number}", f"s{number - 1}" if number else "") for number in range(4)),
        statements=tuple(statement(f"f{number}") for number in range(statements)),
        items=(written("one"),),
    )


def test_two_papers_need_twice_the_items() -> None:
    assert problem_sections(course_of(section(6, "statements"))) == []
    assert problem_sections(course_of(section(9, "statements"))) == [(0, 12, 6)]
    assert problem_sections(course_of(section(6, "statements"), statements=11)) == [(0, 11, 5)]


def test_two_papers_ask_each_fact_once_each() -> None:
    assert problem_sections(course_of(section(4, "settings"))) == []
    assert problem_sections(course_of(section(5, "settings"))) == [(0, 24, 4)]


def test_sections_that_draw_from_the_same_facts_are_counted_together() -> None:
    both = course_of(section(4, "statements"), section(3, "statements", "items"))
    assert problem_sections(both) == [(1, 13, 2)]
    assert problem_sections(course_of(section(4, "statements"), section(2, "statements", "items"))) == []


def test_a_section_of_an_objective_that_nothing_serves_has_an_empty_pool() -> None:
    assert problem_sections(course_of(section(1, "statements", objective="other"))) == [(0, 0, 0)]


def test_a_case_and_another_item_of_its_row_never_share_a_paper() -> None:
    assert problem_sections(course_of(section(3, "cases"), section(3, "settings", "contraindications"))) == []
    both = course_of(section(3, "cases"), section(4, "settings", "contraindications"))
    assert problem_sections(both) == [(1, 27, 3)]


def test_the_pool_holds_every_item_once() -> None:
    of = course_of()
    pool = pool_of(of)
    assert [one.id for one in pool] == [item.id for item in items_of(of, seed=0)]
    assert [one.id for one in pool if one.critical] == [
        "contraindication-action/contraindications/gold",
        "case/contraindications/gold",
    ]
    sources = {"settings", "contraindications", "procedure", "statements", "cases", "items"}
    assert {one.draw_from for one in pool} == sources


def test_a_pool_says_of_an_item_what_the_item_says() -> None:
    of = course_of()
    for seed in range(LIVE_SEEDS):
        for one, item in zip(pool_of(of), items_of(of, seed=seed), strict=True):
            assert (one.id, one.objective, one.draw_from) == (item.id, item.objective, item.draw_from)
            assert (one.key_row, one.critical) == (item.key_row, item.critical)


def test_a_paper_holds_its_items_in_live_variants_with_their_sections() -> None:
    of = course_of(section(3, "settings"), section(1, "procedure", "items"), section(2, "statements"))
    drawn = paper(of, 11)
    assert [item["section"] for item in drawn["items"]] == [0, 0, 0, 1, 2, 2]
    assert len({item["id"].split("/")[2] for item in drawn["items"]}) == 6
    live = {(item.id, item.seed): item_json(item) for seed in range(LIVE_SEEDS) for item in items_of(of, seed=seed)}
    for item in drawn["items"]:
        section_index = item.pop("section")
        assert item == live[item["id"], item["seed"]]
        assert section_index in range(3)
    assert drawn["seed"] == drawn["proof"]["seed"] == 11
    assert json.loads(json.dumps(drawn)) == drawn


def test_a_paper_that_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(DrawError, match="only 4 of the 24 in its pool"):
        paper(course_of(section(5, "settings")), 0)


def test_items_are_printed_in_the_shape_of_the_format() -> None:
    of = course_of()
    printed = {item.id: item_json(item) for item in items_of(of, seed=0)}
    for item in printed.values():
        assert list(item) == [
            "id",
            "family",
            "seed",
            "type",
            "stem",
            "options",
            "key",
            "critical",
            "facts",
            "sources",
            "why",
        ]
    settings = printed["settings-range/settings/r1/pulse"]
    assert settings["stem"].endswith(
        "\n\nPublished range for teaching. The device's manual and your medical director's protocol decide."
    )
    assert [list(option) for option in settings["options"]] == [["id", "text"]] * 4
    assert len(settings["key"]) == 1
    assert all(len(pair) == 2 for pair in printed["procedure-order/procedure/prepare"]["key"])
    assert printed["items/one"]["type"] == "single-choice"


def test_numeric_and_matching_items_print_their_keys_as_mappings() -> None:
    numeric = written("n", ItemType.NUMERIC, options=(), key={"min": 1, "max": 2, "unit": "ms"})
    rights = tuple(Option(id=f"r{number}", text=f"R{number}") for number in range(1, 5))
    key = {"1": "r1", "2": "r2", "3": "r3", "4": "r4"}
    matching = written("m", ItemType.MATCHING, rights=rights, key=key)
    first, second = (item_json(item) for item in items_of(course(items=(numeric, matching)), seed=0))
    assert first["key"] == {"min": 1, "max": 2, "unit": "ms"}
    texts = {option["id"]: option["text"] for option in second["options"]}
    assert {texts[left]: texts[right] for left, right in second["key"].items()} == {
        f"Text {number}": f"R{number}" for number in range(1, 5)
    }
