"""A graph that exists is valid, its walks are right, and the next graph never changes the one before."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import closure, find_cycle, order, path
from tests.engine.driver import source

EDGES = st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 9), unique=True, max_size=4))


def links_of(edges: dict[int, list[int]]) -> dict[str, list[str]]:
    """Every number as a name with its links."""
    return {str(number): [str(target) for target in edges.get(number, [])] for number in range(10)}


def reachable(links: dict[str, list[str]], start: str) -> set[str]:
    """What can be reached in one step or more, by the plainest algorithm there is."""
    found: set[str] = set(links[start])
    while True:
        more = {target for name in found for target in links[name]} - found
        if not more:
            return found
        found |= more


@given(EDGES, st.integers(0, 9))
def test_a_closure_is_what_can_be_reached(edges: dict[int, list[int]], start: int) -> None:
    """Every name that links lead to, each once, nearest first."""
    links = links_of(edges)
    found = closure([str(start)], links.__getitem__)
    assert set(found) == reachable(links, str(start))
    assert len(found) == len(set(found))
    assert set(found[: len(links[str(start)])]) == set(links[str(start)])


@given(EDGES)
def test_a_cycle_is_found_exactly_when_there_is_one(edges: dict[int, list[int]]) -> None:
    """The chain that comes back is made of links, and ends where it began."""
    links = links_of(edges)
    cycle = find_cycle(list(links), links.__getitem__)
    assert bool(cycle) == any(name in reachable(links, name) for name in links)
    if cycle:
        assert cycle[0] == cycle[-1]
        assert all(after in links[before] for before, after in pairwise(cycle))
        assert len(set(cycle)) == len(cycle) - 1


@given(st.lists(st.lists(st.integers(0, 30), max_size=3), min_size=1, max_size=12), st.randoms())
def test_an_order_puts_each_name_behind_what_it_links_to(rows: list[list[int]], random: object) -> None:
    """The order contains the wanted names and all they need, nothing else, each once."""
    links = {str(n): list(dict.fromkeys(str(t % n) for t in row)) if n else [] for n, row in enumerate(rows)}
    wanted = [name for name in links if random.random() < 0.5]  # type: ignore[attr-defined]
    found = order(wanted, links.__getitem__)
    assert set(found) == set(wanted).union(*(reachable(links, name) for name in wanted))
    assert len(found) == len(set(found))
    assert all(found.index(target) < found.index(name) for name in found for target in links[name])


@given(EDGES, st.integers(0, 9), st.integers(0, 9))
def test_a_path_is_made_of_links_and_shortest(edges: dict[int, list[int]], start: int, end: int) -> None:
    """No chain of links between the two is shorter; there is one exactly when the end can be reached."""
    links = links_of(edges)
    found = path(str(start), str(end), links.__getitem__)
    if start == end:
        assert found == [str(start)]
        return
    assert bool(found) == (str(end) in reachable(links, str(start)))
    assert all(after in links[before] for before, after in pairwise(found))
    level, steps = {str(start)}, 1
    while found and str(end) not in level:
        level, steps = level.union(*(links[name] for name in level)), steps + 1
    assert not found or len(found) == steps


def graph_of(*texts: str, base: Graph | None = None) -> Graph:
    """A graph of cells with the ids 1, 2, …"""
    graph = base or Graph()
    for number, text in enumerate(texts, start=1):
        graph = graph.put(parse_cell(source(str(number), text)))
    return graph


def test_links_go_both_ways() -> None:
    """What a node reads is what lists it as a reader, missing names and the params of variants included."""
    graph = graph_of(
        "%%node a\nx + y", "%%node b\na", "%%node c --when mode=1\na", "%%node c --when mode=2\nz"
    )
    assert graph.reads("a") == ("x", "y")
    assert graph.reads("c") == ("a", "mode", "z")
    assert {name: set(readers) for name, readers in graph.readers.items()} == {
        "x": {"a"},
        "y": {"a"},
        "a": {"b", "c"},
        "mode": {"c"},
        "z": {"c"},
    }
    assert (graph.names(), graph.deciding()) == (["a", "b", "c"], ("mode",))
    assert graph.owners == {"a": "1", "b": "2", "c__1": "3", "c__2": "4"}


def test_the_next_graph_leaves_the_one_before_alone() -> None:
    """Adding, editing and dropping give new graphs; dropping nothing gives the same one."""
    first = graph_of("%%node a\nx", "%%node b\na")
    shape = (dict(first.nodes), dict(first.readers), dict(first.owners), dict(first.cells))
    second = first.put(parse_cell(source("1", "%%node c\ny")))
    third = first.drop("2")
    assert (dict(first.nodes), dict(first.readers), dict(first.owners), dict(first.cells)) == shape
    assert (second.names(), third.names()) == (["c", "b"], ["a"])
    assert first.drop("9") is first
    assert third.drop("1").nodes == {} == third.drop("1").readers


def test_an_edited_cell_keeps_its_place() -> None:
    """The order of cells is that of first execution, whatever is edited; variants follow it, too."""
    texts = ["%%node v --when m=1\n1", "%%node v --when m=2\n2", "%%node v --when m=3\n3"]
    graph = graph_of(*texts).put(parse_cell(source("1", "%%node v --when m=1\n11")))
    assert [node.cell_id for node in graph.nodes["v"]] == ["1", "2", "3"]
    assert graph.node("v").text != graph_of(*texts).node("v").text


@pytest.mark.parametrize(
    ("params", "cell"),
    [
        ({"m": "US"}, "1"),
        ({"m": 1}, "2"),
        ({"m": 1.0}, "2"),
        ({"m": True}, None),
        ({"m": "FR"}, None),
        ({}, None),
    ],
)
def test_the_variant_for_a_value(params: dict[str, object], cell: str | None) -> None:
    """A param's value chooses by equality, but `True` is not 1; without the param there is none."""
    found = graph_of("%%node v --when m=US\n1", "%%node v --when m=1\n2").active("v", params)
    assert (found.cell_id if found else None) == cell


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("--when m=1", "--when m=2", True),
        ("--when m=1 --when r=US", "--when m=1 --when r=EU", True),
        ("--when m=1", "--when m=2 --when r=EU", True),
        ("--when m=1", "--when r=EU", False),
        ("--when m=1", "--when m=1", False),
        ("--when m=1", "--when m=1.0", False),
        ("--when m=1", "", False),
    ],
)
def test_variants_must_exclude_each_other(first: str, second: str, apart: bool) -> None:
    """Two variants may stand together only if they want different values of one param."""
    cells = (f"%%node v {first}\n1", f"%%node v {second}\n2")
    if apart:
        assert len(graph_of(*cells).nodes["v"]) == 2
        return
    with pytest.raises(DataflowError, match=r"DB20[14]"):
        graph_of(*cells)


