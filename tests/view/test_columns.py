"""The columns of a node for its details: contents, origin, readers, checks and path, as plain JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.session.session import Session
from kernel_magics.values import VALUES
from kernel_magics.view.columns import MOST, column_details
from tests.engine.driver import source

CELLS = {
    "s": "%%setup\nimport pandas as pd",
    "i": "%%inputs\norders: pd.DataFrame = pd.DataFrame({'x': [1, 2], 'y': [3, 4]})\nother: pd.DataFrame = pd.DataFrame({'x': [1]})",
    "c": "%%check orders\norders['x'] > 0  # above\n(orders.y < 0).all()  # below\nlen(orders) > 1  # two",
    "b": "%%node big\norders.assign(z=orders.x + other['x'].sum())[orders['y'] > 2]",
    "n": "%%node\ndef kept(big):\n    return big[['z', 'x']]\n\n\ndef t(kept):\n    return kept['z'].sum()\n\n\ndef whole(big):\n    return str(big)",
}
HELD = {"check_orders": [("above", True), ("below", False), ("two", True)]}


@pytest.fixture(scope="module")
def graph() -> Graph:
    """Orders, and what is made of them."""
    session = Session(VALUES)
    session.register(*(source(id, text) for id, text in CELLS.items()))
    return session.graph


def details(graph: Graph, name: str, value: object) -> dict[str, Any]:
    """The columns by name, as a page gets them."""
    found = column_details(graph, name, value, HELD)
    assert found is not None
    done = json.loads(json.dumps(found, allow_nan=False))
    return {**done, "columns": {column["name"]: column for column in done["columns"]}}


def test_where_columns_come_from_and_who_reads_them(graph: Graph) -> None:
    """Origins are columns of inputs, readers are direct; the path is all that has to do with the column."""
    found = details(graph, "big", pd.DataFrame({"x": [1], "y": [3], "z": [2]}))
    origins = {name: column["from"] for name, column in found["columns"].items()}
    assert origins == {"x": ["orders.x"], "y": ["orders.y"], "z": ["orders.x", "other.x"]}
    readers = {name: column["read_by"] for name, column in found["columns"].items()}
    assert readers == {"x": ["kept"], "y": [], "z": ["kept"]}
    paths = {name: set(column["path"]) for name, column in found["columns"].items()}
    assert paths["z"] == {"orders", "other", "kept", "t", "whole"}
    assert paths["x"] == {"orders", "kept", "whole"}
    assert (found["read_whole_by"], found["rows_by"], found["exact"]) == (["whole"], ["orders.y"], True)


def test_checks_stand_beside_the_columns_that_they_mention(graph: Graph) -> None:
    """Conditions on the whole frame stand beside none."""
    found = details(graph, "orders", pd.DataFrame({"x": [1, 2], "y": [3, 4]}))
    checks = {name: column["checks"] for name, column in found["columns"].items()}
    assert checks == {
        "x": [{"message": "above", "held": True, "warns": False}],
        "y": [{"message": "below", "held": False, "warns": False}],
    }
    assert found["columns"]["x"]["from"] == []
    assert set(found["columns"]["y"]["path"]) == {"big", "kept", "t", "whole"}


def test_what_is_in_columns_of_each_kind(graph: Graph) -> None:
    """Gaps, the number of different values, ends and shares of numbers and times, the commonest texts."""
    frame = pd.DataFrame(
        {
            "number": [1.0, np.nan, 3.0, 5.0],
            "time": pd.to_datetime(["2024-01-01", "2024-01-02", None, "2024-01-05"]),
            "text": ["a", "a", "b", None],
            "empty": [np.nan] * 4,
            "huge": [np.inf, 1e308, -1e308, 0.0],
        }
    )
    columns = details(graph, "orders", frame)["columns"]
    assert [columns["number"][key] for key in ("nulls", "unique", "low", "high", "time")] == [
        0.25,
        3,
        1,
        5,
        False,
    ]
    assert sum(columns["number"]["shares"]) == pytest.approx(1)
    assert columns["time"]["time"] is True
    assert columns["time"]["low"] == pd.Timestamp("2024-01-01").timestamp()
    assert columns["text"]["top"] == [["a", pytest.approx(2 / 3)], ["b", pytest.approx(1 / 3)]]
    assert columns["empty"]["shares"] == []
    assert columns["huge"]["nulls"] == 0


def test_only_so_many_columns_are_described(graph: Graph) -> None:
    """A page gets the number of the others; a value without named columns has none."""
    found = details(graph, "orders", pl.DataFrame({f"c{n}": [n] for n in range(MOST + 7)}))
    assert (len(found["columns"]), found["more"]) == (MOST, 7)
    for value in (pd.Series([1, 2], name="x"), 3, [1, 2], None):
        assert column_details(graph, "orders", value, {}) is None
