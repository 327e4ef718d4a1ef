"""Updates: small changes that make one view of another."""

from typing import Any

from nbext.update import make_update, merged


def node(name: str, state: str) -> dict[str, Any]:
    """A node as far as an update looks at it."""
    return {"name": name, "state": state}


def test_updates_one_after_the_other() -> None:
    """Nodes change in their places, come, go and come back; the order, the mode and the progress follow."""
    nodes = [node("a", "stale"), node("b", "stale"), node("c", "stale")]
    view: dict[str, Any] = {"version": 1, "mode": "auto", "nodes": nodes}
    for update in (
        make_update([node("a", "running")], progress={"done": 0, "total": 1}),
        make_update([node("a", "fresh"), node("d", "stale")], ["b"]),
        make_update([node("b", "waiting")], order=["d", "b", "a", "c"], mode="lazy"),
        make_update(removed=["c"], order=["d", "b", "a"], progress=None),
    ):
        view = merged(view, update)
    assert view == {
        "version": 1,
        "mode": "lazy",
        "nodes": [node("d", "stale"), node("b", "waiting"), node("a", "fresh")],
        "progress": None,
    }
    assert nodes == [node("a", "stale"), node("b", "stale"), node("c", "stale")]


def test_a_message_has_every_part() -> None:
    """What did not change is empty in an update, and an order that is as before is null."""
    assert make_update(mode="lazy") == {
        "version": 1,
        "nodes": [],
        "removed": [],
        "order": None,
        "mode": "lazy",
    }
