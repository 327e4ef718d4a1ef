"""marimo: its kernel in edit mode, without a browser to send to."""

from __future__ import annotations

import asyncio
import queue
import statistics
import sys
import tempfile
from pathlib import Path

from marimo._ast.app_config import _AppConfig
from marimo._config.config import DEFAULT_CONFIG
from marimo._messaging.types import KernelStreams, NoopStream
from marimo._runtime.commands import AppMetadata, ExecuteCellCommand
from marimo._runtime.kernel_lifecycle import KernelArgs, create_kernel
from marimo._runtime.runtime import Kernel
from marimo._session.model import SessionMode

from benchmarks.clock import Results, cpu, import_cpu, process_cpu
from benchmarks.notebooks import plain_cell, write_notebook
from benchmarks.shapes import tree


def imports(size: int) -> Results:
    """`import marimo`."""
    return {"import": import_cpu("import marimo")}


def startup(size: int) -> Results:
    """The command's help."""
    return {"help": process_cpu(sys.executable, "-m", "marimo", "--help")}


def export(size: int) -> Results:
    """`marimo convert` of a notebook with `size` cells."""
    with tempfile.TemporaryDirectory() as folder:
        path = write_notebook(Path(folder) / "measured.ipynb", tree(size))
        command = (sys.executable, "-m", "marimo", "-y", "convert", str(path))
        return {"export": process_cpu(*command, "-o", f"{folder}/converted.py", repeats=3)}


def notebook(size: int) -> Results:
    """The first run of all cells, then edits of the last and of the first one, with what is downstream."""
    kernel, shape = _kernel(), tree(size)
    _run(kernel, {"x": "x = 1"})
    cells = {f"c{number}": plain_cell(shape, number) for number in range(size)}
    results = {"first_run": cpu(lambda: _run(kernel, cells))}
    for row, number in (("edit_leaf", size - 1), ("edit_root", 1)):
        edits = [{f"c{number}": plain_cell(shape, number, turn)} for turn in range(1, 6)]
        results[row] = statistics.median(_timed(kernel, edit) for edit in edits)
    return results


def _kernel() -> Kernel:
    kernel, _ = create_kernel(
        KernelArgs(
            streams=KernelStreams(stream=NoopStream(), stdout=None, stderr=None, stdin=None),
            debugger=None,
            configs={},
            app_metadata=AppMetadata({}, {}, app_config=_AppConfig()),
            user_config=DEFAULT_CONFIG,
            mode=SessionMode.EDIT,
            control_queue=queue.Queue(),
            set_ui_element_queue=queue.Queue(),
            virtual_file_storage=None,
        )
    )
    return kernel


def _run(kernel: Kernel, cells: dict[str, str]) -> None:
    asyncio.run(kernel.run([ExecuteCellCommand(cell_id=id, code=code) for id, code in cells.items()]))


def _timed(kernel: Kernel, cells: dict[str, str]) -> float:
    return cpu(lambda: _run(kernel, cells))
