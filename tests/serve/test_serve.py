"""`dagbook serve`: a real server on the loopback answers rows as the batch does, and refuses what is wrong by its field."""

from __future__ import annotations

import json
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics import Envelope
from kernel_magics.engine.errors import DataflowError, SourceError
from kernel_magics.serve.app import Limits, make_app
from kernel_magics.serve.requestlog import RequestLog
from kernel_magics.serve.service import Service
from kernel_magics.serve.serving import Serving
from tests.envelope.making import FRAME, SCORES, make
from tests.examples import examples
from tests.ports import listening
from tests.server import running
from tests.waiting import PATIENCE

PEOPLE = {"age": [20, 40, 60], "city": ["A", "B", "A"]}


@dataclass(frozen=True)
class Server:
    """A server that runs, and its log."""

    address: str
    log: Path
    service: Service

    def send(self, body: Any, path: str = "/predict") -> tuple[int, Any]:
        """The status and the answer to a body."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}{path}", data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def get(self, path: str) -> str:
        """What is at a path."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=PATIENCE) as answer:
            return str(answer.read().decode())

    def entries(self) -> list[dict[str, Any]]:
        """The lines of the log."""
        return [json.loads(line) for line in self.log.read_bytes().splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An envelope."""
    path = tmp_path_factory.mktemp("serve") / "people"
    make(path)
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[Server]:
    """The envelope, served from a thread of this process."""
    log = folder.parent / "requests.jsonl"
    service = Service(Envelope.open(folder))
    app = make_app(Serving(service, 100), RequestLog(log), Limits(rows=100, size=20_000))
    with running(app) as address:
        yield Server(address, log, service)


def rows(table: dict[str, list[Any]]) -> list[dict[str, Any]]:
    """A row for each place of the columns."""
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def test_one_row_and_many_have_the_values_of_the_batch(server: Server) -> None:
    """Every row of the sample alone, all together, and rows that came later."""
    batch = server.service.envelope.run(inputs={"people": pd.DataFrame(PEOPLE)}, checks="off")[
        "score"
    ].tolist()
    assert server.send(rows(PEOPLE))[1]["outputs"]["score"] == batch
    for row, score in zip(rows(PEOPLE), batch, strict=True):
        assert server.send(row)[1]["outputs"]["score"] == [score]
        assert server.send({"rows": [row], "params": {"scale": 1.0}})[1]["outputs"]["score"] == [score / 10]
    status, answer = server.send({"rows": rows(FRAME)})
    assert (status, answer["outputs"]["score"]) == (200, SCORES)
    assert answer["digest"] == server.service.envelope.digest


def test_a_param_that_chooses_variants_is_obeyed(tmp_path: Path) -> None:
    """Requests with another param run what it chooses, with its checks; a missing input is a problem."""
    cells = ("%%inputs\nage: float = 3.0", "%%params\nregion: str = 'us'")
    cells += ("%%node price --when region=us\nage * 2", "%%node price --when region=eu\nage * 3")
    cells += ("%%node score\nprice + 1", "%%check score\nscore < 9  # small")
    make(tmp_path / "people", *cells)
    service = Service(Envelope.open(tmp_path / "people"))
    row = {"age": 3.0}
    for params, score, failed in (({}, 7.0, []), ({"region": "eu"}, 10.0, ["score: small"])):
        reply = service.answer([row, row], params=params)
        assert (reply.outputs, reply.failed) == ({"score": [score, score]}, failed)
    assert service.answer([{"age": 5.0}]).failed == ["score: small"]
    with pytest.raises(DataflowError, match="age"):
        service.answer([{}])


def test_the_example_of_the_envelope_gets_its_answer(server: Server, folder: Path) -> None:
    """What `example.json` says is what the service does."""
    example = json.loads((folder / "example.json").read_text(encoding="utf-8"))
    assert server.send(example["request"])[1]["outputs"] == example["answer"]


def test_values_outside_of_what_was_learnt_are_warned_about(server: Server) -> None:
    """So are checks that do not hold; the answer comes all the same."""
    status, answer = server.send({"age": 900, "city": "A"})
    assert status == 200
    assert answer["warnings"] == ["'age' of row 0 is 900, outside of the training range 20 to 60"]
    assert server.send({"age": 20, "city": "A"})[1]["warnings"] == ["score: positive"]


WRONG: dict[str, tuple[Any, str]] = {
    "another type": ({"age": "x", "city": "A"}, "rows.0.age"),
    "half a year": ({"age": 1.5, "city": "A"}, "rows.0.age"),
    "a truth": ({"age": True, "city": "A"}, "rows.0.age"),
    "a missing field": ([{"age": 1, "city": "A"}, {"age": 1}], "rows.1.city"),
    "an extra field": ({"age": 1, "city": "A", "more": 1}, "rows.0.more"),
    "a huge number": ({"age": 10**400, "city": "A"}, "rows.0.age"),
    "no rows": ({"rows": []}, "rows"),
    "too many rows": ({"rows": [{"age": 1, "city": "A"}] * 101}, "rows"),
    "a param of another type": ({"rows": rows(FRAME), "params": {"scale": "x"}}, "params.scale"),
    "a truth for a number": ({"rows": rows(FRAME), "params": {"scale": True}}, "params.scale"),
    "an unknown param": ({"rows": rows(FRAME), "params": {"x": 1}}, "params.x"),
    "no JSON": (b"{", ""),
    "a number that JSON has not": (b'{"age": NaN, "city": "A"}', ""),
    "deep nesting": (b"[" * 9000, ""),
    "no text": (b"\xff\xfe\xfa", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_refused_by_its_field(server: Server, case: str) -> None:
    """422, the path of the field, and no outputs."""
    body, field = WRONG[case]
    status, answer = server.send(body)
    assert status == 422
    assert "outputs" not in answer
    assert field in [item["field"] for item in answer["errors"]]
    assert all(item["message"] for item in answer["errors"])


def test_a_large_body_is_refused(server: Server) -> None:
    """Before it is read to its end."""
    assert server.send(b"[" + b" " * 30_000 + b"]")[0] == 413


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["age", "city", "rows", "params", "scale", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
LIKELY = st.fixed_dictionaries(
    {"age": st.integers() | st.none() | st.floats(), "city": st.text(max_size=4) | st.none()}
)


@given(ANY | LIKELY | st.lists(LIKELY, max_size=4))
@examples(80)
def test_no_body_makes_it_fail(server: Server, body: Any) -> None:
    """Whatever JSON is sent, there are outputs, or a field is named."""
    status, answer = server.send(body)
    assert status in (200, 422), answer
    assert ("outputs" in answer) == (status == 200)


def test_a_failing_node_tells_its_request_and_no_more(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 with the id; the traceback is in the log under that id."""

    def fail(**given: Any) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Service, "answer", lambda self, **given: fail(**given))
    status, answer = server.send({"age": 1, "city": "A"})
    assert (status, answer["errors"]) == (500, [{"field": "", "message": "a node failed"}])
    assert "secret" not in json.dumps(answer)
    entry = next(item for item in server.entries() if item["id"] == answer["request_id"])
    assert "ZeroDivisionError: secret detail" in entry["trace"]


