"""Old values: an ordinary cell that reads one says so."""

from __future__ import annotations

import pytest

from tests.magics.kernel import Kernel

PCT = "'pct': old, not computed since an edit. `%compute pct` brings it up to date."


@pytest.fixture
def lazy(kernel: Kernel) -> Kernel:
    """A kernel in lazy mode in which a node was edited after it and its reader ran."""
    kernel.run("%%inputs\nclicks: int = 10\nviews: int = 40", "i")
    kernel.run("%%node ctr\nclicks / views", "a")
    kernel.run("%%node pct\nctr * 100", "b")
    kernel.run("%dataflow lazy", "m")
    kernel.run("%%node ctr\nclicks / views / 2", "a")
    return kernel


def test_a_cell_that_reads_an_old_value_says_so_until_it_is_computed(lazy: Kernel) -> None:
    """One line names what is stale and the command that computes it; after that the cell says nothing."""
    both = lazy.run("ctr, pct", "x").text
    assert (
        "'ctr' and 'pct': old, not computed since an edit. `%compute ctr pct` brings them up to date." in both
    )
    assert "(0.25, 25.0)" in both
    assert PCT in lazy.run("%time print(clicks)\nprint(pct)", "x").text
    lazy.run("%compute", "y")
    assert lazy.run("ctr, pct", "x").text == "(0.125, 12.5)"


def test_a_cell_that_only_mentions_the_name_says_nothing(lazy: Kernel) -> None:
    """Comments, texts, attributes, own variables and lines of magics read nothing."""
    for text in ("1  # pct", "'pct'", "dict(pct=1)['pct']", "(lambda pct: pct)(1)", "clicks"):
        assert "old" not in lazy.run(text, "x").text, text
    assert "old" not in lazy.run("%lineage pct", "x").text


def test_a_waiting_node_names_what_it_waits_for(lazy: Kernel) -> None:
    """Its old value stays readable, and the line tells what is missing."""
    lazy.run("%%node ctr\nclickz / views", "a")
    assert "'pct': old, the node waits for 'clickz'." in lazy.run("pct", "x").text


def test_many_old_values_are_counted(lazy: Kernel) -> None:
    """Five are named, and the command brings up to date whatever is stale."""
    lazy.run("%%node n{k} --for k=1..7\nclicks + k", "n")
    lazy.run("%compute", "y")
    lazy.run("%%node n{k} --for k=1..7\nclicks * k", "n")
    line = "'n5' and 2 more: old, not computed since an edit. `%compute` brings them up to date."
    assert line in lazy.run("n1, n2, n3, n4, n5, n6, n7", "x").text
