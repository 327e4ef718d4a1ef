"""Finding the file of a running kernel's notebook, which has the headings and the order for an export."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from pathlib import Path

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.source.cell import HasText, text_key
from kernel_magics.notebook.read import Notebook, read_notebook


def find_notebook(
    cell_ids: Collection[str], variables: Mapping[str, object], cells: Collection[HasText] = ()
) -> Notebook | None:
    """The saved notebook that contains these cells.

    Jupyter Server and VS Code provide its path; elsewhere the notebooks in the working directory are searched
    for the cells' ids, or for their texts if the front end sends no ids (nbclient, papermill).

    Args:
        cell_ids: ids of cells that the kernel has run.
        cells: the dataflow's cells.
        variables: the notebook's variables (VS Code puts the path there).
    """
    named = [os.environ.get("JPY_SESSION_NAME"), variables.get("__vsc_ipynb_file__")]
    candidates = [Path(str(name)) for name in named if name]
    candidates += [Path(path.name) for path in candidates]
    candidates += sorted(Path.cwd().glob("*.ipynb"))
    texts = {text_key(cell) for cell in cells}
    for path in candidates:
        notebook = _try_read(path)
        if notebook is None:
            continue
        if any(cell.id in cell_ids for cell in notebook.cells):
            return notebook
        if not cell_ids and texts and texts <= {text_key(cell) for cell in notebook.sources()}:
            return notebook
    return None


def _try_read(path: Path) -> Notebook | None:
    try:
        return read_notebook(path) if path.is_file() else None
    except DataflowError:
        return None
