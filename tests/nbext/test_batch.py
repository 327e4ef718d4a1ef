"""Batches: many changes, few messages, nothing lost."""

from typing import Any

import pytest

from nbext.batch import Batch
from nbext.merge import merged


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock at zero."""
    return Clock()


def node(name: str, state: str) -> dict[str, Any]:
    """A node as far as a batch looks at it."""
    return {"name": name, "state": state}


def test_the_first_change_goes_at_once(clock: Clock) -> None:
    """An idle view shows a change without delay."""
    batch = Batch(clock)
    assert batch.due() is None
    batch.add({"nodes": [node("a", "running")]})
    assert batch.due() == 0.0


def test_at_most_twenty_messages_a_second(clock: Clock) -> None:
    """A thousand changes in a second become twenty messages."""
    batch = Batch(clock)
    sent = 0
    for i in range(1000):
        clock.now = i / 1000
        batch.add({"nodes": [node(f"n{i % 50}", "fresh")]})
        if batch.due() == 0.0:
            assert batch.take() is not None
            sent += 1
    assert sent == 20


def test_the_latest_state_of_a_node_wins(clock: Clock) -> None:
    """Within one message a node appears once, as it was last."""
    batch = Batch(clock)
    batch.add({"nodes": [node("a", "running"), node("b", "running")], "progress": {"done": 0, "total": 2}})
    batch.add({"nodes": [node("a", "fresh")], "progress": {"done": 1, "total": 2}})
    update = batch.take()
    assert update == {
        "nodes": [node("a", "fresh"), node("b", "running")],
        "removed": [],
        "order": None,
        "progress": {"done": 1, "total": 2},
    }
    assert batch.take() is None
    assert batch.due() is None


def test_the_end_of_progress_is_told(clock: Clock) -> None:
    """`progress: None` is a change like any other and must not be lost."""
    batch = Batch(clock)
    batch.add({"progress": {"done": 1, "total": 2}})
    batch.add({"progress": None})
    update = batch.take()
    assert update is not None
    assert update["progress"] is None


def test_removed_and_defined_again(clock: Clock) -> None:
    """A node that goes and comes back within one message is changed; one that comes and goes is removed."""
    batch = Batch(clock)
    batch.add({"removed": ["a"]})
    batch.add({"nodes": [node("a", "stale"), node("b", "stale")]})
    batch.add({"removed": ["b"], "order": ["a"]})
    update = batch.take()
    assert update is not None
    assert [n["name"] for n in update["nodes"]] == ["a"]
    assert update["removed"] == ["b"]
    assert update["order"] == ["a"]


def test_one_merged_message_equals_the_single_ones(clock: Clock) -> None:
    """Applying a batch gives the view that the single updates give."""
    view = {
        "version": 1,
        "mode": "auto",
        "nodes": [node("a", "stale"), node("b", "stale"), node("c", "stale")],
    }
    updates: list[dict[str, Any]] = [
        {"nodes": [node("a", "running")], "progress": {"done": 0, "total": 1}},
        {"nodes": [node("a", "fresh"), node("d", "stale")], "removed": ["b"]},
        {"nodes": [node("b", "waiting")], "order": ["d", "b", "a", "c"], "mode": "lazy"},
        {"removed": ["c"], "order": ["d", "b", "a"], "progress": None},
    ]
    batch = Batch(clock)
    one_by_one: dict[str, Any] = view
    for update in updates:
        one_by_one = merged(one_by_one, update)
        batch.add(update)
    together = batch.take()
    assert together is not None
    assert merged(view, together) == one_by_one
    assert [n["name"] for n in one_by_one["nodes"]] == ["d", "b", "a"]
    assert one_by_one["mode"] == "lazy"
    assert one_by_one["progress"] is None
