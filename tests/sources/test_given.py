"""`read` gives `%%inputs` what `dagbook run --input` gives a run: files, folders, patterns, databases."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kernel_magics import Dataflow, DataflowError, read
from kernel_magics.cli.main import main
from kernel_magics.sources.database import Batch, store
from kernel_magics.sources.source import Sink
from tests.notebook_file import write_notebook

ROWS = pd.DataFrame({"name": ["a", "b", "c"], "euro": [1.0, 2.5, -3.0]})


def _fill(folder: Path) -> None:
    """The same rows as files of each kind, in partitions, and in two databases."""
    for day, rows in (("2026-01-01", ROWS[:2]), ("2026-01-02", ROWS[2:])):
        (folder / "parts" / f"day={day}").mkdir(parents=True)
        rows.to_parquet(folder / "parts" / f"day={day}" / "part-0.parquet", index=False)
        rows.to_csv(folder / f"{day}.csv.gz", index=False)
    ROWS.to_json(folder / "rows.jsonl", orient="records", lines=True)
    ROWS.to_feather(folder / "rows.feather")
    for scheme in ("sqlite", "duckdb"):
        sink = Sink(table="rows", url=f"{scheme}:///shop.{scheme}", mode="replace")
        store(sink, ROWS, folder, Batch("", ""))


@pytest.mark.parametrize(
    "text",
    [
        "*.csv.gz",
        "rows.jsonl",
        "rows.feather",
        "parts",
        "parts/*/*.parquet",
        "sqlite:///shop.sqlite#rows",
        "env:SHOP_URL#select * from rows where euro < :most order by name",
    ],
)
def test_a_notebook_and_a_run_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """The sample of a cell, the same read to the types of another, and the input of a run are equal."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SHOP_URL", "duckdb:///shop.duckdb")
    _fill(tmp_path)
    params = {"most": 10.0} if ":most" in text else {}
    found = read(text, **params)[list(ROWS.columns)]
    pd.testing.assert_frame_equal(found, ROWS)
    cells = [
        "%%setup\nimport pandas as pd\nfrom kernel_magics import read",
        f"%%inputs\nrows: pd.DataFrame = read({text!r}, **{params!r})[['name', 'euro']]",
        "%%params\nmost: float = 10.0",
        "%%node total\nrows.groupby('name')['euro'].sum() * most",
    ]
    notebook = write_notebook(tmp_path / "n.ipynb", cells)
    wanted = Dataflow.from_notebook(notebook).run("total")["total"]
    assert wanted.sum() == 5.0
    assert (
        main(["run", str(notebook), "--input", f"rows={text}", "-o", "out.parquet", "--param", "most=10"])
        == 0
    )
    out = pd.read_parquet(tmp_path / "out.parquet")["total"]
    pd.testing.assert_series_equal(out, wanted, check_names=False)


def test_an_export_does_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a cell of inputs reads with stays in the notebook: the module and its tests need no source."""
    monkeypatch.chdir(tmp_path)
    _fill(tmp_path)
    cells = [
        "%%setup\nimport pandas as pd\nfrom kernel_magics import read",
        "%%inputs\nrows: pd.DataFrame = read('sqlite:///shop.sqlite#rows')",
        "%%node total\nrows.groupby('name')['euro'].sum()",
    ]
    notebook = write_notebook(tmp_path / "n.ipynb", cells)
    assert main(["export", str(notebook), "-o", "out/total.py"]) == 0
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out").glob("*.py"))
    assert "kernel_magics" not in written
    assert "sqlite" not in written


def test_the_types_of_a_sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Or of a plain type; what does not fit is told with its column."""
    monkeypatch.chdir(tmp_path)
    _fill(tmp_path)
    url = "sqlite:///shop.sqlite"
    assert read(f"{url}#select name from rows order by name", like=list[str]) == ["a", "b", "c"]
    assert read(f"{url}#select count(*) from rows where euro < :e", like=int, e=0) == 1
    indexed = ROWS.astype({"name": "category"}).set_index("name")
    pd.testing.assert_frame_equal(read(f"{url}#rows", like=indexed), indexed)
    with pytest.raises(DataflowError, match="column 'city'") as caught:
        read(f"{url}#rows", like=ROWS.assign(city="X"))
    assert caught.value.code == "DB408"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("nowhere.csv", "DB403"),
        ("env:NOWHERE#rows", "DB465"),
        ("postgresql://me:geheim@h/d#rows", "DB465"),
        ("sqlite:///none/x.db#rows", "DB466"),
        ("sqlite:///x.db#select :day", "DB306"),
    ],
)
def test_what_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, code: str) -> None:
    """The errors of a run."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataflowError) as caught:
        read(text)
    assert caught.value.code == code
    assert "geheim" not in str(caught.value)
