"""Figures are formatted for people, and equally in Python and on the page."""

import json

import pytest

from kernel_magics.engine.values.figures import duration, percent
from tests.recorded import FOLDER

CASES = json.loads((FOLDER / "figures.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("seconds", "text"), CASES["duration"])
def test_durations(seconds: float | None, text: str) -> None:
    """The front end's tests read the same cases."""
    assert duration(seconds) == text


@pytest.mark.parametrize(("share", "text"), CASES["percent"])
def test_shares(share: float, text: str) -> None:
    """The front end's tests read the same cases."""
    assert percent(share) == text
