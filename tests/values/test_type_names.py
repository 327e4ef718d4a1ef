"""Type names: the annotations that a person would write."""

import collections
import datetime
import pathlib
import threading
import types

import numpy as np
import pandas as pd
import polars as pl
import pytest

from kernel_magics.engine.source.type_name import type_name


class Plain:
    """A class of this module."""


def local():
    class Local:
        pass

    return Local()


def notebook():
    space = {"__name__": "setup_of_a_notebook"}
    exec("class Row: pass", space)
    return space["Row"]()


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (1, "int"),
        (True, "bool"),
        (None, "None"),
        ("a", "str"),
        ([1, 2], "list[int]"),
        ([1, "a"], "list"),
        ([], "list"),
        ([[1], [2]], "list[list[int]]"),
        ([[1], ["a"]], "list[list]"),
        ({"a": 1.0}, "dict[str, float]"),
        ({"a": 1, "b": "x"}, "dict"),
        ({}, "dict"),
        ((1, "a"), "tuple[int, str]"),
        ((1,) * 20, "tuple[int, ...]"),
        ({"a"}, "set[str]"),
        (datetime.date(2026, 1, 1), "datetime.date"),
        (datetime.datetime(2026, 1, 1), "datetime.datetime"),
        (pathlib.Path("a"), "pathlib.Path"),
        (np.float64(1), "float"),
        (np.float32(1), "float"),
        (np.int8(1), "int"),
        (np.bool_(True), "bool"),
        (np.datetime64("2026"), "np.datetime64"),
        (np.timedelta64(1), "np.timedelta64"),
        (np.zeros(2), "np.ndarray"),
        ([np.zeros(2)], "list[np.ndarray]"),
        (pd.Series([1]), "pd.Series"),
        (pd.DataFrame(), "pd.DataFrame"),
        (pd.date_range("2026", periods=1), "pd.DatetimeIndex"),
        (pd.RangeIndex(1), "pd.Index"),
        (pd.Index(["a"]), "pd.Index"),
        (pd.Timestamp("2026"), "pd.Timestamp"),
        ({"a": pd.DataFrame()}, "dict[str, pd.DataFrame]"),
        (pl.DataFrame(), "pl.DataFrame"),
        (len, "collections.abc.Callable"),
        (lambda: 1, "collections.abc.Callable"),
        (types, "types.ModuleType"),
        (int, "type"),
        (iter([1]), "collections.abc.Iterator"),
        (collections.OrderedDict(), "collections.OrderedDict"),
        (threading.Event(), "threading.Event"),
        (Plain(), f"{__name__}.Plain"),
        (local(), "Local"),
        (notebook(), "Row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_type_name(value, name):
    """The name is importable as people import it; bare for built-in, notebook and local classes."""
    assert type_name(value) == name
