"""The page for people who come from Apache Hamilton runs, and says what is true."""

from __future__ import annotations

import re
from collections.abc import Callable

import nbformat
import pytest

from kernel_magics import Dataflow
from tests.notebooks.running import NOTEBOOKS, Run


@pytest.mark.slow
def test_it_runs_and_its_values_are_those_of_hamilton(example: Callable[[str], Run]) -> None:
    """The module unchanged, its cells, and Hamilton give the same values."""
    run = example("from_hamilton")
    assert run.values == {"ours_total": 84.7, "same": True}
    assert run.text("equal").strip() == "True"
    assert run.text("same").strip().endswith("True")
    assert "8 %%node cells" in run.text("import")
    assert run.text("asvar").strip() == "{'gross': 32.4}"


def test_the_table_names_what_is_there() -> None:
    """Each method of a dataflow in the table exists."""
    notebook = nbformat.read(NOTEBOOKS / "from_hamilton.ipynb", as_version=4)
    table = next(cell.source for cell in notebook.cells if cell.id == "table")
    named = set(re.findall(r"`(?:await )?(?:flow|Dataflow)\.(\w+)", table))
    assert {"run", "arun", "validate", "from_module", "joined"} <= named
    assert not [name for name in named if not hasattr(Dataflow, name)]
