"""Modules beside the notebook are part of a node's code: when their files change, what uses them is stale."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_magics.engine.errors import RunError
from kernel_magics.engine.session.session import Session
from kernel_magics.values import VALUES
from tests.engine.driver import Notebook


class Folder:
    """A folder with modules; each gets its own name, as Python remembers what was imported."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.book = Notebook(Session(VALUES))

    def write(self, name: str, text: str) -> None:
        """Write a module."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def follow(self) -> tuple[list[str], list[str]]:
        """What happens before the next cell runs."""
        return self.book.session.follow_local_code()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """The folder is where imports are found; its modules are removed afterwards."""
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield Folder(tmp_path)
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("setup", "node"),
    [
        ("from lc_a import f", "f(1)"),
        ("import lc_a", "lc_a.f(1)"),
        ("import lc_a as short", "short.f(1)"),
        ("from lc_a import f\ndef g(x):\n    return f(x)", "g(1)"),
        ("from lc_a import f\nK = f(1)", "K"),
        ("try:\n    from lc_a import f\nexcept ImportError:\n    f = None", "f(1)"),
        ("import math", "from lc_a import f\nf(1)"),
        ("import math", "import lc_a\nlc_a.f(1)"),
    ],
)
def test_a_module_that_changed_makes_its_users_stale(folder: Folder, setup: str, node: str) -> None:
    """r13. The kind: code that a node runs and that is in no cell, however it is imported."""
    folder.write("lc_a.py", "def f(x):\n    return x * 2\n")
    book = folder.book
    book.run("s", f"%%setup\n{setup}")
    book.run("n", f"%%node n\n{node}")
    book.run("o", "%%node o\n1")
    assert book.value("n") == 2
    assert folder.follow() == ([], [])
    folder.write("lc_a.py", "def f(x):\n    return x * 300\n")
    assert folder.follow() == (["lc_a"], ["n"])
    assert (book.state("n"), book.state("o")) == ("stale", "fresh")
    assert folder.follow() == ([], [])
    assert book.compute() == ["finished n"]
    assert book.value("n") == 300


def test_what_a_module_imports_counts_too(folder: Folder) -> None:
    """Transitively, also within a package; who does not import what changed stays fresh."""
    folder.write("lc_deep.py", "K = 2\n")
    folder.write("lc_mid.py", "from lc_deep import K\ndef f(x):\n    return x * K\n")
    folder.write("lc_pack/__init__.py", "from lc_pack.part import g\n")
    folder.write("lc_pack/part.py", "import lc_deep\ndef g(x):\n    return x + lc_deep.K\n")
    folder.write("lc_other.py", "def h(x):\n    return x\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_mid import f\nfrom lc_pack import g\nimport lc_other")
    book.run("n", "%%node a\nf(1)")
    book.run("m", "%%node b\ng(1)")
    book.run("o", "%%node c\nlc_other.h(1)")
    folder.write("lc_deep.py", "K = 30\n")
    assert folder.follow() == (["lc_deep"], ["a", "b"])
    book.compute()
    assert [book.value(name) for name in "abc"] == [30, 31, 1]
    folder.write("lc_pack/part.py", "def g(x):\n    return x - 1\n")
    assert folder.follow() == (["lc_pack.part"], ["b"])
    book.compute()
    assert book.value("b") == 0


def test_an_input_that_a_module_made_is_made_anew(folder: Folder) -> None:
    """Samples, params and checks use local modules as nodes do."""
    folder.write("lc_in.py", "def f():\n    return 2\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_in import f")
    book.run("i", "%%inputs\nx: int = f()")
    book.run("n", "%%node n\nx * 10")
    folder.write("lc_in.py", "def f():\n    return 3\n")
    assert folder.follow() == (["lc_in"], ["x"])
    book.compute()
    assert book.value("n") == 30


def test_what_comes_out_equal_stops_there(folder: Folder) -> None:
    """A comment was edited: the node runs again, its readers do not."""
    folder.write("lc_eq.py", "def f(x):\n    return x * 2\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_eq import f")
    book.run("n", "%%node n\nf(1)")
    book.run("m", "%%node m\nn + 1")
    version = book.session.memos["m"].version
    folder.write("lc_eq.py", "def f(x):\n    # twice\n    return x * 2\n")
    assert folder.follow() == (["lc_eq"], ["n"])
    assert book.compute() == ["finished n", "reused m"]
    assert book.session.memos["m"].version == version


def test_a_module_that_cannot_be_loaded_changes_nothing(folder: Folder) -> None:
    """The old code stays, which is reported once; the next change is tried again."""
    folder.write("lc_bad.py", "def f(x):\n    return x * 2\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_bad import f")
    book.run("n", "%%node n\nf(1)")
    folder.write("lc_bad.py", "def f(x:\n")
    with pytest.raises(RunError) as caught:
        folder.follow()
    assert "SyntaxError" in str(caught.value)
    assert folder.follow() == ([], [])
    assert book.state("n") == "fresh"
    assert book.compute("n", force=True) == ["finished n"]
    assert book.value("n") == 2
    folder.write("lc_bad.py", "def f(x):\n    return x * 5\n")
    assert folder.follow() == (["lc_bad"], ["n"])
    book.compute()
    assert book.value("n") == 5


def test_an_edit_of_the_same_size_in_the_same_second_counts(folder: Folder) -> None:
    """Python would take the old bytecode."""
    folder.write("lc_size.py", "def f(x):\n    return x * 2\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_size import f")
    book.run("n", "%%node n\nf(1)")
    folder.write("lc_size.py", "def f(x):\n    return x * 3\n")
    assert folder.follow() == (["lc_size"], ["n"])
    book.compute()
    assert book.value("n") == 3


def test_a_module_reloaded_by_hand_counts(folder: Folder) -> None:
    """Who reloads it, by hand or by an extension, changes nothing about that: names of the setup follow."""
    folder.write("lc_hand.py", "def f(x):\n    return x * 2\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_hand import f")
    book.run("n", "%%node n\nf(1)")
    assert folder.follow() == ([], [])  # as before each cell
    folder.write("lc_hand.py", "def f(x):\n    return x * 40\n")
    importlib.reload(sys.modules["lc_hand"])
    assert folder.follow() == (["lc_hand"], ["n"])
    book.compute()
    assert book.value("n") == 40


def test_a_file_that_was_only_touched_is_the_same(folder: Folder) -> None:
    """Its content decides, not its time; nothing runs, not even the setup."""
    folder.write("lc_touch.py", "def f(x):\n    return x * 2\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_touch import f")
    book.run("n", "%%node n\nf(1)")
    runs = book.session.runtime.runs
    path = folder.path / "lc_touch.py"
    later = path.stat().st_mtime_ns + 10**9
    os.utime(path, ns=(later, later))
    assert folder.follow() == ([], [])
    (folder.path / "lc_touch.py").unlink()
    assert folder.follow() == ([], [])
    assert (book.state("n"), book.session.runtime.runs) == ("fresh", runs)


def test_classes_of_the_setup_that_are_made_anew(folder: Folder) -> None:
    """A module that changed runs the setup again: instances of its old classes are stale, and are computed."""
    folder.write("lc_b.py", "K = 1\n")
    book = folder.book
    book.run("s", "%%setup\nfrom lc_b import K\nclass Box:\n    def __init__(self, x):\n        self.x = x")
    book.run("n", "%%node n\n[Box(1)]")
    book.run("o", "%%node o\nK")
    assert book.value("o") == 1
    folder.write("lc_b.py", "K = 2\n")
    changed, stale = folder.follow()
    assert (changed, sorted(stale)) == (["lc_b"], ["n", "o"])
    book.compute("o")
    assert book.state("n") == "stale"
    assert "finished n" in book.compute()
    assert (book.state("n"), book.state("o")) == ("fresh", "fresh")
