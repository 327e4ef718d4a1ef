"""`dagbook monitor`: counts, drift and metrics of a log, in bounded memory, as evidence that rules read."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.monitor import tally as tallies
from kernel_magics.monitor.lines import Skipped, read_lines
from kernel_magics.monitor.monitoring import monitor
from kernel_magics.monitor.report import html
from kernel_magics.monitor.tally import Tally
from tests.envelope.making import SETUP, make
from tests.recorded import check_recorded

PEOPLE = (
    SETUP,
    "%%inputs\n"
    "people: pd.DataFrame = pd.DataFrame({'age': np.arange(400) % 50 + 20, 'city': ['A', 'B'] * 200})  # who\n"
    "paid: pd.Series = pd.Series(np.arange(400) % 7 + 1.0)",
    "%%node middle --fitted\nfloat(people['age'].mean())",
    "%%node score\n# How much somebody pays.\n(people['age'] - middle) / 10.0",
    "%%node error --tag metric=lower\nfloat((score - paid).abs().mean())",
    "%%node spread --tag metric=lower\nfloat(people['age'].std())",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An envelope with enough rows for a baseline."""
    path = tmp_path_factory.mktemp("monitor") / "people"
    make(path, *PEOPLE)
    return path


@pytest.fixture(scope="module")
def envelope(folder: Path) -> Envelope:
    """The envelope, opened."""
    return Envelope.open(folder)


def line(digest: str, number: int, ages: list[int], **more: Any) -> dict[str, Any]:
    """A line as a service writes it."""
    rows = [{"age": age, "city": "AB"[number % 2]} for age in ages]
    entry = {
        "time": f"2026-01-{number // 24 % 28 + 1:02}T{number % 24:02}:00:00.000+00:00",
        "id": f"r{number}",
        "digest": digest,
        "status": 200,
        "inputs": {"rows": rows, "params": None},
        "outputs": {"score": [(age - 44.5) / 10 for age in ages]},
        "warnings": [],
        "failed": [],
        "seconds": 0.001 * (1 + number % 100),
    }
    return {**entry, **more}


