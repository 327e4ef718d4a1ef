"""After a restart the notebook reuses what is still true, and computes the rest."""

import importlib
import os
import sys
import time
from pathlib import Path

import pytest

from kernel_magics.engine.session.session import Session
from kernel_magics.engine.session.store import Cache
from kernel_magics.store import DiskStore
from kernel_magics.values import VALUES
from tests.engine.driver import Notebook

INPUTS = "%%inputs\nx = [1, 2, 3]"
TOTAL = "%%node total\nsum(x)"
TWICE = "%%node twice\ntotal * 2"


class Kernel:
    """Runs cells in a fresh session each time, with the store of one project."""

    def __init__(self, folder: Path, cache: Cache = "disk") -> None:
        self.folder, self.cache = folder, cache
        self.notebook = Notebook()
        self.store: DiskStore | None = None

    def run(self, *cells: str) -> list[str]:
        """What happens when a new kernel runs these cells in order."""
        if self.store is not None:
            self.store.flush()  # as a kernel does before it exits
        self.store = store = DiskStore(self.folder)
        self.notebook = Notebook(Session(VALUES, store))
        self.notebook.session.memos.cache.mode = self.cache
        said = [line for number, text in enumerate(cells) for line in self.notebook.run(str(number), text)]
        store.flush()
        return list(dict.fromkeys(said))

    def unkept(self) -> dict[str, str]:
        """What could not be kept, and why."""
        return self.notebook.session.memos.cache.unkept


@pytest.fixture
def kernel(tmp_path: Path) -> Kernel:
    """A project whose results are kept on disk."""
    return Kernel(tmp_path / "cache")


def test_a_restart_reuses_everything(kernel: Kernel) -> None:
    """The same cells in a new kernel compute nothing, and the values are there."""
    assert kernel.run(INPUTS, TOTAL, TWICE) == ["finished total", "finished twice"]
    assert kernel.run(INPUTS, TOTAL, TWICE) == ["reused total", "reused twice"]
    assert kernel.notebook.value("twice") == 12
    assert kernel.notebook.session.memos["twice"].stored


def test_cells_may_come_in_another_order(kernel: Kernel) -> None:
    """The key depends on what a node is made from, not on the place of its cell or the text around it."""
    kernel.run(INPUTS, TOTAL, TWICE)
    assert kernel.run(TWICE, INPUTS, TOTAL) == ["reused total", "reused twice"]


def test_only_what_says_so_is_kept(kernel: Kernel) -> None:
    """Without a session's default, `--cache disk` on the cell decides."""
    kernel.cache = "memory"
    cells = INPUTS, TOTAL, "%%node twice --cache disk\ntotal * 2"
    kernel.run(*cells)
    assert kernel.run(*cells) == ["finished total", "reused twice"]


def test_a_cell_may_refuse(kernel: Kernel) -> None:
    """`--cache memory` and `--cache off` hold against the session's default."""
    cells = INPUTS, "%%node total --cache memory\nsum(x)", "%%node twice --cache off\ntotal * 2"
    kernel.run(*cells)
    assert kernel.run(*cells) == ["finished total", "finished twice"]


def test_an_edited_node_and_its_readers_compute(kernel: Kernel) -> None:
    """Code counts; what is upstream of it is reused."""
    kernel.run(INPUTS, TOTAL, TWICE)
    assert kernel.run(INPUTS, "%%node total\nsum(x) + 1", TWICE) == ["finished total", "finished twice"]


def test_an_equal_result_stops_there(kernel: Kernel) -> None:
    """A node that was edited and gives the same value leaves its readers true."""
    kernel.run(INPUTS, TOTAL, TWICE)
    assert kernel.run(INPUTS, "%%node total\nsum(sorted(x))", TWICE) == ["finished total", "reused twice"]


@pytest.mark.parametrize("other", ["[1, 2, 3.0]", "[1, 2, '3']", "(1, 2, 3)", "[3, 2, 1]", "[1, 2]"])
def test_another_input_is_never_taken_for_this_one(kernel: Kernel, other: str) -> None:
    """Types, order and length of an input count, even where the values compare equal."""
    text = "%%node seen\nrepr(x)"
    kernel.run(INPUTS, text)
    assert kernel.run(f"%%inputs\nx = {other}", text) == ["finished seen"]


@pytest.mark.parametrize(
    "edited",
    [
        "%%setup\nRATE = 3\ndef scale(v):\n    return v * RATE",
        "%%setup\nRATE = 2\ndef scale(v):\n    return v * RATE + 0",
        "%%setup\nRATE = 2\ndef scale(v, by=1):\n    return v * RATE * by",
        "%%setup\nRATE = 2.0\ndef scale(v):\n    return v * RATE",
    ],
)
def test_an_edited_setup_counts(kernel: Kernel, edited: str) -> None:
    """Constants, helpers and the helpers' helpers are part of what a node is made from."""
    setup = "%%setup\nRATE = 2\ndef scale(v):\n    return v * RATE"
    cells = INPUTS, TOTAL, "%%node scaled\nscale(total)"
    kernel.run(setup, *cells)
    assert kernel.run(setup, *cells) == ["reused total", "reused scaled"]
    assert kernel.run(edited, *cells) == ["reused total", "finished scaled"]


