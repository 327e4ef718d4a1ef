"""Files that conversions write stay apart."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test is in a folder of its own: samples of values that are handed on go to the present one."""
    monkeypatch.chdir(tmp_path)
