"""In a real kernel, a converted notebook shows what the ordinary one shows."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from kernel_magics.cli.main import main
from tests.convert.test_ordinary import FOLDER

pytestmark = pytest.mark.slow


def shown(path: Path) -> list[str]:
    """What the ordinary cells of a notebook print and show, as texts."""
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook,
        timeout=300,
        startup_timeout=300,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    found = []
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.source.startswith(("%%node", "%%inputs", "%%params", "%%setup")):
            continue
        for output in cell.outputs:
            if output.output_type == "stream" and output.name == "stdout":
                found.append(output.text)
            elif output.output_type == "execute_result":
                found.append(output.data["text/plain"])
    return found


@pytest.mark.parametrize("name", ["cars_cleaning", "customer_rfm", "flight_delays"])
def test_a_converted_notebook_shows_the_same(name: str, tmp_path: Path) -> None:
    """Every table and print, in the same order, is that of the ordinary notebook."""
    source = Path(shutil.copy(FOLDER / f"{name}.ipynb", tmp_path))
    assert main(["convert", str(source), "--no-run"]) == 0
    before, after = shown(source), shown(tmp_path / f"{name}_dataflow.ipynb")
    assert [text for text in after if " at 0x" not in text] == [
        text for text in before if " at 0x" not in text
    ]
    assert len(before) > 5
