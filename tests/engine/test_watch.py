"""No change that a node makes outlives its run: it is undone, and reported with the name of the changed value."""

from __future__ import annotations

import locale
import os
import random
import sys
from pathlib import Path

import pytest

from kernel_magics.engine.run.event import Noticed
from tests.engine.driver import notebook, source

SETUP = """%%setup
import functools
import io
import itertools
import random
import types
from collections import Counter, defaultdict, deque

W = [1, 2]
NESTED = {"a": [1]}
TUPLE = ([1],)
COUNTS = Counter()
GROUPS = defaultdict(list)
QUEUE = deque([1])
BYTES = bytearray(b"ab")
RNG = random.Random(0)
STEPS = itertools.count()
STREAM = io.StringIO("abc")
SPACE = types.SimpleNamespace(rate=1)
class P:
    rate = 1
    seen = []
class Slots:
    __slots__ = ("a",)
    def __init__(self):
        self.a = 1
class Counting:
    def __init__(self):
        self.calls = 0
    def __call__(self, x):
        self.calls += 1
        return self.calls
SLOTS, COUNTING = Slots(), Counting()
PART = functools.partial(lambda acc, x: acc.append(x) or len(acc), [])
TOTAL = 0
def push(x):
    W.append(x)
    return len(W)
def total(x):
    global TOTAL
    TOTAL += x
    return TOTAL
def default(x, acc=[]):
    acc.append(x)
    return len(acc)
def around():
    held = []
    def inner(x):
        held.append(x)
        return len(held)
    return inner
closure = around()
def attribute(x):
    attribute.calls = getattr(attribute, "calls", 0) + 1
    return attribute.calls
def generator():
    n = 0
    while True:
        n += 1
        yield n
GENERATOR = generator()
@functools.cache
def cached(x):
    return x * 2
def remembering(f):
    cache = {}
    def g(x):
        if x not in cache:
            cache[x] = f(x)
        return cache[x]
    return g
@remembering
def remembered(x):
    return x * 2
_memo = {}
def by_hand(x):
    if x not in _memo:
        _memo[x] = x * 2
    return _memo[x]
"""
CHANGES = {
    "an alias": ("w = W\nw.append(x)\nlen(w)", "W"),
    "inside": ("m = NESTED['a']\nm += [x]\nlen(m)", "NESTED"),
    "in a tuple": ("t = TUPLE[0]\nt.append(x)\nlen(t)", "TUPLE"),
    "a counter": ("c = COUNTS\nc[x] += 1\nc[x]", "COUNTS"),
    "a default dict that is only read": ("len(GROUPS[x])", "GROUPS"),
    "a queue": ("q = QUEUE\nq.appendleft(x)\nlen(q)", "QUEUE"),
    "bytes": ("b = BYTES\nb.append(65)\nlen(b)", "BYTES"),
    "a random generator": ("RNG.random() + x", "RNG"),
    "an iterator": ("next(STEPS) + x", "STEPS"),
    "a generator": ("next(GENERATOR) + x", "GENERATOR"),
    "a stream": ("STREAM.read(x)", "STREAM"),
    "a namespace": ("s = SPACE\ns.rate += x\ns.rate", "SPACE.rate"),
    "a class attribute": ("p = P\np.rate += x\np.rate", "P.rate"),
    "a list of a class": ("p = P.seen\np.append(x)\nlen(p)", "P.seen"),
    "slots": ("s = SLOTS\ns.a += x\ns.a", "SLOTS.a"),
    "an object that counts": ("COUNTING(x)", "COUNTING.calls"),
    "a partial": ("PART(x)", "PART"),
    "a helper that appends": ("push(x)", "W"),
    "a helper's global": ("total(x)", "TOTAL"),
    "a helper's default": ("default(x)", "default"),
    "a closure": ("closure(x)", "closure.held"),
    "a helper's attribute": ("attribute(x)", "attribute"),
}


