"""A layout is readable whatever the graph: nothing overlaps, edges go forward and around the nodes."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given

from kernel_magics.view.layers import make_net, ranks, readers_and_inputs
from kernel_magics.view.layout import Box, Layout, Point, Route, lay_out
from kernel_magics.view.ordering import crossings, order_layers
from tests.calls import calls
from tests.examples import examples
from tests.view.examples import graphs, random_graph

NEAR = 0.1
"""Coordinates are rounded to hundredths."""


def boxes_of(names, width=120.0, height=40.0):
    return dict.fromkeys(names, (width, height))


def overlap(one: Box, other: Box) -> bool:
    across = one.x < other.x + other.width - NEAR and other.x < one.x + one.width - NEAR
    return across and one.y < other.y + other.height - NEAR and other.y < one.y + one.height - NEAR


def sampled(route: Route, steps: int = 12) -> list[Point]:
    """Points along the Bézier curves of a route."""
    points = [route.points[0]]
    for index in range(0, len(route.points) - 1, 3):
        a, b, c, d = route.points[index : index + 4]
        for step in range(1, steps + 1):
            t = step / steps
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points.append(
                tuple(sum(w * p[k] for w, p in zip(weights, (a, b, c, d), strict=True)) for k in (0, 1))
            )
    return points


def net_of(names, edges):
    number = {name: index for index, name in enumerate(names)}
    readers, inputs = readers_and_inputs(len(names), [(number[a], number[b]) for a, b in edges])
    return make_net(ranks(readers, inputs), readers)


@examples(150)
@given(graphs())
def test_nodes_never_overlap(graph):
    """No two cards overlap, and each has the requested size."""
    names, edges, sizes = graph
    positions = lay_out(names, edges, sizes).positions
    assert list(positions) == names
    assert {name: (box.width, box.height) for name, box in positions.items()} == sizes
    assert not [pair for pair in combinations(positions, 2) if overlap(*(positions[name] for name in pair))]


@examples(150)
@given(graphs())
def test_edges_go_forward_from_card_to_card(graph):
    """Every edge leaves at the right of its input, ends at the left of its reader and never turns back."""
    names, edges, sizes = graph
    layout = lay_out(names, edges, sizes)
    assert {(route.source, route.target) for route in layout.edges} == set(edges)
    for route in layout.edges:
        source, target = layout.positions[route.source], layout.positions[route.target]
        assert route.points[0] == pytest.approx(
            (source.x + source.width, source.y + source.height / 2), abs=NEAR
        )
        assert route.points[-1] == pytest.approx((target.x, target.y + target.height / 2), abs=NEAR)
        assert all(a[0] <= b[0] + NEAR for a, b in pairwise(route.points))


@examples(100)
@given(graphs())
def test_edges_never_run_over_a_node(graph):
    """A long edge finds its way between the cards of the layers that it passes."""
    names, edges, sizes = graph
    layout = lay_out(names, edges, sizes)
    for route in layout.edges:
        others = [box for name, box in layout.positions.items() if name not in (route.source, route.target)]
        for x, y in sampled(route):
            dots = Box(x, y, 0, 0)
            assert not any(overlap(dots, box) for box in others), (route, x, y)


@examples(100)
@given(graphs())
def test_everything_is_inside_of_the_picture(graph):
    """Cards and edges stay within width and height."""
    layout = lay_out(*graph)
    for box in layout.positions.values():
        assert box.x >= -NEAR
        assert box.y >= -NEAR
        assert box.x + box.width <= layout.width + NEAR
        assert box.y + box.height <= layout.height + NEAR
    for x, y in (point for route in layout.edges for point in sampled(route)):
        assert -NEAR <= x <= layout.width + NEAR
        assert -NEAR <= y <= layout.height + NEAR


@examples(50)
@given(graphs())
def test_the_same_graph_gives_the_same_layout(graph):
    """Two calls agree to the last digit."""
    assert lay_out(*graph) == lay_out(*graph)


@examples(50)
@given(graphs())
def test_top_to_bottom_goes_down(graph):
    """With direction TB, edges go down, and cards keep their size and distance."""
    names, edges, sizes = graph
    layout = lay_out(names, edges, sizes, "TB")
    assert layout.direction == "TB"
    assert {name: (box.width, box.height) for name, box in layout.positions.items()} == sizes
    assert not [pair for pair in combinations(layout.positions.values(), 2) if overlap(*pair)]
    for route in layout.edges:
        assert all(a[1] <= b[1] + NEAR for a, b in pairwise(route.points))


@pytest.mark.parametrize("length", [4, 400])
def test_an_input_stands_next_to_its_first_reader(length):
    """An input that is read late is not at the far left with an edge across the whole picture."""
    names = [f"n{number}" for number in range(length)]
    edges = [*pairwise(names), ("late", names[-1])]
    positions = lay_out([*names, "late"], edges, boxes_of([*names, "late"])).positions
    assert positions["late"].x == positions[names[-2]].x


def test_a_chain_is_one_straight_line():
    """Nodes in a chain are on one level."""
    names = [f"n{number}" for number in range(30)]
    layout = lay_out(names, list(pairwise(names)), boxes_of(names))
    assert len({box.y for box in layout.positions.values()}) == 1
    assert all(y == 20 for route in layout.edges for _, y in route.points)


def test_a_long_edge_is_straight_where_it_passes_other_layers():
    """The part of an edge between its first and last layer keeps one level."""
    names = ["a", "b", "c", "d", "e"]
    layout = lay_out(names, [*pairwise(names), ("a", "e")], boxes_of(names))
    long = next(route for route in layout.edges if (route.source, route.target) == ("a", "e"))
    start, end = layout.positions["b"].x, layout.positions["d"].x + 120
    inner = {round(y, 3) for x, y in sampled(long, 60) if start <= x <= end}
    assert len(inner) == 1


def test_the_edge_of_a_narrow_card_passes_its_wide_neighbours():
    """An edge bends only after the widest card of its layer."""
    names = ["narrow", *(f"wide{number}" for number in range(8)), "reader"]
    sizes = boxes_of(names, width=240.0) | {"narrow": (20.0, 40.0)}
    layout = lay_out(names, [(name, "reader") for name in names[:-1]], sizes)
    narrow = next(route for route in layout.edges if route.source == "narrow")
    level = layout.positions["narrow"].y + 20
    assert abs(level - layout.positions["reader"].y) > 60
    assert {round(y, 3) for x, y in sampled(narrow, 60) if x <= 240} == {level}


def test_separate_parts_are_packed_next_to_each_other():
    """Nodes without edges fill rows instead of one endless column."""
    names = [f"n{number}" for number in range(100)]
    layout = lay_out(names, [], boxes_of(names))
    assert 0.5 < layout.width / layout.height < 4


@pytest.mark.parametrize("edges", [[("a", "b"), ("b", "a")], [("a", "a")]])
def test_a_cycle_is_refused(edges):
    """A graph with a cycle has no layers; the error says so."""
    with pytest.raises(ValueError, match="cycle"):
        lay_out(["a", "b"], edges, boxes_of("ab"))


def test_an_empty_graph_has_no_extent():
    """Nothing to draw is not an error."""
    assert lay_out([], [], {}) == Layout({}, (), 0.0, 0.0)


def test_long_chains_need_no_recursion():
    """10,000 nodes in a row, one param read by all of them."""
    names = [f"n{number}" for number in range(10_000)]
    edges = [*pairwise(names), *(("param", name) for name in names)]
    layout = lay_out([*names, "param"], edges, boxes_of([*names, "param"]))
    assert len(layout.positions) == 10_001


def test_the_search_is_bounded():
    """A larger graph gets less search for each node: five hundred take no more work than fifty."""

    def work(nodes):
        names, edges = random_graph(nodes, 2 * nodes, seed=1)
        return calls(lambda: lay_out(names, edges, boxes_of(names)))

    assert work(500) < work(50)


@pytest.mark.parametrize("seed", range(6))
def test_ordering_removes_most_crossings(seed):
    """Compared with notebook order, far fewer links cross."""
    net = net_of(*random_graph(60, 80, seed))
    assert crossings(net, order_layers(net)) < 0.5 * crossings(net, net.layers)


@examples(80)
@given(graphs())
def test_ordering_keeps_the_layers_and_never_makes_it_worse(graph):
    """Each layer keeps its vertices; crossings, counted pair by pair, do not grow."""
    net = net_of(*graph[:2])
    order = order_layers(net)
    assert [sorted(layer) for layer in order] == [sorted(layer) for layer in net.layers]
    assert crossings(net, order) == counted(net, order) <= counted(net, net.layers)


def counted(net, order):
    """Crossings, by looking at every pair of links."""
    place = {vertex: position for layer in order for position, vertex in enumerate(layer)}
    total = 0
    for layer in order:
        links = [(place[v], place[other]) for v in layer for other in net.down[v]]
        total += sum((a[0] - b[0]) * (a[1] - b[1]) < 0 for a, b in combinations(links, 2))
    return total


def test_readers_of_the_same_stand_in_the_order_given():
    """Lags of one column are drawn 1, 2, 4, as the notebook has them, though any order crosses nothing."""
    names = [
        "spend",
        "signups",
        "window",
        "cost",
        "average",
        "change",
        "ratio",
        "lag_1",
        "lag_2",
        "lag_4",
        "check",
    ]
    edges = [("spend", "cost"), ("signups", "cost"), ("spend", "average"), ("window", "average")]
    edges += [("spend", "change"), ("spend", "ratio"), ("average", "ratio"), ("cost", "check")]
    edges += [("signups", f"lag_{number}") for number in (1, 2, 4)]
    layout = lay_out(names, edges, boxes_of(names))
    heights = [layout.positions[f"lag_{number}"].y for number in (1, 2, 4)]
    assert heights == sorted(heights)


def test_a_planar_tree_has_no_crossings():
    """Where no crossing is needed, none is left."""
    names = [f"n{number}" for number in range(31)]
    edges = [(names[(number - 1) // 2], names[number]) for number in range(1, 31)]
    net = net_of(names[::-1], edges)
    assert crossings(net, order_layers(net)) == 0
