"""nbconvert: a notebook becomes a script."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.clock import Results, process_cpu
from benchmarks.notebooks import write_notebook
from benchmarks.shapes import tree


def export(size: int) -> Results:
    """`jupyter nbconvert --to script` of a notebook with `size` cells."""
    with tempfile.TemporaryDirectory() as folder:
        notebook = write_notebook(Path(folder) / "measured.ipynb", tree(size))
        command = (sys.executable, "-m", "nbconvert", "--to", "script", "--log-level", "ERROR")
        return {"export": process_cpu(*command, str(notebook), repeats=3)}
