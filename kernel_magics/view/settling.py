"""Settling moves placed vertices closer to their neighbours, then levels edges that are almost level.

Placing keeps long edges straight at any cost, so a dense picture gets tall and empty. Here each layer in
turn takes the places that minimise the squared distances to its neighbours under the spacing (solved exactly
by pooling adjacent violators); bends of one long edge attract each other more strongly than nodes do.
"""

from collections.abc import Sequence
from itertools import pairwise

from kernel_magics.view.layers import Net
from kernel_magics.view.ordering import Order

SWEEPS, SWEEPS_OF_LARGE, LARGE = 8, 2, 20_000
LEVEL_WITHIN = (24.0, 120.0, 240.0)
"""Links that rise by less are levelled if there is room: between nodes, at a bend, between bends."""

LONGEST_GROUP = 200


def settle(
    net: Net, order: Order, centres: Sequence[float], extent: Sequence[float], gap: float, bend_gap: float
) -> list[float]:
    """The new centre of each vertex; order and spacing are kept."""
    centres = list(centres)
    apart = [
        [
            (extent[a] + extent[b]) / 2 + (gap if a < net.real and b < net.real else bend_gap)
            for a, b in pairwise(layer)
        ]
        for layer in order
    ]
    both = [[*left, *right] for left, right in zip(net.up, net.down, strict=True)]
    sweeps = SWEEPS if len(centres) < LARGE else SWEEPS_OF_LARGE
    for sweep in range(sweeps + 1):
        near = both if sweep == sweeps else net.down if sweep % 2 else net.up
        numbers = range(len(order) - 1, -1, -1) if sweep % 2 else range(len(order))
        for number in numbers:
            _settle_layer(net, order[number], near, centres, apart[number])
    _level(net, order, centres, apart)
    low = min(centre - size / 2 for centre, size in zip(centres, extent, strict=True))
    return [round(centre - low, 2) for centre in centres]  # hides noise in the last digit


def _weight(net: Net, one: int, other: int) -> float:
    """The weight of the attraction between two linked vertices."""
    return (1.0, 3.0, 12.0)[_bends(net, one, other)]


def _bends(net: Net, one: int, other: int) -> int:
    return (one >= net.real) + (other >= net.real)


def _settle_layer(
    net: Net, layer: list[int], near: list[list[int]], centres: list[float], apart: list[float]
) -> None:
    """Least squares under the spacing: pools of touching vertices move to the mean of their targets."""
    pools: list[tuple[float, float, int]] = []  # weighted sum of targets, weight, number of vertices
    offsets = [0.0]
    for distance in apart:
        offsets.append(offsets[-1] + distance)
    for vertex, offset in zip(layer, offsets, strict=True):
        weights = [_weight(net, vertex, other) for other in near[vertex]]
        wish = sum(w * centres[other] for w, other in zip(weights, near[vertex], strict=True))
        weight = sum(weights)
        if not weights:
            weight = 0.3
            wish = weight * centres[vertex]
        pool = (wish - weight * offset, weight, 1)
        while pools and pools[-1][0] * pool[1] > pool[0] * pools[-1][1]:
            before = pools.pop()
            pool = (before[0] + pool[0], before[1] + pool[1], before[2] + pool[2])
        pools.append(pool)
    position = 0
    for wish, weight, size in pools:
        for index in range(position, position + size):
            centres[layer[index]] = wish / weight + offsets[index]
        position += size


def _level(net: Net, order: Order, centres: list[float], apart: list[list[float]]) -> None:
    """Join linked vertices to groups of one height, long edges first, if there is room."""
    layer_of = [0] * len(centres)
    place = [0] * len(centres)
    for number, layer in enumerate(order):
        for position, vertex in enumerate(layer):
            layer_of[vertex], place[vertex] = number, position
    links = [(v, other) for v in range(len(centres)) for other in net.down[v]]
    ranked = sorted(
        (-_weight(net, a, b), abs(centres[a] - centres[b]), a, b)
        for a, b in links
        if abs(centres[a] - centres[b]) < LEVEL_WITHIN[_bends(net, a, b)]
    )
    group = [[v] for v in range(len(centres))]
    for _, _, one, other in ranked:
        mine, theirs = group[one], group[other]
        if mine is theirs or len(mine) + len(theirs) > LONGEST_GROUP:
            continue
        joined = [*mine, *theirs]
        if len({layer_of[v] for v in joined}) < len(joined):
            continue
        low, high = _room(joined, order, centres, apart, layer_of, place)
        if low > high:
            continue
        firm = sum(v < net.real for v in mine) + 0.01 * len(mine)  # nodes stay, bends follow
        other_firm = sum(v < net.real for v in theirs) + 0.01 * len(theirs)
        height = (centres[one] * firm + centres[other] * other_firm) / (firm + other_firm)
        height = min(max(height, low), high)
        for vertex in joined:
            centres[vertex] = height
            group[vertex] = joined


def _room(
    vertices: list[int],
    order: Order,
    centres: list[float],
    apart: list[list[float]],
    layer_of: list[int],
    place: list[int],
) -> tuple[float, float]:
    """The lowest and the highest centre that all the vertices could share."""
    low, high = float("-inf"), float("inf")
    for vertex in vertices:
        layer, position, gaps = order[layer_of[vertex]], place[vertex], apart[layer_of[vertex]]
        if position:
            low = max(low, centres[layer[position - 1]] + gaps[position - 1])
        if position + 1 < len(layer):
            high = min(high, centres[layer[position + 1]] - gaps[position])
    return low, high
