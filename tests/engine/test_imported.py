"""The graph made of function objects agrees with the graph of the parsed texts, or there is none."""

import copy
import pickle
import random
from dataclasses import fields
from pathlib import Path
from types import ModuleType

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.imported import import_modules
from kernel_magics.engine.graph.module import read_modules
from kernel_magics.engine.graph.node import Node
from tests.module_file import import_module

PLAIN = {
    "functions": "def a(x):\n    return x\n\ndef b(a, y):\n    return a + y\n",
    "in any order": "def b(a):\n    return a\n\ndef a(x):\n    return x\n",
    "params": "def a(x, rate=2, *, by=None):\n    return x\n\ndef b(a, rate=2):\n    return a\n",
    "a default that is a node": "def a(x=1):\n    return x\n\ndef b(a=3):\n    return a\n",
    "helpers and constants": "import math\nRATE = 2\n\ndef _h(v):\n    return v\n\ndef a(x):\n    return _h(x) * RATE\n",
    "keyword only": "def a(*, x, y=1):\n    return x\n",
    "another one's function": "from os.path import join\n\ndef a(x):\n    return x\n",
    "names in the header": "import decimal\nfrom decimal import Decimal\nRATE = 2\n\n"
    "def a(x: decimal.Context, y: 'int', r=RATE) -> Decimal:\n    return x\n\ndef b(a: int) -> int:\n"
    "    return [Decimal(a) for i in range(RATE)]\n\ndef c(a: int):\n    return a.query('x > @RATE')\n",
    "nothing": "X = 1\n",
    "hints and docstrings": 'def a(x, y: "list[int]" = (1, 2)) -> float:\n    """Sum.\n\n      More.\n    """\n    return x\n\n\n'
    "def b(a: int, x: int): return a  # short\n\nif True:\n    Y = 1\n",
    "text at the margin": 'def a(x):\n    """Begin\nin the middle = 1\nend"""\n    return x\n# below\n\ndef b(a):\n    return a\n',
    "a check": "def a(x):\n    return x\n\ndef check_a(a) -> dict[str, object]:\n    return {'held': lambda: a > 0}\n",
    "a warning and a node called check": "def a(x):\n    return x\n\ndef warn_a(a) -> dict[str, object]:\n"
    "    return {}\n\ndef check_in(a):\n    return a\n",
    "async": "async def a(x):\n    return x\n",
    "a decorator": "from functools import cache\n\n@cache\ndef a(x, y=1):\n    return x\n\ndef b(a):\n    return a\n",
    "sections": "def a(x):\n    return x\n\n\n# --- One ---\n\n\ndef b(a):\n    return a\n\n\n# -- Two --\n\n\ndef c(a):\n    return a\n",
    "two defaults": "def a(x, w=1):\n    return x\n\ndef b(x, w: int = 2):\n    return x\n",
    "defaults of two types": "def a(x, w=1):\n    return x\n\ndef b(x, w=True):\n    return x\n",
    "a default with members": "def a(x, w=[]):\n    return x\n\ndef b(x, w=[]):\n    return x\n",
    "a required and an optional reader": "def a(w):\n    return w\n\ndef b(w=2):\n    return w\n",
}
BEYOND = {
    "a variant": "from kernel_magics import when\n\n@when(mode='US')\ndef a__us(x):\n    return x\n",
    "a generator": "def a(x):\n    yield x\n",
    "a cycle": "def a(b):\n    return b\n\ndef b(a):\n    return a\n",
    "itself": "def a(a):\n    return a\n",
    "a name twice": "def a(x):\n    return x\n\ndef a(y):\n    return y\n",
    "a constant and a function": "a = 1\n\ndef a(x):\n    return x\n",
    "one of two constants": "a, b = 1, 2\n\ndef a(x):\n    return x\n",
    "a class and a function": "class a:\n    pass\n\ndef a(x):\n    return x\n",
    "an input with the name of a constant": "RATE = 2\n\ndef a(RATE):\n    return RATE\n",
    "a function that was replaced": "def a(x):\n    return x\n\nglobals()['a'] = len\n",
    "functions that changed places": "def a(x):\n    return x\n\ndef b(x):\n    return x\n\na, b = b, a\n",
    "a function that is not there": 'TEXT = """\ndef a(x):\n"""\n',
    "stars": "def a(*x):\n    return x\n",
    "positional only": "def a(x, /):\n    return x\n",
}


