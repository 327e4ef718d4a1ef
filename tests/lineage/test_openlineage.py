"""OpenLineage: the events of a run, to a file and over HTTP, as the client's own classes accept them."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from unittest import mock

import jsonschema
import pandas as pd
import pytest
from openlineage.client.event_v2 import RunEvent
from openlineage.client.facet_v2 import column_lineage_dataset, schema_dataset

from kernel_magics.cli.main import main
from tests.lineage.shapes import CLASSES, facets_of, object_of
from tests.notebook_file import write_notebook

CELLS = [
    "%%setup\nimport pandas as pd",
    "%%inputs\norders: pd.DataFrame = pd.DataFrame({'id': [1, 2], 'amount': [1.0, 2.0], 'kind': ['a', 'b']})\nrate: pd.Series = pd.Series([2.0, 2.0, 2.0])",
    '%%node value\norders[orders["kind"] != "x"]["amount"] * rate',
    "%%node odd\nvalue.pipe(lambda v: v + 1)",
    "%%check value\nvalue > 0  # positive",
    "%%check orders --warn\norders['id'] > 1  # late ids",
]


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """A notebook with an input file."""
    frame = pd.DataFrame({"id": [1, 2, 3], "amount": [1.0, 2.0, 4.0], "kind": ["a", "b", "a"]})
    frame.to_csv(tmp_path / "orders.csv")
    return write_notebook(tmp_path / "shop.ipynb", CELLS)


def run(notebook: Path, target: str, *more: str) -> int:
    """A production run with lineage."""
    folder = notebook.parent
    given = [
        "run",
        str(notebook),
        "-o",
        str(folder / "out.csv"),
        f"--input=orders={folder}/orders.csv",
        "--samples",
    ]
    return main([*given, "--lineage", target, *more])


def events(path: Path) -> list[dict[str, Any]]:
    """The events in a file."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_start_and_complete_in_a_file(notebook: Path, tmp_path: Path) -> None:
    """One run id, START then COMPLETE, with schema, metrics, assertions and column lineage."""
    assert run(notebook, str(tmp_path / "events.jsonl")) == 0
    start, end = events(tmp_path / "events.jsonl")
    assert (start["eventType"], end["eventType"]) == ("START", "COMPLETE")
    assert start["run"]["runId"] == end["run"]["runId"]
    assert end["job"] == {"namespace": "dagbook", "name": "shop", "facets": {}}
    orders = next(item for item in end["inputs"] if item["name"] == str(tmp_path / "orders.csv"))
    assert [field["name"] for field in orders["facets"]["schema"]["fields"]] == ["id", "amount", "kind"]
    metrics = orders["inputFacets"]["dataQualityMetrics"]
    assert metrics["rowCount"] == 3
    assert metrics["columnMetrics"]["amount"]["max"] == 4.0
    (assertion,) = orders["inputFacets"]["dataQualityAssertions"]["assertions"]
    assert (assertion["assertion"], assertion["success"], assertion["severity"]) == (
        "late ids",
        False,
        "warn",
    )
    (output,) = end["outputs"]
    assert (output["namespace"], output["name"]) == ("file", str(tmp_path / "out.csv"))
    assert output["outputFacets"]["outputStatistics"]["rowCount"] == 3
    fields = output["facets"]["columnLineage"]["fields"]["odd"]["inputFields"]
    assert {(Path(item["name"]).name, item["field"]) for item in fields} == {
        ("orders.csv", "amount"),
        ("shop.rate", "rate"),
    }
    indirect = output["facets"]["columnLineage"]["dataset"]
    assert [(item["field"], item["transformations"][0]["type"]) for item in indirect] == [
        ("kind", "INDIRECT")
    ]
    assert {test["name"]: test["status"] for test in end["run"]["facets"]["test"]["tests"]} == {
        "value: positive": "pass",
        "orders: late ids": "fail",
    }


