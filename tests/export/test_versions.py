"""The distributions of modules are looked up once, and again when one was installed."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from kernel_magics.export.package.versions import installed, owners


def test_a_new_distribution_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though the others are not looked up again while nothing changes."""
    calls = []
    look_up = metadata.packages_distributions

    def counted() -> object:
        calls.append(1)
        return look_up()

    monkeypatch.setattr(metadata, "packages_distributions", counted)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert installed(["novelty"]) == ({}, ["novelty"])
    assert owners() is owners()
    assert len(calls) == 1
    folder = tmp_path / "novelty-1.5.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: novelty\nVersion: 1.5\n")
    (folder / "top_level.txt").write_text("novelty\n")
    assert installed(["novelty"]) == ({"novelty": "1.5"}, [])
    assert len(calls) == 2
