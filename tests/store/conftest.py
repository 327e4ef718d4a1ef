"""A separate user for the tests of the store."""

from pathlib import Path

import pytest

from kernel_magics.store import secret


@pytest.fixture(autouse=True)
def someone(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The place of this test user's secret; nothing is written into the home of the person who runs the tests."""
    home = tmp_path_factory.mktemp("home")
    become(home, monkeypatch)
    return home


def become(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Go on as the user with this home."""
    monkeypatch.setattr(secret, "_home", lambda: home)
    secret._secret.cache_clear()
