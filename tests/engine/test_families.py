"""Families: the forms of `--for`, what `--where` leaves out, names of members, and values from the setup."""

from __future__ import annotations

import pytest

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from tests.engine.driver import Notebook, notebook, source


def names(line: str, *setup: str) -> list[str]:
    """The nodes of a family whose body only reads `x`."""
    texts = [*(f"%%setup\n{text}" for text in setup), f"%%node {line}\nx"]
    return Graph().put(*(parse_cell(source(str(number), text)) for number, text in enumerate(texts))).names()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("l_{k} --for k=1,7,28", ["l_1", "l_7", "l_28"]),
        ("l_{k} --for k=1..4", ["l_1", "l_2", "l_3", "l_4"]),
        ("l_{k} --for k=-1..1", ["l_minus_1", "l_0", "l_1"]),
        ("l_{k} --for k=range(1, 3)", ["l_1", "l_2"]),
        ("l_{k} --for k=range(1,3)", ["l_1", "l_2"]),
        ('l_{k} --for "k=range(6, 0, -3)"', ["l_6", "l_3"]),
        ("l_{k} --for k=[1,7]", ["l_1", "l_7"]),
        ('l_{k} --for k="(1, 7)"', ["l_1", "l_7"]),
        ("l_{k} --for k=-1,0.5,1e-05", ["l_minus_1", "l_0_5", "l_1e_minus_05"]),
        ('l_{k} --for k="spend,visits"', ["l_spend", "l_visits"]),
        ("l_{k} --for k=spend,visits", ["l_spend", "l_visits"]),
        ("l_{k} --for k=spend,", ["l_spend"]),
        ("l_{k} --for \"k='spend'\"", ["l_spend"]),
        ("l_{k} --for k=True,2", ["l_True", "l_2"]),
        ("l_{k} --for k=1,1,2", ["l_1", "l_2"]),
        ('l_{a}_{b} --for a=1..3 --for b=1..3 --where "a < b"', ["l_1_2", "l_1_3", "l_2_3"]),
        ("l_{a}_{b} --for a=p,q --for b=1..4 --where 'a == \"p\" and b % 2 == 0'", ["l_p_2", "l_p_4"]),
        (
            'l_{a} --for a=1..9 --where "a > 2" --where "a not in (5, 6, 7) and not a + 1 == 9"',
            ["l_3", "l_4", "l_9"],
        ),
    ],
)
def test_the_values_of_a_loop(line: str, expected: list[str]) -> None:
    """Listed values, ranges and literals; negative and decimal values are spelled as parts of names."""
    assert names(line) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LAGS = [1, 7]", ["l_1", "l_7"]),
        ("LAGS = (1, 7)", ["l_1", "l_7"]),
        ("LAGS = {'week': 7, 'month': 28}", ["l_week", "l_month"]),
        ("LAGS = range(1, 3)", ["l_1", "l_2"]),
        ("LAGS: list[int] = list(range(1, 3))", ["l_1", "l_2"]),
        ("LAGS = [1]\nLAGS_ = LAGS + [2]", ["l_1"]),
    ],
)
def test_values_from_the_setup(text: str, expected: list[str]) -> None:
    """A literal list, tuple, dict or range of the setup gives the values, without running anything."""
    assert names("l_{k} --for k=LAGS", f"trap = 1 / 0\n{text}") == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "LAGS = 3",
        "LAGS = []",
        "LAGS = [1] + [2]",
        "LAGS = [[1, 2]]",
        "LAGS = [1]\nLAGS.append(2)",
        "LAGS = [1]\nLAGS = [2]",
        "LAGS = [1]\ndef more():\n    LAGS.append(2)\nmore()",
        "def LAGS(): pass",
        "LAGS, B = [1], 2",
    ],
)
def test_a_name_without_literal_values_is_an_error(text: str) -> None:
    """What the setup computes or changes is not known without running it, so it is refused, never read as text."""
    with pytest.raises(DataflowError) as caught:
        names("l_{k} --for k=LAGS", text)
    assert caught.value.code == "DB210"
    assert "LAGS" in caught.value.message
    assert "did you mean 'LAGS'" not in caught.value.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("l_{k} --for k=f(3)", "'f(3)' is neither a number, a text nor a range"),
        ("l_{k} --for k=1...3", "cannot be read"),
        ("l_{k} --for k=3..1", "3..1 is empty"),
        ("l_{k} --for k=range(0)", "it is empty"),
        ("l_{k} --for k=range(a)", "a range takes one to three whole numbers"),
        ("l_{k} --for k=[1,[2]]", "neither a number nor a text"),
        ("l_{k} --for k={1:2", "not valid Python"),
        ("l_{k} --for k=1..1000000", "makes 1,000,000 nodes"),
        ("l_{k} --for k=range(10**6)", "a range takes"),
        ("l_{a}_{b} --for a=1..1000 --for b=1..1001", "makes 1,001,000 nodes"),
        ('l_{a}_{b} --for a=1..300 --for b=1..300 --where "a < b"', "makes 44,850 nodes"),
        ('l_{k} --for k=1,2 --where "k > 2"', "leaves no member"),
        ('l_{k} --for k=1,2 --where "j > 2"', "'j', which is no loop variable"),
        ('l_{k} --for k=1,2 --where "k >"', "is not valid Python"),
        ('l_{k} --for k=1,2 --where "print(k)"', "more than comparisons"),
        ('l_{k} --for k=1,2 --where "k.real > 0"', "more than comparisons"),
        ('l_{k} --for k=1,2 --where "k ** 9 > 0"', "more than comparisons"),
        ("l_{k} --for k=a,b --where 'k > 0'", "fails for k='a'"),
        ("l_{k} --for k=1,2 --where 'k / 0 > 0'", "division by zero"),
        ("l_{k} --for k=a,b --where 'k * 999999999 > k'", "arithmetic needs numbers"),
        ('l --where "k > 2"', "--where in cell"),
        ("l_{k} --for k=0.5,0_5", "defined several times"),
    ],
)
def test_what_is_no_loop(line: str, said: str) -> None:
    """Anything else is one error that says what is wrong; large families are counted before they are made."""
    with pytest.raises(DataflowError) as caught:
        names(line)
    assert said in caught.value.message


