"""Running recorded examples: a node's function gets the recorded inputs and must give the recorded outcome.

The text of this module stands beside exported tests, so it uses pytest's environment only.
"""

import asyncio
import dataclasses
import inspect
import json
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.export.examples.sharing import VERSION, joined
from kernel_magics.values.condition import holds
from kernel_magics.values.decode import decode

RELATIVE, ABSOLUTE = 1e-9, 1e-12  # how far floats may be from what was recorded


class Recorded:
    """The recorded examples of a module.

    Args:
        document: `nodes` with their cases; `values` given to them by label; `calls`, which give what cannot
            be recorded; what records have `shared`.
        module: the module.
        source: the notebook that it comes from.

    Raises:
        ValueError: they were recorded for a later version of this file.
    """

    def __init__(self, document: Mapping[str, Any], module: Any, source: str = "") -> None:
        stated = document.get("version", VERSION)
        if stated > VERSION:
            raise ValueError(
                f"the examples of {module.__name__} have version {stated}, and '{__file__}' reads up to "
                f"{VERSION}: export the notebooks whose tests stand there with the latest of their Dagbooks."
            )
        self._source = source
        self.nodes: Mapping[str, Any] = document["nodes"]
        self._module = module
        self._values = document["values"]
        self._calls = document.get("calls", {})
        self._records = document.get("shared", {})
        self._tables: dict[str, Any] = {}

    @classmethod
    def beside(cls, tests: str, module: Any, source: str) -> "Recorded":
        """The examples in the JSON file beside a test file."""
        text = Path(tests).with_suffix(".json").read_text(encoding="utf-8")
        return cls(json.loads(text), module, source)

    def report(self, name: str) -> str:
        """What is wrong with a node, for a person; "" when all its examples hold."""
        problems = self.problems(name)
        place = f"cell {self.nodes[name]['cell']} of {self._source}"
        head = f"{name} ({place}) gives other values than recorded:"
        return "\n".join([head, *problems]) if problems else ""

    def problems(self, name: str) -> list[str]:
        """One line for each example of a node whose outcome is not the recorded one."""
        found = []
        for case in self.nodes[name]["cases"]:
            problem = self._problem(name, case)
            if problem:
                found.append(f"  example '{case['case']}': {problem}")
        return found

    def _problem(self, name: str, case: Mapping[str, Any]) -> str:
        given = {}
        for parameter, label in case["given"].items():
            given[parameter], error = self.given(label)
            if error is not None:
                return f"there is no {label.partition(' / ')[0]}: it raises {_said(error)}"
        function, check = getattr(self._module, name), self.nodes[name].get("check")
        value, error = outcome(function, given, check)
        problem = judge(case, value, error)
        if problem or error is not None:
            return problem
        if "type" in case:  # a value that cannot be recorded
            kind = type(value).__qualname__
            return "" if kind == case["type"] else f"{_shown(value)} instead of a {case['type']}"
        return difference(value, self._read(case["value"]))

    def given(self, label: str) -> tuple[Any, Exception | None]:
        """A value that its reader may change: as it was recorded, or as the module computes it now."""
        if label in self._calls:
            call, found = self._calls[label], {}
            for parameter, other in call["given"].items():
                found[parameter], error = self.given(other)
                if error is not None:
                    return None, error
            return outcome(getattr(self._module, call["function"]), found)
        value = self._tables.get(label)
        if value is None:
            value = self._read(self._values[label])
            if isinstance(value, pd.DataFrame | pd.Series):
                self._tables[label] = value
        return (value.copy(deep=False) if label in self._tables else value), None

    def _read(self, record: Any) -> Any:
        return decode(joined(record, self._records), self._module)


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
        if "raises" not in case:
            return f"it raises {_said(error)}"
        if case["raises"] != type(error).__name__ or case.get("message", str(error)) != str(error):
            return f"it raises {_said(error)} instead of {_raised(case)}"
        return ""
    return f"it returns {_shown(value)} instead of raising {_raised(case)}" if "raises" in case else ""


