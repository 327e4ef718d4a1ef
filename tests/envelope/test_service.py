"""`--target service`: an envelope with an app and a Dockerfile that answer without Dagbook."""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.cli.main import main
from kernel_magics.envelope import export, service, target
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.export.request import ExportRequest
from tests.envelope.making import CELLS, FRAME, SCORES
from tests.export.notebooks import make_session
from tests.notebook_file import write_notebook
from tests.ports import listening
from tests.waiting import PATIENCE

WITHOUT_US = "import sys; sys.modules['kernel_magics'] = None; import uvicorn; uvicorn.run('app:app', port=int(sys.argv[1]), log_level='warning')"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A service, exported."""
    place = tmp_path_factory.mktemp("service")
    write_notebook(place / "people.ipynb", list(CELLS))
    words = [
        "export",
        str(place / "people.ipynb"),
        "-o",
        str(place / "it's"),
        "--target",
        "service",
        "--outputs",
        "score",
    ]
    assert main(words) == 0
    return place / "it's"


@pytest.mark.parametrize("kind", ["module", "envelope", "service"])
def test_every_target_has_its_export(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The magic, the command and the page export what they were asked for."""
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(target, "export_flow", lambda *given: asked.append(("module", given[1].kind)))
    for name, module in (("envelope", export), ("service", service)):
        monkeypatch.setattr(
            module, f"export_{name}", lambda *given, name=name, **more: asked.append((name, given[1].kind))
        )
    request = ExportRequest("people", "people.ipynb", tmp_path / "people", kind=kind)  # type: ignore[arg-type]
    target.export_to(make_session("%%node a\n1"), request)
    assert asked == [(kind, kind)]


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """Its app in a process that cannot import Dagbook."""
    with (
        (folder.parent / "log.jsonl").open("w") as log,
        listening(lambda port: [sys.executable, "-c", WITHOUT_US, str(port)], cwd=folder, stdout=log) as (
            port,
            _,
        ),
    ):
        yield f"http://127.0.0.1:{port}"


def send(address: str, body: Any) -> tuple[int, Any]:
    """The status and the answer to a body."""
    request = urllib.request.Request(
        f"{address}/predict", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.slow
def test_the_app_answers_as_the_envelope_does(folder: Path, address: str) -> None:
    """One row, many rows, params; what is wrong is refused; each request is a line of the log."""
    rows = [dict(zip(FRAME, values, strict=True)) for values in zip(*FRAME.values(), strict=True)]
    status, answer = send(address, rows)
    assert (status, answer["outputs"]["score"]) == (200, SCORES)
    assert answer["digest"] == Envelope.open(folder / folder.name).digest
    assert send(address, rows[0])[1]["outputs"]["score"] == SCORES[:1]
    assert send(address, {"rows": rows, "params": {"scale": 1.0}})[1]["outputs"]["score"] == [
        score / 10 for score in SCORES
    ]
    for wrong in (
        [{"age": "x", "city": "A"}],
        [{"age": 1}],
        5,
        [1],
        {"rows": rows, "inputs": [1]},
        {"rows": 5},
    ):
        assert send(address, wrong)[0] == 422, wrong
    lines = [json.loads(line) for line in (folder.parent / "log.jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines] == [200] * 3 + [422] * 6
    assert lines[0]["inputs"]["rows"] == rows


@pytest.mark.slow
def test_the_folder_is_small_and_is_not_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The app is under 60 lines; a file that somebody else wrote stays; a second export changes nothing."""
    assert sorted(path.name for path in folder.iterdir() if path.name != "__pycache__") == [
        "Dockerfile",
        "app.py",
        "it's",
        "requirements.txt",
    ]
    assert len((folder / "app.py").read_text().splitlines()) < 60
    needs = (folder / "requirements.txt").read_text()
    assert "pandas==" in needs
    assert "fastapi" in needs
    assert "kernel" not in needs
    words = [
        "export",
        str(folder.parent / "people.ipynb"),
        "-o",
        str(folder),
        "--target",
        "service",
        "--outputs",
        "score",
    ]
    assert main([*words, "--check"]) == 0
    (folder / "Dockerfile").write_text("FROM mine\n")
    capsys.readouterr()
    assert main(words) == 1
    assert "DB521" in capsys.readouterr().err
    assert (folder / "Dockerfile").read_text() == "FROM mine\n"
