"""Hard values are those where a look-alike may differ from pandas: gaps, zeros, limits, empty texts."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

_NUMBERS: Final = [0.0, -0.0, -1.5, 0.5, 2.5, 1.0, 1e308, -1e308, 5e-324, 2.0**53 + 2, -(2.0**63)]
_FLOATS: Final = [*_NUMBERS, float("nan"), float("inf"), float("-inf")]
_TEXTS: Final = ["", "a", " Ab ", "\u00e9", "\u00df", "0", "-1.5", "nan", None]
_MOMENTS: Final = ["NaT", "1970-01-01", "2024-02-29T23:59:59", "1900-01-01T00:00:01", "2261-12-31"]


def hard_values(series: Any) -> list[Any]:
    """Series of one row with the dtype and the name of this one."""
    dtype = series.dtype
    found = [pd.Series([value], dtype=dtype, name=series.name) for value in _cells(dtype)]
    if isinstance(dtype, np.dtype) and dtype.kind in "biu":
        return found
    return [*found, series.where(pd.Series([False]))] if dtype.kind not in "fmM" else found


def _cells(dtype: Any) -> list[Any]:
    """Values that a dtype can hold."""
    if isinstance(dtype, pd.CategoricalDtype):
        return dtype.categories.tolist()[:3]
    if isinstance(dtype, pd.StringDtype) or dtype.kind == "O":
        return _TEXTS
    if dtype.kind == "b":
        return [False, True]
    if dtype.kind in "iu":
        limits = np.iinfo(getattr(dtype, "numpy_dtype", dtype))
        return [int(limits.min), int(limits.max), *(n for n in (0, 1, -1, 7, 100) if n >= limits.min)]
    if dtype.kind == "f":
        return _FLOATS
    if dtype.kind == "M":
        zone = getattr(dtype, "tz", None)
        return [pd.Timestamp(text, tz=zone).as_unit(_unit(dtype)) for text in _MOMENTS]
    if dtype.kind == "m":
        spans: list[Any] = [
            pd.Timedelta(0),
            pd.Timedelta("-1s"),
            pd.Timedelta("1D"),
            pd.Timedelta("-36h"),
            pd.NaT,
        ]
        return [span.as_unit(_unit(dtype)) if span is not pd.NaT else span for span in spans]
    return []


def _unit(dtype: Any) -> Any:
    return str(np.datetime_data(getattr(dtype, "base", dtype))[0])