def _said(error: Exception) -> str:
    shown = "".join(traceback.format_exception_only(error)).strip().split("\n")[0]
    frames = traceback.extract_tb(error.__traceback__)
    return f"{shown} (line {frames[-1].lineno})" if frames else shown


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
    if isinstance(expected, pd.api.extensions.ExtensionArray):
        return _cell_difference(actual, expected, list(range(len(expected))))
    if isinstance(expected, np.random.RandomState | np.random.Generator):
        return difference(_state(actual), _state(expected))
    if isinstance(expected, np.ma.MaskedArray):
        problem = difference(np.ma.getmaskarray(actual), np.ma.getmaskarray(expected))
        return f"mask: {problem}" if problem else difference(actual.filled(), expected.filled())
    if isinstance(expected, np.ndarray):
        return _array_difference(actual, expected)
    if type(expected).__module__.startswith("polars.") and hasattr(expected, "to_physical"):
        return _polars_column_difference(actual, expected)
    if type(expected).__module__.startswith("polars.") and type(expected).__name__ == "LazyFrame":
        return difference(_collected(actual), _collected(expected))
    if type(expected).__module__.startswith("polars.") and hasattr(expected, "get_columns"):
        return _polars_difference(actual, expected)
    if type(expected).__module__.startswith("pyarrow.") and hasattr(expected, "to_pylist"):
        return _arrow_difference(actual, expected)
    if dataclasses.is_dataclass(expected) and not isinstance(expected, type):
        names = [field.name for field in dataclasses.fields(expected)]
        return _first(
            (f".{name} ", difference(getattr(actual, name, None), getattr(expected, name, None)))
            for name in names
        )
    if isinstance(expected, dict):
        if difference(list(actual), list(expected)):  # nan, which is a key where a table has a gap, is no nan
            return f"keys {list(actual)} instead of {list(expected)}"
        members = zip(expected, actual.values(), expected.values(), strict=True)
        return _first((f"[{key!r}] ", difference(one, other)) for key, one, other in members)
    if isinstance(expected, list | tuple):
        if len(actual) != len(expected):
            return f"{len(actual)} members instead of {len(expected)}"
        pairs = enumerate(zip(actual, expected, strict=True))
        return _first((f"[{place}] ", difference(*pair)) for place, pair in pairs)
    if isinstance(expected, set | frozenset):
        actual, expected = _with_one_nan(actual), _with_one_nan(expected)
    return "" if _same(actual, expected) else f"{_shown(actual)} instead of {_shown(expected)}"


def _with_one_nan(members: Any) -> Any:
    """A set whose members that are no number are one and the same; each is else equal to itself only."""
    return {np.nan if isinstance(member, float) and member != member else member for member in members}


def _state(generator: Any) -> Any:
    if isinstance(generator, np.random.RandomState):
        return generator.get_state(legacy=False)
    return generator.bit_generator.state


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


def _collected(lazy: Any) -> Any:
    """What a lazy frame gives, or the name of the error with which it fails."""
    try:
        return lazy.collect()
    except Exception as error:
        return type(error).__name__


def _polars_difference(actual: Any, expected: Any) -> str:
    if actual.columns != expected.columns:
        return f"columns {actual.columns} instead of {expected.columns}"
    pairs = zip(actual.get_columns(), expected.get_columns(), strict=True)
    return _first((f"column '{pair[1].name}': ", _polars_column_difference(*pair)) for pair in pairs)


def _polars_column_difference(actual: Any, expected: Any) -> str:
    for what in ("name", "dtype"):
        if getattr(actual, what) != getattr(expected, what):
            return f"{what} {getattr(actual, what)} instead of {getattr(expected, what)}"
    if len(actual) != len(expected):
        return f"{len(actual)} rows instead of {len(expected)}"
    pairs = enumerate(zip(actual.to_list(), expected.to_list(), strict=True))
    return _first((f"row {row}: ", difference(*pair)) for row, pair in pairs)


def _arrow_difference(actual: Any, expected: Any) -> str:
    what = "schema" if hasattr(expected, "schema") else "type"
    if getattr(actual, what) != getattr(expected, what):
        return f"{what} {_shown(getattr(actual, what))} instead of {_shown(getattr(expected, what))}"
    return difference(actual.to_pylist(), expected.to_pylist())


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
    if expected.dtype.names and actual.dtype == expected.dtype:
        names = expected.dtype.names
        return _first(
            (f"field '{name}': ", _array_difference(actual[name], expected[name])) for name in names
        )
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
    try:
        return bool(actual == expected)
    except Exception:  # objects that compare in no way
        return False


def _shown(value: Any) -> str:
    value = value.item() if isinstance(value, np.generic) else value
    text = " ".join(repr(value).split())
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return text if isinstance(value, bool | int | float | str | None) else f"{type(value).__name__} {text}"


def _raised(case: Mapping[str, Any]) -> str:
    return f"{case['raises']}: {case['message']}" if case.get("message") else str(case["raises"])
