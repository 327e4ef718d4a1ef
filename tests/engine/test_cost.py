"""The cost of calls: what else the machine does is a small part of it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from kernel_magics.engine.run import cost
from kernel_magics.engine.run.cost import WAITING, Cost


@pytest.mark.parametrize(
    ("computed", "passed", "costs"), [(2.0, 2.0, 2.0), (2.0, 2.0 * WAITING, 2.0), (0.0, 2.0 * WAITING, 2.0)]
)
def test_a_call_costs_what_it_computes(
    monkeypatch: pytest.MonkeyPatch, computed: float, passed: float, costs: float
) -> None:
    """On a free machine, on one that is busy, and where the call only waits."""
    now = SimpleNamespace(thread_time=lambda: 7.0, perf_counter=lambda: 9.0)
    monkeypatch.setattr(cost, "time", now)
    made = Cost()
    assert made.seconds == 0.0
    now.thread_time, now.perf_counter = (lambda: 7.0 + computed), (lambda: 9.0 + passed)
    assert made.seconds == costs