def test_a_failing_run_says_fail(notebook: Path, tmp_path: Path) -> None:
    """A check that stops the run ends it with FAIL, the error and the check's message."""
    pd.DataFrame({"id": [1], "amount": [-1.0], "kind": ["a"]}).to_csv(tmp_path / "orders.csv")
    assert run(notebook, str(tmp_path / "e.jsonl")) == 1
    end = events(tmp_path / "e.jsonl")[-1]
    assert end["eventType"] == "FAIL"
    assert "DB302 'value' fails" in end["run"]["facets"]["errorMessage"]["message"]
    assert not (tmp_path / "out.csv").exists()


def test_the_client_accepts_what_is_emitted(notebook: Path, tmp_path: Path) -> None:
    """Every facet goes into the client's own class again, whose validators raise for what is wrong."""
    assert run(notebook, str(tmp_path / "e.jsonl")) == 0
    for event in events(tmp_path / "e.jsonl"):
        plain = {key: event[key] for key in ("eventTime", "producer")}
        assert RunEvent(**plain, run=mock.sentinel.run, job=mock.sentinel.job) is not None
        for output in event["outputs"]:
            lineage = output["facets"]["columnLineage"]
            assert lineage["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
            for item in [
                *lineage.get("dataset", ()),
                *(f for c in lineage["fields"].values() for f in c["inputFields"]),
            ]:
                made = [
                    column_lineage_dataset.Transformation(**change) for change in item.pop("transformations")
                ]
                column_lineage_dataset.InputField(**item, transformations=made)
        for dataset in [*event["inputs"], *event["outputs"]]:
            for field in dataset["facets"].get("schema", {}).get("fields", ()):
                schema_dataset.SchemaDatasetFacetFields(**field)


@pytest.mark.parametrize("amount", [1.0, -1.0], ids=["complete", "fail"])
def test_events_and_facets_have_the_shape_that_the_client_generates(
    notebook: Path, tmp_path: Path, amount: float
) -> None:
    """Each event, and each facet by the class that its URL names: no other key, none missing, no other type."""
    pd.DataFrame({"id": [1, 2, 3], "amount": [amount, 2.0, 4.0], "kind": ["a", "b", "a"]}).to_csv(
        tmp_path / "orders.csv"
    )
    run(notebook, str(tmp_path / "e.jsonl"))
    checker = jsonschema.FormatChecker()
    seen = set()
    for event in events(tmp_path / "e.jsonl"):
        jsonschema.validate(event, object_of(CLASSES["RunEvent"]), format_checker=checker)
        for name, facet in facets_of(event):
            jsonschema.validate(facet, object_of(CLASSES[name]), format_checker=checker)
            seen.add(name)
    assert {"SchemaDatasetFacet", "DataQualityAssertionsDatasetFacet", "TestRunFacet"} <= seen
    assert ("ErrorMessageRunFacet" in seen) == (amount < 0)
    broken = {**facet, "extra": 1}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, object_of(CLASSES[name]))


@pytest.fixture
def server() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """An HTTP endpoint that stores requests."""
    got: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Keep quiet."""

    made = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_port}", got
    made.shutdown()


def test_events_over_http(notebook: Path, server: tuple[str, list[dict[str, Any]]]) -> None:
    """The same events go to an endpoint such as Marquez."""
    url, got = server
    assert run(notebook, url) == 0
    assert [event["eventType"] for event in got] == ["START", "COMPLETE"]


def test_a_dead_endpoint_does_not_stop_the_run(
    notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output is written, and a line reports that the events are lost."""
    assert run(notebook, "http://127.0.0.1:9") == 0
    assert "lineage could not be sent" in capsys.readouterr().err
    assert (tmp_path / "out.csv").exists()


def test_without_the_client_the_extra_is_named(
    notebook: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The option needs a package, and reports that before anything runs."""
    with mock.patch.dict(sys.modules, {"kernel_magics.lineage.openlineage": None}):
        assert run(notebook, "x.jsonl") == 1
    assert "pip install 'dagbook[lineage]'" in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()
