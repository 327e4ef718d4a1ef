"""`dagbook run` reads from databases and writes to them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.sources.database import Batch, store
from kernel_magics.sources.source import Sink
from tests.notebook_file import write_notebook
from tests.sources.behaviour import read

CELLS = [
    "%%setup\nimport pandas as pd",
    "%%inputs\norders: pd.DataFrame = pd.DataFrame({'customer': ['a'], 'euro': [1.5], 'day': pd.to_datetime(['2026-01-01'])})",
    "%%params\nleast: float = 0.0",
    "%%node spend\norders.groupby('customer')['euro'].sum()",
]


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with orders, in a folder with a notebook."""
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "shop.ipynb", CELLS)
    url = "sqlite:///shop.sqlite"
    rows = pd.DataFrame({"customer": list("aab"), "euro": [1, 2, 4], "day": "2026-01-02"})
    store(Sink(table="orders", url=url, mode="replace"), rows, tmp_path, Batch("", ""))
    monkeypatch.setenv("SHOP_URL", url)
    return url


def test_rows_come_from_a_database_and_go_to_one(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A table, a query with a param of the dataflow; the rows replace a table."""
    assert main(["run", "shop.ipynb", "-o", f"{url}#spend", "--input", "orders=env:SHOP_URL#orders"]) == 0
    assert "table spend (sqlite:///shop.sqlite), replace: 2 rows" in capsys.readouterr().err
    assert read(url, "spend").to_dict("list") == {"customer": ["a", "b"], "spend": [3.0, 4.0]}
    query = "orders=env:SHOP_URL#select * from orders where euro > :least"
    assert (
        main(["run", "shop.ipynb", "-o", "env:SHOP_URL#spend", "--input", query, "--param", "least=1"]) == 0
    )
    assert read(url, "spend")["spend"].tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (
            ["-o", "x.csv", "--input", "orders=env:SHOP_URL#select * from orders where euro > :least"],
            "--param least=VALUE",
        ),
        (["-o", "x.csv", "--input", "orders=env:SHOP_URL#no_table"], "DB466"),
        (
            ["-o", "x.csv", "--input", "orders=env:SHOP_URL#select customer, day from orders"],
            "column 'euro' (float64) is missing",
        ),
        (
            ["-o", "x.csv", "--input", "orders=postgresql://me:geheim@127.0.0.1/x#orders"],
            "a password stands in the command",
        ),
        (["-o", "env:SHOP_URL#select 1", "--samples"], "is no table"),
        (
            ["-o", "env:SHOP_URL#spend", "--samples", "--append", "--since", "2026-01-01"],
            "written as a whole",
        ),
    ],
)
def test_what_cannot_be_read_or_written(
    url: str, capsys: pytest.CaptureFixture[str], words: list[str], text: str
) -> None:
    """One error, no file, no secret."""
    assert main(["run", "shop.ipynb", *words]) in (1, 2)
    err = capsys.readouterr().err
    assert text in err
    assert "geheim" not in err
    assert not Path("x.csv").exists()
