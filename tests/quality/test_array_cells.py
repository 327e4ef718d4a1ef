"""Columns whose cells are arrays, lists or other objects are exported, profiled, compared and suggested for."""

from pathlib import Path

import pytest

from kernel_magics.quality.session_impact import session_impact
from kernel_magics.quality.suggestion import suggest
from tests.export.notebooks import export, run_pytest
from tests.quality.books import book_of

SETUP = "%%setup\nimport datetime\nfrom decimal import Decimal\n\nimport numpy as np\nimport pandas as pd"
CELLS = {
    "arrays": "[np.arange(2), np.arange(x + 1)]",
    "arrays of one": "[np.array([x]), np.array([5])]",
    "arrays of two dimensions": "[np.ones((2, 2)), np.full((2, 2), x)]",
    "empty arrays": "[np.array([]), np.arange(x)]",
    "lists": "[[1, 2], list(range(x))]",
    "dicts": "[{'a': 1}, {'a': x}]",
    "sets": "[{1}, {x, 7}]",
    "tuples": "[(1, 2), (x,)]",
    "frames": "[pd.Series([1, 2]), pd.Series([x])]",
    "gaps between": "[None, np.arange(x + 1)]",
    "decimals": "[Decimal(1), Decimal(x)]",
    "dates": "[datetime.date(2020, 1, 1), datetime.date(2020, 1, x)]",
}


@pytest.mark.parametrize("name", CELLS)
def test_a_column_of_objects_is_compared_and_suggested_for(name: str) -> None:
    """A draft of a check, and what an edit changed: both work, and the change is seen."""
    node = f"%%node emb\npd.DataFrame({{'id': [1, 2], 'vec': pd.Series({CELLS[name]}, dtype=object)}})"
    book = book_of(SETUP, "%%inputs\nx = 1", node)
    assert "%%check emb" in suggest(book.session.graph, "emb", {"emb": book.value("emb"), "x": 1})
    book.run("2", "%%inputs\nx = 2")
    found = {one.name: one for one in session_impact(book.session).nodes}
    assert [column.name for column in found["emb"].columns] == ["vec"]


def test_a_frame_of_embeddings_is_exported(tmp_path: Path) -> None:
    """The module is proved, and its tests hold for what can be recorded."""
    done = export(
        tmp_path,
        SETUP,
        "%%inputs\nx: int = 1",
        f"%%node emb\npd.DataFrame({{'id': [1, 2], 'vec': {CELLS['arrays']}}})",
        "%%node total\nfloat(sum(vector.sum() for vector in emb['vec']))",
    )
    assert done.report.proven == 2
    assert run_pytest(tmp_path).returncode == 0
