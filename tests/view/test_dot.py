"""Dot text names every node and edge, and no text of the view can change its structure."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.view import to_digraph, to_dot
from tests.recorded import check_recorded
from tests.view.examples import EVIL, node, recorded_view, view


def test_recorded_text():
    """The text of the recorded view is the recorded one."""
    check_recorded("view_v1.dot", to_dot(recorded_view()))


def test_names_are_the_identities():
    """A person can find a node by its name, also one that dot would read as a port or a keyword."""
    text = to_dot(view(node("a:b", kind="input"), node("a_b"), node("node", "a:b", "a_b")))
    assert '\t"a:b" -> "node"' in text
    assert '\t"a_b" -> "node"' in text


def test_an_evil_label_is_plain_text():
    """Labels are neither HTML nor escape sequences nor the end of their quotes."""
    text = to_dot(view(node("a", type="<b>x</b>", doc='"]; evil [label="'), node("<i>x</i>", doc=EVIL)))
    assert '"<i>x</i>"' in text
    assert r'tooltip="\"]; evil [label=\""' in text
    assert r"\\ `c`" in text


@given(st.text(), st.text())
def test_any_text_stays_within_its_quotes(name, doc):
    """Whatever the texts, each node is one statement on one line: strings and attributes, properly closed."""
    line = to_dot(view(node(name, type=doc, doc=doc))).split("\n", 5)[5]
    quoted = r'"(?:[^"\\]|\\.)*"'
    attribute = rf"\w+=(?:{quoted}|\w+)"
    assert re.fullmatch(rf"\t{quoted} \[{attribute}(?: {attribute})*\]\n}}\n", line, re.DOTALL)


def test_missing_names_are_dashed():
    """What a node waits for is drawn, too."""
    text = to_dot(view(node("ctr", "veiws", waiting=["veiws"])))
    assert '"veiws" [label="veiws ?" style=dashed' in text
    assert '"veiws" -> "ctr" [style=dashed' in text


def test_the_object_of_graphviz_has_the_same_text():
    """What a notebook shows is what a file holds."""
    pytest.importorskip("graphviz", reason="the package graphviz is not installed")
    assert to_digraph(recorded_view()).source == to_dot(recorded_view())


def test_without_the_package_it_is_an_import_error(monkeypatch):
    """The caller names the extra; here it is just the import that fails."""
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(ImportError):
        to_digraph(view())
