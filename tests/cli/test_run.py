"""`dagbook run`: inputs as the notebook's samples are, params of their types, outputs that can be read again."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from kernel_magics.cli.main import main
from kernel_magics.tables.values import expect, read_value
from tests.notebook_file import write_notebook

SETUP = "%%setup\nimport pandas as pd"
SHOPS = "shops: pd.DataFrame = pd.DataFrame({'id': ['007', '010'], 'country': ['NA', 'DE'], 'n': [1, 2]}).set_index('id')"
SPEND = "spend: pd.Series = pd.Series([1.0, 2.0], index=pd.to_datetime(['2024-01-01', '2024-01-02']))"
CELLS = [
    SETUP,
    f"%%inputs\n{SHOPS}\n{SPEND}\nnames: list = ['a']\nrate: float = 2.0",
    "%%params\nfactor: int = 2",
    "%%node twice\nshops.assign(n=shops['n'] * factor)",
    "%%node recent\nspend.rolling('2D').sum() * rate",
    "%%node label\n{'names': names, 'factor': factor}",
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A notebook and files of its inputs, in the working folder."""
    monkeypatch.chdir(tmp_path)
    write_notebook(tmp_path / "nb.ipynb", CELLS)
    (tmp_path / "shops.csv").write_text("id,country,n\n007,NA,1\n")
    (tmp_path / "spend.csv").write_text("day,spend\n2024-01-01,1\n2024-01-02,2\n")
    return tmp_path


def run(*words: str, code: int = 0) -> None:
    """The command must end with this code."""
    assert main(["run", *words]) == code


def test_an_input_is_what_its_sample_is(folder: Path) -> None:
    """The kind: a type, an index or a gap that the sample has and the file does not represent (r08, r11)."""
    run("nb.ipynb", "-o", "twice.csv", "--outputs", "twice", "--input", "shops=shops.csv")
    assert Path("twice.csv").read_text() == "id,country,n\n007,NA,2\n"
    run(
        "nb.ipynb",
        "-o",
        "recent.csv",
        "--outputs",
        "recent",
        "--input",
        "spend=spend.csv",
        "--input",
        "rate=1",
    )
    assert Path("recent.csv").read_text() == ",recent\n2024-01-01,1.0\n2024-01-02,3.0\n"
    Path("shops.jsonl").write_text('{"id": "007", "country": "NA", "n": 1}\n')
    pd.read_csv("shops.csv", dtype="str", keep_default_na=False).to_csv("shops.csv.gz", index=False)
    Path("parts").mkdir()
    Path("parts/a.csv").write_text(Path("shops.csv").read_text())
    for text in ("shops.jsonl", "shops.csv.gz", "parts", "parts/*.csv"):
        run("nb.ipynb", "-o", "again.csv", "--outputs", "twice", "--input", f"shops={text}")
        assert Path("again.csv").read_text() == Path("twice.csv").read_text()


def test_a_column_that_does_not_fit_stops_the_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kind: what pandas would read as something else without a word. Nothing is written."""
    Path("shops.csv").write_text("id,country,n\n007,NA,x\n008,NA,\n")
    run("nb.ipynb", "-o", "twice.csv", "--outputs", "twice", "--input", "shops=shops.csv", code=1)
    said = capsys.readouterr().err
    assert "DB408 'shops.csv' does not fit the sample of 'shops': column 'n' must be int64, and all values are not: 'x' (row 1), a gap (row 2)." in said  # fmt: skip
    assert not Path("twice.csv").exists()


def test_params_become_their_type(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kind: a text that Python reads as something else than its type says (r10)."""
    write_notebook(
        folder / "p.ipynb",
        [
            SETUP,
            "%%params\ndrop: bool = True\nversion: str = '1.0'\nsince: pd.Timestamp = pd.Timestamp('2024-01-01')\nlags: list[int] = [1]",
            "%%node a\n{'drop': drop, 'version': version, 'year': since.year, 'lags': lags}",
        ],
    )
    words = ["drop=false", "version=1.10", "since=2023-05-05", "lags=1,7"]
    run("p.ipynb", "-o", "a.json", *(f"--param={word}" for word in words))
    assert Path("a.json").read_text() == '{"drop": false, "version": "1.10", "year": 2023, "lags": [1, 7]}\n'
    run("p.ipynb", "-o", "a.json", "--param", "since=yes", code=2)
    assert "DB321 param 'since' must be Timestamp, which 'yes' is not." in capsys.readouterr().err