@pytest.mark.parametrize("how", CHANGES)
def test_what_a_node_changes_of_the_setup_is_undone_and_told(how: str) -> None:
    """Its error has the name, and the next node gets the setup as defined by the cell."""
    body, name = CHANGES[how]
    made = notebook(SETUP, "%%inputs\nx = 3")
    before = made.run("n", f"%%node n\n{body}")
    error = made.session.memos["n"].error
    assert before == ["failed n DB113"]
    assert error is not None
    assert error.names == ("n", name)
    assert made.compute("n") == ["failed n DB113"]
    assert made.session.mend() == []


@pytest.mark.parametrize(
    "body", ["cached(x)", "by_hand(x)", "remembered(x)", "sum(W) + x", "Slots().a + P.rate", "len(COUNTS)"]
)
def test_what_changes_nothing_or_a_cache_is_left_alone(body: str) -> None:
    """A cache only keeps what could be computed again: one of functools, or one that is called so."""
    made = notebook(SETUP, "%%inputs\nx = 3")
    assert made.run("n", f"%%node n\n{body}") == ["finished n"]


def test_the_text_of_the_error() -> None:
    """It names the node, its cell, the value, and what to do."""
    made = notebook("%%setup\nW = [1]", "%%inputs\nx = 3", "%%node n\nw = W\nw.append(x)\nlen(w)")
    assert made.error("n") == [
        "DB113 'n' in cell [3] changes 'W' of the setup, which other nodes read, too.",
        "Hint: change a copy, or make it inside the node; a cache is `@functools.cache` above a function.",
    ]


def test_a_default_of_the_node_itself() -> None:
    """It would be kept from run to run."""
    made = notebook("%%inputs\nx = 3")
    assert made.run("n", "%%node\ndef n(x, acc=[]):\n    acc.append(x)\n    return list(acc)") == [
        "failed n DB113"
    ]
    assert "which is kept from run to run" in made.error("n")[0]


def test_a_private_function_that_counts() -> None:
    """The functions of a node's cell are its own, and still must not keep anything."""
    cell = "%%node\ndef _count(x, acc=[]):\n    acc.append(x)\n    return len(acc)\n\ndef n(x):\n    return _count(x)"
    made = notebook("%%inputs\nx = 3")
    assert made.run("n", cell) == ["failed n DB113"]


def test_a_failure_leaves_nothing_behind() -> None:
    """A node that raises after a change reports what it raised; the change is undone, too."""
    made = notebook("%%setup\nW = [1]", "%%inputs\nx = 0", "%%node n\nw = W\nw.append(x)\n1 / x")
    assert made.compute("n") == ["failed n DB301"]
    assert made.run("m", "%%node m\nlen(W)") == ["finished m"]
    assert made.value("m") == 1


def test_what_cannot_be_undone_makes_the_setup_run_again() -> None:
    """A generator has no way back, so a new one is made."""
    made = notebook(
        SETUP, "%%inputs\nx = 3", "%%node n\nnext(GENERATOR) + x", "%%node m\nnext(GENERATOR) + x"
    )
    assert made.compute() == ["failed n DB113", "failed m DB113"]
    assert next(made.session.runtime.namespace["GENERATOR"]) == 1


def test_what_a_new_setup_made_stale_is_computed_in_the_same_run() -> None:
    """The setup ran again for a node that failed: readers of its new class run again, and that node does not."""
    made = notebook(
        SETUP,
        "%%inputs\nx = 3",
        "%%node n\nnext(GENERATOR) + x",
        "%%node p\nP()",
        "%%node q\nisinstance(p, P)",
    )
    assert made.compute(force=True).count("failed n DB113") == 1
    assert made.session.states() == {"x": "fresh", "n": "failed", "p": "fresh", "q": "fresh"}
    assert made.value("q") is True
    assert made.compute("p", "q") == []


def test_a_new_setup_leaves_readers_of_cached_functions_fresh() -> None:
    """A function below `functools.cache` is the same one when its cell runs again."""
    made = notebook(SETUP, "%%inputs\nx = 3", "%%node c\ncached(x)", "%%node n\nnext(GENERATOR) + x")
    assert made.session.states() == {"x": "fresh", "c": "fresh", "n": "failed"}


