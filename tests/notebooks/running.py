"""Running an example: a copy of the notebook in a folder of its own, in a real kernel."""

from __future__ import annotations

import os
import pickle
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import copy
from typing import Any

import nbformat
from nbclient import NotebookClient

from tests.warm import for_kernel, run_warm

ROOT = Path(__file__).parents[2]
NOTEBOOKS = ROOT / "notebooks"
ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}


@dataclass(frozen=True)
class Run:
    """A notebook that ran from top to bottom.

    Attributes:
        folder: where it ran, and where its export is.
        cells: the code cells with their outputs, by cell id.
        values: what some names meant to an ordinary cell at the end.
    """

    name: str
    folder: Path
    cells: dict[str, Any]
    values: dict[str, Any]

    def text(self, id: str) -> str:
        """Everything that a cell printed and showed, as plain text."""
        outputs = self.cells[id]["outputs"]
        return "\n".join(
            item.get("text", "") or item.get("data", {}).get("text/plain", "") for item in outputs
        )


def run_notebook(name: str, folder: Path, keep: Sequence[str] = ()) -> Run:
    """Run `notebooks/NAME.ipynb` in `folder`; any error of a cell is raised.

    Args:
        keep: names whose values to bring back, over a cell that only this run has.
    """
    path = Path(copy(NOTEBOOKS / f"{name}.ipynb", folder))
    notebook = nbformat.read(path, as_version=4)
    pairs = ", ".join(f"{name!r}: {name}" for name in keep)
    notebook.cells.append(
        nbformat.v4.new_code_cell(
            f"import pickle\nwith open('kept.pickle', 'wb') as file: pickle.dump({{{pairs}}}, file)"
        )
    )
    place = {"metadata": {"path": str(folder)}}
    client = NotebookClient(
        notebook, timeout=300, startup_timeout=300, resources=place, extra_arguments=for_kernel()
    )
    client.execute(env=ENVIRONMENT)
    kept = folder / "kept.pickle"
    values = pickle.loads(kept.read_bytes())
    kept.unlink()
    return Run(name, folder, {cell.id: cell for cell in notebook.cells if cell.cell_type == "code"}, values)


def dagbook(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the `dagbook` command."""
    return python("-m", "kernel_magics", *arguments, cwd=cwd)


def python(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own."""
    return run_warm(arguments, cwd, ENVIRONMENT)
