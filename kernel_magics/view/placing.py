"""A place is the coordinate of a vertex across the layers: long edges straight, nodes level with their
inputs.

The method of Brandes and Köpf ("Fast and simple horizontal coordinate assignment", 2001): vertices are
aligned with the median of their neighbours, in four directions; each gives the tightest placing of the
aligned blocks; the mean of the two middle ones is the place, which keeps all minimum distances.
"""

from itertools import pairwise

from kernel_magics.view.layers import Net
from kernel_magics.view.ordering import Order

Conflicts = set[tuple[int, int]]


def place_vertices(net: Net, order: Order, extent: list[float], gap: float, bend_gap: float) -> list[float]:
    """The centre of each vertex, given its size and the gaps between nodes and next to bends."""
    conflicts = _conflicts(net, order)
    onwards = [[follow] if follow is not None else net.down[v] for v, follow in enumerate(net.trunk)]
    candidates: list[list[float]] = []
    for layers, neighbours in ((order, net.up), (order[::-1], onwards)):
        for sign in (1, -1):
            turned = layers if sign == 1 else [layer[::-1] for layer in layers]
            root = _align(net, turned, neighbours, conflicts)
            centres = _compact(net, turned, root, extent, gap, bend_gap)
            candidates.append([sign * centre for centre in centres])
    return _balance(candidates, extent)


def _conflicts(net: Net, order: Order) -> Conflicts:
    """Links that cross the straight part of a long edge; these are not aligned."""
    conflicts: Conflicts = set()
    for before, layer in pairwise(order):
        place = {v: position for position, v in enumerate(before)}
        done, low = 0, -1
        for position, vertex in enumerate(layer):
            inner = next((u for u in net.up[vertex] if vertex >= net.real and u >= net.real), None)
            last = position == len(layer) - 1
            if inner is None and not last:
                continue
            high = len(before) if inner is None else place[inner]
            for other in layer[done : position + 1]:
                for source in net.up[other]:
                    straight = source >= net.real and other >= net.real
                    if not straight and not low <= place[source] <= high:
                        conflicts.add((source, other))
            done, low = position + 1, high
    return conflicts


def _align(net: Net, layers: Order, neighbours: list[list[int]], conflicts: Conflicts) -> list[int]:
    """Chain vertices to be aligned; returns the first vertex of each one's block."""
    count = len(net.up)
    root = list(range(count))
    place = [0] * count
    for layer in layers:
        for position, vertex in enumerate(layer):
            place[vertex] = position
    for layer in layers:
        limit = -1
        for vertex in layer:
            near = sorted(neighbours[vertex], key=place.__getitem__)
            for other in near[(len(near) - 1) // 2 : len(near) // 2 + 1]:
                crossing = (other, vertex) in conflicts or (vertex, other) in conflicts
                if limit < place[other] and not crossing:
                    root[vertex] = root[other]
                    limit = place[other]
                    break
    return root


def _compact(
    net: Net, layers: Order, root: list[int], extent: list[float], gap: float, bend_gap: float
) -> list[float]:
    """Place the blocks as close together as the spacing allows, then pull each towards the one after it."""
    apart: list[dict[int, float]] = [{} for _ in root]
    before = [0] * len(root)
    for layer in layers:
        for one, other in pairwise(layer):
            room = gap if one < net.real and other < net.real else bend_gap
            distance = (extent[one] + extent[other]) / 2 + room
            first, second = root[one], root[other]
            before[second] += second not in apart[first]
            apart[first][second] = max(distance, apart[first].get(second, 0.0))
    centre = [0.0] * len(root)
    ready = [v for v in range(len(root)) if root[v] == v and before[v] == 0]
    for block in ready:
        for other, distance in apart[block].items():
            centre[other] = max(centre[other], centre[block] + distance)
            before[other] -= 1
            if before[other] == 0:
                ready.append(other)
    for block in reversed(ready):
        if apart[block]:
            centre[block] = max(
                centre[block], min(centre[other] - distance for other, distance in apart[block].items())
            )
    return [centre[first] for first in root]


def _balance(candidates: list[list[float]], extent: list[float]) -> list[float]:
    """Shift the four placings onto the narrowest one and take the mean of the two middle ones."""
    bounds = [
        (
            min(c - size / 2 for c, size in zip(centres, extent, strict=True)),
            max(c + size / 2 for c, size in zip(centres, extent, strict=True)),
        )
        for centres in candidates
    ]
    low, high = min(bounds, key=lambda bound: bound[1] - bound[0])
    shifts = [low - bound[0] if number % 2 == 0 else high - bound[1] for number, bound in enumerate(bounds)]
    result = []
    for values in zip(*candidates, strict=True):
        middle = sorted(value + shift for value, shift in zip(values, shifts, strict=True))
        result.append((middle[1] + middle[2]) / 2 - low)
    return result