def test_nodes_that_each_change_what_cannot_be_undone() -> None:
    """Each one fails once in a run, whatever the others make anew."""
    spoils = [f"%%node s{k}\nP.rate\nnext(GENERATOR) + {k}" for k in range(3)]
    made = notebook(SETUP, "%%node p\nP()", *spoils)
    told = made.compute()
    assert sorted(item for item in told if "s" in item.split()[1]) == [f"failed s{k} DB113" for k in range(3)]
    assert made.state("p") == "fresh"


@pytest.mark.parametrize("magic", ["inputs", "params"])
def test_a_values_cell_that_changes_the_setup(magic: str) -> None:
    """It is refused, and the dataflow is as it was."""
    made = notebook("%%setup\nW = [1]\ndef push(v):\n    W.append(v)\n    return v")
    with pytest.raises(Exception, match="DB113 cell \\[2\\] changes 'W' of the setup"):
        made.session.register(source("2", f"%%{magic}\nx = push(3)"))
    assert made.session.runtime.namespace["W"] == [1]
    assert "x" not in made.session.graph.nodes


def test_a_test_cell_leaves_the_setup_alone() -> None:
    """Its changes are undone when it ends."""
    made = notebook(SETUP, "%%inputs\nx = 3", "%%node n\nsum(W) + x", "%%test n\npush(4)\nassert n(1) == 8")
    assert made.test("4").error is None
    assert made.session.runtime.namespace["W"] == [1, 2]


def test_values_that_cannot_be_copied() -> None:
    """A function that keeps something is handed to readers as it is, and they must not change it."""
    made = notebook(SETUP, "%%node f\naround()", "%%node a\nf(1)", "%%node b\nf(1)")
    assert made.compute("a", "b") == ["failed a DB113", "failed b DB113"]
    assert "an input that cannot be copied" in made.error("a")[0]


def test_functions_that_somebody_else_calls() -> None:
    """A run with other inputs calls the same functions unwatched: what it changed is no node's fault."""
    made = notebook(SETUP, "%%inputs\nx = 3", "%%node n\nsum(W) + x", "%%node p\nlen(W)")
    session = made.session
    session.runtime.function(session.graph, session.graph.node("n")).__globals__["W"].append(9)
    assert made.compute("n", "p", force=True) == ["finished n", "finished p"]
    assert (made.value("n"), made.value("p")) == (6, 2)


STEERING = {
    "the working folder": "import os\nos.chdir('/')\nx",
    "the environment": "import os\nos.environ['DAGBOOK_X'] = '1'\nx",
    "the locale": "import locale\nlocale.setlocale(locale.LC_ALL, 'C.UTF-8')\nx",
    "the decimal context": "import decimal\ndecimal.getcontext().prec = 5\nx",
    "the recursion limit": "import sys\nsys.setrecursionlimit(2000)\nx",
    "the path of imports": "import sys\nsys.path.append('/nowhere')\nx",
    "where texts are printed": "import sys\nsys.stdout = None\nx",
    "Python's random state": "import random\nrandom.seed(1)\nx",
}


@pytest.mark.parametrize("what", STEERING)
def test_what_a_node_changes_of_the_process_is_undone_and_told(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is as before for all other nodes, and a line names the node."""
    monkeypatch.chdir(tmp_path)
    before = (os.getcwd(), dict(os.environ), locale.setlocale(locale.LC_ALL), sys.getrecursionlimit())
    state, path = random.getstate(), list(sys.path)
    made = notebook("%%inputs\nx = 3")
    made.session.mode = "lazy"
    made.run("n", f"%%node n\n{STEERING[what]}")
    lines = [event.line for event in made.session.compute() if isinstance(event, Noticed)]
    assert lines == [f"'n' changes {what} of the whole process; it is as before again, for all other nodes."]
    assert before == (os.getcwd(), dict(os.environ), locale.setlocale(locale.LC_ALL), sys.getrecursionlimit())
    assert (state, path) == (random.getstate(), sys.path)
    assert made.value("n") == 3


def test_a_node_that_computes_with_its_arguments_alone_is_not_looked_at() -> None:
    """That takes no time in the longest chain."""
    made = notebook("%%inputs\nx = 3", "%%node n\nx + 1")
    assert [plan for _, plan in made.session.memos.watch._plans.values()] == [None]
