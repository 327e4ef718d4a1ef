"""The message when a pipeline cannot run: recorded."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.pipeline.lock import locked
from tests.pipeline.making import CELLS, PIPELINE, make_project
from tests.recorded import check_recorded

SINK = 'write: "out/score/{day}.parquet"'
TABLE = "write: {sql: scores, url: 'duckdb:///shop.duckdb'"
RUN = ["pipeline", "run", "pipeline.yaml", "--day", "2026-01-01"]


def test_the_text_of_each_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has its code, its place and a way out; nothing is half-written."""
    monkeypatch.chdir(tmp_path)
    parts: list[str] = []

    def note(title: str) -> None:
        capsys.readouterr()
        assert main(RUN) == 1, title
        said = capsys.readouterr().err.replace(f"{tmp_path}/", "")
        lines = [line for line in said.splitlines() if not line.startswith("2026-")]
        parts.append(f"### {title}\n$ dagbook {' '.join(RUN)}\n" + "\n".join(lines) + "\n")

    make_project(tmp_path)
    with locked(tmp_path / "runs" / "shop_daily" / ".locks" / "2026-01-01", "a run"):
        note("DB351 a day run twice at once")
    (tmp_path / "data" / "orders" / "2026-01-01.csv").write_text("customer,euro,day\n")
    note("DB353 an empty partition")
    (tmp_path / "data" / "orders" / "2026-01-01.csv").write_text("customer,price,day\na,1,2026-01-01\n")
    note("DB408 a column that vanished")
    (tmp_path / "data" / "orders" / "2026-01-01.csv").unlink()
    note("DB403 a file that is not there")
    assert not (tmp_path / "out").exists()
    make_project(tmp_path, PIPELINE.replace(SINK, f"{TABLE}, mode: append}}"))
    assert main(RUN) == 0
    changed = [cell.replace("spend - home", "1 + spend - home") for cell in CELLS]
    make_project(tmp_path, PIPELINE.replace(SINK, f"{TABLE}, mode: append}}"), *changed)
    note("DB352 other rows of the day")
    dated = [cell.replace("spend - home.map(rates)", "orders.assign(day='2026-02-01')") for cell in CELLS]
    make_project(
        tmp_path, PIPELINE.replace(SINK, f"{TABLE.replace('scores', 'days')}, partition: day}}"), *dated
    )
    note("DB354 rows of another day")
    make_project(tmp_path, PIPELINE.replace(SINK, f"{TABLE}}}"))
    note("DB466 a table with other columns")
    make_project(tmp_path, PIPELINE.replace(SINK, "publish: registry"))
    note("DB355 an envelope that would compute with other params")
    assert not (tmp_path / "registry").exists()
    source = "customers: {table: customers, url: 'duckdb:///no/such.duckdb'}"
    make_project(tmp_path, PIPELINE.replace("customers: data/customers.csv", source))
    note("DB466 a database that is not there")
    check_recorded("errors_pipeline_run.txt", "\n".join(parts))