def test_inputs_of_polars_stay_with_polars(folder: Path) -> None:
    """The kind: a value of another library than pandas (r09)."""
    cells = [
        "%%setup\nimport polars as pl",
        "%%inputs\ntrips: pl.DataFrame = pl.DataFrame({'km': [1.5, 2.0]})",
        "%%node share\ntrips.select(pl.col('km') / pl.col('km').sum())",
    ]
    write_notebook(folder / "p.ipynb", cells)
    Path("trips.csv").write_text("km\n1\n3\n")
    for suffix in ("csv", "parquet", "jsonl"):
        run("p.ipynb", "-o", f"share.{suffix}", "--input", "trips=trips.csv")
        found = read_value("x", f"share.{suffix}", expect(None, pl.DataFrame({"km": [1.0]})), pytest.fail)
        assert found["km"].to_list() == [0.25, 0.75]


def test_outputs_with_different_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The kind: outputs that have no common index: no gaps are made up; a folder has a file for each."""
    run("nb.ipynb", "-o", "all.csv", "--samples", "--outputs", "twice,recent", code=1)
    said = capsys.readouterr().err
    assert "DB307 these outputs have different rows, and make no one table: 'twice' (index id, 2 rows); 'recent' (2 rows)." in said  # fmt: skip
    run("nb.ipynb", "-o", "all/", "--samples", "--format", "csv")
    assert sorted(path.name for path in Path("all").iterdir()) == ["label.json", "recent.csv", "twice.csv"]
    assert "all/twice.csv: 2 rows x 2 columns" in capsys.readouterr().err


def test_one_output_is_the_input_of_the_next_run(folder: Path) -> None:
    """What a run writes is read by a notebook whose sample looks like it, in every format."""
    cells = [SETUP, f"%%inputs\n{SHOPS}", "%%node same\nshops"]
    write_notebook(folder / "next.ipynb", cells)
    for suffix in ("csv", "tsv", "json", "jsonl", "parquet", "feather"):
        run("nb.ipynb", "-o", f"twice.{suffix}", "--outputs", "twice", "--input", "shops=shops.csv")
        run("next.ipynb", "-o", "same.csv", "--input", f"shops=twice.{suffix}")
        assert Path("same.csv").read_text() == "id,country,n\n007,NA,2\n"


def test_a_module_reads_as_its_notebook_does(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The schema of the inputs is beside an exported module; without it types are guessed, with a notice."""
    assert main(["export", "nb.ipynb", "-o", "feats.py"]) == 0
    run(
        "feats.py",
        "-o",
        "twice.csv",
        "--outputs",
        "twice",
        "--input",
        "shops=shops.csv",
        "--param",
        "factor=3",
    )
    assert Path("twice.csv").read_text() == "id,country,n\n007,NA,3\n"
    Path("feats.schema.json").unlink()
    run("feats.py", "-o", "twice.csv", "--outputs", "twice", "--input", "shops=shops.csv")
    assert Path("twice.csv").read_text() == ",id,country,n\n0,7,,2\n"
    assert "note: input 'shops': no sample says the types of its columns" in capsys.readouterr().err
    Path("feats.schema.json").write_text("{}")
    run("feats.py", "-o", "x.csv", "--outputs", "twice", "--input", "shops=shops.csv", code=1)


def test_a_variant_s_inputs_are_needed_where_it_runs(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The kind: what another variant reads, or a check of it, is nobody's input now; the same for a module."""
    cells = [
        "%%inputs\nus: float = 1.0\neu: float = 2.0\nrate: float = 1.1\nlimit: float = 9.0",
        "%%params\nregion: str = 'US'",
        "%%node price --when region=US\nus",
        "%%node price --when region=EU\neuro * rate",
        "%%node euro\neu",
        "%%check euro\neuro < limit",
        "%%node total\nprice + 1",
    ]
    write_notebook(folder / "v.ipynb", cells)
    assert main(["export", "v.ipynb", "-o", "v_mod.py"]) == 0
    for source in ("v.ipynb", "v_mod.py"):
        run(source, "-o", "t.json", "--outputs", "total", "--input", "us=2")
        assert Path("t.json").read_text() == "3.0\n"
        run(source, "-o", "t.json", "--outputs", "total", "--param", "region=EU", "--input", "us=2", code=1)
        said = capsys.readouterr().err
        assert "DB306 input 'eu' was not given." in said or "DB306 input 'rate' was not given." in said
        given = ["--input", "eu=2", "--input", "rate=2"]
        run(source, "-o", "t.json", "--outputs", "total", "--param", "region=EU", *given, "--checks", "off")
        assert Path("t.json").read_text() == "5.0\n"
        run(source, "-o", "t.json", "--outputs", "total", "--param", "region=EU", *given, code=1)
        assert "DB306 input 'limit' was not given." in capsys.readouterr().err


def test_a_sample_that_cannot_be_made_stops_the_run(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the sample it is unknown how the file is read."""
    cells = [SETUP, "%%inputs\nx: pd.DataFrame = pd.read_csv('none.csv')", "%%node y\nx"]
    write_notebook(folder / "s.ipynb", cells)
    run("s.ipynb", "-o", "y.csv", "--input", "x=shops.csv", code=1)
    assert "DB305 cell [2] failed on line 2: FileNotFoundError" in capsys.readouterr().err
