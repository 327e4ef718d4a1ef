"""The whole story: a notebook becomes an envelope, rules bring it into production, production tells how it does."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.registry.changes import promote
from kernel_magics.registry.registry import pointed
from kernel_magics.serve import following
from kernel_magics.serve.app import make_app
from kernel_magics.serve.following import Follower
from kernel_magics.serve.requestlog import RequestLog
from kernel_magics.serve.service import Service
from kernel_magics.serve.serving import Serving
from tests import waiting
from tests.notebook_file import write_notebook
from tests.registry.making import later
from tests.server import running

CELLS = (
    "%%setup\nimport numpy as np\nimport pandas as pd",
    "%%inputs\n"
    "people: pd.DataFrame = pd.DataFrame({'age': np.arange(300) % 50 + 20.0})  # one row for each\n"
    "paid: pd.Series = pd.Series((np.arange(300) % 50 + 20.0) / 10)",
    "%%node rate --fitted\nfloat((paid / people['age']).mean())",
    "%%node score\n# What somebody will pay.\npeople['age'] * rate",
    "%%node error --tag metric=lower\nfloat((score - paid).abs().mean())",
    "%%check score\nscore > 0  # positive\nscore < 50  # nobody pays that much",
)
WORSE = tuple(cell.replace("people['age'] * rate", "people['age'] * rate + 1.0") for cell in CELLS)
BETTER = tuple(
    cell.replace("# What somebody will pay.", "# What somebody will pay, in euros.") for cell in CELLS
)
EXPORT = ("export", "pay.ipynb", "-o", "pay", "--target", "envelope", "--outputs", "score")
RULES = """\
environments:
  staging:
    require: [tests == "passed", proof == "equal", checks.failed == 0, metrics.error <= champion.metrics.error + 0.01]
  production:
    after: staging
    require: [staging.hours >= 24, monitor.requests >= 100, drift.max_psi < 0.2, monitor.metrics.error < 0.5]
    approvals: {count: 1, from: [risk]}
    rollback: [checks.failed > 0]
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(following, "EVERY", 0.02)
    (tmp_path / "registry").mkdir()
    (tmp_path / "registry" / "rules.yaml").write_text(RULES)
    return tmp_path


@contextmanager
def service(environment: str, log: Path) -> Iterator[str]:
    """The address of a service that follows an environment."""
    root = Path("registry").absolute()
    serving = Serving(Service(Envelope.open(pointed(root, environment))), 1000)
    follower = Follower(root, environment, serving)
    follower.start()
    try:
        with running(make_app(serving, RequestLog(log))) as address:
            yield address
    finally:
        follower.stop()


def ask(address: str, *ages: float) -> dict[str, object]:
    """The answer to people of these ages."""
    body = json.dumps([{"age": age} for age in ages]).encode()
    with urllib.request.urlopen(
        urllib.request.Request(f"{address}/predict", body), timeout=waiting.PATIENCE
    ) as answer:
        found: dict[str, object] = json.load(answer)
        return found


def until(address: str, digest: str) -> None:
    """Ask until this envelope answers."""
    waiting.until(lambda: ask(address, 30.0)["digest"] == digest, f"{digest} answers")


def export(cells: tuple[str, ...], *options: str) -> str:
    """Export and publish a notebook; the digest."""
    write_notebook(Path("pay.ipynb"), list(cells))
    assert main([*EXPORT, *options]) == 0
    assert main(["publish", "pay", "registry"]) == 0
    return Envelope.open("pay").digest


def moved(hours: float) -> list[tuple[str, str, str]]:
    """What the rules move at an hour."""
    return [
        (move.environment, move.what, move.digest)
        for move in promote(Path("registry"), now=later(hours)).moves
    ]


def monitored(digest: str, log: str, *labels: str, code: int = 0) -> None:
    """Monitor a log and give the evidence to the registry."""
    options = ["--labels", *labels] if labels else []
    assert (
        main(["monitor", log, "--envelope", f"registry/envelopes/{digest}", "-o", "report.html", *options])
        == code
    )
    assert main(["registry", "registry", "evidence", digest, "evidence.json"]) == 0


@pytest.mark.slow
def test_from_a_notebook_to_production_and_back(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody deploys: rules promote what has its evidence, keep out what has not, and roll back what fails."""
    first = export(CELLS)
    assert moved(0) == [("staging", "promoted", first)]

    with service("staging", place / "staging.jsonl") as staging:
        ids = [ask(staging, 20.0 + number % 50)["request_id"] for number in range(150)]
        # labels become known later: people pay a tenth of their age
        lines = [f"{id},{(20.0 + number % 50) / 10}" for number, id in enumerate(ids)]
        (place / "labels.csv").write_text("\n".join(["request_id,paid", *lines]) + "\n")
        monitored(first, "staging.jsonl", "labels.csv")
        assert moved(25) == []  # nobody has approved it
        assert main(["registry", "registry", "approve", first[:10], "--as", "risk"]) == 0
        assert moved(25) == [("production", "promoted", first)]

        # a worse one never gets into staging
        write_notebook(place / "pay.ipynb", list(WORSE))
        assert main(EXPORT) == 1  # its recorded examples fail
        worse = export(WORSE, "--refresh-examples")
        assert moved(26) == []
        capsys.readouterr()
        assert main(["registry", "registry", "explain", "staging"]) == 0
        assert "✗ metrics.error <= champion.metrics.error + 0.01" in capsys.readouterr().out

        # one that is as good does, and the service follows; what it sees there is drift
        second = export(BETTER, "--refresh-examples")
        assert second not in (first, worse)
        assert moved(27) == [("staging", "promoted", second)]
        until(staging, second)
        for number in range(150):
            ask(staging, 65.0 + number % 5)
        monitored(second, "staging.jsonl", code=3)
        assert main(["registry", "registry", "approve", second[:10], "--as", "risk"]) == 0
        assert moved(60) == []
        capsys.readouterr()
        assert main(["registry", "registry", "explain", "production"]) == 0
        said = capsys.readouterr().out
        assert "✗ drift.max_psi < 0.2 (drift.max_psi is " in said

        # the people of staging are the usual ones again
        (place / "staging.jsonl").write_text("")
        ids = [ask(staging, 20.0 + number % 50)["request_id"] for number in range(150)]
        lines = [f"{id},{(20.0 + number % 50) / 10}" for number, id in enumerate(ids)]
        (place / "labels.csv").write_text("\n".join(["request_id,paid", *lines]) + "\n")
        monitored(second, "staging.jsonl", "labels.csv")

    with service("production", place / "production.jsonl") as production:
        assert ask(production, 30.0)["digest"] == first
        assert moved(61) == [("production", "promoted", second)]
        until(production, second)

        # a check fails in production: the envelope before it is there again
        ask(production, 900.0)
        monitored(second, "production.jsonl")
        assert moved(62) == [("production", "rolled back", first)]
        until(production, first)
        assert moved(63) == []

    assert main(["registry", "registry", "history"]) == 0
    history = capsys.readouterr().out
    assert f"production: {first[:12]} rolled back from {second[:12]}: checks.failed > 0" in history
    assert not [line for line in history.splitlines() if worse[:12] in line and "promoted" in line]
