"""Names in texts: what a notebook evaluates reads its variables, under the names that stand there."""

from __future__ import annotations

import ast

import pytest

from kernel_magics.convert.proving import prove
from kernel_magics.convert.texts import names_in_texts
from tests.convert.books import given
from tests.convert.machine import ask

SHOW = "class show:\n    def __init__(self, *texts):\n        print([eval(text) for text in texts])"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("show('df', 'df.groupby(L).sum()')", ["df", "L"]),
        ("show('no python', 'a b', 3)", []),
        ("eval('[x for x in y]')", ["x", "y"]),
    ],
)
def test_names_that_stand_in_texts(code: str, names: list[str]) -> None:
    """Each text that is an expression has names; any other text has none."""
    assert sorted(names_in_texts(ast.parse(code))) == sorted(names)


def test_what_evaluates_text_stays_with_the_variables() -> None:
    """A class that evaluates text sees the notebook, so it is no part of the setup; what it shows stays the same."""
    done = prove(
        given(SHOW, "a = [3, 1]", "b = sorted(a)", "show('b', 'len(a)')", "c = b[0]", "print(c)"),
        ask,
        "n.ipynb",
    )
    assert {"a", "b", "c"} <= {*done.conversion.parts} | {*done.equal}
    assert not done.refuted
    assert any("class show" in cell.source and cell.role != "setup" for cell in done.conversion.cells)


def test_a_name_in_a_text_keeps_its_value() -> None:
    """Where a text means an earlier value of a name that another has later, that name is not given away."""
    cells = given(SHOW, "a = [3, 1]", "show('a')", "a = sorted(a)", "show('a')", "b = a[0]", "print(b)")
    done = prove(cells, ask, "n.ipynb")
    shown = [cell.source for cell in done.conversion.cells if cell.source.startswith("show")]
    assert shown == ["show('a')", "show('a')"]
    assert not done.refuted
