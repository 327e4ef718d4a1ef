"""Notebook files for tests: a list of cell sources becomes an `.ipynb`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

METADATA = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}


def write_notebook(path: Path, cells: Sequence[str]) -> Path:
    """Write cells; those that begin with `#md ` are markdown."""
    items = [
        {"cell_type": "markdown", "id": f"cell{number}", "metadata": {}, "source": cell.removeprefix("#md ")}
        if cell.startswith("#md ")
        else {
            "cell_type": "code",
            "id": f"cell{number}",
            "metadata": {},
            "source": cell,
            "outputs": [],
            "execution_count": None,
        }
        for number, cell in enumerate(cells, start=1)
    ]
    path.write_text(json.dumps({"cells": items, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5}))
    return path
