"""`dagbook serve REGISTRY@ENV`: when the pointer moves, the new envelope answers, and each answer is of one envelope."""

from __future__ import annotations

import json
import shutil
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.engine.errors import DataflowError
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.envelope.record import NAME, folder_files, seal
from kernel_magics.registry.changes import promote, publish
from kernel_magics.registry.registry import parse_source, pointed
from kernel_magics.serve import following
from kernel_magics.serve.app import make_app
from kernel_magics.serve.following import Follower
from kernel_magics.serve.requestlog import RequestLog
from kernel_magics.serve.service import Service
from kernel_magics.serve.serving import Serving
from tests.envelope.making import make
from tests.server import running
from tests.waiting import PATIENCE, until

ROW = {"age": 30, "city": "B"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, float]]:
    """Two envelopes of one name with their scores of the row."""
    folder = tmp_path_factory.mktemp("following")
    first, second = folder / "1" / "people", folder / "2" / "people"
    make(first)
    shutil.copytree(first, second)
    for path in (second / "code").rglob("features.py"):
        path.write_text(path.read_text().replace("scale: float = 10.0", "scale: float = 30.0"))
    record = json.loads((second / NAME).read_text())
    (second / NAME).write_bytes(seal({**record, "files": {}}, folder_files(second)))
    return [(first, -60.0), (second, -180.0)]


@pytest.fixture
def root(made: list[tuple[Path, float]], tmp_path: Path) -> Path:
    """A registry with the first of them in production."""
    folder = tmp_path / "registry"
    folder.mkdir()
    (folder / "rules.yaml").write_text("environments: {production: {}}")
    publish(made[0][0], folder)
    promote(folder)
    return folder


@pytest.fixture
def served(root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Serving, Path]]:
    """Its address, what it serves, and its log."""
    monkeypatch.setattr(following, "EVERY", 0.02)
    monkeypatch.setattr(following, "AGAIN", 0.2)
    log = root.parent / "log.jsonl"
    serving = Serving(Service(Envelope.open(pointed(root, "production"))), 100)
    follower = Follower(root, "production", serving)
    follower.start()
    with running(make_app(serving, RequestLog(log))) as address:
        yield address, serving, log
    follower.stop()


def ask(address: str, row: object = ROW) -> dict[str, object]:
    """The answer to a row."""
    request = urllib.request.Request(f"{address}/predict", json.dumps(row).encode())
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def test_a_pointer_that_moves_under_load_mixes_no_answers(
    made: list[tuple[Path, float]], root: Path, served: tuple[str, Serving, Path]
) -> None:
    """No request is lost; each has the outputs of the envelope that it names, in the answer and in the log."""
    address, _, log = served
    answers: list[dict[str, object]] = []
    failed: list[Exception] = []
    ended = threading.Event()

    def load() -> None:
        while not ended.is_set():
            try:
                answers.append(ask(address))
            except Exception as error:
                failed.append(error)

    threads = [threading.Thread(target=load) for _ in range(6)]
    for thread in threads:
        thread.start()
    until(lambda: answers, "an answer of the first envelope")
    second, _ = publish(made[1][0], root)
    promote(root)
    until(lambda: answers[-1]["digest"] == second, "an answer of the second envelope")
    ended.set()
    for thread in threads:
        thread.join()
    assert not failed
    scores = {Envelope.open(path).digest: score for path, score in made}
    assert {answer["digest"] for answer in answers} == set(scores)
    for answer in answers:
        assert answer["outputs"] == {"score": [scores[str(answer["digest"])]]}
    assert ask(address)["digest"] == second
    for line in log.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        assert entry["outputs"]["score"] == [scores[entry["digest"]]]
    with urllib.request.urlopen(f"{address}/openapi.json") as answer:
        assert json.load(answer)["info"]["version"] == second[:12]


def test_an_envelope_that_cannot_be_loaded_changes_nothing(
    made: list[tuple[Path, float]], root: Path, served: tuple[str, Serving, Path]
) -> None:
    """The old one answers, readiness tells why; once it is restored, it answers."""
    address, serving, _ = served
    first = serving.now.envelope.digest
    second, _ = publish(made[1][0], root)
    damaged = next((root / "envelopes" / second / "code").rglob("features.py"))
    whole = damaged.read_bytes()
    damaged.write_text("raise SystemExit")
    pointer = root / "environments" / "production.json"
    document = json.loads(pointer.read_text())
    written = pointer.with_suffix(".new")
    written.write_text(json.dumps({**document, "digest": second}))
    written.replace(pointer)  # as a registry does: the service may read it at any moment
    until(lambda: "DB541" in serving.problem, "it tells why")
    assert ask(address)["digest"] == first
    with urllib.request.urlopen(f"{address}/ready") as answer:
        assert "DB541" in json.load(answer)["problem"]
    damaged.write_bytes(whole)
    until(lambda: (serving.now.envelope.digest, serving.problem) == (second, ""), "the second one is served")
    assert ask(address)["digest"] == second


def test_the_source_of_a_service() -> None:
    """An environment after @, unless a folder has that name."""
    assert parse_source("registry@production") == (Path("registry"), "production")
    assert parse_source("a@b/registry@production") == (Path("a@b/registry"), "production")
    assert parse_source("churn") == (Path("churn"), "")
    assert parse_source("@x") == (Path("@x"), "")


def test_an_empty_environment_serves_nothing(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One error, by every kind of wrong name."""
    for name in ("staging", "../production"):
        with pytest.raises(DataflowError):
            pointed(root, name)
    assert main(["serve", f"{root}@staging"]) == 1
    assert "DB561 no envelope is in 'staging'" in capsys.readouterr().err
    assert main(["serve", f"{root}@../production"]) == 2
    shutil.rmtree(root)
    assert main(["serve", f"{root}@production"]) == 1