def test_variants_of_several_outputs() -> None:
    """Each output of such a cell is a variant, too."""
    graph = graph_of("%%node a, b --when m=1\na = 1\nb = x", "%%node a, b --when m=2\na = 3\nb = 4")
    assert {name: len(nodes) for name, nodes in graph.nodes.items()} == {"a_and_b": 2, "a": 2, "b": 2}


def cycle_of(graph: Graph, texts: Iterable[str]) -> str:
    """The message of the cycle that these cells close."""
    with pytest.raises(DataflowError) as caught:
        graph.put(*(parse_cell(source(str(n), text)) for n, text in enumerate(texts, start=20)))
    return caught.value.message


def test_a_cycle_is_named_whole() -> None:
    """The message shows the path; variants that never exist together count as one node."""
    graph = graph_of(
        "%%node a\nx", "%%node b\na", "%%node c\nb", "%%node v --when m=1\na", "%%node v --when m=2\n1"
    )
    assert cycle_of(graph, ["%%node x\nc"]) == "'x' depends on itself: x -> c -> b -> a -> x."
    assert "p -> q -> p" in cycle_of(graph, ["%%node p\nq", "%%node q\np"])
    assert "depends on itself" in cycle_of(graph, ["%%node x\nv"])


def test_removing_a_setup_name_may_not_close_a_cycle_unseen() -> None:
    """A body that read the setup reads a node of that name when one cell takes the place of another."""
    graph = graph_of("%%setup\nK = 1", "%%node a\nK")
    with pytest.raises(DataflowError, match="DB202"):
        graph.put(parse_cell(source("3", "%%node K\na")), drop=["1"])
