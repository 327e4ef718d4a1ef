"""Dot text names every node and edge, and no text of the view can change its structure."""

import sys

import pytest

from kernel_magics.view import to_digraph, to_dot
from tests.recorded import check_recorded
from tests.view.examples import EVIL, node, recorded_view, view

pytest.importorskip("graphviz", reason="the package graphviz is not installed")


def test_recorded_text():
    """The text of the recorded view is the recorded one."""
    check_recorded("view_v1.dot", to_dot(recorded_view()))


def test_names_are_the_identities():
    """A person can find a node by its name."""
    text = to_dot(view(node("spend", kind="input"), node("double", "spend")))
    assert "\tspend -> double" in text


def test_names_that_dot_would_misread():
    """A colon would be a port, `node` is a keyword of dot: both stay nodes of their own."""
    text = to_dot(view(node("a:b"), node("a_b"), node("node", "a:b", "a_b")))
    assert "\ta_b_ [label=" in text
    assert '\ta_b_ -> "node"' in text
    assert '\ta_b -> "node"' in text


def test_an_evil_label_is_plain_text():
    """Labels are neither HTML nor escape sequences nor the end of their quotes."""
    text = to_dot(view(node("a", type="<b>x</b>", doc='"]; evil [label="'), node("<i>x</i>", doc=EVIL)))
    assert '"<i>x</i>"' in text
    assert r'tooltip="\"]; evil [label=\""' in text
    assert r"\\ `c`" in text


def test_missing_names_are_dashed():
    """What a node waits for is drawn, too."""
    text = to_dot(view(node("ctr", "veiws", waiting=["veiws"])))
    assert 'veiws [label="veiws ?"' in text
    assert "veiws -> ctr" in text


def test_without_the_package_it_is_an_import_error(monkeypatch):
    """The caller names the extra; here it is just the import that fails."""
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError):
        to_digraph(view())
