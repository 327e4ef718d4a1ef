"""`dagbook pipeline run`: stages in order, the same files again, resumed after a failure, nothing half-written."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from kernel_magics.pipeline import run as running
from kernel_magics.pipeline.faults import read_pipeline
from kernel_magics.pipeline.lock import locked
from kernel_magics.sources import write as writing
from tests.envelope.making import make
from tests.pipeline.making import CELLS, PIPELINE, make_project, write_orders

DAY = "2026-01-02"


def files(folder: Path) -> dict[str, str]:
    """What a pipeline has written, by digest."""
    found = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in found
    }


def record(folder: Path, day: str = DAY) -> dict[str, Any]:
    """The run record of a day."""
    found: dict[str, Any] = json.loads((folder / "runs" / "shop_daily" / f"{day}.json").read_text())
    return found


def run(folder: Path, *words: str) -> int:
    """Run the pipeline of a folder on a day."""
    return main(["pipeline", "run", str(folder / "pipeline.yaml"), *(words or ("--day", DAY))])


def test_a_day_gives_the_values_of_the_notebook(tmp_path: Path) -> None:
    """Inputs, params and the day reach the nodes; the record says what was read, checked and written."""
    make_project(tmp_path)
    assert run(tmp_path) == 0
    spend = pd.read_parquet(tmp_path / "out" / "features" / f"{DAY}.parquet")["spend"]
    assert spend.to_dict() == {"a": 5.5, "b": 4.0, "c": 6.5}
    score = pd.read_parquet(tmp_path / "out" / "score" / f"{DAY}.parquet")["score"]
    assert score.to_dict() == {"a": -0.5, "b": 0.0, "c": 0.5}
    found = record(tmp_path)
    assert found["state"] == "done"
    features = found["stages"]["features"]
    assert features["inputs"]["orders"]["rows"] == 4
    assert features["files"] == {
        f"out/features/{DAY}.parquet": files(tmp_path)[f"out/features/{DAY}.parquet"]
    }
    assert [check["held"] for check in features["checks"]] == [True]
    assert list(found["stages"]["score"]["inputs"]) == ["customers"]


def test_the_same_day_twice_gives_the_same_files(tmp_path: Path) -> None:
    """Byte for byte; days do not touch each other."""
    make_project(tmp_path)
    assert run(tmp_path, "--from", "2026-01-01", "--to", "2026-01-03") == 0
    first = files(tmp_path)
    assert len(first) == 6
    assert run(tmp_path, "--param", f"day={DAY}") == 0
    assert files(tmp_path) == first


def test_a_damaged_baseline_fails_the_stage_and_is_recorded(tmp_path: Path) -> None:
    """Telling of the error needs no second look at what is damaged; the day is not left as running."""
    make_project(tmp_path)
    (tmp_path / "shop.baseline.json").write_text("{")
    assert run(tmp_path) == 1
    assert record(tmp_path)["state"] == "failed"
    assert record(tmp_path)["stages"]["features"]["error"]["code"] == "DB407"
    (tmp_path / "shop.baseline.json").unlink()
    assert run(tmp_path) == 0


def test_a_run_resumes_at_the_stage_that_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stages that are done and unchanged are kept; a change of code, file or output runs them again."""
    make_project(tmp_path)
    customers = (tmp_path / "data" / "customers.csv").read_text()
    (tmp_path / "data" / "customers.csv").write_text("customer,town\na,X\n")
    assert run(tmp_path) == 1
    assert "DB408" in capsys.readouterr().err
    assert record(tmp_path)["state"] == "failed"
    assert record(tmp_path)["stages"]["score"]["error"]["code"] == "DB408"
    assert list(files(tmp_path)) == [f"out/features/{DAY}.parquet"]
    (tmp_path / "data" / "customers.csv").write_text(customers)
    assert run(tmp_path) == 0
    assert f"{DAY} features: done before" in capsys.readouterr().err
    for spoil in (
        lambda: write_orders(tmp_path, DAY, 7),
        lambda: (tmp_path / "out" / "features" / f"{DAY}.parquet").unlink(),
        lambda: make_project(
            tmp_path, PIPELINE, *CELLS[:3], CELLS[3].replace("* scale", "* scale + 1"), *CELLS[4:]
        ),
    ):
        (tmp_path / "data" / "customers.csv").write_text("customer,town\na,X\n")
        assert run(tmp_path) == 1
        (tmp_path / "data" / "customers.csv").write_text(customers)
        spoil()
        capsys.readouterr()
        assert run(tmp_path) == 0
        assert "done before" not in capsys.readouterr().err


