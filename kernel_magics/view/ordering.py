"""An ordering is the sequence of vertices within each layer, chosen so that few edges cross."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from random import Random

from kernel_magics.view.layers import Net

Order = list[list[int]]

WORK = 150_000
"""Number of vertices and links visited before the search stops: some tenths of a second."""

MAX_STARTS = 12
PATIENCE = 6
SMALL = 3_000
"""Up to this many vertices and links, neighbours are also swapped one by one."""


def order_layers(net: Net) -> Order:
    """The best ordering found, deterministic for a given net."""
    size = len(net.up) + sum(map(len, net.down))
    small = size <= SMALL
    budget = max(WORK // max(size, 1), 4)
    best, fewest = net.layers, crossings(net, net.layers)
    random = Random(0)
    for attempt in range(MAX_STARTS if small else 2):
        if budget <= 0 or fewest == 0:
            break
        found, number, used = _search(net, _start(net, attempt, random), attempt % 2 == 1, small, budget)
        budget -= used
        if number < fewest or (number == fewest and attempt == 0):
            best, fewest = found, number
    return _in_given_order(net, best)


def _in_given_order(net: Net, order: Order) -> Order:
    """Put vertices with the same neighbours, which could change places, into the given order."""
    tidy: Order = []
    for layer in order:
        keys = [(frozenset(net.up[vertex]), frozenset(net.down[vertex])) for vertex in layer]
        alike: dict[object, list[int]] = {key: [] for key in keys}
        for key, vertex in zip(keys, layer, strict=True):
            alike[key].append(vertex)
        turns = {key: iter(sorted(vertices)) for key, vertices in alike.items()}
        tidy.append([next(turns[key]) for key in keys])
    return tidy


def crossings(net: Net, order: Order) -> int:
    """The number of crossings between links of neighbouring layers."""
    place = _places(net, order)
    return sum(_crossings_below(net, layer, place) for layer in order)


def _crossings_below(net: Net, layer: list[int], place: list[int]) -> int:
    total = 0
    seen: list[int] = []
    for vertex in layer:
        ends = sorted([place[other] for other in net.down[vertex]])
        for end in ends:
            total += len(seen) - bisect_right(seen, end)
        for end in ends:
            insort(seen, end)
    return total


def _places(net: Net, order: Order) -> list[int]:
    place = [0] * len(net.up)
    for layer in order:
        for position, vertex in enumerate(layer):
            place[vertex] = position
    return place


def _start(net: Net, attempt: int, random: Random) -> Order:
    """Depth first from the left, then from the right, then from shuffled ends."""
    ends = [v for layer in net.layers for v in layer if not (net.down if attempt % 2 else net.up)[v]]
    if attempt >= 2:
        random.shuffle(ends)
    return _depth_first(net, ends, net.up if attempt % 2 else net.down)


def _depth_first(net: Net, ends: Iterable[int], onwards: list[list[int]]) -> Order:
    layer_of = [0] * len(net.up)
    for number, layer in enumerate(net.layers):
        for vertex in layer:
            layer_of[vertex] = number
    order: Order = [[] for _ in net.layers]
    seen = [False] * len(net.up)
    stack = list(ends)[::-1]
    while stack:
        vertex = stack.pop()
        if seen[vertex]:
            continue
        seen[vertex] = True
        order[layer_of[vertex]].append(vertex)
        stack.extend(reversed(onwards[vertex]))
    return order


def _search(net: Net, order: Order, by_mean: bool, small: bool, budget: int) -> tuple[Order, int, int]:
    """Sweep back and forth until nothing has improved for a while: (ordering, crossings, sweeps used)."""
    best, fewest, idle, used = [list(layer) for layer in order], crossings(net, order), 0, 0
    order = [list(layer) for layer in order]
    while idle < PATIENCE and used < budget and fewest:
        place = _places(net, order)
        rightwards = used % 2 == 0
        _sweep(net, order, place, rightwards, by_mean != (used % 8 >= 6))
        if small:
            _swap_neighbours(net, order, place)
        number = crossings(net, order)
        idle = 0 if number < fewest else idle + 1
        if number < fewest:
            best, fewest = [list(layer) for layer in order], number
        used += 3 if small else 1
    return best, fewest, used


def _sweep(net: Net, order: Order, place: list[int], rightwards: bool, by_mean: bool) -> None:
    """Sort each layer by the positions of its neighbours in the layer before."""
    neighbours = net.up if rightwards else net.down
    key = _mean if by_mean else _median
    numbers = range(1, len(order)) if rightwards else range(len(order) - 2, -1, -1)
    for number in numbers:
        layer = order[number]
        wanted = {v: key([place[other] for other in neighbours[v]]) for v in layer if neighbours[v]}
        movable = iter(sorted(wanted, key=wanted.__getitem__))
        # vertices without neighbours on that side keep their place; the others share the places left
        order[number] = [next(movable) if v in wanted else v for v in layer]
        for position, vertex in enumerate(order[number]):
            place[vertex] = position


def _mean(places: list[int]) -> float:
    return sum(places) / len(places)


def _median(places: list[int]) -> float:
    """The median; for an even number, the middle weighted to the side with the smaller distances."""
    places.sort()
    middle = len(places) // 2
    if len(places) % 2:
        return places[middle]
    if len(places) == 2:
        return (places[0] + places[1]) / 2
    left = places[middle - 1] - places[0]
    right = places[-1] - places[middle]
    if left + right == 0:
        return (places[middle - 1] + places[middle]) / 2
    return (places[middle - 1] * right + places[middle] * left) / (left + right)


def _swap_neighbours(net: Net, order: Order, place: list[int]) -> None:
    """Swap neighbours within a layer as long as that removes crossings."""
    improved, rounds = True, 0
    while improved and rounds < 8:
        improved, rounds = False, rounds + 1
        for layer in order:
            ends = {
                v: (sorted(place[o] for o in net.up[v]), sorted(place[o] for o in net.down[v])) for v in layer
            }
            for position in range(len(layer) - 1):
                upper, lower = layer[position], layer[position + 1]
                gain = sum(
                    _inversions(a, b) - _inversions(b, a)
                    for a, b in zip(ends[upper], ends[lower], strict=True)
                )
                if gain > 0:
                    layer[position], layer[position + 1] = lower, upper
                    improved = True
            for position, vertex in enumerate(layer):
                place[vertex] = position


def _inversions(upper: list[int], lower: list[int]) -> int:
    """Crossings between the links of two vertices if the first is above the second."""
    return sum(bisect_left(lower, end) for end in upper)
