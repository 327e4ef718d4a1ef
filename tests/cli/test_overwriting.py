"""An output of a command replaces an older output of its kind, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook
from tests.pipeline.making import PIPELINE, make_project

NB = ("nb.ipynb", "%%inputs\nsales: list = [1, 2]", "%%node total\nsum(sales)")
TABLE = (
    "table.ipynb",
    "%%setup\nimport pandas as pd",
    "%%inputs\nsales: pd.DataFrame = pd.DataFrame({'v': [1, 2]})",
    "%%node twice\nsales * 2",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with notebooks and a table."""
    monkeypatch.chdir(tmp_path)
    for name, *cells in (NB, TABLE):
        write_notebook(tmp_path / name, cells)
    (tmp_path / "sales.csv").write_text("v\n1\n2\n")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        "check nb.ipynb --html nb.ipynb",
        "check nb.ipynb --html helpers.py",
        "diff nb.ipynb nb.ipynb --html table.ipynb",
        "diff --values nb.ipynb nb.ipynb -o pipeline.yaml",
        "monitor log.jsonl --envelope e --evidence pyproject.toml",
        "monitor log.jsonl --envelope e -o log.jsonl",
        "run table.ipynb --input sales=sales.csv -o sales.csv",
        "run table.ipynb --input sales=sales*.csv -o ./sales.csv",
        "run table.ipynb --input sales=. -o sales.csv",
        "run table.ipynb --input sales=sales.csv -o link.csv",
        "run table.ipynb --samples -o out.csv --lineage table.ipynb",
        "run table.ipynb --samples -o out.csv --limits limits.json --report limits.json",
    ],
)
def test_what_a_command_reads_and_what_people_write_stays(
    words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is said before anything runs."""
    for name in ("helpers.py", "pipeline.yaml", "pyproject.toml", "log.jsonl", "limits.json"):
        (folder / name).write_text("{}\n")
    (folder / "link.csv").hardlink_to(folder / "sales.csv")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert main(words.split()) == 2
    assert capsys.readouterr().err.startswith("DB002 '")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("graph nb.ipynb -o index.html", "index.html"),
        ("check nb.ipynb --html index.html", "index.html"),
        ("diff nb.ipynb table.ipynb --html index.html", "index.html"),
        ("docs nb.ipynb -o .", "index.html"),
        ("docs nb.ipynb -o site", "site/nb/total.html"),
        ("pipeline compile pipeline.yaml -o .", "shop_daily.py"),
    ],
)
def test_pages_and_code_of_others_stay(
    words: str, target: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page or a DAG file that Dagbook wrote is written again; one that it did not is refused."""
    make_project(folder, PIPELINE.replace("name: ", 'description: Of "x"\nname: '))
    assert main(words.split()) == 0, capsys.readouterr().err
    assert main(words.split()) == 0, capsys.readouterr().err
    (folder / target).write_text("<!doctype html><p>mine, about dagbook")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    capsys.readouterr()
    assert main(words.split()) == 1
    assert f"DB521 '{target}' was not written by Dagbook" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_value_that_can_be_no_name(folder: Path) -> None:
    """An input may be given as a text that is longer than any name, with the signs of a pattern."""
    (folder / "out.json").write_text("[]")
    given = f"sales=[{', '.join(['1'] * 9000)}]"
    assert main(["run", "nb.ipynb", "--input", given, "-o", "out.json"]) == 0
    assert "9000" in (folder / "out.json").read_text()
