"""Volatile nodes read more than their inputs: they are marked, and read it again when their cell runs again."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from kernel_magics.engine.session.impure import imported_names, impurity, volatile_reads
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.generator import holds_generator
from kernel_magics.values import VALUES
from kernel_magics.view import live_view, static_view
from tests.engine.driver import Notebook

SETUP = """%%setup
import datetime as dt
import os
import random
import time
from pathlib import Path
from random import shuffle as mix

import numpy as np
import pandas as pd

LOADED = Path(__file__).read_text() if "__file__" in globals() else ""
RNG = np.random.default_rng(7)
SEED = 7
def stamped(x):
    return x, dt.datetime.now()
def draw(n):
    return RNG.normal(size=n)
def seeded(n):
    return np.random.default_rng(SEED).normal(size=n)
lazily = lambda path: open(path).read()
"""


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ('open("a.txt").read()', "files"),
        ("Path(str(x)).read_text()", "files"),
        ('pd.read_csv("a.csv")', "files"),
        ('np.load("a.npy")', "files"),
        ('np.loadtxt("a.txt")', "files"),
        ('sorted(os.listdir("."))', "files"),
        ("time.time() + x", "the clock"),
        ("dt.date.today()", "the clock"),
        ('pd.Timestamp("now")', "the clock"),
        ('np.datetime64("today")', "the clock"),
        ("stamped(x)", "the clock"),
        ('os.environ["HOME"]', "the environment"),
        ("os.getcwd()", "the environment"),
        ("np.random.normal(size=x)", "random state"),
        ("np.random.default_rng().normal(size=x)", "random state"),
        ("random.random()", "random state"),
        ("mix([x])", "random state"),
        ("pd.Series([x]).sample(1)", "random state"),
        ("RNG.normal(size=x)", "random state"),
        ("draw(x)", "random state"),
        ('lazily("a.txt")', "files"),
        ('import time\ntime.time(), open("a").read()', "the clock and files"),
        ('hash(f"store {x}") % 8', "hashes of this process"),
        ("pd.Series([str(x)]).map(hash)", "hashes of this process"),
        ("id(x)", "hashes of this process"),
        ("hash = str\nhash(x)", ""),
        ("[x for id in [1]]", ""),
        ("LOADED", ""),
        ("seeded(x)", ""),
        ("np.random.default_rng(SEED).normal(size=x)", ""),
        ("random.Random(SEED).random()", ""),
        ("pd.Series([x]).sample(1, random_state=SEED)", ""),
        ('pd.Series([x]).resample("D")', ""),
        ("pd.DataFrame().to_csv()", ""),
        ('pd.read_csv(io.StringIO("a"))', ""),
        ('pd.read_json(StringIO("{}"))', ""),
        ("pd.read_csv(path_of(x))", "files"),
        ("dt.datetime(2020, 1, x)", ""),
    ],
)
def test_what_a_node_reads_beside_its_inputs(body: str, reads: str) -> None:
    """The kind: whatever may be another at the next run; what the setup read when it ran is a constant.

    Named are unseeded draws, clock, files, environment; beside these helpers, lambdas, generators of the setup,
    and hashes, which Python draws anew in each process.
    """
    book = Notebook(Session(VALUES))
    book.session.mode = "lazy"
    book.run("x", "%%inputs\nx: int = 1")
    book.run("s", SETUP)
    book.run("n", f"%%node n\n{body}")
    graph = book.session.graph
    assert volatile_reads(graph, graph.node("n"), imported_names(graph.setup)) == reads
    assert book.session.memos.volatile_reads("n") == reads
    for view in (static_view(graph), live_view(book.session)):
        assert [node["volatile"] for node in view["nodes"]] == ["", reads]


@pytest.mark.parametrize(
    ("call", "reads"),
    [
        ("split(x)", ("random state",)),
        ("split(x, random_state=3)", ()),
        ("split(x, shuffle=False)", ()),
        ("split(x, shuffle=True)", ("random state",)),
        ("utils.shuffle(x)", ("random state",)),
        ("utils.shuffle(x, **options)", ()),
        ("norm.rvs(size=3)", ("random state",)),
        ("norm.rvs(size=3, random_state=1)", ()),
        ("rng.shuffle(x)", ()),
    ],
)
def test_functions_that_draw_unless_they_get_a_seed(call: str, reads: tuple[str, ...]) -> None:
    """scikit-learn and SciPy draw from global state where no seed is given; libraries need not be there."""
    origins = {
        "split": "sklearn.model_selection.train_test_split",
        "utils": "sklearn.utils",
        "norm": "scipy.stats.norm",
    }
    assert impurity([call], origins) == reads


def noted(path: Path) -> Notebook:
    """A node that reads a file, with a reader that forgets all but the first letter."""
    path.write_text("ab")
    book = Notebook(Session(VALUES))
    book.run("s", f"%%setup\nPATH = {str(path)!r}")
    book.run("a", READS)
    book.run("b", "%%node b\na[0]")
    return book


READS = "%%node a\nopen(PATH).read()"


def test_running_its_cell_again_reads_anew(tmp_path: Path) -> None:
    """r34: the same cell again gives what is there now; `%compute` alone leaves it, `--force` does not."""
    path = tmp_path / "f.txt"
    book = noted(path)
    path.write_text("xy")
    assert book.compute() == []
    assert book.value("a") == "ab"
    assert book.run("a", READS) == ["finished a", "finished b"]
    assert (book.value("a"), book.value("b")) == ("xy", "x")
    path.write_text("zz")
    assert book.compute("a", force=True) == ["finished a"]
    assert book.value("a") == "zz"


def test_a_value_that_came_out_equal_stops_there(tmp_path: Path) -> None:
    """The cell runs again and reads the same: its readers stay fresh, and nothing was edited."""
    path = tmp_path / "f.txt"
    book = noted(path)
    version = book.session.memos["a"].version
    assert book.run("a", READS) == ["finished a", "reused b"]
    assert book.session.memos["a"].version == version
    assert (book.state("a"), book.state("b")) == ("fresh", "fresh")
    path.write_text("a-")
    assert book.run("a", READS) == ["finished a", "finished b"]
    assert book.run("b", "%%node b\na[0]") == []


def test_what_changed_by_running_again_is_an_edit(tmp_path: Path) -> None:
    """`%impact` shows what a changed file did downstream."""
    path = tmp_path / "f.txt"
    book = noted(path)
    path.write_text("xy")
    book.run("a", READS)
    assert book.session.memos.edited == ("a",)
    assert {name: memo and memo.value for name, memo in book.session.memos.before.items()} == {
        "a": "ab",
        "b": "a",
    }


def test_a_lazy_volatile_node_waits_to_be_asked_for(tmp_path: Path) -> None:
    """Its cell ran again: it is stale, and computed on request."""
    path = tmp_path / "f.txt"
    book = noted(path)
    book.run("a", READS.replace("%%node a", "%%node a --lazy"))
    book.compute("a")
    path.write_text("xy")
    assert book.run("a", READS.replace("%%node a", "%%node a --lazy")) == []
    assert book.state("a") == "stale"
    assert book.compute("a") == ["finished a"]
    assert book.value("a") == "xy"


def test_a_run_that_fails_after_running_again_is_no_old_value(tmp_path: Path) -> None:
    """The file is deleted: the node failed; it does not show its old value."""
    path = tmp_path / "f.txt"
    book = noted(path)
    path.unlink()
    assert book.run("a", READS) == ["failed a DB301", "skipped b"]
    assert book.state("a") == "failed"


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (np.random.default_rng(1), True),
        (np.random.RandomState(1), True),
        (np.random.PCG64(1), True),
        (np.random.SeedSequence(1), True),
        (random.Random(1), True),
        ({"rng": random.Random(1)}, True),
        ([1, np.random.default_rng(1)], True),
        (7, False),
        (np.random.default_rng(1).normal(size=2), False),
        ({"seed": 7}, False),
    ],
)
def test_random_generators_are_known(value: object, found: bool) -> None:
    """State, not values: of Python and NumPy, and in containers."""
    assert holds_generator(value) is found


def test_a_generator_that_two_nodes_read_is_named() -> None:
    """One reader is fine; from the second on all readers get a notice."""
    book = Notebook(Session(VALUES))
    book.run("s", "%%setup\nimport numpy as np")
    book.run("r", "%%node rng\nnp.random.default_rng(1)")
    book.run("a", "%%node a\nrng.normal()")
    assert book.session.generator_readers("rng") == ()
    book.run("b", "%%node b\nrng.normal()")
    assert book.session.generator_readers("rng") == ("a", "b")
    assert book.session.generator_readers("a") == ()
