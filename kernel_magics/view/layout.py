"""A layout is the position of each node and the route of each edge, computed without any outside program.

Layered: every edge goes forward (to the right in `LR`, down in `TB`), few edges cross, long edges are
straight where possible. Unconnected parts are laid out separately and packed into rows. The layout is
deterministic.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import sqrt
from typing import Literal

from kernel_magics.view.layers import Net, components, make_net, ranks, readers_and_inputs
from kernel_magics.view.ordering import order_layers
from kernel_magics.view.placing import place_vertices
from kernel_magics.view.settling import settle

Direction = Literal["LR", "TB"]
Point = tuple[float, float]
Size = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its top left corner, width and height."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Route:
    """The route of one edge: a start, then control, control, end of each cubic Bézier curve."""

    source: str
    target: str
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """All positions, inside a picture of the given width and height."""

    positions: Mapping[str, Box]
    edges: tuple[Route, ...]
    width: float
    height: float
    direction: Direction = "LR"


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distances between neighbours of a layer, to a passing edge, between layers, between separate parts."""

    node: float = 14.0
    bend: float = 10.0
    layer: float = 44.0
    part: float = 28.0


@dataclass(frozen=True, slots=True)
class _Part:
    """One connected part; coordinates run along the layers' direction first, then across."""

    boxes: dict[int, tuple[float, float, float, float]]
    routes: list[tuple[int, int, list[Point]]]
    length: float
    breadth: float


def lay_out(
    names: Sequence[str],
    edges: Iterable[tuple[str, str]],
    sizes: Mapping[str, Size],
    direction: Direction = "LR",
    spacing: Spacing = Spacing(),
) -> Layout:
    """Lay out the graph of `names` (unique) with `edges` (input, reader) and node `sizes` (width, height).

    Raises:
        ValueError: the edges form a cycle.
        KeyError: an edge ends at a name that is not in `names`, or a size is missing.
    """
    number = {name: index for index, name in enumerate(names)}
    links = [(number[source], number[target]) for source, target in edges]
    readers, inputs = readers_and_inputs(len(names), links)
    turned = [sizes[name] if direction == "LR" else sizes[name][::-1] for name in names]
    rank = ranks(readers, inputs)
    parts = [
        _lay_out_part(members, readers, rank, turned, spacing) for members in components(readers, inputs)
    ]
    boxes: dict[str, Box] = {}
    routes: dict[tuple[int, int], tuple[Point, ...]] = {}
    length = breadth = 0.0
    for part, (along, across) in _pack(parts, spacing.part, direction):
        length, breadth = max(length, along + part.length), max(breadth, across + part.breadth)
        for vertex, (x, y, width, height) in part.boxes.items():
            box = (x + along, y + across, width, height)
            boxes[names[vertex]] = Box(*box) if direction == "LR" else Box(box[1], box[0], box[3], box[2])
        for source, target, points in part.routes:
            moved = [(x + along, y + across) for x, y in points]
            routes[source, target] = tuple(moved if direction == "LR" else [(y, x) for x, y in moved])
    ways = tuple(Route(names[s], names[t], routes[s, t]) for s, t in dict.fromkeys(links))
    size = (length, breadth) if direction == "LR" else (breadth, length)
    return Layout({name: boxes[name] for name in names}, ways, *size, direction)


def _lay_out_part(
    members: list[int], readers: list[list[int]], rank: list[int], sizes: Sequence[Size], spacing: Spacing
) -> _Part:
    local = {vertex: index for index, vertex in enumerate(members)}
    first = min(rank[vertex] for vertex in members)
    net = make_net(
        [rank[v] - first for v in members], [[local[reader] for reader in readers[v]] for v in members]
    )
    extent = [sizes[v][1] for v in members] + [0.0] * (len(net.up) - net.real)
    order = order_layers(net)
    centres = place_vertices(net, order, extent, spacing.node, spacing.bend)
    centres = settle(net, order, centres, extent, spacing.node, spacing.bend)
    columns = _columns(net, centres, [sizes[v][0] for v in members], spacing)
    boxes: dict[int, tuple[float, float, float, float]] = {}
    for layer, (start, _) in zip(net.layers, columns, strict=True):
        for vertex in layer:
            if vertex < net.real:
                length, breadth = sizes[members[vertex]]
                boxes[members[vertex]] = (start, centres[vertex] - breadth / 2, length, breadth)
    column_of = {v: columns[number] for number, layer in enumerate(net.layers) for v in layer}
    routes = []
    for source in range(net.real):
        for reader in readers[members[source]]:
            target = local[reader]
            bends = [(column_of[b], centres[b]) for b in net.routes.get((source, target), ())]
            start = column_of[source][0] + sizes[members[source]][0]
            stops = [((start, column_of[source][1]), centres[source]), *bends]
            points = _curve(stops, (column_of[target][0], centres[target]))
            routes.append((members[source], reader, points))
    breadth = max(box[1] + box[3] for box in boxes.values())
    return _Part(boxes, routes, columns[-1][1], max(breadth, max(centres)))


def _columns(
    net: Net, centres: Sequence[float], lengths: Sequence[float], spacing: Spacing
) -> list[tuple[float, float]]:
    """Start and end of each layer; the gap after a layer grows with the steepest edge in it."""
    columns: list[tuple[float, float]] = []
    start = 0.0
    for layer in net.layers:
        length = max((lengths[v] for v in layer if v < net.real), default=0.0)
        columns.append((start, start + length))
        rise = max((abs(centres[v] - centres[o]) for v in layer for o in net.down[v]), default=0.0)
        start = round(start + length + spacing.layer + min(rise * 0.12, 2 * spacing.layer), 2)
    return columns


def _curve(stops: Sequence[tuple[tuple[float, float], float]], end: Point) -> list[Point]:
    """Level through each column, a smooth step in each gap, so that no edge runs over a node."""
    (start, _), level = stops[0]
    points: list[Point] = [(start, level)]
    following = [*stops[1:], ((end[0], end[0]), end[1])]
    for ((_, leave), here), ((arrive, _), there) in pairwise([stops[0], *following]):
        if here == there:
            continue
        if points[-1][0] < leave:
            _line_to(points, (leave, here))
        middle = (leave + arrive) / 2
        points += [(middle, here), (middle, there), (arrive, there)]
    if points[-1][0] < end[0]:
        _line_to(points, end)
    return points


def _line_to(points: list[Point], end: Point) -> None:
    start = points[-1]
    points += [start, end, end]


def _pack(
    parts: Sequence[_Part], gap: float, direction: Direction
) -> list[tuple[_Part, tuple[float, float]]]:
    """Put the parts into rows, about as wide as a screen is; single nodes come last."""
    if not parts:
        return []
    area = sum((part.length + gap) * (part.breadth + gap) for part in parts)
    wide = sqrt(area * (1.8 if direction == "LR" else 0.6))
    limit = max(wide, max(part.length for part in parts))
    placed = []
    along = across = row = 0.0
    for part in sorted(parts, key=lambda part: len(part.boxes) == 1):
        if along and along + part.length > limit:
            along, across, row = 0.0, across + row + gap, 0.0
        placed.append((part, (along, across)))
        along += part.length + gap
        row = max(row, part.breadth)
    return placed
