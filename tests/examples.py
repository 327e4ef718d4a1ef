"""How many examples a test has: what a property test draws, by profile, and which of many cases are slow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

NORMAL = 100  # Hypothesis' own number of examples: a profile's share of it is its share of each test's number
LEAST = 15
PROFILE = "quick"  # where `--hypothesis-profile` names no other

# A gate that draws at random fails for changes that are not to blame: only `explore` draws others each time. How
# long drawing takes says how busy the machine is.
_anywhere = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile(PROFILE, _anywhere, max_examples=NORMAL // 4, derandomize=True)
settings.register_profile("full", _anywhere, max_examples=NORMAL, derandomize=True)
settings.register_profile("explore", _anywhere, max_examples=NORMAL * 10)


def examples(number: int, least: int = LEAST, **more: Any) -> settings:
    """Return the settings of a test that draws this many examples in profile `full`, and their share in others.

    Args:
        number: how many; a test whose examples cost much takes fewer than 100.
        least: how many are drawn in any profile.
        more: other settings of Hypothesis.
    """
    share = settings.default.max_examples / NORMAL
    return settings(max_examples=max(min(number, least), round(number * share)), **more)


def each(cases: Iterable[Any], often: int) -> list[Any]:
    """Parameters of a test with many cases of one kind: all but every `often`-th are run by the gate alone."""
    return [
        case if place % often == 0 else pytest.param(case, marks=pytest.mark.slow)
        for place, case in enumerate(cases)
    ]
