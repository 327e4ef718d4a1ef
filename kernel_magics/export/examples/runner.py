"""Running recorded examples: a node's function gets the recorded inputs and must give the recorded outcome.

The text of this module is part of every exported test file, so it uses pytest's environment only.
"""

import asyncio
import inspect
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.values.condition import holds
from kernel_magics.values.decode import decode

RELATIVE, ABSOLUTE = 1e-9, 1e-12  # how far floats may be from what was recorded


class Recorded:
    """The recorded examples of a module.

    Args:
        document: `nodes` with their cases, `values` given to them by label, and what records `shared`.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.nodes: Mapping[str, Any] = document["nodes"]
        self._values = document["values"]
        self._records = document.get("shared", {})
        self._shared: dict[str, Any] = {}
        self._tables: dict[str, Any] = {}

    def problems(self, name: str, function: Callable[..., Any]) -> list[str]:
        """One line for each example of a node whose outcome is not the recorded one."""
        node = self.nodes[name]
        found = []
        for case in node["cases"]:
            given = {name: self.given(label) for name, label in case["given"].items()}
            value, error = outcome(function, given, node.get("check"))
            expected = self._read(case.get("value"))
            problem = judge(case, value, error) or ("" if error else difference(value, expected))
            if problem:
                found.append(f"  example '{case['case']}': {problem}")
        return found

    def given(self, label: str) -> Any:
        """A recorded value that its reader may change."""
        value = self._tables.get(label)
        if value is None:
            value = self._read(self._values[label])
            if isinstance(value, pd.DataFrame | pd.Series):
                self._tables[label] = value
        return value.copy(deep=False) if label in self._tables else value

    def _read(self, record: Any) -> Any:
        return decode(self._joined(record))

    def _joined(self, record: Any) -> Any:
        """The record with what it shares with others, which is read once, in its place."""
        if isinstance(record, list):
            plain = not any(isinstance(member, dict | list) for member in record)
            return record if plain else [self._joined(member) for member in record]
        if not isinstance(record, dict):
            return record
        if list(record) == ["shared"]:
            label = record["shared"]
            if label not in self._shared:
                self._shared[label] = decode(self._records[label])
            return self._shared[label]
        return {key: self._joined(member) for key, member in record.items()}


def outcome(
    function: Callable[..., Any], given: Mapping[str, Any], check: str | None = None
) -> tuple[Any, Exception | None]:
    """What a function returns, or the exception that it raises; for a check, which conditions hold."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            value = function(**given)
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
            if check is not None:
                value = {message: holds(test, given[check]) for message, test in value.items()}
        except BaseException as error:
            if isinstance(error, Exception):
                return None, error
            raise
    return value, None


def judge(case: Mapping[str, Any], value: Any, error: Exception | None) -> str:
    """What is wrong with an exception, or with the lack of one; "" when nothing is."""
    if error is not None:
        shown = "".join(traceback.format_exception_only(error)).strip().split("\n")[0]
        place = traceback.extract_tb(error.__traceback__)[-1].lineno
        if "raises" not in case:
            return f"it raises {shown} (line {place})"
        if case["raises"] != type(error).__name__ or case.get("message", str(error)) != str(error):
            return f"it raises {shown} (line {place}) instead of {_raised(case)}"
        return ""
    return f"it returns {_shown(value)} instead of raising {_raised(case)}" if "raises" in case else ""


def difference(actual: Any, expected: Any) -> str:
    """How two values differ; "" when they do not. Floats may differ by rounding, everything else may not."""
    if isinstance(expected, pd.Index) and isinstance(actual, pd.Index):
        return _index_difference(actual, expected)
    if type(actual) is not type(expected):
        return f"{_shown(actual)} instead of {_shown(expected)}"
    if isinstance(expected, pd.DataFrame):
        return _frame_difference(actual, expected)
    if isinstance(expected, pd.Series):
        return _series_difference(actual, expected)
    if isinstance(expected, np.ndarray):
        return _array_difference(actual, expected)
    if isinstance(expected, dict):
        if list(actual) != list(expected):
            return f"keys {list(actual)} instead of {list(expected)}"
        return _first((f"[{key!r}] ", difference(actual[key], expected[key])) for key in expected)
    if isinstance(expected, list | tuple):
        if len(actual) != len(expected):
            return f"{len(actual)} members instead of {len(expected)}"
        pairs = enumerate(zip(actual, expected, strict=True))
        return _first((f"[{place}] ", difference(*pair)) for place, pair in pairs)
    return "" if _same(actual, expected) else f"{_shown(actual)} instead of {_shown(expected)}"


