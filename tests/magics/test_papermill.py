"""Values that papermill gives a notebook reach its params, however the notebook is tagged and run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from kernel_magics.cli.main import main
from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.cells.injection import injection
from kernel_magics.engine.source.injected import injected_values

papermill: Any = pytest.importorskip("papermill")

CELLS = (
    "%load_ext kernel_magics",
    "%%setup\nimport datetime",
    "%%params\nwindow: int = 2\nversion: str = '1.10'\nday = 'mon'\nsince: datetime.date = datetime.date(2024, 1, 1)",
    "%%node twice\nwindow * 2",
    "%%node label\nf'{version} {day} {since:%d}'",
    "print(window, twice, label)",
    "%export module.py --no-run --notebook nb.ipynb",
)


def write(folder: Path, tag: str = "") -> Path:
    """The notebook, its params cell tagged."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book.cells[2].metadata["tags"] = [tag] if tag else []
    path = folder / "nb.ipynb"
    nbformat.write(book, path)
    return path


def printed(path: Path) -> str:
    """What the notebook printed on its standard output."""
    outputs = [
        output for cell in nbformat.read(path, as_version=4).cells for output in cell.get("outputs", ())
    ]
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


@pytest.mark.parametrize("tag", ["parameters", ""])
def test_params_take_what_papermill_gives(
    tmp_path: Path, tag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """r18. The kind: values given to a whole notebook; below the tagged cell, or above all others."""
    path, out = write(tmp_path, tag), tmp_path / "out.ipynb"
    given = {"window": 3, "version": "1.20", "since": "2024-02-03"}
    papermill.execute_notebook(
        path, out, parameters=given, cwd=tmp_path, progress_bar=False, start_timeout=300
    )
    assert "3 6 1.20 mon 03" in printed(out)
    module = (tmp_path / "module.py").read_text()
    assert "def twice(window: int = 2)" in module  # the default is the author's, not that of one run
    # The file that papermill wrote says the same to commands, and to a kernel that runs it again.
    flow = Dataflow.from_notebook(out)
    assert flow.run(["twice", "label"]) == {"twice": 6, "label": "1.20 mon 03"}
    assert main(["export", str(out), "-o", str(tmp_path / "again.py"), "--no-run"]) == 0
    assert "has its own default 2 in the module; 3 was given for this run." in capsys.readouterr().out
    assert (tmp_path / "again.py").read_text().split('"""', 2)[2] == module.split('"""', 2)[2]
    book = nbformat.read(out, as_version=4)
    NotebookClient(book, resources={"metadata": {"path": str(tmp_path)}}).execute()
    nbformat.write(book, out)
    assert "3 6 1.20 mon 03" in printed(out)


@pytest.mark.parametrize("tag", ["parameters", ""])
def test_a_value_of_another_type_stops_the_notebook(tmp_path: Path, tag: str) -> None:
    """The kind: a value that a param cannot have; of `1.10` the number has lost a digit already."""
    path = write(tmp_path, tag)
    with pytest.raises(papermill.PapermillExecutionError) as caught:
        papermill.execute_notebook(
            path, tmp_path / "o.ipynb", {"version": 1.10}, cwd=tmp_path, progress_bar=False
        )
    assert "DB312 param 'version' in cell" in str(caught.value)
    with pytest.raises(CellExecutionError, match="DB312"):
        NotebookClient(
            nbformat.read(tmp_path / "o.ipynb", as_version=4), resources={"metadata": {"path": str(tmp_path)}}
        ).execute()


@pytest.mark.parametrize(
    ("given", "hint", "declared", "source"),
    [
        ("3", "float", "1.5", "3.0"),
        ("3.5", "int", "1", ""),
        ("'3'", "int", "1", "3"),
        ("'x'", "int", "1", ""),
        ("'False'", "bool", "True", "False"),
        ("True", "int", "1", ""),
        ("1", "bool", "True", ""),
        ("None", "int | None", "1", "None"),
        ("None", "Optional[int]", "1", "None"),
        ("None", "int", "1", ""),
        ("[1, 2]", "tuple[int, ...]", "(1,)", "(1, 2)"),
        ("[1]", "Sequence[int]", "(1,)", "[1]"),
        ("'2024-02-03'", "datetime.date", "today", "datetime.date.fromisoformat('2024-02-03')"),
        ("'2024-02-03'", "pd.Timestamp", "pd.Timestamp(0)", "pd.Timestamp('2024-02-03')"),
        ("'red'", "Color | None", "None", "Color('red')"),
        ("'a'", "", "'b'", "'a'"),
        ("3", "", "'b'", ""),
        ("3", "", "None", "3"),
        ("float('nan')", "float", "1.0", "float('nan')"),
        ("3", "Any", "'x'", "3"),
    ],
)  # fmt: skip
def test_a_value_as_the_type_of_its_param(given: str, hint: str, declared: str, source: str) -> None:
    """A value is converted to the type of the param's hint or default without a loss, or refused."""
    assert injection(given, hint, declared).source == source


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("# Parameters\nwindow = 3\nname = 'x'\n", {"window": "3", "name": "'x'"}),
        ("# Parameters\nrate = float('nan')", {"rate": "float('nan')"}),
        ("window = 3", {}),
        ("# Parameters\nwindow = load()", {}),
        ("# Parameters\nwindow = 3\nprint(window)", {}),
        ("# Parameters\nwindow =", {}),
        ("# Parameters of the run\nwindow = 3", {}),
    ],
)
def test_what_an_injected_cell_is(text: str, found: dict[str, str]) -> None:
    """Only the title and plain assignments below it, as papermill writes them."""
    assert injected_values(text) == found
