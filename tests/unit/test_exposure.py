"""Exposure: over many papers every item is asked about as often, and a paper can be drawn again from what is kept."""

import json
from collections import Counter, deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.content.draw import PoolItem, draw, eligible
from app.content.redraw import OtherPoolError, digest_of, inputs_of, redraw
from app.content.values import Section
from app.exams.exposure import LATELY
from app.releases.manifest import exam_of
from tests.factories import frozen_course
from tests.unit.course_rows import section
from tests.unit.test_draw import exams, item, papers, pools

PAPERS = 1000


def shipped_pool() -> list[PoolItem]:
    """The items of the shipped course as a release has them."""
    return list(
        {
            one.id: PoolItem(
                id=one.id, objective=one.objective, draw_from=one.draw_from, key_row=one.key_row, critical=one.critical
            )
            for one in frozen_course().items
        }.values()
    )


def times_asked(pool: list[PoolItem], *, lately: int) -> Counter[str]:
    """Draw paper after paper of the shipped exam, each told what the latest ones asked; count it all."""
    sections = exam_of(frozen_course().manifest).sections
    latest: deque[list[str]] = deque()
    asked: Counter[str] = Counter()
    total: Counter[str] = Counter({one.id: 0 for one in pool})
    for seed in range(PAPERS):
        paper = [pick.item_id for pick in draw(sections, pool, seed=seed, asked=asked).picks]
        total.update(paper)
        latest.append(paper)
        asked.update(paper)
        if len(latest) > lately:
            asked.subtract(latest.popleft())
    return total


def spread(times: Counter[str], items: list[PoolItem]) -> float:
    """Return how many times as often the most asked of these items was asked as the least asked one."""
    found = [times[one.id] for one in items]
    return max(found) / min(found)


def test_a_thousand_papers_ask_every_item_about_as_often() -> None:
    pool = [item(f"i{number}") for number in range(60)]
    sections = [section(20, "settings")]
    chance: Counter[str] = Counter()
    even: Counter[str] = Counter()
    for seed in range(PAPERS):
        chance.update(pick.item_id for pick in draw(sections, pool, seed=seed).picks)
        even.update(pick.item_id for pick in draw(sections, pool, seed=seed, asked=even).picks)
    assert spread(chance, pool) > 1.1
    assert spread(even, pool) < 1.01


def test_the_latest_papers_spread_a_shipped_exam_as_evenly_as_all_of_them() -> None:
    pool = shipped_pool()
    sections = exam_of(frozen_course().manifest).sections
    chance = times_asked(pool, lately=0)
    lately, ever = times_asked(pool, lately=LATELY), times_asked(pool, lately=PAPERS)
    for one in sections:
        # A critical item must be drawn in each section: they are fewer, and asked more often than the others.
        for critical in (True, False):
            items = [found for found in eligible(one, pool) if found.critical == critical]
            if items:
                assert spread(lately, items) <= max(1.05, spread(chance, items) / 1.5), (one.objective, critical)
                assert spread(lately, items) <= spread(ever, items) * 1.25, (one.objective, critical)


def test_of_a_fact_s_items_the_least_asked_comes() -> None:
    pool = [item("a", "r"), item("b", "r")]
    for seed in range(20):
        (pick,) = draw([section(1, "settings")], pool, seed=seed, asked={"a": 1}).picks
        assert pick.item_id == "b"


def test_what_one_has_seen_weighs_more_than_what_others_were_asked() -> None:
    pool = [item("a"), item("b")]
    for seed in range(20):
        (pick,) = draw([section(1, "settings")], pool, seed=seed, avoid={"a"}, asked={"b": 10_000}).picks
        assert pick.item_id == "b"


@given(
    sections=exams,
    pool=pools(),
    seed=st.integers(0, 2**62),
    out=st.sets(st.integers(0, 5), max_size=2),
    seen=st.sets(st.integers(0, 5)),
    times=st.lists(st.integers(0, 40), min_size=6, max_size=6),
)
def test_the_same_paper_is_drawn_from_what_is_kept(
    sections: list[Section], pool: list[PoolItem], seed: int, out: set[int], seen: set[int], times: list[int]
) -> None:
    left_out, avoid = {f"i{number}" for number in out}, {f"i{number}" for number in seen}
    asked = {f"i{number}": often for number, often in enumerate(times)}
    drawable = [one for one in pool if one.id not in left_out]
    if not list(papers(sections, drawable)):
        return
    kept = json.loads(json.dumps(inputs_of(pool, left_out=left_out, seen=avoid, asked=asked)))
    first = draw(sections, drawable, seed=seed, avoid=avoid, asked=asked)
    again = redraw(sections, list(reversed(pool)), seed=seed, inputs=kept)
    assert again.picks == first.picks
    assert digest_of(kept) == digest_of(dict(reversed(kept.items())))


def test_another_pool_draws_nothing_again() -> None:
    kept = inputs_of([item("a"), item("b")], left_out=(), seen=(), asked={})
    with pytest.raises(OtherPoolError):
        redraw([section(1, "settings")], [item("a"), item("c")], seed=1, inputs=kept)
