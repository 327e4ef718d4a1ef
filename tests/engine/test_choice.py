"""Choices of variants: a value, or any value but some."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.cells.options import when_text
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.engine.source.choice import Except, both, exclude, matches, shown

VALUES = ("US", "a,b", "1", " x", "", "it's", "True", 1, 2, 0.5, True, False, None)
plain = st.sampled_from(VALUES)
choices = st.one_of(plain, st.lists(plain, min_size=1, max_size=3).map(lambda found: Except(tuple(found))))


@given(choices, choices)
def test_what_excludes_has_no_common_value(one: object, other: object) -> None:
    """Two choices exclude each other exactly if no value, known or new, fulfils both."""
    common = [value for value in (*VALUES, "another") if matches(value, one) and matches(value, other)]
    assert exclude(one, other) is (not common)


@given(choices, choices)
def test_both_is_what_fulfils_both(one: object, other: object) -> None:
    """The conjunction of two choices of one param, and None where they exclude each other."""
    found = both([("key", one)], [("key", other)])
    for value in (*VALUES, "another"):
        wanted = matches(value, one) and matches(value, other)
        assert wanted is (found is not None and matches(value, dict(found)["key"]))


@given(choices)
def test_a_choice_is_read_as_it_is_written(choice: object) -> None:
    """`--when` in a cell gives back what `when_text` wrote, values of the same type."""
    cell = read_cell(f"%%node x --when {shlex.quote(when_text('key', choice))}\n1", "c", "[1]")
    assert cell is not None
    ((key, found),) = parse_cell(cell).definitions[0].when
    assert (key, repr(found)) == ("key", repr(choice))


def graph(*texts: str) -> Graph:
    """The graph of cells with these texts."""
    cells = [read_cell(text, f"c{number}", f"[{number}]") for number, text in enumerate(texts, 1)]
    return Graph().put(*(parse_cell(cell) for cell in cells if cell is not None))


TAX = ("%%params\nregion = 'US'", "%%node tax --when region=US\n1", "%%node tax --when region!=US\n2")


def test_a_variant_for_all_other_values() -> None:
    """Each value has exactly one variant; the function's name says which."""
    made = graph(*TAX)
    found = {value: made.active("tax", {"region": value}) for value in ("US", "EU", None)}
    assert {value: node and node.function for value, node in found.items()} == {
        "US": "tax__US",
        "EU": "tax__not_US",
        None: "tax__not_US",
    }
    assert shown(*found["EU"].when[0]) == "region!='US'"  # type: ignore[union-attr]


@pytest.mark.parametrize("other", ["region!=US", "region=EU", "region!=US,EU"])
def test_variants_that_can_both_be_meant(other: str) -> None:
    """A third variant that shares a value with another one is refused."""
    with pytest.raises(DataflowError, match="can both be meant") as caught:
        graph(*TAX, f"%%node tax --when {other}\n3")
    assert caught.value.code == "DB204"
