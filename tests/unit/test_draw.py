from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.draw import LIVE_SEEDS, DrawError, Drawn, PoolItem, draw, most_papers, shortfalls, variant_seed
from app.content.redraw import inputs_of, redraw, renewal_inputs
from app.content.renewal import First
from app.content.values import Section
from tests.unit.course_rows import section

SOURCES = ("settings", "statements", "items")
Paper = frozenset[tuple[int, str]]


def item(name: str, key_row: str | None = None, *, critical: bool = False, source: str = "settings") -> PoolItem:
    return PoolItem(id=name, objective="safe", draw_from=source, key_row=key_row or f"row-{name}", critical=critical)


@st.composite
def pools(draw_value: st.DrawFn) -> list[PoolItem]:
    kinds = draw_value(
        st.lists(st.tuples(st.sampled_from("rst"), st.sampled_from(SOURCES), st.booleans()), min_size=1, max_size=6)
    )
    return [
        item(f"i{number}", row, source=source, critical=critical)
        for number, (row, source, critical) in enumerate(kinds)
    ]


exams = st.lists(
    st.builds(
        lambda number, sources: section(number, *sources),
        st.integers(1, 3),
        st.lists(st.sampled_from(SOURCES), min_size=1, unique=True),
    ),
    min_size=1,
    max_size=3,
)


def papers(sections: Sequence[Section], pool: Sequence[PoolItem]) -> Iterator[Paper]:
    """Every paper that could be drawn, by trying everything."""
    slots = [index for index, one in enumerate(sections) for _ in range(one.items)]

    def fill(at: int, taken: tuple[tuple[int, PoolItem], ...]) -> Iterator[Paper]:
        if at == len(slots):
            yield frozenset((index, one.id) for index, one in taken)
            return
        for one in pool:
            fits = one.draw_from in sections[slots[at]].draw_from and one.objective == sections[slots[at]].objective
            if fits and all(one.key_row != other.key_row for _, other in taken):
                yield from fill(at + 1, (*taken, (slots[at], one)))

    yield from set(fill(0, ()))


def as_paper(drawn: Drawn) -> Paper:
    return frozenset((pick.section_index, pick.item_id) for pick in drawn.picks)


@given(
    sections=exams,
    pool=pools(),
    seed=st.integers(0, 2**64),
    seen=st.sets(st.integers(0, 5)),
    times=st.lists(st.integers(0, 40), min_size=6, max_size=6),
)
def test_the_best_paper_is_drawn_whenever_there_is_one(
    sections: list[Section], pool: list[PoolItem], seed: int, seen: set[int], times: list[int]
) -> None:
    asked = {f"i{number}": often for number, often in enumerate(times)}
    avoid = {f"i{number}" for number in seen}
    critical = {one.id for one in pool if one.critical}

    def rank(paper: Paper) -> tuple[int, int, int]:
        return (
            -len({index for index, one in paper if one in critical}),
            sum(one in avoid for _, one in paper),
            sum(asked[one] for _, one in paper),
        )

    possible = list(papers(sections, pool))
    if not possible:
        with pytest.raises(DrawError, match="No paper can be drawn: section "):
            draw(sections, pool, seed=seed, avoid=avoid, asked=asked)
        return
    paper = as_paper(draw(sections, pool, seed=seed, avoid=avoid, asked=asked))
    assert paper in possible
    assert rank(paper) == min(map(rank, possible))


@given(
    sections=exams,
    pool=pools(),
    seed=st.integers(0, 2**64),
    seen=st.sets(st.integers(0, 5)),
    changed=st.sets(st.integers(0, 5)),
    weak=st.sets(st.integers(0, 5)),
)
def test_a_renewal_asks_first_what_changed_and_then_what_was_weak(
    sections: list[Section], pool: list[PoolItem], seed: int, seen: set[int], changed: set[int], weak: set[int]
) -> None:
    first = First(changed={f"i{one}" for one in changed}, weak={f"i{one}" for one in weak})
    avoid, critical = {f"i{number}" for number in seen}, {one.id for one in pool if one.critical}

    def rank(paper: Paper) -> tuple[int, int, int, int]:
        return (
            -len({index for index, one in paper if one in critical}),
            -sum(one in first.changed for _, one in paper),
            -sum(one in first.weak and one not in first.changed for _, one in paper),
            sum(one in avoid for _, one in paper),
        )

    possible = list(papers(sections, pool))
    if possible:
        drawn = draw(sections, pool, seed=seed, avoid=avoid, first=first)
        paper = as_paper(drawn)
        assert rank(paper) == min(map(rank, possible))
        told = drawn.proof["renewal"]
        assert (told["changed"], told["weak"]) == (-rank(paper)[1], -rank(paper)[2])
        assert told["changed"] + told["weak"] + told["core"] == drawn.proof["items"]


def test_a_renewal_is_drawn_again_from_its_inputs() -> None:
    pool = [item(f"i{number}", critical=number % 7 == 0) for number in range(30)]
    whole, shorter = section(9, "settings"), section(4, "settings")
    first = First(changed={"i3", "i5"}, weak={"i8", "i9"})
    seen, asked = {"i1", "i8"}, {"i2": 4}
    inputs = {
        **inputs_of(pool, left_out={"i9"}, seen=seen, asked=asked),
        "renewal": renewal_inputs(pool, sections=[shorter], first=first),
    }
    kept = [one for one in pool if one.id != "i9"]
    drawn = draw([shorter], kept, seed=11, avoid=seen, asked=asked, first=first)
    assert redraw([whole], pool, seed=11, inputs=inputs).picks == drawn.picks
    assert {"i3", "i5", "i8"} < {pick.item_id for pick in drawn.picks}  # the fourth is a critical one