def write(path: Path, entries: Iterator[dict[str, Any]] | list[dict[str, Any]]) -> Path:
    """A log."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    return path


def usual(digest: str, count: int = 500) -> list[dict[str, Any]]:
    """Requests as the envelope knows them."""
    return [line(digest, number, [20 + number % 50]) for number in range(count)]


def test_usual_requests_are_no_drift(tmp_path: Path, envelope: Envelope) -> None:
    """Counts, latency, and the evidence that rules read."""
    found = monitor(write(tmp_path / "log", usual(envelope.digest)), envelope)
    evidence = found.evidence()
    assert (evidence["envelope"], found.tally.requests, found.tally.rows) == (envelope.digest, 500, 500)
    assert evidence["checks"] == {"failed": 0, "failed_rate": 0.0}
    assert evidence["drift"]["max_psi"] < 0.1
    assert evidence["drift"]["failed"] == 0
    assert evidence["monitor"]["errors"] == 0
    assert evidence["monitor"]["p50"] == pytest.approx(0.05, rel=0.06)
    assert evidence["monitor"]["p99"] == pytest.approx(0.099, rel=0.06)


def test_other_people_are_drift(tmp_path: Path, envelope: Envelope) -> None:
    """Of the input that changed and of what is made from it, the worst first."""
    lines = [line(envelope.digest, number, [60 + number % 9]) for number in range(500)]
    found = monitor(write(tmp_path / "log", lines), envelope)
    assert found.evidence()["drift"]["max_psi"] > 0.25
    assert found.shifts[0].level == "fail"
    assert {shift.name for shift in found.shifts if shift.level == "fail"} == {"people[age]", "score"}


def test_failures_and_warnings_are_counted(tmp_path: Path, envelope: Envelope) -> None:
    """By status, by check, by kind of warning; nothing of a refused request is a row."""
    warning = "'age' of row 0 is 900, outside of the training range 20 to 69"
    lines = [
        *usual(envelope.digest, 10),
        line(envelope.digest, 11, [900], warnings=[warning], failed=["score: positive"]),
        line(envelope.digest, 12, [901], warnings=[warning.replace("900", "901")]),
        line(envelope.digest, 13, [1], status=500, outputs=None),
        line(envelope.digest, 14, [1], status=422, inputs=None),
    ]
    found = monitor(write(tmp_path / "log", lines), envelope)
    assert dict(found.tally.statuses) == {"200": 12, "500": 1, "422": 1}
    assert dict(found.tally.warnings) == {"'age'": 2}
    evidence = found.evidence()
    assert evidence["checks"]["failed"] == 1
    assert evidence["monitor"]["errors"] == 1
    assert (found.tally.rows, len(found.tally.hours)) == (12, 14)


def test_what_is_not_known_is_no_evidence(tmp_path: Path, envelope: Envelope) -> None:
    """An empty log tells nothing of checks and drift; an older service nothing of checks."""
    empty = monitor(write(tmp_path / "log", []), envelope).evidence()
    assert empty == {"envelope": envelope.digest, "monitor": {"requests": 0, "rows": 0}}
    old = [
        {key: value for key, value in entry.items() if key != "failed"} for entry in usual(envelope.digest, 5)
    ]
    found = monitor(write(tmp_path / "log", old), envelope)
    assert "checks" not in found.evidence()
    assert any("older" in note for note in found.notes)


def test_labels_give_the_metrics(tmp_path: Path, envelope: Envelope) -> None:
    """By the metric's own function, over the requests that have a label; others are told."""
    log = write(tmp_path / "log", [line(envelope.digest, 0, [40, 50]), *usual(envelope.digest, 20)[1:]])
    labels = pd.DataFrame(
        {"request_id": ["r0", "r0", "r3", "gone"], "row": [0, 1, 0, 0], "paid": [0.0, 1.0, 2.0, 3.0]}
    )
    labels.to_csv(tmp_path / "labels.csv", index=False)
    found = monitor(log, envelope, tmp_path / "labels.csv")
    scores = [(40 - 44.5) / 10, (50 - 44.5) / 10, (23 - 44.5) / 10]
    assert found.labelled == 3
    assert found.metrics == {"error": pytest.approx(np.abs(np.array(scores) - [0.0, 1.0, 2.0]).mean())}
    assert any("'spread' needs 'people'" in note for note in found.notes)
    assert found.evidence()["monitor"]["metrics"] == dict(found.metrics)


DAMAGE = st.sampled_from(
    [b"\n", b"{", b"[]\n", b'{"digest": "x"}\n', b"\xff\xfe\n", b'{"id": 1}\n', b"null\n"]
)


@given(st.lists(st.binary(max_size=30) | DAMAGE, max_size=6), st.booleans())
def test_damaged_lines_are_counted(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes], torn: bool
) -> None:
    """Whatever stands between them, whole lines are read, and one without an end is not."""
    digest = "a" * 64
    path = tmp_path_factory.mktemp("damaged") / "log"
    good = json.dumps(line(digest, 1, [30])).encode()
    path.write_bytes(good + b"\n" + b"".join(pieces) + b"\n" + good + (b"" if torn else b"\n"))
    assert len(list(read_lines(path, digest, Skipped()))) == (1 if torn else 2)


def test_a_compressed_log_is_read(tmp_path: Path) -> None:
    """As `logrotate` leaves it, whatever its name; one that was cut off says so, and nothing is told of it."""
    digest = "a" * 64
    plain = b"".join(json.dumps(line(digest, number, [30])).encode() + b"\n" for number in range(400))
    path = tmp_path / "requests.jsonl.1.gz"
    path.write_bytes(gzip.compress(plain))
    assert len(list(read_lines(path, digest, Skipped()))) == 400
    for data in (gzip.compress(plain)[:-20], gzip.compress(plain)[:40] + b"x" * 900, b"\x1f\x8b"):
        path.write_bytes(data)
        with pytest.raises(DataflowError, match="cannot read") as caught:
            list(read_lines(path, digest, Skipped()))
        assert caught.value.code == "DB403"


