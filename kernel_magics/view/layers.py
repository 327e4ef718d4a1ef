"""A layer is one column of the picture: every node is in a later layer than its inputs.

Long edges are cut into bends, one in each layer they pass, so that ordering and placing only deal with edges
between neighbouring layers. All edges from one node share their bends: they leave as one trunk that branches
off at each reader, which draws fewer lines.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MAX_BENDS_PER_NODE = 40
"""Past this average, the longest edges are drawn straight, not routed around the nodes between."""

SMALL = 300
"""Up to this many nodes, groups of nodes are moved together, too, which costs the square of their number."""

MAX_SHIFTS = 40


@dataclass(frozen=True, slots=True)
class Net:
    """Layers of vertices and the links between neighbouring layers.

    Vertices below `real` are nodes, the others are bends. `trunk[v]` is the bend that continues the edge that
    runs through the bend `v`, if any. `routes[(u, w)]` lists the bends of the edge from `u` to `w`.
    """

    real: int
    layers: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]
    trunk: list[int | None]
    routes: dict[tuple[int, int], tuple[int, ...]]


def readers_and_inputs(
    count: int, edges: Sequence[tuple[int, int]]
) -> tuple[list[list[int]], list[list[int]]]:
    """Adjacency lists in both directions, repeated edges dropped: (readers of each, inputs of each)."""
    readers: list[list[int]] = [[] for _ in range(count)]
    inputs: list[list[int]] = [[] for _ in range(count)]
    for source, target in dict.fromkeys(edges):
        readers[source].append(target)
        inputs[target].append(source)
    return readers, inputs


def topological(readers: list[list[int]], inputs: list[list[int]]) -> list[int]:
    """The vertices, each after its inputs, otherwise in the order given.

    Raises:
        ValueError: the edges form a cycle.
    """
    missing = [len(sources) for sources in inputs]
    ready = deque(v for v, number in enumerate(missing) if number == 0)
    order: list[int] = []
    while ready:
        vertex = ready.popleft()
        order.append(vertex)
        for reader in readers[vertex]:
            missing[reader] -= 1
            if missing[reader] == 0:
                ready.append(reader)
    if len(order) < len(inputs):
        raise ValueError("the edges form a cycle, so there is no layered picture of them")
    return order


def ranks(readers: list[list[int]], inputs: list[list[int]]) -> list[int]:
    """The layer of each vertex: longest path from the left, then moved together to shorten edges.

    So an input that is first read late is in a late layer, next to its reader.
    """
    order = topological(readers, inputs)
    rank = [0] * len(order)
    for vertex in order:
        rank[vertex] = max((rank[source] + 1 for source in inputs[vertex]), default=0)
    for _ in range(4):
        moved = _pull(rank, reversed(order), readers, inputs, -1) + _pull(rank, order, inputs, readers, 1)
        if not moved:
            break
    if len(order) <= SMALL:
        for _ in range(MAX_SHIFTS):
            moved = _shift(rank, reversed(order), readers, inputs, 1)
            if not moved + _shift(rank, order, inputs, readers, -1):
                break
    first = min(rank, default=0)
    return [layer - first for layer in rank]


def _pull(
    rank: list[int], order: Iterable[int], ahead: list[list[int]], behind: list[list[int]], step: int
) -> int:
    """Move each vertex with more neighbours ahead than behind next to them; returns how many moved."""
    moved = 0
    nearest = min if step < 0 else max
    for vertex in order:
        if len(ahead[vertex]) > len(behind[vertex]):
            wanted = nearest(rank[other] for other in ahead[vertex]) + step
            moved += wanted != rank[vertex]
            rank[vertex] = wanted
    return moved


def _shift(
    rank: list[int], order: Iterable[int], ahead: list[list[int]], behind: list[list[int]], step: int
) -> int:
    """Move a connected group (a vertex and all it would push) by one layer if that shortens edges."""
    moved = 0
    for vertex in order:
        group = {vertex}
        stack = [vertex]
        while stack:
            member = stack.pop()
            pushed = [o for o in ahead[member] if rank[o] == rank[member] + step and o not in group]
            group.update(pushed)
            stack += pushed
        shorter = sum(other not in group for member in group for other in ahead[member])
        longer = sum(other not in group for member in group for other in behind[member])
        if shorter > longer:
            moved += 1
            for member in group:
                rank[member] += step
    return moved


def components(readers: list[list[int]], inputs: list[list[int]]) -> list[list[int]]:
    """The connected parts, each in the order given, sorted by their first vertex."""
    part = [-1] * len(readers)
    found = 0
    for start in range(len(readers)):
        if part[start] >= 0:
            continue
        part[start] = found
        stack = [start]
        while stack:
            vertex = stack.pop()
            for other in (*readers[vertex], *inputs[vertex]):
                if part[other] < 0:
                    part[other] = found
                    stack.append(other)
        found += 1
    parts: list[list[int]] = [[] for _ in range(found)]
    for vertex, number in enumerate(part):
        parts[number].append(vertex)
    return parts


def longest_routed_span(rank: list[int], readers: list[list[int]]) -> int:
    """The longest edge (in layers) that is routed through bends, which limits their number."""
    spans = sorted(
        rank[reader] - rank[vertex] for vertex, targets in enumerate(readers) for reader in targets
    )
    budget = MAX_BENDS_PER_NODE * len(rank) + 1000
    for span in spans:
        budget -= span - 1
        if budget < 0:
            return max(span - 1, 1)
    return spans[-1] if spans else 1


def make_net(rank: list[int], readers: list[list[int]]) -> Net:
    """Cut the edges at every layer they pass."""
    count = len(rank)
    longest = longest_routed_span(rank, readers)
    net = Net(count, [[] for _ in range(max(rank, default=0) + 1)], [], [], [], {})
    for vertex in range(count):
        _add(net, vertex, rank[vertex])
    for source, targets in enumerate(readers):
        routed = [target for target in targets if rank[target] - rank[source] <= longest]
        last = max((rank[target] for target in routed), default=0)
        stops = [source]
        for layer in range(rank[source] + 1, last):
            bend = len(net.up)
            _add(net, bend, layer)
            _link(net, stops[-1], bend)
            net.trunk[stops[-1]] = bend if len(stops) > 1 else None
            stops.append(bend)
        for target in routed:
            reach = rank[target] - rank[source]
            _link(net, stops[reach - 1], target)
            net.routes[source, target] = tuple(stops[1:reach])
    return net


def _add(net: Net, vertex: int, layer: int) -> None:
    net.layers[layer].append(vertex)
    net.up.append([])
    net.down.append([])
    net.trunk.append(None)


def _link(net: Net, left: int, right: int) -> None:
    net.down[left].append(right)
    net.up[right].append(left)
