"""Secrets: keys and passwords are refused in every file of an export."""

from pathlib import Path

import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.export.export import export_flow
from kernel_magics.export.request import ExportRequest
from tests.export.notebooks import export, make_session

WORD = "let" + "mein22"


@pytest.mark.parametrize(
    "cells",
    [
        ("%%setup\nPASSWORD = 'hunter2'", "%%node b\na + len(PASSWORD)"),
        ("%%params\napi_key: str = 'abcd1234'", "%%node b\nf'{a}{api_key}'"),
        ("%%node b\npassword = 'hunter2'\na + len(password)",),
        ("%%node b\na", "%%test b\nsecret = 'hunter2'\nassert b(1) == 1"),
    ],
)
def test_exported_cells_are_searched(tmp_path: Path, cells: tuple[str, ...]) -> None:
    """Setup, params, nodes and tests: the error names the cell, never the secret; the flag overrides it."""
    given = ("%%inputs\na: int = 1", *cells)
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *given)
    assert caught.value.code == "DB506"
    assert caught.value.cells
    assert "hunter2" not in str(caught.value)
    assert "abcd1234" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    export(tmp_path, *given, allow_secrets=True)


def test_what_is_not_exported_is_not_searched(tmp_path: Path) -> None:
    """Unused setup stays in the notebook."""
    export(tmp_path, "%%setup\nPASSWORD = 'hunter2'", "%%inputs\na: int = 1", "%%node b\na + 1")


@pytest.mark.parametrize(
    "cells",
    [
        (f"%%inputs\npassword: str = '{WORD}'", "%%node b\nlen(password)"),
        ("%%inputs\na = 'gh' + 'p_' + '0123456789abcdefghij' * 2", "%%node b\nlen(a)"),
        (f"%%setup\nimport pandas as pd\n%%inputs\nu = pd.DataFrame({{'password': ['{WORD}']}})", ""),
        (f"%%inputs\na: int = 1\nb = '{WORD[:6]}'", "%%node api_token\nb + str(a) * 8"),
    ],
)
def test_samples_and_values_are_searched(tmp_path: Path, cells: tuple[str, ...]) -> None:
    """What the examples would record: by its shape, or by the name of an input, a column or a node."""
    if cells[1] == "":
        setup, _, inputs = cells[0].partition("\n%%inputs")
        cells = (setup, f"%%inputs{inputs}", "%%node n\nlen(u)")
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *cells)
    assert caught.value.code == "DB506"
    assert "test_features.json" in str(caught.value)
    assert WORD not in str(caught.value)
    assert list(tmp_path.iterdir()) == []
    export(tmp_path, *cells, allow_secrets=True)


def test_the_readme_of_a_package_is_searched(tmp_path: Path) -> None:
    """A module contains more than code: the comment of an input."""
    session = make_session(f"%%inputs\na: int = 1  # ask with password: {WORD}", "%%node b\na + 1")
    request = ExportRequest("nb", "nb.ipynb", tmp_path / "pkg", run=False, kind="package")
    with pytest.raises(DataflowError) as caught:
        export_flow(session, request)
    assert caught.value.code == "DB506"
    assert "README.md" in str(caught.value)
    assert list(tmp_path.iterdir()) == []
