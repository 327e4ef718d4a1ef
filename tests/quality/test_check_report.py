"""Reports of checks: what `dagbook check` and `dagbook run` write, as JSON and as HTML."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.cli.main import main
from tests.notebook_file import write_notebook

CELLS = [
    "%%setup\nimport pandas as pd",
    "%%inputs\nx: pd.Series = pd.Series([1.0, -2.0, 3.0, 4.0])",
    '%%node y --warn "value < 5" --check not_null\nx * 2',
    "%%check y\ny >= 0  # <b>never</b> negative\ny.notna()",
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook whose checks fail."""
    return write_notebook(tmp_path / "n.ipynb", CELLS)


def test_check_reports_every_condition_as_json(notebook: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Held, failed and warning conditions are all in the report, with share and sample rows."""
    assert main(["check", str(notebook), "--json"]) == 1
    found = {check["name"]: check for check in json.loads(capsys.readouterr().out)["results"]}
    assert {name: check["held"] for name, check in found.items()} == {
        "check_y": True,
        "warn_y": False,
        "check_y_2": False,
    }
    never, there = found["check_y_2"]["conditions"]
    assert (never["failing"], never["rows"], never["share"]) == (1, 4, 0.25)
    assert never["sample"] == ["1: -4"]
    assert there == {
        "message": "y.notna()",
        "held": True,
        "detail": "",
        "failing": None,
        "rows": None,
        "share": None,
        "sample": [],
    }


def test_the_html_report_escapes_everything(notebook: Path, tmp_path: Path) -> None:
    """Messages of a notebook cannot become markup, and nothing in the page can run or load."""
    target = tmp_path / "report.html"
    assert main(["check", str(notebook), "--html", str(target)]) == 1
    text = target.read_text()
    assert "&lt;b&gt;never&lt;/b&gt; negative" in text
    assert "<b>" not in text
    assert "default-src 'none'" in text
    assert "25 %" in text
    assert "such as 1: -4" in text
    assert "<h2>Values</h2>" in text


def test_a_run_that_a_check_stops_still_reports(notebook: Path, tmp_path: Path) -> None:
    """The report of a production run is written when the run fails, and names what stopped it."""
    pd.Series([1.0, -1.0], name="x").to_csv(tmp_path / "x.csv")
    given = [
        "run",
        str(notebook),
        "-o",
        str(tmp_path / "o.csv"),
        f"--input=x={tmp_path}/x.csv",
        "--outputs=y",
    ]
    assert main([*given, "--report", str(tmp_path / "r.json")]) == 1
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["ok"] is False
    assert report["errors"][0]["code"] == "DB302"
    assert not (tmp_path / "o.csv").exists()
    assert main([*given, "--checks=warn", "--report", str(tmp_path / "r.html")]) == 0
    assert "never" in (tmp_path / "r.html").read_text()


def test_a_report_with_an_unknown_suffix_stops_before_the_run(
    notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The wrong suffix is found before anything is computed."""
    given = ["run", str(notebook), "-o", str(tmp_path / "o.csv"), "--samples", "--report", "r.doc"]
    assert main(given) == 2
    assert "DB002 no report is called 'r.doc'." in capsys.readouterr().err
