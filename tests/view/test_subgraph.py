"""Focusing keeps what belongs to the names, and the checks on it."""

import pytest

from kernel_magics.view import focus
from tests.view.examples import node, recorded_view, view

DIAMOND = view(
    node("raw", kind="input", group="In"),
    node("left", "raw", group="Mid"),
    node("right", "raw", group="Mid"),
    node("both", "left", "right", group="Out"),
    node("check_left", "left", kind="check", group="Checks"),
    node("check_both", "both", kind="check", group="Checks"),
)
DIAMOND["groups"] = ["In", "Mid", "Out", "Checks"]


def names(example):
    return [one["name"] for one in example["nodes"]]


def test_upstream_keeps_what_a_node_needs():
    """Inputs of inputs, the node itself and the checks on them."""
    assert names(focus(DIAMOND, upstream="left")) == ["raw", "left", "check_left"]


def test_downstream_keeps_what_a_node_feeds():
    """Readers of readers, with their checks."""
    assert names(focus(DIAMOND, downstream="right")) == ["right", "both", "check_both"]


def test_both_add_up():
    """Upstream and downstream of one name are its lineage."""
    kept = focus(DIAMOND, upstream="left", downstream="left")
    assert names(kept) == ["raw", "left", "both", "check_left", "check_both"]


def test_names_keep_what_they_are_computed_from():
    """Several names at once, given as any iterable."""
    assert names(focus(DIAMOND, names=iter(["left", "right"]))) == ["raw", "left", "right", "check_left"]


def test_groups_without_nodes_go():
    """Only the headings of the nodes kept remain, in notebook order."""
    assert focus(DIAMOND, upstream="left")["groups"] == ["In", "Mid", "Checks"]


def test_no_names_is_the_whole_view():
    """Without a request the view is returned whole, and the view itself is never changed."""
    assert focus(DIAMOND) is DIAMOND
    before = recorded_view()
    focus(before, upstream="features")
    assert before == recorded_view()


def test_an_unknown_name_is_a_key_error():
    """The caller makes the message."""
    with pytest.raises(KeyError, match="nope"):
        focus(DIAMOND, upstream="nope")