@pytest.mark.parametrize(
    ("setup", "use"),
    [
        ("import os\nRATE = os.environ['RATE']", "RATE"),
        ("import os\ndef scale(v, by=os.environ['RATE']):\n    return v, by", "scale(total)"),
        ("import os\nscale = (lambda by: lambda v: (v, by))(os.environ['RATE'])", "scale(total)"),
        ("import os\nclass Pot:\n    rate = os.environ['RATE']", "Pot.rate"),
        (
            "import os\nclass Pot:\n    def __init__(self, r):\n        self.rate = r\nPOT = Pot(os.environ['RATE'])",
            "POT.rate",
        ),
        (
            "import os\nfrom dataclasses import dataclass\n@dataclass\nclass Pot:\n    rate: str\nPOT = Pot(os.environ['RATE'])",
            "POT.rate",
        ),
        (
            "import os\nfrom enum import Enum\nclass Pot(Enum):\n    RATE = os.environ['RATE']",
            "Pot.RATE.value",
        ),
        (
            "import os\nfrom functools import partial\nscale = partial(divmod, int(os.environ['RATE']))",
            "scale(total)",
        ),
        (
            "import os\nfrom functools import cache\n@cache\ndef scale(v, by=os.environ['RATE']):\n    return v, by",
            "scale(total)",
        ),
    ],
)
def test_a_constant_counts_by_its_value(
    kernel: Kernel, setup: str, use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same text of the setup can bind another value, wherever it is held."""
    cells = f"%%setup\n{setup}", INPUTS, TOTAL, f"%%node used --cache disk\n({use}, total)[0]"
    monkeypatch.setenv("RATE", "2")
    kernel.run(*cells)
    assert kernel.run(*cells) == ["reused total", "reused used"]
    monkeypatch.setenv("RATE", "3")
    assert kernel.run(*cells) == ["reused total", "finished used"]


def test_a_constant_that_nobody_knows_hides_no_change(kernel: Kernel) -> None:
    """A node that uses a value without a digest is computed in each kernel, and the status reports it."""
    cells = (
        "%%setup\nclass Odd(list):\n    pass\nODD = {'a': object()}",
        INPUTS,
        "%%node used\nlen(ODD) + len(x)",
    )
    kernel.run(*cells)
    assert kernel.run(*cells) == ["finished used"]
    assert kernel.unkept() == {"used": "what it is made from has no digest"}


def test_an_edited_module_of_the_project_counts(
    kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A local file that the setup or a node imports is part of the code, and so is what that imports."""
    monkeypatch.syspath_prepend(tmp_path)
    lib, deep = tmp_path / "locallib.py", tmp_path / "deeplib.py"
    cells = "%%setup\nimport locallib", INPUTS, "%%node used\nlocallib.scale(sum(x))"

    def write(path: Path, text: str, seconds: int) -> None:
        path.write_text(text)
        os.utime(path, (time.time() - seconds, time.time() - seconds))
        for name in ("locallib", "deeplib"):
            sys.modules.pop(name, None)
        importlib.invalidate_caches()

    write(deep, "def inner(v):\n    return v", 9000)
    write(lib, "def scale(v):\n    import deeplib\n    return deeplib.inner(v) * 2", 8000)
    assert kernel.run(*cells) == ["finished used"]
    assert kernel.run(*cells) == ["reused used"]
    write(deep, "def inner(v):\n    return v + 1", 7000)
    assert kernel.run(*cells) == ["finished used"]
    assert kernel.notebook.value("used") == 14
    write(lib, "def scale(v):\n    return v * 5", 6000)
    assert kernel.run(*cells) == ["finished used"]
    in_node = "%%setup\n", INPUTS, "%%node used\nfrom locallib import scale\nscale(sum(x))"
    assert kernel.run(*in_node) == ["finished used"]
    assert kernel.run(*in_node) == ["reused used"]
    write(lib, "def scale(v):\n    return v * 6", 5000)
    assert kernel.run(*in_node) == ["finished used"]


def test_code_that_was_changed_after_its_import_is_not_trusted(
    kernel: Kernel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What runs is the module as it was loaded: nothing is kept under the new text."""
    monkeypatch.syspath_prepend(tmp_path)
    lib = tmp_path / "editedlib.py"
    lib.write_text("def scale(v):\n    return v * 2")
    cells = "%%setup\nimport editedlib", INPUTS, "%%node used\neditedlib.scale(sum(x))"
    kernel.run(*cells)
    assert kernel.run(*cells) == ["reused used"]
    lib.write_text("def scale(v):\n    return v * 33")
    assert kernel.run(*cells) == ["finished used"]
    assert kernel.notebook.value("used") == 12
    sys.modules.pop("editedlib")
    importlib.invalidate_caches()
    assert kernel.run(*cells) == ["finished used"]
    assert kernel.notebook.value("used") == 198


def test_what_reads_more_than_its_inputs_is_kept_only_where_its_cell_says_so(
    kernel: Kernel, tmp_path: Path
) -> None:
    """A file may have changed: the session's default leaves its reader out, and what hangs on it is checked."""
    file = tmp_path / "data.txt"
    file.write_text("1")
    read = f"%%node raw\nopen({str(file)!r}).read()"
    cells = "%%node size\nlen(raw)", read
    kernel.run(*cells)
    assert kernel.run(*cells) == ["finished raw", "reused size"]
    assert "files" in kernel.unkept()["raw"]
    file.write_text("22")
    assert kernel.run(*cells) == ["finished raw", "finished size"]
    told = "%%node size\nlen(raw)", read.replace("raw\n", "raw --cache disk\n")
    kernel.run(*told)
    assert kernel.run(*told) == ["reused raw", "reused size"]


def test_force_computes_and_keeps_the_new_value(kernel: Kernel) -> None:
    """`%compute --force` is how a person has a kept result made again; its readers follow it."""
    cells = "%%node same\nraw", "%%node raw --cache disk\nimport time\ntime.time_ns()"
    kernel.run(*cells)
    old = kernel.notebook.value("same")
    kernel.run(*cells)
    assert kernel.notebook.value("same") == old
    kernel.notebook.compute("raw", force=True)
    assert "finished same" in kernel.notebook.compute()
    new = kernel.notebook.value("same")
    assert new != old
    kernel.run(*cells)
    assert kernel.notebook.value("same") == new


def test_a_kept_result_follows_the_file_that_it_was_made_from(kernel: Kernel, tmp_path: Path) -> None:
    """What the node read is in the key, even if its cell has `--cache disk`."""
    file = tmp_path / "data.txt"
    file.write_text("1")
    cell = f"%%node raw --cache disk\nopen({str(file)!r}).read()"
    assert kernel.run(cell) == ["finished raw"]
    assert kernel.run(cell) == ["reused raw"]
    file.write_text("2")
    assert kernel.run(cell) == ["finished raw"]
    assert kernel.notebook.value("raw") == "2"


def test_an_unknown_type_is_kept_with_what_hangs_on_it(kernel: Kernel) -> None:
    """A fitted model comes back from its signed pickle; what was computed from it is still true."""
    cells = (
        "%%setup\nfrom collections import UserDict",
        INPUTS,
        "%%node model\nUserDict({'weight': sum(x)})",
        "%%node score\nmodel['weight'] * 2",
    )
    kernel.run(*cells)
    assert kernel.run(*cells) == ["reused model", "reused score"]
    assert kernel.run(cells[0], "%%inputs\nx = [2]", *cells[2:]) == ["finished model", "finished score"]


def test_checks_are_kept(kernel: Kernel) -> None:
    """A check that held needs no second look at the same value; one that failed still fails."""
    cells = INPUTS, TOTAL, "%%check total\ntotal > 0  # positive\ntotal > 10  # large"
    kernel.run(*cells)
    assert kernel.run(*cells) == ["reused total", "reused check_total"]
    result = kernel.notebook.session.memos["check_total"].value
    assert [item.held for item in result.conditions] == [True, False]  # type: ignore[attr-defined]


def test_failures_are_not_kept(kernel: Kernel) -> None:
    """An error is tried again in the next kernel."""
    cells = INPUTS, "%%node bad\nx[9]"
    assert kernel.run(*cells) == kernel.run(*cells) == ["failed bad DB301"]


def test_variants_and_params_count(kernel: Kernel) -> None:
    """The variant in use is what its readers are made from."""
    price = "%%node price --when mode=US\n1", "%%node price --when mode=EU\n2", "%%node tax\nprice * 3"
    kernel.run("%%params\nmode = 'US'", *price)
    assert kernel.run("%%params\nmode = 'US'", *price) == ["reused price", "reused tax"]
    assert kernel.run("%%params\nmode = 'EU'", *price) == ["finished price", "finished tax"]


def test_what_is_fresh_is_kept_when_the_default_changes(kernel: Kernel) -> None:
    """`%dataflow cache disk` at the end of a long session keeps what that computed."""
    kernel.cache = "memory"
    kernel.run(INPUTS, TOTAL, TWICE)
    kernel.notebook.session.cache_by_default("disk")
    kernel.notebook.compute()
    store = kernel.notebook.session.memos.cache._store
    assert isinstance(store, DiskStore)
    store.flush()
    kernel.cache = "disk"
    assert kernel.run(INPUTS, TOTAL, TWICE) == ["reused total", "reused twice"]


def test_an_old_edit_that_comes_back_is_reused(kernel: Kernel) -> None:
    """Within a session, too: going back to yesterday's code costs nothing."""
    kernel.run(INPUTS, TOTAL)
    kernel.notebook.run("1", "%%node total\nsum(x) + 1")
    assert kernel.notebook.run("1", TOTAL) == ["reused total"]
    assert kernel.notebook.value("total") == 6
