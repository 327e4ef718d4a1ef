"""Nodes that run beside each other are watched, too: none is trusted that can have changed what others read."""

from __future__ import annotations

from kernel_magics.placement.pool import on, opened
from tests.engine.driver import notebook, said

SETUP = "%%setup\nW = [1, 2]\ndef push(x):\n    W.append(x)\n    return len(W)"


def test_on_threads_all_that_can_have_changed_a_value_have_failed() -> None:
    """Others are fresh, and the setup is as its cell says."""
    made = notebook(SETUP, "%%inputs\nx = 3")
    made.session.mode = "lazy"
    for name, body in {"a": "push(x)", "b": "x + 1", "c": "sum(W)"}.items():
        made.run(name, f"%%node {name}\n{body}")
    with opened("threads") as pool:
        events = said(made.session.compute(place=on(pool)))
    assert "failed a DB113" in events
    assert made.state("b") == "fresh"
    assert made.state("c") == "failed"
    assert made.session.runtime.namespace["W"] == [1, 2]
    assert made.compute("c") == ["finished c"]
    assert made.value("c") == 3


def test_on_threads_nothing_is_said_of_nodes_that_keep_to_themselves() -> None:
    """Reading the setup is no change."""
    made = notebook(SETUP, "%%inputs\nx = 3")
    made.session.mode = "lazy"
    made.run("c", "%%node c\nsum(W) + x")
    with opened("threads") as pool:
        assert said(made.session.compute(place=on(pool))) == ["finished c"]
