"""`dagbook convert`: what it prints and writes, and what it refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path

import nbformat
import pytest

from kernel_magics.cli.main import main
from kernel_magics.cli.terminal import say
from tests.notebook_file import write_notebook
from tests.recorded import check_recorded

CELLS = [
    "#md # Sales",
    "import pandas as pd\nimport numpy as np\n%matplotlib inline",
    "sales = pd.DataFrame({'month': [1, 1, 2, 2], 'amount': [10.0, None, 30.0, 5.0]})\nLIMIT = 6\nsales.head()",
    "sales = sales.dropna()\nsales['large'] = sales.amount > LIMIT\nprint(len(sales))",
    "def report(name):\n    return sales[name].sum()",
    "monthly = sales.groupby('month').amount.sum()\nmonthly.plot()",
    "share = monthly / monthly.sum()",
    "total = report('amount')",
    "noise = np.random.rand(len(sales))\nsales['noisy'] = sales.amount + noise",
    "%time best = monthly.idxmax()\ndel monthly",
    "print(best, share.max())",
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """An ordinary notebook in which something of everything happens."""
    return write_notebook(tmp_path / "sales.ipynb", CELLS)


def test_the_table_that_it_prints(notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cell by cell what became of it, whether the values are equal, and why not; then nothing is left to do."""
    assert main(["convert", str(notebook)]) == 0
    first = capsys.readouterr().out.replace(str(tmp_path), "FOLDER")
    assert main(["convert", str(tmp_path / "sales_dataflow.ipynb")]) == 0
    second = capsys.readouterr().out.replace(str(tmp_path), "FOLDER")
    check_recorded("convert.txt", f"{first}\n{second}")
    assert json.loads(notebook.read_text())["cells"][1]["source"] == CELLS[1], "the ordinary one stays"


def test_the_cells_that_it_writes(notebook: Path, tmp_path: Path) -> None:
    """The converted notebook as a file, without a run."""
    target = tmp_path / "flow.ipynb"
    assert main(["convert", str(notebook), "-o", str(target), "--no-run"]) == 0
    cells = json.loads(target.read_text())["cells"]
    shown = [f"--- {cell['id']} {cell['cell_type']}\n{''.join(cell['source'])}" for cell in cells]
    check_recorded("converted.txt", "\n".join(shown) + "\n")


def test_outputs_of_cells_that_stay_are_kept(tmp_path: Path) -> None:
    """Metadata and outputs of unchanged cells stay; those of changed cells are cleared."""
    path = write_notebook(tmp_path / "n.ipynb", ["x = [1]\nx.append(2)", "y = sum(x)\ny", "print('hello')"])
    data = json.loads(path.read_text())
    for cell in data["cells"]:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "…"}]
        cell["metadata"] = {"tags": ["mine"]}
    path.write_text(json.dumps(data))
    assert main(["convert", str(path), "--no-run"]) == 0
    cells = {cell["id"]: cell for cell in json.loads((tmp_path / "n_dataflow.ipynb").read_text())["cells"]}
    assert cells["cell3"] == data["cells"][2]
    assert cells["cell2"]["outputs"] == []
    assert cells["cell2"]["metadata"] == {"tags": ["mine"]}


def test_the_proposal_as_json(notebook: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """`--json` prints cells, origins and notes, and writes nothing."""
    assert main(["convert", str(notebook), "--json", "--no-run"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["changed"]
    assert {cell["role"] for cell in said["cells"]} >= {
        "setup",
        "inputs",
        "params",
        "node",
        "display",
        "kept",
    }
    assert not (tmp_path / "sales_dataflow.ipynb").exists()


def test_a_notebook_that_is_there_stays(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An existing output is replaced only with --force, the ordinary notebook itself never."""
    assert main(["convert", str(notebook), "--no-run"]) == 0
    assert main(["convert", str(notebook), "--no-run"]) == 1
    assert "DB413" in capsys.readouterr().err
    assert main(["convert", str(notebook), "--no-run", "--force"]) == 0
    assert main(["convert", str(notebook), "-o", str(notebook), "--force"]) == 2
    assert main(["convert", str(notebook), "-o", "x.py"]) == 2


def test_errors_of_the_notebook_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A notebook that fails or ends its process is no ground for a proof, and nothing is written."""
    failing = write_notebook(tmp_path / "a.ipynb", ["x = [1]", "y = x[3]"])
    dying = write_notebook(tmp_path / "b.ipynb", ["import os\nx = [1]", "y = x + [2]", "os._exit(3)"])
    for path in (failing, dying):
        assert main(["convert", str(path)]) == 1
    check_recorded("convert_errors.txt", capsys.readouterr().err)
    assert not list(tmp_path.glob("*_dataflow.ipynb"))
    assert main(["convert", str(failing), "--no-run"]) == 0


def test_the_file_is_a_valid_notebook(notebook: Path, tmp_path: Path) -> None:
    """The format's own validator accepts it, also where the ordinary notebook is older and has no ids."""
    data = json.loads(notebook.read_text())
    data["nbformat_minor"] = 2
    for cell in data["cells"]:
        del cell["id"]
        cell["source"] = cell["source"].splitlines(keepends=True)
    old = tmp_path / "old.ipynb"
    old.write_text(json.dumps(data))
    for path in (notebook, old):
        assert main(["convert", str(path), "--no-run"]) == 0
        written = json.loads(path.with_name(f"{path.stem}_dataflow.ipynb").read_text())
        nbformat.validate(written)  # type: ignore[no-untyped-call]
    assert main(["check", str(tmp_path / "old_dataflow.ipynb")]) == 0


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("amber", "plain"), [(True, False), (False, True), (True, True)])
def test_what_asks_for_attention_is_amber(amber: bool, plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A low share is amber in a terminal with colours; a file and `NO_COLOR` get plain text."""
    out = _Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("NO_COLOR", "1" if plain else "")
    say("1 of 4", amber=amber)
    assert out.getvalue() == ("\x1b[33m1 of 4\x1b[0m\n" if amber and not plain else "1 of 4\n")
