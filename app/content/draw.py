"""A paper's items, drawn by seed: exact counts for each section, no fact asked twice, and the proof of it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.content.flow import Network, join, push, push_cheapest
from app.content.generate.seeded import digest
from app.content.renewal import First
from app.content.values import Section

# A release freezes every item at these seeds, so that all items that an attempt can hold are finite.
LIVE_SEEDS = 8

# What a draw minimises, the first first: sections without a critical item, in a renewal items on nothing that changed
# and then on nothing weak, items seen before, how often the items were asked of others lately, the seed's own ranks.
# Each outweighs all that a paper can have of the next.
CRITICAL, UNCHANGED, CORE, SEEN, ASKED, RANK_BITS = 1 << 192, 1 << 160, 1 << 128, 1 << 96, 1 << 64, 48
NEVER: Mapping[str, int] = {}


class DrawError(Exception):
    """No paper of these sections can be drawn; the message names the sections and what they can have."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PoolItem:
    """An item as the draw sees it; a paper holds at most one item of a key row."""

    id: str
    objective: str
    draw_from: str
    key_row: str
    critical: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """One item of a paper, the seed of its variant and the section that it counts for."""

    item_id: str
    variant_seed: int
    section_index: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """The items of a paper in order, and the figures that prove how they were drawn."""

    picks: tuple[Pick, ...]
    proof: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Wear:
    """What an item has been through: who sits has seen it, others were asked it."""

    seen: Collection[str]
    asked: Mapping[str, int]
    first: First | None

    def of(self, item: PoolItem) -> int:
        """Return what drawing it costs, before the seed has its say."""
        rank = self.first.rank(item.id) if self.first else 0
        preferred = UNCHANGED * (rank > 0) + CORE * (rank > 1)
        return preferred + SEEN * (item.id in self.seen) + ASKED * self.asked.get(item.id, 0)


# Of one section and key row: the item that the seed prefers, and what drawing it costs.
_Offers = dict[str, tuple[PoolItem, int]]


def draw(
    sections: Sequence[Section],
    pool: Sequence[PoolItem],
    *,
    seed: int,
    avoid: Collection[str] = frozenset(),
    asked: Mapping[str, int] = NEVER,
    first: First | None = None,
) -> Drawn:
    """Draw a paper whenever one exists; the same arguments always give the same paper.

    Every section gets its number of items, one of them critical where its pool has critical items and the other
    sections leave one; items in `avoid` (ids seen before) only where there are not enough others. Of what remains the
    items come first that others were asked least (`asked`: times by id, none where left out). Apart from that each key
    row of a section is equally likely. In a renewal as many items as possible are on what changed, then on what was
    weak (`first`), seen before or not. Raises DrawError where no paper exists.
    """
    wear = _Wear(frozenset(avoid), asked, first)
    pools = [eligible(section, pool) for section in sections]
    chosen: dict[int, list[PoolItem]] = {index: [] for index in range(len(sections))}
    for group in _competing(pools):
        for index, item in _share(sections, pools, group, seed, wear):
            chosen[index].append(item)
    if any(len(items) < sections[index].items for index, items in chosen.items()):
        raise DrawError(_message(sections, shortfalls(sections, pool, papers=1)))
    for items in chosen.values():
        items.sort(key=lambda item: digest("order", seed, item.id))
    picks = tuple(
        Pick(item_id=item.id, variant_seed=variant_seed(seed, item.id), section_index=index)
        for index, items in chosen.items()
        for item in items
    )
    return Drawn(picks=picks, proof=_proof(sections, pools, chosen, seed, wear))


def variant_seed(seed: int, item_id: str) -> int:
    """Return the seed of an item's variant in the paper of a seed, 0 to LIVE_SEEDS - 1."""
    return digest("variant", seed, item_id) % LIVE_SEEDS


