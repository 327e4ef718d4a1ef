"""Views and graphs that the drawing tests share."""

import json
import random
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from tests.recorded import FOLDER

EVIL = """<img src=x onerror=alert(1)> 'q' "d" </script></svg><script>alert(2)</script> ]]> &amp; \\ `c`"""


def recorded_view() -> dict[str, Any]:
    """The view with every kind, state and trouble, which the front end's tests draw, too."""
    return json.loads((FOLDER / "view_v1.json").read_text(encoding="utf-8"))


def node(name: str, *inputs: str, kind: str = "value", **more: Any) -> dict[str, Any]:
    """One node of a view."""
    return {"name": name, "kind": kind, "inputs": list(inputs), **more}


def view(*nodes: dict[str, Any], title: str = "demo") -> dict[str, Any]:
    """A view of these nodes."""
    return {
        "version": 1,
        "title": title,
        "mode": "static",
        "groups": [],
        "progress": None,
        "nodes": list(nodes),
    }


def chain(length: int) -> dict[str, Any]:
    """A view in which each node reads the one before."""
    names = [f"n{number}" for number in range(length)]
    return view(node(names[0], kind="input"), *(node(b, a) for a, b in pairwise(names)))


def random_graph(nodes: int, edges: int, seed: int) -> tuple[list[str], list[tuple[str, str]]]:
    """A random acyclic graph: names and (input, reader) pairs."""
    chance = random.Random(seed)
    names = [f"n{number}" for number in range(nodes)]
    found: set[tuple[int, int]] = set()
    while len(found) < edges:
        found.add(tuple(sorted(chance.sample(range(nodes), 2))))
    return names, [(names[a], names[b]) for a, b in sorted(found)]


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[str], list[tuple[str, str]], dict[str, tuple[float, float]]]:
    """Names, edges and sizes of a small acyclic graph, in an order that is not always topological."""
    count = draw(st.integers(0, 16))
    names = [f"n{number}" for number in range(count)]
    pair = st.tuples(st.integers(0, max(count - 1, 0)), st.integers(0, max(count - 1, 0)))
    pairs = draw(st.lists(pair, max_size=32)) if count else []
    edges = [(names[min(a, b)], names[max(a, b)]) for a, b in pairs if a != b]
    sizes = {name: (draw(st.integers(20, 240)) * 1.0, draw(st.integers(16, 60)) * 1.0) for name in names}
    return draw(st.permutations(names)), edges, sizes