def _first(found: Iterator[tuple[str, str]]) -> str:
    return next((f"{place}{problem}" for place, problem in found if problem), "")


def _frame_difference(actual: pd.DataFrame, expected: pd.DataFrame) -> str:
    problem = _index_difference(actual.columns, expected.columns)
    if problem:
        return f"columns: {problem}"
    problem = _index_difference(actual.index, expected.index)
    if problem:
        return f"index: {problem}"
    columns = range(len(expected.columns))
    return _first(
        (f"column '{expected.columns[n]}': ", _series_difference(actual.iloc[:, n], expected.iloc[:, n]))
        for n in columns
    )


def _series_difference(actual: "pd.Series[Any]", expected: "pd.Series[Any]") -> str:
    if not _same(actual.name, expected.name):
        return f"name {actual.name!r} instead of {expected.name!r}"
    problem = _index_difference(actual.index, expected.index)
    return (
        f"index: {problem}"
        if problem
        else _cell_difference(actual.array, expected.array, list(expected.index))
    )


def _index_difference(actual: "pd.Index[Any]", expected: "pd.Index[Any]") -> str:
    if list(actual.names) != list(expected.names):
        return f"names {list(actual.names)} instead of {list(expected.names)}"
    if isinstance(expected, pd.MultiIndex) and isinstance(actual, pd.MultiIndex):
        levels = range(expected.nlevels)
        return _first(
            (f"level {n}: ", _index_difference(actual.get_level_values(n), expected.get_level_values(n)))
            for n in levels
        )
    return _cell_difference(actual.array, expected.array, list(range(len(expected))))


def _array_difference(actual: Any, expected: Any) -> str:
    if actual.shape != expected.shape:
        return f"shape {actual.shape} instead of {expected.shape}"
    return _cell_difference(actual.reshape(-1), expected.reshape(-1), list(np.ndindex(expected.shape)))


def _cell_difference(actual: Any, expected: Any, labels: list[Any]) -> str:
    """Compare two one-dimensional arrays of NumPy or pandas."""
    if str(actual.dtype) != str(expected.dtype) or actual.dtype != expected.dtype:
        return f"dtype {actual.dtype} instead of {expected.dtype}"
    if len(actual) != len(expected):
        return f"{len(actual)} rows instead of {len(expected)}"
    gaps, wanted = np.asarray(pd.isna(actual)), np.asarray(pd.isna(expected))
    same = gaps == wanted
    both = ~gaps & ~wanted
    if both.any():
        same[both] = _equal(actual[both], expected[both])
    wrong = np.flatnonzero(~same)
    if not len(wrong):
        return ""
    place = wrong[0]
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    return f"row {labels[place]}: {_shown(actual[place])} instead of {_shown(expected[place])}{more}"


def _equal(actual: Any, expected: Any) -> Any:
    kind = getattr(expected.dtype, "kind", "O")
    if kind in "fc":
        pair = [np.asarray(each, dtype="c16" if kind == "c" else "f8") for each in (actual, expected)]
        return np.isclose(pair[0], pair[1], rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True)
    if str(expected.dtype) == "object":  # pandas' own dtype of objects is not equal to `object`
        return [not difference(one, other) for one, other in zip(actual, expected, strict=True)]
    return np.asarray(actual == expected, dtype=bool)


def _same(actual: Any, expected: Any) -> bool:
    if isinstance(expected, float | complex | np.inexact):
        pair = np.asarray([actual, expected])
        return bool(np.isclose(pair[:1], pair[1:], rtol=RELATIVE, atol=ABSOLUTE, equal_nan=True).all())
    if expected is actual or expected is pd.NaT or expected is pd.NA:
        return expected is actual
    return bool(actual == expected)


def _shown(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    text = " ".join(repr(value).split())
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return text if isinstance(value, bool | int | float | str | None) else f"{type(value).__name__} {text}"


def _raised(case: Mapping[str, Any]) -> str:
    return f"{case['raises']}: {case['message']}" if case.get("message") else str(case["raises"])
