"""Registries for tests: envelopes that have a record and one file, which is all that a registry looks at."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kernel_magics.envelope.record import NAME, read_record, seal
from kernel_magics.registry.changes import publish

START = datetime(2030, 1, 1, tzinfo=UTC)
RULES = """\
environments:
  staging:    {require: [tests == "passed", proof == "equal", checks.failed == 0]}
  production:
    after: staging
    require: [staging.hours >= 24, drift.max_psi < 0.2, metrics.auc >= champion.metrics.auc - 0.005]
    approvals: {count: 1, from: [platform, risk]}
    rollback: [checks.failed > 0]
"""


def later(hours: float) -> datetime:
    """A time after the start."""
    return START + timedelta(hours=hours)


def envelope(folder: Path, auc: float = 0.8, *, name: str = "churn", failed: int = 0, **more: Any) -> Path:
    """The folder of an envelope with these facts."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    record = {
        "name": name,
        "tests": "passed",
        "tested": 3,
        "proof": "equal",
        "checks": {"count": 2, "failed": failed, "warned": 0},
        "metrics": {"auc": auc},
        "source": {"notebook": "n.ipynb", "commit": None, "dirty": None},
        "package": "churn",
        "rows": {"kind": "frame", "alone": True, "reason": ""},
        **{part: [] for part in ("inputs", "params", "outputs", "private")},
        **{part: {} for part in ("nodes", "values", "requirements")},
        **more,
    }
    files = {"code/a.py": f"# {auc}\n".encode()}
    (folder / "code").mkdir()
    (folder / "code" / "a.py").write_bytes(files["code/a.py"])
    (folder / NAME).write_bytes(seal(record, files))
    return folder


def registry(tmp_path: Path, *aucs: float, rules: str = RULES) -> tuple[Path, list[str]]:
    """A registry with envelopes, and their digests."""
    root = tmp_path / "registry"
    digests = [publish(envelope(tmp_path / "out", auc), root)[0] for auc in aucs]
    (root / "rules.yaml").write_text(rules, encoding="utf-8")
    return root, digests


def digest_of(folder: Path) -> str:
    """The digest of an envelope."""
    return str(read_record(folder)["digest"])