def run(*cells: str) -> Notebook:
    """A notebook with an input and a family over a name of the setup."""
    return notebook("%%setup\nLAGS = [1, 7]", "%%inputs\nx = 3", "%%node l_{k} --for k=LAGS\nx * k", *cells)


def test_an_edit_of_the_setup_gives_the_family_other_members() -> None:
    """As in a fresh kernel: new members appear, removed ones go, the others keep their values."""
    book = run("%%node total\nl_1 + l_7")
    book.compute()
    assert book.value("total") == 24
    book.run("1", "%%setup\nLAGS = [1, 7, 28]")
    assert book.state("l_1") == "fresh"
    book.compute()
    assert book.value("l_28") == 84
    book.run("1", "%%setup\nLAGS = [7]")
    assert "l_1" not in book.session.graph.nodes
    assert book.state("total") == "waiting"
    book.run("1", "%%setup\nLAGS = [1, 7]")
    book.compute()
    assert book.value("total") == 24


def test_a_renamed_constant_can_be_followed_by_the_family() -> None:
    """Without its values the family has no members until its own cell runs with the new name."""
    book = run()
    book.run("1", "%%setup\nDAYS = [2]")
    assert [name for name in book.session.graph.nodes if name.startswith("l_")] == []
    with pytest.raises(DataflowError, match="DB210"):
        book.run("3", "%%node l_{k} --for k=LAGS\nx * k")
    book.run("3", "%%node l_{k} --for k=DAYS\nx * k")
    book.compute()
    assert book.value("l_2") == 6


def test_a_wrong_value_in_the_setup_is_an_error_of_the_setup() -> None:
    """The edit that makes a family impossible is refused, and the family stays."""
    book = run()
    with pytest.raises(DataflowError) as caught:
        book.run("1", "%%setup\nLAGS = ['a b', 'c-d']")
    assert caught.value.code == "DB103"
    assert "l_1" in book.session.graph.nodes


def test_cells_in_any_order_that_come_together() -> None:
    """A notebook may have its setup below the family."""
    texts = ["%%node l_{k} --for k=LAGS\nx * k", "%%setup\nLAGS = [1]"]
    graph = Graph().put(*(parse_cell(source(str(number), text)) for number, text in enumerate(texts)))
    assert graph.names() == ["l_1"]
    assert graph.drop("1").names() == []
    assert graph.drop("0").put(*(graph.cells[id] for id in graph.cells)).names() == ["l_1"]
