"""The guard: a write that pandas would lose with a warning fails the node."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest

from kernel_magics.values import VALUES
from tests.waiting import PATIENCE


def lose_a_write(frame):
    frame["a"].clip(0, 1, inplace=True)


def test_guard_turns_a_lost_write_into_an_error():
    """A chained assignment changes nothing in pandas 3; node code fails instead of going on without it."""
    frame = pd.DataFrame({"a": [1, 5]})
    with VALUES.guard(), pytest.raises(pd.errors.ChainedAssignmentError):
        lose_a_write(frame)
    with pytest.warns(pd.errors.ChainedAssignmentError):
        lose_a_write(frame)


def test_guard_allows_writes_that_are_not_lost():
    """In-place operations on the very object that a node got are no chained assignments."""

    def node(column, frame):
        column.clip(0, 1, inplace=True)
        frame["b"] = 1
        frame.loc[frame["a"] > 1, "a"] = 0
        return column, frame

    with VALUES.guard():
        column, frame = node(VALUES.isolate(pd.Series([5])), VALUES.isolate(pd.DataFrame({"a": [1, 2]})))
    assert (column.tolist(), frame["a"].tolist()) == ([1], [1, 0])


def test_guard_in_threads_leaves_no_filter_behind():
    """Guards that overlap in several threads all hold, and the filters afterwards are those from before."""
    before = list(warnings.filters)
    barrier = threading.Barrier(4)

    def work(number):
        with VALUES.guard():
            barrier.wait(PATIENCE)
            if number % 2:
                return True
            try:
                lose_a_write(pd.DataFrame({"a": [1]}))
            except pd.errors.ChainedAssignmentError:
                return True
            return False

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(work, range(4)))
    assert warnings.filters == before
