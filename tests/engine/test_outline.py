"""An outline of a module agrees with the module's graph, or there is none."""

import random
from pathlib import Path

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.module import read_modules
from kernel_magics.engine.graph.outline import outline_module
from tests.module_file import import_module

PLAIN = {
    "functions": "def a(x):\n    return x\n\ndef b(a, y):\n    return a + y\n",
    "in any order": "def b(a):\n    return a\n\ndef a(x):\n    return x\n",
    "params": "def a(x, rate=2, *, by=None):\n    return x\n\ndef b(a, rate=2):\n    return a\n",
    "a default that is a node": "def a(x=1):\n    return x\n\ndef b(a=3):\n    return a\n",
    "helpers and constants": "import math\nRATE = 2\n\ndef _h(v):\n    return v\n\ndef a(x):\n    return _h(x) * RATE\n",
    "keyword only": "def a(*, x, y=1):\n    return x\n",
    "another one's function": "from os.path import join\n\ndef a(x):\n    return x\n",
    "nothing": "X = 1\n",
}
BEYOND = {
    "a variant": "from kernel_magics import when\n\n@when(mode='US')\ndef a__us(x):\n    return x\n",
    "a check": "def a(x):\n    return x\n\ndef check_a(a) -> dict[str, object]:\n    return {}\n",
    "async": "async def a(x):\n    return x\n",
    "a decorator": "from functools import cache\n\n@cache\ndef a(x):\n    return x\n",
    "a generator": "def a(x):\n    yield x\n",
    "two defaults": "def a(x, w=1):\n    return x\n\ndef b(x, w=2):\n    return x\n",
    "defaults of two types": "def a(x, w=1):\n    return x\n\ndef b(x, w=True):\n    return x\n",
    "a default with members": "def a(x, w=[]):\n    return x\n",
    "a cycle": "def a(b):\n    return b\n\ndef b(a):\n    return a\n",
    "itself": "def a(a):\n    return a\n",
    "a name twice": "def a(x):\n    return x\n\ndef a(y):\n    return y\n",
    "a constant and a function": "a = 1\n\ndef a(x):\n    return x\n",
    "one of two constants": "a, b = 1, 2\n\ndef a(x):\n    return x\n",
    "a class and a function": "class a:\n    pass\n\ndef a(x):\n    return x\n",
    "an input with the name of a constant": "RATE = 2\n\ndef a(RATE):\n    return RATE\n",
    "a function that was replaced": "def a(x):\n    return x\n\nglobals()['a'] = len\n",
    "a function that is not there": 'TEXT = """\ndef a(x):\n"""\n',
    "stars": "def a(*x):\n    return x\n",
    "positional only": "def a(x, /):\n    return x\n",
}


@pytest.mark.parametrize("source", PLAIN.values(), ids=PLAIN)
def test_a_plain_module_has_an_outline(source: str, tmp_path: Path) -> None:
    """Nodes, links, inputs, params and their defaults are those of the graph."""
    module = import_module(tmp_path, source)
    outline, graph = outline_module(module), read_modules([module]).graph
    assert outline is not None
    kinds = {name: nodes[0].kind for name, nodes in graph.nodes.items()}
    assert {name for name, kind in kinds.items() if kind == "value"} == outline.reads.keys()
    assert {name for name, kind in kinds.items() if kind != "value"} == outline.inputs
    assert {name for name, kind in kinds.items() if kind == "param"} == outline.defaults.keys()
    for name, reads in outline.reads.items():
        assert graph.node(name).input_names == reads
        node = outline.active(name, {})
        assert node is not None
        flags = [(item.name, item.keyword_only) for item in graph.node(name).inputs]
        assert [(item.name, item.keyword_only) for item in node.inputs] == flags


@pytest.mark.parametrize("source", BEYOND.values(), ids=BEYOND)
def test_what_an_outline_lacks_is_left_to_the_graph(source: str, tmp_path: Path) -> None:
    """Everything else, and every error, takes the way through the source."""
    assert outline_module(import_module(tmp_path, source)) is None


def test_an_outline_hides_no_error(tmp_path: Path) -> None:
    """Random modules: if there is an outline, the graph can be made."""
    rng = random.Random(1)
    sketched = 0
    for _ in range(150):
        names = [f"n{i}" for i in range(rng.randint(1, 5))]
        pool = [*names, "x", "y", "RATE", "w=1", "w=2", "*, z"]
        rows = [
            f"def {rng.choice(names)}({', '.join(dict.fromkeys(rng.sample(pool, rng.randint(0, 2))))}): return 1"
            for _ in names
        ]
        source = "\n".join([*rows, *rng.sample(["RATE = 2", "n0 = 1", "class n2: pass", "X = 3"], 1)])
        try:
            module = import_module(tmp_path, source)
        except SyntaxError:
            continue
        if outline_module(module) is not None:
            sketched += 1
            try:
                read_modules([module])
            except DataflowError as error:
                raise AssertionError(source) from error
    assert sketched > 20