def test_a_stage_alone_reads_what_earlier_ones_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As tasks of a scheduler; where code or params differ, values are computed again instead."""
    make_project(tmp_path)
    assert run(tmp_path, "--day", DAY, "--stage", "features") == 0
    assert run(tmp_path, "--day", DAY, "--stage", "score") == 0
    alone = files(tmp_path)
    assert list(record(tmp_path)["stages"]["score"]["inputs"]) == ["customers"]
    assert run(tmp_path) == 0
    assert files(tmp_path) == alone
    assert run(tmp_path, "--day", DAY, "--stage", "score", "--param", "scale=4") == 0
    assert sorted(record(tmp_path)["stages"]["score"]["inputs"]) == ["customers", "orders"]
    score = pd.read_parquet(tmp_path / "out" / "score" / f"{DAY}.parquet")["score"]
    assert score.to_dict() == {"a": -1.0, "b": 0.0, "c": 1.0}


def test_a_failed_check_stops_before_anything_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`checks: block` keeps the files as they were; `warn` writes, and records what did not hold."""
    make_project(tmp_path)
    assert run(tmp_path) == 0
    before = files(tmp_path)
    orders = tmp_path / "data" / "orders" / f"{DAY}.csv"
    orders.write_text(orders.read_text().replace("2.0", "-2.0"))
    assert run(tmp_path) == 1
    assert "nobody is paid for an order" in capsys.readouterr().err
    assert files(tmp_path) == before
    assert [check["held"] for check in record(tmp_path)["stages"]["features"]["checks"]] == [False]
    make_project(tmp_path, PIPELINE + "checks: warn\n")
    orders.write_text(orders.read_text().replace("2.0", "-2.0"))
    capsys.readouterr()
    assert run(tmp_path) == 0
    said = capsys.readouterr().err
    assert (
        "warning: DB302 'orders' fails 1 of 1 conditions (check in cell [9]): nobody is paid for an" in said
    )
    assert "UserWarning" not in said
    assert files(tmp_path) != before
    assert [check["held"] for check in record(tmp_path)["stages"]["features"]["checks"]] == [False]


