"""A crafted registry is one clear error: records of another form in a chain that is right, names of paths, bombs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from kernel_magics.registry.log import Log
from tests.export.test_atomic_write import snapshot
from tests.file_monitor import monitored
from tests.registry.making import envelope, registry

TIME = {"time": "2030-01-01T00:00:00+00:00", "by": "me"}
DIGEST = "a" * 64
CREATED = {**TIME, "what": "created", "version": 1, "name": "churn"}
PUBLISHED = {**TIME, "what": "published", "digest": DIGEST, "facts": {"tests": "passed"}}
MOVED = {**TIME, "what": "promoted", "digest": DIGEST, "environment": "staging", "from": "", "reasons": []}
RECORDS: dict[str, dict[str, Any]] = {
    "a digest of a path": {**PUBLISHED, "digest": "../../../home"},
    "a digest of a number": {**PUBLISHED, "digest": 7},
    "a digest in capitals": {**PUBLISHED, "digest": "A" * 64},
    "facts of a list": {**PUBLISHED, "facts": []},
    "facts of lists": {**PUBLISHED, "facts": {"tests": ["passed"]}},
    "a time that is none": {**PUBLISHED, "time": "yesterday"},
    "a time without a zone": {**PUBLISHED, "time": "2030-01-01T00:00:00"},
    "a time of a number": {**PUBLISHED, "time": 7},
    "somebody who is a list": {**PUBLISHED, "by": ["me"]},
    "an unknown record": {**TIME, "what": "deleted", "digest": DIGEST},
    "a record of a list": {**TIME, "what": ["published"]},
    "evidence of a text": {**TIME, "what": "evidence", "digest": DIGEST, "groups": "checks"},
    "an environment of a path": {**MOVED, "rules": DIGEST, "environment": "../../x"},
    "an environment of a page": {**MOVED, "rules": DIGEST, "environment": "<script>"},
    "reasons of texts": {**MOVED, "rules": DIGEST, "reasons": ["x"]},
    "reasons with more": {
        **MOVED,
        "rules": DIGEST,
        "reasons": [{"text": "", "holds": True, "reason": "", "evil": 1}],
    },
    "from a path": {**MOVED, "rules": DIGEST, "from": "../x"},
    "a role of a page": {
        **TIME,
        "what": "approved",
        "digest": DIGEST,
        "environment": "staging",
        "role": "<b>",
    },
    "another beginning": {**CREATED},
}
LOOKING = (("status",), ("explain", "staging"), ("history",), ("approve", "aaaaaaaa", "--as", "platform"))


def craft(root: Path, *records: dict[str, Any]) -> None:
    """A registry whose log has these records, with a chain of digests that is right."""
    root.mkdir(exist_ok=True)
    (root / "log.jsonl").write_bytes(Log((), (), 0).extend([CREATED, *records])[1])
    (root / "rules.yaml").write_text("environments: {staging: {}}\n", encoding="utf-8")


def test_crafted_records_are_refused(tmp_path: Path) -> None:
    """Anybody can begin a chain: DB562 names the line, and no command writes or runs anything."""
    commands = []
    for number, record in enumerate(RECORDS.values()):
        craft(tmp_path / f"r{number}", record)
        commands += [("registry", f"r{number}", *words) for words in LOOKING]
        commands += [("promote", f"r{number}"), ("publish", "churn", f"r{number}")]
    envelope(tmp_path / "churn")
    before = contents(tmp_path)
    seen = monitored(tmp_path, *commands, scratch=tmp_path.parent / "scratch")
    wrong = {
        (list(RECORDS)[int(command[1 + (command[0] == "publish")][1:])], command[0], code): said
        for command, code, said in zip(commands, seen.codes, seen.said, strict=True)
        if code != 1 or "DB562 line 2" not in said
    }
    assert wrong == {}
    assert contents(tmp_path) == before
    assert [line for line in seen.done if not line.endswith(".lock")] == []


def contents(folder: Path) -> dict[str, object]:
    """Every file but locks, with its content."""
    return {name: it[0] for name, it in snapshot(folder).items() if not name.endswith(".lock")}  # type: ignore[index]


def deep(root: Path) -> None:
    """A line that is nested too deeply."""
    (root / "log.jsonl").write_text("[" * 100_000 + "\n", encoding="utf-8")


def device(root: Path) -> None:
    """A log without an end."""
    (root / "log.jsonl").unlink()
    (root / "log.jsonl").symlink_to("/dev/zero")


def pipe(root: Path) -> None:
    """A log into which nobody writes."""
    (root / "log.jsonl").unlink()
    os.mkfifo(root / "log.jsonl")


def nested(root: Path) -> None:
    """A folder in the place of the rules."""
    (root / "rules.yaml").unlink()
    (root / "rules.yaml").mkdir()


def linked(root: Path) -> None:
    """Envelopes behind a link."""
    (root / "envelopes").rename(root.parent / "elsewhere")
    (root / "envelopes").symlink_to(root.parent / "elsewhere")


def pointing(root: Path) -> None:
    """A pointer to a path."""
    (root / "environments").mkdir(exist_ok=True)
    pointer = {"digest": "../../../home", "record": "0" * 64}
    (root / "environments" / "staging.json").write_text(json.dumps(pointer), encoding="utf-8")


def tagged(root: Path) -> None:
    """Rules with a tag that names a function."""
    (root / "rules.yaml").write_text(
        "environments:\n  staging: {require: [!!python/object/apply:os.system ['touch owned']]}\n",
        encoding="utf-8",
    )


def laughing(root: Path) -> None:
    """Rules of aliases that multiply."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (root / "rules.yaml").write_text("\n".join([*lines, "environments: *a11"]), encoding="utf-8")


def powered(root: Path) -> None:
    """A condition that would take for ever."""
    (root / "rules.yaml").write_text(
        "environments: {staging: {require: [9**9**9 > checks.failed]}}", encoding="utf-8"
    )


def called(root: Path) -> None:
    """A condition that calls."""
    (root / "rules.yaml").write_text(
        "environments: {staging: {require: [\"__import__('os').system('touch owned') == 0\"]}}",
        encoding="utf-8",
    )


MADE = {
    make.__name__: make
    for make in (deep, device, pipe, nested, linked, pointing, tagged, laughing, powered, called)
}


@pytest.mark.parametrize("kind", MADE)
def test_a_crafted_registry_is_refused(kind: str, tmp_path: Path) -> None:
    """One error with a code, soon; nothing is written but the lock, and nothing is run."""
    root, _ = registry(tmp_path, 0.8)
    MADE[kind](root)
    before = contents(tmp_path)
    seen = monitored(tmp_path, ("promote", "registry"), scratch=tmp_path.parent / "scratch")
    assert seen.codes == [1], seen.said
    assert "DB56" in seen.said[0]
    assert "Traceback" not in seen.said[0]
    assert contents(tmp_path) == before
    assert [line for line in seen.done if not line.endswith(".lock")] == []