def test_the_log_has_a_line_for_each_request(server: Server) -> None:
    """With its id, the digest, inputs, outputs, warnings and time."""
    before = len(server.entries())
    answers = [server.send({"age": 30, "city": "B"})[1], server.send(b"{")[1]]
    lines = server.entries()[before:]
    assert [line["id"] for line in lines] == [answer["request_id"] for answer in answers]
    assert lines[0]["inputs"]["rows"] == [{"age": 30, "city": "B"}]
    assert lines[0]["outputs"] == answers[0]["outputs"]
    assert {line["digest"] for line in lines} == {server.service.envelope.digest}
    assert [line["status"] for line in lines] == [200, 422]


def test_it_tells_what_it_is(server: Server) -> None:
    """Health, readiness, schema, numbers, OpenAPI, and a page that loads nothing from elsewhere."""
    assert json.loads(server.get("/health")) == {"status": "ok"}
    assert json.loads(server.get("/ready"))["digest"] == server.service.envelope.digest
    assert json.loads(server.get("/schema"))["outputs"][0]["name"] == "score"
    assert 'dagbook_requests_total{status="200"}' in server.get("/metrics")
    body = json.loads(server.get("/openapi.json"))["paths"]["/predict"]["post"]["requestBody"]
    fields = body["content"]["application/json"]["schema"]["anyOf"][0]["properties"]["rows"]["items"][
        "properties"
    ]
    assert fields["age"]["type"] == "integer"
    page = server.get("/")
    assert "http://" not in page
    assert "https://" not in page
    assert "People" in page or "people" in page


def test_a_line_that_a_killed_process_left_is_ended(tmp_path: Path) -> None:
    """What it wrote whole stays readable, and so is what comes next."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b'{"a": 1}\n{"a": ')
    RequestLog(path).write({"a": 2})
    assert path.read_bytes() == b'{"a": 1}\n{"a": \n{"a": 2}\n'
    with pytest.raises(SourceError, match="cannot write"):
        RequestLog(tmp_path / "no" / "log.jsonl")


@pytest.mark.slow
def test_the_command_serves_and_ends_when_it_is_told(folder: Path, tmp_path: Path) -> None:
    """A process of its own, ended by SIGTERM: every answered request is in the log."""
    log = tmp_path / "log.jsonl"
    words = ["serve", str(folder), "--log", str(log)]
    with listening(lambda port: [sys.executable, "-m", "kernel_magics", *words, "--port", str(port)]) as (
        port,
        process,
    ):
        there = Server(f"http://127.0.0.1:{port}", log, Service(Envelope.open(folder)))
        there.get("/ready")
        found = [there.send(row)[1]["request_id"] for row in rows(PEOPLE) * 5]
        process.send_signal(signal.SIGTERM)
        code = process.wait(PATIENCE)
    assert code == 128 + signal.SIGTERM  # of the process that runs the command for this one
    assert [entry["id"] for entry in there.entries()] == found


def test_the_log_covers_what_is_private(tmp_path: Path) -> None:
    """Values under private names are in no part of a line, and no secret is; the file is the user's alone."""
    path = tmp_path / "log.jsonl"
    entry = {
        "id": "1",
        "inputs": {"rows": [{"email": "ann@real.org", "age": 3}]},
        "outputs": {"upper": ["ANN@REAL.ORG"], "score": [0.5]},
        "trace": "ValueError: ann@real.org with password=hunter2x9",
    }
    RequestLog(path, ["email"]).write(entry)
    text = path.read_text(encoding="utf-8")
    assert "real.org" not in text.lower()
    assert "hunter2x9" not in text
    assert json.loads(text)["outputs"]["score"] == [0.5]
    assert path.stat().st_mode & 0o077 == 0