def test_a_log_of_something_else_is_refused(tmp_path: Path, envelope: Envelope) -> None:
    """A text is no log; a log of another envelope is one, of which nothing is taken."""
    (tmp_path / "log").write_text("hello\nworld\n")
    with pytest.raises(DataflowError, match="no log of a service"):
        monitor(tmp_path / "log", envelope)
    found = monitor(write(tmp_path / "log", usual("b" * 64, 5)), envelope)
    assert (found.tally.requests, found.skipped.others) == (0, 5)


def test_memory_does_not_grow_with_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four times as many lines take no more of it."""
    monkeypatch.setattr(tallies, "KEPT", 100)
    digest, most = "a" * 64, []
    for count in (2000, 8000):
        path = write(
            tmp_path / "log",
            (line(digest, number, [30], warnings=[f"w{number} is"]) for number in range(count)),
        )
        tracemalloc.start()
        tally = Tally()
        for entry in read_lines(path, digest, Skipped()):
            tally.add(entry)
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (tally.rows, len(tally.sample)) == (count, 100)
    assert most[1] < 1.5 * most[0]


def test_the_sample_is_even(monkeypatch: pytest.MonkeyPatch) -> None:
    """A row at the end of the log is as likely in it as one at its beginning."""
    monkeypatch.setattr(tallies, "KEPT", 500)
    tally = Tally()
    for number in range(5000):
        tally.add(line("a", number, [number]))
    ages = [row["age"] for row, _ in tally.sample]
    assert abs(np.mean(ages) - 2500) < 250
    assert abs(sum(age < 500 for age in ages) - 50) < 30


def test_the_command(
    tmp_path: Path,
    folder: Path,
    envelope: Envelope,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It prints, writes page and evidence, and tells drift by its exit code."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "log", usual(envelope.digest))
    assert main(["monitor", "log", "--envelope", str(folder), "-o", "report.html"]) == 0
    assert "500 requests, 500 rows" in capsys.readouterr().out
    assert json.loads((tmp_path / "evidence.json").read_text())["monitor"]["requests"] == 500
    evil = line(envelope.digest, 1, [60], warnings=["<script>alert(1)</script>"])
    write(tmp_path / "log", [evil] * 500)
    assert (
        main(["monitor", "log", "--envelope", str(folder), "-o", "report.html", "--evidence", "e.json"]) == 3
    )
    text = (tmp_path / "report.html").read_text()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    assert json.loads((tmp_path / "e.json").read_text())["drift"]["failed"] > 0
    assert "people[age]" in html(monitor(tmp_path / "log", envelope))


ERRORS: dict[str, tuple[int, list[str]]] = {
    "DB403 no log": (1, ["nothing", "--envelope", "people"]),
    "DB403 no envelope": (1, ["log", "--envelope", "nothing"]),
    "DB571 no log of a service": (1, ["text", "--envelope", "people"]),
    "DB572 labels without ids": (1, ["log", "--envelope", "people", "--labels", "labels.csv"]),
    "DB572 labels of another kind": (1, ["log", "--envelope", "people", "--labels", "labels.xls"]),
    "DB572 labels twice": (1, ["log", "--envelope", "people", "--labels", "labels.csv", "--on", "id"]),
}


def test_the_text_of_each_error(
    tmp_path: Path,
    folder: Path,
    envelope: Envelope,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each has its code and a way out; nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "people").symlink_to(folder)
    write(tmp_path / "log", usual(envelope.digest, 3))
    (tmp_path / "text").write_text("hello\n")
    (tmp_path / "labels.csv").write_text("id,paid\nr1,1\nr1,2\n")
    parts = []
    for title, (code, words) in ERRORS.items():
        assert main(["monitor", *words]) == code, title
        parts.append(f"### {title}\n$ dagbook monitor {' '.join(words)}\n{capsys.readouterr().err}")
        assert not (tmp_path / "evidence.json").exists()
    check_recorded("errors_monitor.txt", "\n".join(parts))
