"""Appending new rows gives the file that a full run gives; what needs everything says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from tests.nature.labels import shop
from tests.nature.test_natures import CELLS
from tests.notebook_file import write_notebook

INPUTS = (
    "%%inputs --key store --time day\n"
    "from tests.nature.labels import shop\n"
    "sales: pd.DataFrame = shop()[['store', 'day', 'units', 'price']]"
)
BOUNDED = [
    "%%node worth\nsales.assign(worth=sales['units'] * sales['price'])",
    "%%node before\nworth.groupby('store')['worth'].shift(1)",
    "%%node change\nworth['worth'] - before",
    "%%node last_two\nchange.groupby(sales['store']).transform(lambda values: values.rolling(2, min_periods=1).sum())",
    "%%node table\nworth[['store', 'day']].assign(change=change, last_two=last_two)",
]
WEEK = "%%node week\nsales.set_index('day').groupby('store')['units'].rolling('7D').sum().to_frame('week')"
ENDLESS = "%%node so_far\nsales.groupby('store')['units'].cumsum()"

SHARE = [
    "%%node usual\nsales.groupby('day')['units'].transform('mean')",
    "%%node above\nworth[['store', 'day']].assign(above=worth['units'] - usual, change=change)",
]
NOTEBOOK = [CELLS[0], INPUTS, *BOUNDED, WEEK, *SHARE, ENDLESS]


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the notebook and its natures, which take long to learn."""
    home = tmp_path_factory.mktemp("learnt")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        write_notebook(home / "nb.ipynb", NOTEBOOK)
        assert main(["nature", "nb.ipynb"]) == 0
    return home


@pytest.fixture
def folder(tmp_path: Path, learnt: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The notebook, its natures, and sixty days of data, of which forty are known first."""
    shutil.copytree(learnt, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    table = shop(stores=4, seed=5)[["store", "day", "units", "price"]]
    table.to_parquet("all.parquet")
    table[table["day"] < "2024-02-10"].to_parquet("old.parquet")
    return tmp_path


def run(name: str, output: str, data: str, *more: str) -> int:
    """Run a notebook on a file."""
    return main(
        ["run", "nb.ipynb", "--outputs", name, "-o", output, "--input", f"sales={data}.parquet", *more]
    )


@pytest.mark.parametrize("name", ["table", "week"])
def test_appended_rows_equal_those_of_a_full_run(
    name: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file with forty days and then twenty more is the file of all sixty, whatever the day before was like."""
    assert run(name, "full.parquet", "all") == 0
    assert run(name, "grown.parquet", "old") == 0
    assert run(name, "grown.parquet", "all", "--append", "--since", "2024-02-10") == 0
    told = capsys.readouterr().err
    expected = {"table": "2 rows of each store", "week": "6 days"}[name]
    assert f"need {expected}" in told
    pd.testing.assert_frame_equal(
        pd.read_parquet("grown.parquet"), pd.read_parquet("full.parquet"), check_exact=False
    )


def test_what_is_not_known_is_learnt_before_rows_are_appended(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without kept natures, those of what is appended are determined first, and are kept."""
    shutil.rmtree(folder / ".dagbook")
    assert run("worth", "full.parquet", "all") == 0
    assert run("worth", "grown.parquet", "old") == 0
    assert run("worth", "grown.parquet", "all", "--append", "--since", "2024-02-10") == 0
    assert "need nothing before them" in capsys.readouterr().err
    assert len(list((folder / ".dagbook/natures").iterdir())) >= 1
    pd.testing.assert_frame_equal(pd.read_parquet("grown.parquet"), pd.read_parquet("full.parquet"))


@pytest.mark.parametrize("executor", ["threads", "processes"])
@pytest.mark.parametrize("name", ["table", "week", "above"])
def test_rows_appended_in_parts_equal_those_of_a_full_run(
    name: str, executor: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a key and an executor, what is computed whole in between included; every row and its place."""
    parts = ["--key", "store", "--executor", executor, "--parts", "3"]
    assert run(name, "full.parquet", "all") == 0
    assert run(name, "grown.parquet", "old", *parts) == 0
    since = ["--append", "--since", "2024-02-10"]
    assert run(name, "grown.parquet", "all", *parts, *since) == 0
    told = capsys.readouterr().err
    assert "before them" in told
    assert "jobs" in told
    assert (
        main(["run", "nb.ipynb", "--outputs", name, "--input", "sales=all.parquet", *parts, *since, "--plan"])
        == 0
    )
    plan = capsys.readouterr().out
    assert "3 parts of 4 values of store" in plan
    assert ("whole: usual" in plan) == (name == "above")
    full = pd.read_parquet("full.parquet")
    pd.testing.assert_frame_equal(pd.read_parquet("grown.parquet"), full, rtol=1e-12, atol=1e-12)


def test_what_cannot_be_appended_in_parts_says_why(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A running total, a folder, and a file that is not there; nothing is written then."""
    words = ["--key", "store", "--executor", "threads", "--append", "--since", "2024-02-10"]
    assert run("so_far", "grown.parquet", "all", *words) == 1
    assert "DB342 'so_far' cannot be appended: it is not bounded in its look-back" in capsys.readouterr().err
    assert run("table", "grown/", "all", *words) == 2
    assert "DB002 --append with --key writes one file, and 'grown/' is a folder" in capsys.readouterr().err
    assert run("table", "grown.parquet", "all", *words) == 1
    assert "DB342 'grown.parquet' is not there" in capsys.readouterr().err
    assert not list(folder.glob("*grown*"))


def test_what_needs_everything_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A running total cannot be appended, nor can a file that is not there; nothing is written then."""
    assert run("so_far", "grown.parquet", "all", "--append", "--since", "2024-02-10") == 1
    assert (
        "DB342 'so_far' cannot be appended: it is not bounded in its look-back: " in capsys.readouterr().err
    )
    assert run("table", "grown.parquet", "all", "--append", "--since", "2024-02-10") == 1
    assert "DB342 'grown.parquet' is not there" in capsys.readouterr().err
    assert run("table", "grown.parquet", "all", "--append") == 2
    assert run("table", "grown.parquet", "all", "--append", "--since", "soon") == 2
    assert not (folder / "grown.parquet").exists()
