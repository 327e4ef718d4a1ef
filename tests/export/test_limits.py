"""Limits of recorded calls: a call that computes too long ends, one that a busy machine keeps waiting goes on."""

from __future__ import annotations

import signal
import time

import pytest

from kernel_magics.export.examples import limits
from kernel_magics.export.examples.limits import TooSlow, time_limit

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="the system has no timers")


def test_a_call_ends_when_it_has_cost_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost is looked at when the time is over, and again after what was left of it."""
    costs = [0.001, 0.004, 0.02]

    class Told:
        @property
        def seconds(self) -> float:
            return costs.pop(0)

    monkeypatch.setattr(limits, "Cost", Told)
    with pytest.raises(TooSlow), time_limit(0.01):
        time.sleep(600)
    assert costs == []


def test_a_call_that_ends_in_time_leaves_no_alarm() -> None:
    """The handler and the timer from before are there again."""
    before = signal.getsignal(signal.SIGALRM)
    with time_limit(600):
        assert signal.getsignal(signal.SIGALRM) is not before
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