def _facts(node: Node) -> dict[str, object]:
    return {field.name: getattr(node, field.name) for field in fields(Node)}


def _same(made: Graph, parsed: Graph) -> None:
    assert [_facts(node) for node in made] == [_facts(node) for node in parsed]
    assert list(made.nodes) == list(parsed.nodes)
    for part in ("readers", "choices", "params", "off", "examples", "cells", "setup"):
        assert getattr(made, part) == getattr(parsed, part), part
    owners = {name: id for name, id in parsed.owners.items() if name in {node.function for node in parsed}}
    assert made.owners == owners
    assert {id: len(nodes) for id, nodes in made.owned.items()} == {
        id: len(nodes) for id, nodes in parsed.owned.items()
    }


def _made(*modules: ModuleType) -> Graph | None:
    read = import_modules(modules)
    return read and read.graph


@pytest.mark.parametrize("source", PLAIN.values(), ids=PLAIN)
def test_the_graph_of_functions_is_that_of_the_text(source: str, tmp_path: Path) -> None:
    """Nodes with all their fields, links and cells are those of the parsed text."""
    module = import_module(tmp_path, source)
    made = _made(module)
    assert made is not None
    _same(made, read_modules([module]).graph)


def test_several_modules_make_one_graph(tmp_path: Path) -> None:
    """Modules that share imports are read from their functions, too."""
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = import_module(tmp_path / "one", "import math\n\ndef a(x):\n    return math.sqrt(x)\n")
    two = import_module(tmp_path / "two", "import math\n\ndef b(a, y=1):\n    return math.sqrt(a)\n")
    made = _made(one, two)
    assert made is not None
    _same(made, read_modules([one, two]).graph)


def test_modules_that_clash_are_left_to_their_texts(tmp_path: Path) -> None:
    """A constant that is another module's node, or two helpers of one name, are no graph of functions."""
    sources = [
        "def a(x):\n    return _h(x)\n\ndef _h(x):\n    return x\n",
        "a = 1\n",
        "def _h(x):\n    return 1\n",
    ]
    modules = []
    for number, source in enumerate(sources):
        folder = tmp_path / str(number)
        folder.mkdir()
        modules.append(import_module(folder, source))
    assert _made(modules[0], modules[1]) is None
    assert _made(modules[0], modules[2]) is None


@pytest.mark.parametrize("source", BEYOND.values(), ids=BEYOND)
def test_what_functions_do_not_tell_is_left_to_the_text(source: str, tmp_path: Path) -> None:
    """Everything else, and every error, takes the way through the source."""
    assert _made(import_module(tmp_path, source)) is None


def test_no_text_is_parsed_before_it_is_asked_for(tmp_path: Path) -> None:
    """Links and kinds need no syntax; a node copied, pickled or compared has all its fields."""
    made = _made(import_module(tmp_path, PLAIN["hints and docstrings"]))
    assert made is not None
    assert not {"cells", "setup"} & made.__dict__.keys()
    node = made.node("a")
    with pytest.raises(AttributeError):
        Node.text.__get__(node)  # type: ignore[attr-defined]
    assert not hasattr(node, "no_field")
    again = pickle.loads(pickle.dumps(copy.copy(node)))
    assert _facts(again) == _facts(node)


def test_a_graph_of_functions_hides_no_error(tmp_path: Path) -> None:
    """Random modules: if there is a graph of the functions, it is that of the text."""
    rng = random.Random(1)
    made = 0
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
        graph = _made(module)
        if graph is not None:
            made += 1
            try:
                parsed = read_modules([module]).graph
            except DataflowError as error:
                raise AssertionError(source) from error
            _same(graph, parsed)
    assert made > 20
