"""`%dataflow cache disk`: results that outlive the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_magics.engine.errors import UsageError
from kernel_magics.magics.storage import bytes_of, shown_bytes
from tests.magics.kernel import Kernel

CELLS = {
    "a": "%%inputs\nx = [1, 2, 3]",
    "b": "%%node total\nimport pandas\npandas.Series(x)",
    "c": "%%check total\ntotal > 0  # positive",
    "d": "%%node raw\nopen(__import__('os').devnull).read()",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to start kernels in, and a home for this user's secret."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def session(project: Path, *after: str) -> list[str]:
    """What the cells show in a new kernel, and then these others."""
    kernel = Kernel(str(project))
    try:
        kernel.run("%dataflow cache disk", "z")
        shown = [kernel.run(text, id).text for id, text in CELLS.items()]
        kernel.run("get_ipython().magics_manager.registry['DagbookMagics'].workspace.store.flush()", "f")
        return [*shown, *(result.text + result.error for result in map(kernel.run, after))]
    finally:
        kernel.close()


def test_results_survive_a_restart(project: Path) -> None:
    """A new kernel says which results come from disk; values and checks are there as if they were computed."""
    first = session(project)
    assert "from disk" not in "".join(first)
    _, total, check, raw, value, status, cleared = session(
        project, "total.sum()", "%dataflow status", "%dataflow cache clear"
    )
    assert "from disk, computed in" in total
    assert "from disk, computed in" in check
    assert "✓ positive" in check
    assert "from disk" not in raw
    assert "6" in value
    assert "cache disk: 2 results on disk" in status
    assert "of 5 GB in .dagbook/cache" in status
    assert "not on disk: raw, it reads files" in status
    assert "on disk," not in cleared
    assert (project / ".dagbook" / ".gitignore").exists()


@pytest.mark.parametrize(
    ("text", "size"), [("10GB", 10**10), ("1.5 mb", 1_500_000), ("2e3", 2000), ("1k", 1000)]
)
def test_sizes_as_people_write_them(text: str, size: int) -> None:
    """With or without a unit, in any case."""
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1GB", "1.2.3", "many", "5 PB"])
def test_what_is_no_size_is_refused(text: str) -> None:
    """The error contains what to write."""
    with pytest.raises(UsageError, match="DB001"):
        bytes_of(text)


def test_sizes_are_shown_short() -> None:
    """Three digits and a unit."""
    assert [shown_bytes(size) for size in (12, 1234, 3_400_000, 10**10)] == [
        "12 B",
        "1.23 KB",
        "3.4 MB",
        "10 GB",
    ]


def test_memory_has_a_budget(kernel: Kernel) -> None:
    """The status says what values take; what was evicted is there again as soon as a cell names it."""
    kernel.run("%%inputs\nx = 1", "a")
    kernel.run("%%node big\n[x] * 100_000", "b")
    assert "memory: 2 values, " in kernel.run("%dataflow status", "s").text
    limited = kernel.run("%dataflow memory 100KB", "m").text
    assert "of 100 KB, 1 evicted" in limited
    assert "2 fresh" in limited
    assert kernel.run("'big' in globals()", "c").text != ""
    assert kernel.run("len(big)", "d").text == "100000"
    assert "of 100 KB" not in kernel.run("%dataflow memory all", "m").text
    assert "DB001" in kernel.run("%dataflow memory little", "m").error


def test_memory_is_shown(kernel: Kernel) -> None:
    """The status says what values take one by one and together: a frame that is handed on counts once there."""
    kernel.run("%%inputs\nrows = 100_000", "a")
    kernel.run("%%setup\nimport numpy as np\nimport pandas as pd", "s")
    kernel.run("%%node table\npd.DataFrame({'x': np.arange(float(rows))})", "b")
    kernel.run("%%node again\ntable.assign(y=1.0)", "c")
    kernel.run("%compute", "e")
    lines = kernel.run("%dataflow memory", "m").text.splitlines()
    (first,) = [number for number, line in enumerate(lines) if line.startswith("memory: 3 values, 2.4 MB")]
    assert re.match(
        r"  together, shared parts once: 1\.6\d? MB; the kernel took at most \d", lines[first + 1]
    )
    assert lines[first + 2].startswith("  largest: again 1.6 MB, table 800 KB, rows ")
    assert "memory: 3 values" in kernel.run("%dataflow status", "o").text
    assert "together" not in kernel.run("%dataflow status", "o").text


def test_what_was_evicted_and_is_stale_by_now_is_no_variable(kernel: Kernel) -> None:
    """A cell that names it runs, and gets NameError; no code of ours fails before it."""
    for line in ("%dataflow memory 1B", "%dataflow lazy"):
        kernel.run(line, "m")
    kernel.run("%%inputs\nx = [3]", "x")
    kernel.run("%%node a\nx * 2", "a")
    kernel.run("%compute", "c")
    kernel.run("%%inputs\nx = [4]", "x")
    seen = kernel.run("a", "o")
    assert (seen.text, seen.ename) == ("", "NameError")
    kernel.run("%compute", "c")
    assert kernel.run("a", "o").text == "[4, 4]"
    kernel.run("%dataflow memory all", "m")
