"""Lineage answers where a node comes from and what it feeds; the text picture has one line for each node."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.view import lineage_html, lineage_table, lineage_text, to_text
from kernel_magics.view.links import calculation_order, links_of, signature
from tests.recorded import check_recorded
from tests.view.examples import EVIL, chain, graphs, node, recorded_view, view


def test_recorded_texts():
    """Text picture and lineage of the recorded view are the recorded ones."""
    check_recorded("view_v1.txt", to_text(recorded_view()) + "\n")
    check_recorded("lineage_v1.txt", lineage_text(recorded_view(), "cost_per_signup") + "\n")


def test_lineage_in_order():
    """First what is upstream, then the node, then downstream, with inputs before readers."""
    example = view(node("d", "c"), node("c", "b", "a"), node("b", "a"), node("a", kind="input"), node("x"))
    assert [(row["relation"], row["name"]) for row in lineage_table(example, "b")] == [
        ("upstream", "a"),
        ("itself", "b"),
        ("downstream", "c"),
        ("downstream", "d"),
    ]


def test_checks_stand_in_the_row_of_what_they_check():
    """Held, failed, warned and not run: the row has the verdict, and the check has no row of its own."""
    held = {"message": "positive", "held": True, "detail": ""}
    broken = {"message": "small", "held": False, "detail": "3 rows"}
    example = view(
        node("a"),
        node("check_a", "a", kind="check", severity="fail", conditions=[held, broken]),
        node("warn_a", "a", kind="check", severity="warn", conditions=[broken]),
        node("later", "a", kind="check", conditions=[]),
    )
    [row] = lineage_table(example, "a")
    assert row["checks"] == ["positive: held", "small: failed", "small: warned", "later: not run"]
    assert [row["relation"] for row in lineage_table(example, "warn_a")] == ["upstream", "itself"]


def test_variants_count_with_all_their_inputs():
    """Lineage goes through every variant, as any of them may be the one that runs."""
    when = {"when": {"region": "US"}, "inputs": ["us"], "cell": "[2]"}
    example = view(node("us", kind="input"), node("eu", kind="input"), node("a", "eu", variants=[when]))
    assert {row["name"] for row in lineage_table(example, "a")} == {"us", "eu", "a"}


def test_an_unknown_name_is_a_key_error():
    """The caller makes the message."""
    with pytest.raises(KeyError, match="nope"):
        lineage_table(recorded_view(), "nope")


def test_deep_lineage_needs_no_recursion():
    """10,000 nodes in a row."""
    rows = lineage_table(chain(10_000), "n5000")
    assert [row["name"] for row in rows] == [f"n{number}" for number in range(10_000)]


@given(graphs())
def test_calculation_order_puts_inputs_first(graph):
    """Every node once, each after what it reads."""
    names, edges, _ = graph
    example = view(*(node(name, *(a for a, b in edges if b == name)) for name in names))
    order = calculation_order(example)
    assert sorted(order) == sorted(names)
    assert all(order.index(source) < order.index(reader) for source, reader in links_of(example))


def test_one_line_for_each_node():
    """Signature, cell, state, and what keeps a node from running."""
    lines = to_text(recorded_view()).splitlines()
    assert len(lines) == len(recorded_view()["nodes"])
    assert lines[7].split("  ")[0] == "rolling_spend(spend, window) -> pd.Series"
    assert next(line for line in lines if line.startswith("weekday_effect")).endswith("failed DB301")
    assert next(line for line in lines if line.startswith("bounce")).endswith("[13]  waiting for veiws")


@given(st.text())
def test_any_name_keeps_to_its_line(name):
    """A line break in a name or type cannot fake a second node."""
    assert len(to_text(view(node(name, type=name))).split("\n")) == 1


def test_signatures():
    """As a person would write them."""
    assert signature(node("ctr", "clicks", "views", type="float")) == "ctr(clicks, views) -> float"
    assert signature(node("window", kind="param", type="int")) == "window: int"
    assert signature(node("raw", kind="input")) == "raw"


def test_the_html_table_is_escaped():
    """Names and types are text, never markup."""
    html = lineage_html(view(node("a", type=EVIL, cell=EVIL)), "a")
    assert "<img" not in html
    assert "<script" not in html
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
