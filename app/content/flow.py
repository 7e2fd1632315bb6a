"""Flow through a small network: who can have what when several need it, and the cheapest way to share it out."""

from collections import defaultdict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field

Node = Hashable


@dataclass(frozen=True, slots=True)
class Network:
    """Edges by number; edge ^ 1 leads back, and has as much room as has been pushed along the edge."""

    ends: list[Node] = field(default_factory=list)
    room: list[int] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)
    leaving: defaultdict[Node, list[int]] = field(default_factory=lambda: defaultdict(list))


def join(network: Network, start: Node, end: Node, *, room: int = 1, cost: int = 0) -> int:
    """Add an edge for up to `room` units at a cost each, and return its number."""
    edge = len(network.ends)
    network.ends.extend((end, start))
    network.room.extend((room, 0))
    network.costs.extend((cost, -cost))
    network.leaving[start].append(edge)
    network.leaving[end].append(edge + 1)
    return edge


def push(network: Network, start: Node, goal: Node) -> bool:
    """Push one more unit from start to goal, moving earlier units where that makes room, and say whether it fits."""
    came: dict[Node, int] = {start: -1}
    waiting = deque([start])
    while waiting and goal not in came:
        node = waiting.popleft()
        for edge in network.leaving[node]:
            end = network.ends[edge]
            if network.room[edge] and end not in came:
                came[end] = edge
                waiting.append(end)
    return _walk_back(network, came, goal)


def push_cheapest(network: Network, start: Node, goal: Node) -> bool:
    """Push one more unit so that all units together cost least, and say whether it fits.

    The network may have costs below 0, but no way round that costs less than 0 while it is empty.
    """
    came: dict[Node, int] = {start: -1}
    least = {start: 0}
    waiting, queued = deque([start]), {start}
    while waiting:
        node = waiting.popleft()
        queued.discard(node)
        for edge in network.leaving[node]:
            end, cost = network.ends[edge], least[node] + network.costs[edge]
            if network.room[edge] and (end not in least or cost < least[end]):
                came[end], least[end] = edge, cost
                if end not in queued:
                    waiting.append(end)
                    queued.add(end)
    return _walk_back(network, came, goal)


def _walk_back(network: Network, came: dict[Node, int], goal: Node) -> bool:
    edge = came.get(goal)
    if edge is None:
        return False
    while edge >= 0:
        network.room[edge] -= 1
        network.room[edge ^ 1] += 1
        edge = came[network.ends[edge ^ 1]]
    return True
