"""`%suggest`: drafts hold on what they were drafted from, keep their distance from it, and run as cells."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from kernel_magics.quality.named import Named, named_in_source
from kernel_magics.quality.suggest import draft
from kernel_magics.quality.suggestion import suggest, unchecked_inputs
from tests.engine.driver import Notebook
from tests.quality.books import book_of, details

WEATHER = (
    "%%inputs\n"
    "table = pd.DataFrame({\n"
    "    'city': ['A', 'B', 'C', 'A'] * 50,\n"
    "    'hour': pd.date_range('2020-01-01', periods=200, freq='h'),\n"
    "    'temp': np.linspace(5.0, 35.0, 200),\n"
    "    'rain': np.linspace(0.1, 9.0, 200),\n"
    "    'share_wet': np.linspace(0.2, 0.8, 200),\n"
    "})\n"
)
NODES = ("%%setup\nCITIES = {'A': 1, 'B': 2, 'C': 3, 'D': 4}", WEATHER, "%%node warm\ntable['temp'] > 10")


def values_of(book: Notebook) -> dict[str, object]:
    """The values of a notebook."""
    return {name: memo.value for name, memo in book.session.memos.items()}


def test_a_draft_runs_as_a_cell_and_holds_on_its_own_sample() -> None:
    """Every condition is a line with its reason; as a check cell all of them hold."""
    book = book_of(*NODES)
    text = suggest(book.session.graph, "table", values_of(book))
    assert text.startswith("%%check table\n")
    book.run("9", text)
    said = details(book, "check_table")
    assert len(said) > 10
    assert not any(message.endswith("(2)") for message in said)  # messages tell columns apart
    assert set(said.values()) == {"held"}


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        ("[0, 1]", ("[0]", "[1]")),
        ("[0, '0']", ("[0]", '["0"]')),
        ("pd.MultiIndex.from_tuples([('a', 1), ('a', 2)])", ('[("a", 1,)]', '[("a", 2,)]')),
        ("[1.5, True]", ("[1.5]", "[True]")),
        ("['a', pd.Timestamp('2024-01-01')]", ('["a"]',)),
        ("['a', 'a']", ()),
        ("['', None]", ('[""]',)),
    ],
)
def test_labels_of_columns_that_are_no_texts(labels: str, keys: tuple[str, ...]) -> None:
    """The kind: a column is named by its label, not by its label's text; one that no code names has no rule."""
    sample = f"pd.DataFrame([[i, i / 20] for i in range(20)], columns={labels})"
    book = book_of("%%setup\nimport pandas as pd", f"%%inputs\ntable = {sample}")
    text = suggest(book.session.graph, "table", values_of(book))
    book.run("9", text)
    assert set(details(book, "check_table").values()) == {"held"}
    assert [key for key in keys if f"table{key}" not in text] == []
    assert text.count(".median()") == len(keys)


def test_meaning_makes_the_rules() -> None:
    """Counts are not negative, shares lie between 0 and 1, keys are unique, rows are those of the input."""
    book = book_of(*NODES)
    text = suggest(book.session.graph, "table", values_of(book))
    assert 'table["rain"].dropna() >= 0  # rain: never negative' in text
    assert 'table["share_wet"].dropna().between(0, 1)  # share_wet: a share' in text
    assert 'table["temp"].dropna() >= 0' not in text  # it only happens to be so
    assert '~table.duplicated(["city", "hour"])' in text
    assert 'table["hour"].is_monotonic_increasing' in text
    assert "warm.index.equals(table.index)  # a row for each row of table" in suggest(
        book.session.graph, "warm", values_of(book)
    )


def test_the_extremes_of_a_sample_are_never_a_rule() -> None:
    """No bound of a draft is close to the smallest or largest value seen."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        column = pd.Series(rng.normal(rng.uniform(-50, 50), rng.uniform(1, 20), 300))
        text = draft("x", column, Named(), {})
        inside = pd.concat([column, pd.Series([column.max() * 1.01 + 1, column.min() * 1.01 - 1])])
        for line in text.split("\n")[1:]:
            assert bool(np.all(eval(line.split("  #")[0], {"x": inside}))), line


def test_categories_are_closed_only_where_the_code_names_them() -> None:
    """A dict or list of the code that holds all that was seen is the rule; else most rows must be known."""
    column = pd.Series(["A", "B", "C"] * 20)
    closed = Named(
        tuple(named_in_source("CITIES = {'A': 1, 'B': 2, 'C': 3, 'D': 4}\nTWO = ['A', 'B']", named=True))
    )
    assert "x.dropna().isin(CITIES)  # only what the code knows" in draft("x", column, closed, {})
    assert 'x.dropna().isin(["A", "B", "C"]).mean() >= 0.95' in draft("x", column, Named(), {})
    inline = Named(tuple(named_in_source("y = x.isin(['A', 'B', 'C', 'E'])")))
    assert 'x.dropna().isin(["A", "B", "C", "E"])' in draft("x", column, inline, {})


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (pd.Series([1.0, 2.0, 3.0, None] * 50), "isna().mean() <= "),
        (pd.Series([True, False] * 50), "both occur"),
        (pd.Series([5.0] * 100), "%%check x"),
        (pd.Series([], dtype=float), "len(x) > 0"),
        (pd.Series(["a"] * 3), "len(x) > 0"),
        (pd.DataFrame({"order_id": range(100), "b": 1.0}), '~x.duplicated("order_id")'),
        (pd.DataFrame({"a b": ["q'\"x"] * 60 + ["r"] * 60}), "%%check x"),
        (3.5, "x >= 0"),
        ("word", "len(x) > 0"),
        (np.array([1.0, 2.0]), ""),
        (object(), ""),
    ],
)
def test_drafts_of_odd_values_are_python(column: object, words: str) -> None:
    """Short, constant, empty and quoted columns give drafts that compile, or none."""
    text = draft("x", column, Named(), {})
    assert words in text
    compile("\n".join(text.split("\n")[1:]), "draft", "exec")


def test_inputs_without_a_check_are_named_first() -> None:
    """What a node comes from and nothing checks is what to draft first."""
    book = book_of(*NODES)
    assert unchecked_inputs(book.session.graph, "warm") == ["table"]
    book.run("9", "%%check table\nlen(table) > 0")
    assert unchecked_inputs(book.session.graph, "warm") == []


def test_a_short_draft_has_the_most_telling_conditions_first() -> None:
    """At most five conditions, ten for a wide frame; meaning and keys come before the middle of what was seen."""
    book = book_of(*NODES)
    values = values_of(book)
    text = suggest(book.session.graph, "table", values, short=True)
    assert text.count("\n") == 5
    first = text.split("\n")[1:4]
    assert [line.partition("# ")[2] for line in first] == [
        "one row for each city and hour",
        "city: only what the code knows",
        "rain: never negative",
    ]
    wide = pd.DataFrame({f"count_{k}": np.arange(50) % (k + 2) for k in range(8)})
    assert draft("wide", wide, Named(), {}, short=True).count("\n") == 10
    assert draft("x", pd.Series([1.0, 2.0, 3.0, None] * 50), Named(), {}, short=True).count("\n") == 5