def shortfalls(sections: Sequence[Section], pool: Sequence[PoolItem], *, papers: int) -> list[tuple[int, int, int]]:
    """Return (section index, items in its pool, most possible) for sections that so many papers cannot fill.

    The papers share no item, and within each no key row is asked twice. Sections come in order: each gets what the
    filled ones before it leave, and one that cannot be filled takes nothing from those after it.
    """
    network = Network()
    pools = [eligible(section, pool) for section in sections]
    for item in {item.id: item for items in pools for item in items}.values():
        join(network, ("item", item.id), ("row", item.key_row))
    for row in dict.fromkeys(item.key_row for items in pools for item in items):
        # Each paper may ask a row once. Whatever satisfies these totals can be dealt out to the papers evenly:
        # sections and rows are a bipartite graph, and such a graph splits into halves of equal degrees.
        join(network, ("row", row), "goal", room=papers)
    for index, items in enumerate(pools):
        for item in items:
            join(network, ("section", index), ("item", item.id))
    short = []
    for index, section in enumerate(sections):
        before = network.room.copy()
        filled = 0
        while filled < section.items * papers and push(network, ("section", index), "goal"):
            filled += 1
        if filled < section.items * papers:
            network.room[:] = before
            short.append((index, len(pools[index]), filled // papers))
    return short


def most_papers(sections: Sequence[Section], pool: Sequence[PoolItem]) -> int:
    """Return how many papers of these sections can be drawn that share no item and ask no key row twice."""
    sizes = [len(eligible(section, pool)) // section.items for section in sections]
    low, high = 0, min(sizes, default=0)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (low, middle - 1) if shortfalls(sections, pool, papers=middle) else (middle, high)
    return low


def _message(sections: Sequence[Section], short: Sequence[tuple[int, int, int]]) -> str:
    parts = [
        f"section {index + 1} ({sections[index].objective}) asks for {sections[index].items} items, but only {most} "
        f"of the {size} in its pool can stand in one paper"
        for index, size, most in short
    ]
    return f"No paper can be drawn: {'; '.join(parts)}. Lower the section's items or add facts."


def eligible(section: Section, pool: Iterable[PoolItem]) -> list[PoolItem]:
    """Return the items of a pool that a section may draw."""
    return [item for item in pool if item.objective == section.objective and item.draw_from in section.draw_from]


def _competing(pools: Sequence[Sequence[PoolItem]]) -> Iterator[list[int]]:
    """Yield the sections in groups that share no key row, so that each group can be drawn alone."""
    groups: list[tuple[set[int], set[str]]] = []
    for index, items in enumerate(pools):
        members, rows = {index}, {item.key_row for item in items}
        apart = []
        for group in groups:
            if group[1].isdisjoint(rows):
                apart.append(group)
            else:
                members, rows = members | group[0], rows | group[1]
        groups = [*apart, (members, rows)]
    yield from (sorted(members) for members, _ in groups)


def _share(
    sections: Sequence[Section],
    pools: Sequence[Sequence[PoolItem]],
    group: Sequence[int],
    seed: int,
    wear: _Wear,
) -> Iterator[tuple[int, PoolItem]]:
    """Yield (section index, item) for all items of a group of sections, at the least cost for the group."""
    network = Network()
    total = sum(sections[index].items for index in group)
    drawable: dict[int, tuple[int, PoolItem]] = {}
    for index in group:
        join(network, "start", index, room=sections[index].items)
        # One item of each section passes a gate that only critical items leave by; passing it pays.
        join(network, index, ("critical", index), cost=-CRITICAL)
        critical = [item for item in pools[index] if item.critical]
        for gate, items in ((index, pools[index]), (("critical", index), critical)):
            for row, (item, cost) in _cheapest(_offers(items, seed, wear), total):
                drawable[join(network, gate, ("row", row), cost=cost)] = (index, item)
    for row in dict.fromkeys(item.key_row for _, item in drawable.values()):
        join(network, ("row", row), "goal")
    for _ in range(total):
        push_cheapest(network, "start", "goal")
    yield from (drawn for edge, drawn in drawable.items() if not network.room[edge])


def _offers(items: Iterable[PoolItem], seed: int, wear: _Wear) -> _Offers:
    """Return for each key row the item to draw if that row is drawn: what wears least, then as the seed ranks."""
    rows: dict[str, list[PoolItem]] = {}
    for item in items:
        rows.setdefault(item.key_row, []).append(item)
    offers = {}
    for row, same in rows.items():
        item = min(same, key=lambda one: (wear.of(one), digest("item", seed, one.id))) if len(same) > 1 else same[0]
        offers[row] = (item, wear.of(item) + (digest("row", seed, row) >> (256 - RANK_BITS)))
    return offers


def _cheapest(offers: _Offers, number: int) -> list[tuple[str, tuple[PoolItem, int]]]:
    """Return a section's cheapest key rows, as many as its whole group draws.

    It never needs a dearer one: the others of its group cannot use up all of these.
    """
    return sorted(offers.items(), key=lambda offer: (offer[1][1], offer[0]))[:number]


def _proof(
    sections: Sequence[Section],
    pools: Sequence[Sequence[PoolItem]],
    chosen: Mapping[int, Sequence[PoolItem]],
    seed: int,
    wear: _Wear,
) -> dict[str, Any]:
    drawn = [item for items in chosen.values() for item in items]
    return {
        "seed": seed,
        "items": len(drawn),
        "key_rows": len({item.key_row for item in drawn}),
        "critical": sum(item.critical for item in drawn),
        "objectives": dict(Counter(item.objective for item in drawn)),
        **({"renewal": _preferred(wear.first, drawn, pools)} if wear.first else {}),
        "sections": [
            {
                "objective": section.objective,
                "asked": section.items,
                "drawn": len(chosen[index]),
                "pool": len(pools[index]),
                "pool_key_rows": len({item.key_row for item in pools[index]}),
                "critical": sum(item.critical for item in chosen[index]),
                "pool_critical": sum(item.critical for item in pools[index]),
                "seen_before": sum(item.id in wear.seen for item in chosen[index]),
                "pool_seen": sum(item.id in wear.seen for item in pools[index]),
                "asked_before": sum(wear.asked.get(item.id, 0) for item in chosen[index]),
                "pool_asked": sum(wear.asked.get(item.id, 0) for item in pools[index]),
            }
            for index, section in enumerate(sections)
        ],
    }


def _preferred(first: First, drawn: Sequence[PoolItem], pools: Sequence[Sequence[PoolItem]]) -> dict[str, int]:
    """Return how many items were drawn for which reason, and how many could have been for the first two."""
    ranks = Counter(first.rank(item.id) for item in drawn)
    possible = Counter(first.rank(one) for one in {item.id for items in pools for item in items})
    return {
        "changed": ranks[0],
        "weak": ranks[1],
        "core": ranks[2],
        "pool_changed": possible[0],
        "pool_weak": possible[1],
    }
