"""IPython's shell: a notebook's cells run one after the other, plain or ours."""

from __future__ import annotations

import contextlib
import io
import os
import statistics
import tempfile
from collections.abc import Callable
from typing import Any

os.environ.setdefault("IPYTHONDIR", tempfile.mkdtemp(prefix="benchmark-"))
from IPython.core.interactiveshell import InteractiveShell

from benchmarks.clock import Results, cpu
from benchmarks.notebooks import our_cell, plain_cell
from benchmarks.shapes import Shape, tree

Cell = Callable[[Shape, int, int], str]


def plain(size: int) -> Results:
    """Ordinary cells."""
    return _notebook(InteractiveShell.instance(), size, plain_cell, "x = 1")


def ours(size: int) -> Results:
    """Node cells, shown and computed as they run."""
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "kernel_magics")
    return _notebook(shell, size, our_cell, "%%inputs\nx = 1")


def _notebook(shell: Any, size: int, cell: Cell, first: str) -> Results:
    """The first run of all cells, and the edit of the last one."""
    shape = tree(size)
    _run(shell, "1 + 1", "warm")  # the first cell of a shell imports what it needs
    _run(shell, first, "x")
    texts = [cell(shape, number, 0) for number in range(size)]

    def everything() -> None:
        for number, text in enumerate(texts):
            _run(shell, text, f"c{number}")

    started = cpu(everything)
    edited = [cell(shape, size - 1, turn) for turn in range(1, 10)]
    last = statistics.median(_timed(shell, text, f"c{size - 1}") for text in edited)
    return {"first_run": started, "cell": last}


def _timed(shell: Any, text: str, id: str) -> float:
    return cpu(lambda: _run(shell, text, id))


def _run(shell: Any, text: str, id: str) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        shell.run_cell(text, store_history=True, cell_id=id).raise_error()
