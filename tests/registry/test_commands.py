"""`dagbook publish`, `promote` and `registry`: what they print, and one clear error for each kind of bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.registry.changes import promote
from tests.recorded import check_recorded
from tests.registry.making import RULES, envelope, later, registry


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a registry, and the user ann."""
    monkeypatch.setenv("LOGNAME", "ann")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plain(text: str) -> str:
    """A text without times and digests, which differ."""
    text = re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", "TIME", text)
    text = re.sub(r"hours is [\d.]+", "hours is HOURS", text)
    return re.sub(r"\b[0-9a-f]{12,64}\b", "DIGEST", text)


def test_the_journey_in_words(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Publish, promote, status, explain, evidence, approve, history: recorded."""
    said = []

    def run(*words: str, code: int = 0) -> None:
        assert main(words) == code
        said.append(f"$ dagbook {' '.join(words)}\n{capsys.readouterr().out}")

    (place / "evidence.json").write_text('{"drift": {"max_psi": 0.31}, "checks": {"failed": 0}}')
    envelope(place / "churn", 0.8)
    run("publish", "churn", "registry")
    run("publish", "churn", "registry")
    (place / "registry" / "rules.yaml").write_text(RULES.replace("24", "0"))
    run("promote", "registry", "--dry-run")
    run("promote", "registry")
    run("registry", "registry", "status")
    digest = json.loads((place / "registry" / "environments" / "staging.json").read_text())["digest"][:12]
    run("registry", "registry", "evidence", digest, "evidence.json")
    run("registry", "registry", "approve", digest, "--as", "risk", "--note", "seen <b>with</b>\x1b[31m Bob")
    run("registry", "registry", "explain", "production")
    (place / "evidence.json").write_text('{"drift": {"max_psi": 0.05}, "checks": {"failed": 0}}')
    run("registry", "registry", "evidence", digest, "evidence.json")
    run("promote", "registry")
    run("registry", "registry", "explain", "production")
    (place / "evidence.json").write_text('{"checks": {"failed": 2}}')
    run("registry", "registry", "evidence", digest, "evidence.json")
    run("promote", "registry", code=1)
    run("registry", "registry", "status")
    run("registry", "registry", "history")
    check_recorded("registry_journey.txt", plain("\n".join(said)))


def test_status_and_history_as_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: environments with what waits for them, and the records as they are."""
    root, (a,) = registry(place, 0.8)
    promote(root, now=later(0))
    assert main(["registry", str(root), "status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [item["digest"] for item in found["environments"]] == [a, ""]
    assert found["envelopes"][0]["waits"][0]["environment"] == "production"
    assert main(["registry", str(root), "history", "--json"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["what"] for line in lines] == ["created", "published", "promoted"]


def errors(place: Path) -> dict[str, tuple[int, list[str]]]:
    """Bad input by title: the exit code and the command."""
    _, (a, _) = registry(place, 0.8, 0.9)
    (place / "none.json").write_text("{}")
    (place / "tokens").write_text("ann platform a-long-long-token")
    (place / "tokens").chmod(0o644)
    envelope(place / "sales", name="sales")
    (place / "thesis").mkdir()
    (place / "thesis" / "thesis.txt").write_text("x")
    for name, change in {
        "edited": ("log.jsonl", b'"tested": 3', b'"tested": 9'),
        "wrong": ("rules.yaml", b"tests ==", b"test()=="),
    }.items():
        registry(place / name, 0.8)
        path = place / name / "registry" / change[0]
        path.write_bytes(path.read_bytes().replace(change[1], change[2]))
    r = "registry"
    return {
        "DB002 words that are missing": (2, [r, r, "explain"]),
        "DB002 too many words": (2, [r, r, "status", "x"]),
        "DB002 a mirror of nowhere": (2, [r, r, "mirror"]),
        "DB308 an unknown environment": (2, [r, r, "explain", "prod"]),
        "DB403 no envelope": (1, ["publish", "nowhere", r]),
        "DB561 no registry": (1, ["promote", "thesis"]),
        "DB561 a folder with other files": (1, ["publish", "sales", "thesis"]),
        "DB562 an edited log": (1, ["promote", "edited/registry"]),
        "DB563 wrong rules": (1, ["promote", "wrong/registry"]),
        "DB564 an unknown envelope": (2, [r, r, "approve", "abcdef"]),
        "DB564 too little of a digest": (2, [r, r, "approve", a[:3]]),
        "DB565 evidence that is none": (1, [r, r, "evidence", a, "none.json"]),
        "DB566 an envelope of another name": (2, ["publish", "sales", r]),
        "DB568 tokens that others can read": (1, [r, r, "serve", "--tokens", "tokens"]),
        "DB569 a page for the open without tokens": (2, [r, r, "serve", "--host", "0.0.0.0"]),
        "DB567 a role that nobody asks": (2, [r, r, "approve", a, "--as", "author"]),
        "DB567 an environment that does not ask": (2, [r, r, "approve", a, "--as", "risk", "--for", "staging"]),
    }  # fmt: skip


def test_the_text_of_each_error(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each has its code and a way out, and changes nothing."""
    parts = []
    cases = errors(place)

    def files() -> dict[str, bytes]:
        return {
            str(path): path.read_bytes()
            for path in place.rglob("*")
            if path.is_file() and path.name != ".lock"
        }

    before = files()
    for title, (code, words) in cases.items():
        assert main(words) == code, title
        said = capsys.readouterr()
        assert not said.out
        assert files() == before, title
        parts.append(f"### {title}\n$ dagbook {' '.join(words)}\n{said.err}")
    check_recorded("errors_registry.txt", plain("\n".join(parts)))
