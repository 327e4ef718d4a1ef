"""A frame puts named values side by side as columns: pandas, or Polars or Arrow where the values are."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final

from kernel_magics.tables.columns import misfit

if TYPE_CHECKING:
    import pandas as pd

MAKERS: Final = {
    "pandas": "pandas_frame",
    "polars": "polars_frame",
    "pyarrow": "arrow_frame",
}
"""The module that makes frames of a library's values; imported when the first such frame is asked for."""


def make_frame(values: dict[str, object]) -> pd.DataFrame:
    """One column for each series, array or list; a scalar fills its column; a frame gives its columns.

    The result is a `polars.DataFrame` or `pyarrow.Table` when there are values of that library and none of
    another one, else a `pandas.DataFrame`. `values` is emptied on the way, so that each value which
    had to be copied is released before the next.

    Raises:
        Exception: the problem DB307 when lengths or indexes do not fit, names are double, or libraries mix.
    """
    first: dict[str, str] = {}
    for name, value in values.items():
        library = type(value).__module__.partition(".")[0]
        if library in MAKERS:
            first.setdefault(library, name)
    if len(first) > 1:
        (one, _), (other, name) = list(first.items())[:2]
        raise misfit(name, f"it is of {other}, others are of {one}", "convert one of them in a node.")
    here = __name__.rpartition(".")[0]
    library = next(iter(first), "pandas")
    maker = importlib.import_module(f"{here}.{MAKERS[library]}")  # noqa: TID251  # by library
    frame: pd.DataFrame = maker.make(values)  # or what quacks like one
    return frame