@given(sections=exams, pool=pools(), count=st.integers(1, 2))
def test_the_sections_that_cannot_be_filled_are_named_with_the_most_they_can_have(
    sections: list[Section], pool: list[PoolItem], count: int
) -> None:
    def possible(some: Sequence[Section]) -> bool:
        firsts = list(papers(some, pool))
        if count == 1 or not firsts:
            return bool(firsts)
        drawn = [{one for _, one in paper} for paper in firsts]
        return any(one.isdisjoint(other) for one in drawn for other in drawn)

    expected: list[tuple[int, int, int]] = []
    filled: list[Section] = []
    for index, one in enumerate(sections):
        most = max(size for size in range(one.items + 1) if possible([*filled, replace(one, items=size)]))
        if most == one.items:
            filled.append(one)
        else:
            expected.append((index, sum(other.draw_from in one.draw_from for other in pool), most))
    assert shortfalls(sections, pool, papers=count) == expected


def test_the_same_arguments_draw_the_same_paper() -> None:
    pool = [item(f"i{number}") for number in range(40)]
    sections = [section(10, "settings")]
    assert draw(sections, pool, seed=7) == draw(sections, list(reversed(pool)), seed=7)
    assert draw(sections, pool, seed=7).picks != draw(sections, pool, seed=8).picks


def test_every_fact_is_drawn_equally_often() -> None:
    pool = [item(f"i{number}") for number in range(20)]
    drawn = Counter(
        pick.item_id for seed in range(1000) for pick in draw([section(5, "settings")], pool, seed=seed).picks
    )
    assert len(drawn) == 20
    assert all(200 < times < 300 for times in drawn.values())  # 250 expected, deviation 14


def test_items_of_one_fact_share_its_chance() -> None:
    pool = [*(item(f"many-{number}", "one") for number in range(4)), *(item(f"i{number}") for number in range(4))]
    drawn = Counter(
        pick.item_id for seed in range(1000) for pick in draw([section(1, "settings")], pool, seed=seed).picks
    )
    assert 150 < sum(drawn[f"many-{number}"] for number in range(4)) < 250
    assert all(drawn[f"many-{number}"] > 20 for number in range(4))


def test_places_in_a_section_say_nothing() -> None:
    pool = [item(f"i{number}", critical=number == 0) for number in range(6)]
    places = Counter(
        [pick.item_id for pick in draw([section(3, "settings")], pool, seed=seed).picks].index("i0")
        for seed in range(600)
    )
    assert all(150 < times < 250 for times in places.values())


def test_unseen_items_come_first() -> None:
    pool = [item(f"i{number}") for number in range(6)]
    seen = {"i0", "i1", "i2", "i3"}
    for seed in range(20):
        drawn = draw([section(3, "settings")], pool, seed=seed, avoid=seen)
        assert {"i4", "i5"} < {pick.item_id for pick in drawn.picks}
        assert drawn.proof["sections"][0]["seen_before"] == 1


def test_every_section_draws_a_critical_item_even_a_seen_one() -> None:
    pool = [*(item(f"i{number}") for number in range(30)), item("stop", critical=True)]
    for seed in range(20):
        drawn = draw([section(2, "settings")], pool, seed=seed, avoid={"stop"})
        assert "stop" in {pick.item_id for pick in drawn.picks}


def test_a_variant_s_seed_is_one_of_the_live_ones() -> None:
    seeds = Counter(variant_seed(seed, "i") for seed in range(800))
    assert set(seeds) == set(range(LIVE_SEEDS))
    assert all(60 < times < 140 for times in seeds.values())
    (pick,) = draw([section(1, "settings")], [item("i")], seed=3).picks
    assert pick.variant_seed == variant_seed(3, "i")


def test_the_proof_tells_what_was_drawn_from_what() -> None:
    pool = [item("a", "r", critical=True), item("b", "r"), item("c"), item("d", source="items")]
    proof = draw([section(2, "settings"), section(1, "items")], pool, seed=5).proof
    assert (proof["seed"], proof["items"], proof["key_rows"], proof["critical"]) == (5, 3, 3, 1)
    assert proof["objectives"] == {"safe": 3}
    assert proof["sections"][0] == {
        "objective": "safe",
        "asked": 2,
        "drawn": 2,
        "pool": 3,
        "pool_key_rows": 2,
        "critical": 1,
        "pool_critical": 1,
        "seen_before": 0,
        "pool_seen": 0,
        "asked_before": 0,
        "pool_asked": 0,
    }


def test_the_refusal_says_what_to_do() -> None:
    pool = [item("a", "r"), item("b", "r")]
    with pytest.raises(DrawError) as refused:
        draw([section(2, "settings")], pool, seed=0)
    assert str(refused.value) == (
        "No paper can be drawn: section 1 (safe) asks for 2 items, but only 1 of the 2 in its pool can stand in one "
        "paper. Lower the section's items or add facts."
    )


def test_papers_are_counted_until_a_section_or_a_key_row_runs_out() -> None:
    apart = [item(name) for name in "abcdefg"]
    assert most_papers([section(2, "settings")], apart) == 3
    assert most_papers([section(2, "settings"), section(1, "settings")], apart) == 2
    assert most_papers([section(1, "settings")], [item("a", "r"), item("b", "r")]) == 2
    assert most_papers([section(2, "settings")], [item("a", "r"), item("b", "r")]) == 0
    assert most_papers([section(1, "statements")], apart) == 0


@given(exams, pools())
def test_one_paper_more_than_the_most_cannot_be_drawn(sections: Sequence[Section], pool: list[PoolItem]) -> None:
    most = most_papers(sections, pool)
    assert most == 0 or shortfalls(sections, pool, papers=most) == []
    assert shortfalls(sections, pool, papers=most + 1) != []