def test_a_day_has_one_run_at_a_time(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run of the day, or of a stage of it, is refused; other days run."""
    make_project(tmp_path)
    with locked(tmp_path / "runs" / "shop_daily" / ".locks" / DAY, "a run"):
        assert run(tmp_path) == 1
        assert run(tmp_path, "--day", DAY, "--stage", "score") == 1
        assert "DB351" in capsys.readouterr().err
        assert run(tmp_path, "--day", "2026-01-01") == 0
    assert run(tmp_path) == 0


def test_stages_run_when_they_are_due(tmp_path: Path) -> None:
    """A weekly stage runs on Mondays; what it does not give on other days is computed where it is read."""
    weekly = PIPELINE.replace("features: {", "features: {when: weekly, ")
    make_project(tmp_path, weekly)
    write_orders(tmp_path, "2026-01-05")
    assert run(tmp_path, "--from", "2026-01-02", "--to", "2026-01-03") == 0
    assert run(tmp_path, "--day", "2026-01-05") == 0
    assert sorted(files(tmp_path)) == [
        "out/features/2026-01-05.parquet",
        *(f"out/score/2026-01-{day}.parquet" for day in ("02", "03", "05")),
    ]
    assert record(tmp_path)["stages"]["features"] == {"state": "not due"}
    assert (
        run(tmp_path, "--from", "2026-01-02", "--to", "2026-01-05", "--missing") == 1
    )  # the fourth has no orders


def test_days_in_processes_leave_out_what_is_not_due(tmp_path: Path) -> None:
    """As those that run one after the other."""
    make_project(tmp_path, PIPELINE.replace("features: {", "features: {when: weekly, "))
    words = ("--from", "2026-01-02", "--to", "2026-01-03", "--stage", "features", "--if-due")
    assert run(tmp_path, *words, "--jobs", "2") == 0
    assert files(tmp_path) == {}
    assert run(tmp_path, *words[:-1], "--jobs", "2") == 0
    assert len(files(tmp_path)) == 2


def test_no_rows_are_an_error_unless_they_are_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty file of a day would empty the partition."""
    make_project(tmp_path)
    (tmp_path / "data" / "orders" / f"{DAY}.csv").write_text("customer,euro,day\n")
    assert run(tmp_path) == 1
    assert "DB353" in capsys.readouterr().err
    make_project(tmp_path, PIPELINE.replace('{day}.csv"}', '{day}.csv", empty: allow}'))
    (tmp_path / "data" / "orders" / f"{DAY}.csv").write_text("customer,euro,day\n")
    assert run(tmp_path, "--day", DAY, "--stage", "features") == 0
    assert record(tmp_path)["stages"]["features"]["rows"] == 0


def test_fitted_values_come_from_an_envelope(tmp_path: Path) -> None:
    """A stage computes with what was learnt before, not from the day's rows: of a folder, or of a registry."""
    folder, registry = tmp_path / "model", tmp_path / "registry"
    notebook = make_project(tmp_path).with_name("shop.ipynb")
    words = ["-o", str(folder), "--target", "envelope", "--outputs", "score"]
    assert main(["export", str(notebook), *words]) == 0
    assert main(["publish", str(folder), str(registry)]) == 0
    (registry / "rules.yaml").write_text('environments: {staging: {require: [proof == "equal"]}}\n')
    for fitted in ("model", "registry/@staging"):
        make_project(
            tmp_path, PIPELINE.replace("outputs: [score]", f"outputs: [score]\n    fitted: {fitted}")
        )
        if "@" in fitted:
            assert run(tmp_path) == 1  # nothing is there yet
            assert main(["promote", str(registry)]) == 0
        assert run(tmp_path) == 0
        score = pd.read_parquet(tmp_path / "out" / "score" / f"{DAY}.parquet")["score"]
        assert score.to_dict() == {"a": 2.5, "b": 0.0, "c": 3.5}  # less the sample's rates: 3 for X, 4 for Y


def test_events_of_lineage(tmp_path: Path) -> None:
    """Each stage tells when it begins and ends, what it read, wrote and checked."""
    make_project(tmp_path, PIPELINE + "lineage: events.jsonl\n")
    assert run(tmp_path) == 0
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [(event["eventType"], event["job"]["name"]) for event in events] == [
        (kind, f"shop_daily.{stage}") for stage in ("features", "score") for kind in ("START", "COMPLETE")
    ]
    assert events[1]["inputs"][0]["name"].endswith(f"data/orders/{DAY}.csv")
    assert events[1]["outputs"][0]["outputFacets"]["outputStatistics"]["rowCount"] == 3


def test_lineage_that_cannot_be_sent_ends_no_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is told, and the stage is done."""
    make_project(tmp_path, PIPELINE + "lineage: no/such/folder/events.jsonl\n")
    assert run(tmp_path) == 0
    assert "lineage could not be sent" in capsys.readouterr().err


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    """Writing fails, or the run ends between the file and its record: the next run makes it right."""
    make_project(tmp_path)
    assert run(tmp_path) == 0
    before = files(tmp_path)
    write_orders(tmp_path, DAY, 5)
    real = writing.write_value

    def fail(value: Any, path: Path) -> None:
        if when == "after":
            real(value, path)
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(writing, "write_value", fail)
        with pytest.raises(OSError, match="space"):
            run(tmp_path)
    if when == "before":
        assert files(tmp_path) == before
    assert run(tmp_path) == 0
    assert record(tmp_path)["state"] == "done"
    assert files(tmp_path).keys() == before.keys()
    assert files(tmp_path) != before


def test_an_envelope_is_a_module_too(tmp_path: Path) -> None:
    """Its fitted values are read; the schema of its inputs is known."""
    make(tmp_path / "people")
    pd.DataFrame({"age": [30, 50], "city": ["B", "A"]}).to_csv(tmp_path / "people.csv", index=False)
    path = tmp_path / "pipeline.yaml"
    path.write_text(
        "name: shop_daily\nmodule: people\ninputs: {people: people.csv}\n"
        "stages: {score: {outputs: [score], write: out/score.csv}}\n"
    )
    assert run(tmp_path) == 0
    assert pd.read_csv(tmp_path / "out" / "score.csv")["score"].tolist() == [-60.0, 170.0]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--day", "tomorrow"), "this is no day"),
        (("--day", "2026-01-01", "--param", "day=2026-01-02"), "two days are given"),
        (("--from", "2026-01-01"), "belong together"),
        (("--from", "2026-01-02", "--to", "2026-01-01"), "no day from"),
        (("--param", "scael=2"), "no param 'scael'"),
        (("--param", "scale"), "cannot be read"),
        (("--stage", "scores"), "no stage 'scores'"),
    ],
)
def test_words_that_mean_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], text: str
) -> None:
    """Refused before anything runs."""
    make_project(tmp_path)
    assert run(tmp_path, *words) in (1, 2)
    assert text in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_day_is_the_last_one_that_is_over(tmp_path: Path) -> None:
    """Without a day on the command line; of a schedule, the last day that it has."""
    monthly = read_pipeline(make_project(tmp_path, PIPELINE.replace("0 5 * * *", "@monthly")))
    found = running.day_of(monthly, None, {})
    assert found.day == 1
    assert 0 < (pd.Timestamp.now("UTC").date() - found).days <= 31
