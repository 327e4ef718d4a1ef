"""Columnar files are Parquet and Feather, read and written with Arrow: they know their columns' types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from kernel_magics.tables.cells import column_of, texts
from kernel_magics.tables.files import optional
from kernel_magics.tables.schema import Column

_RANGE: Final = "\0range"
"""Stands for an index that the file only says to be a range of numbers."""
_MASKED: Final = {
    f"{sign}int{size}": f"{'U' if sign else ''}Int{size}" for sign in ("", "u") for size in (8, 16, 32, 64)
}


class Columnar:
    """A file to read.

    Args:
        groups: of a Parquet file, only these groups of rows; all by default.

    Attributes:
        names: of its columns; None for an index without a name.
        index: how many columns the file says to be its index.
    """

    def __init__(self, path: Path, parquet: bool, groups: Sequence[int] | None = None) -> None:
        self._path, self._file, self._groups = path, None, groups
        arrow = optional("pyarrow", f"{path.suffix} files")
        if parquet:
            self._file = optional("pyarrow.parquet", f"{path.suffix} files").ParquetFile(path)
            schema = self._file.schema_arrow
        else:
            with arrow.memory_map(str(path)) as file:
                schema = arrow.ipc.open_file(file).schema
        about = schema.pandas_metadata or {}
        index = about.get("index_columns", [])
        labels = {each["field_name"]: each["name"] for each in about.get("columns", [])}
        levels = [name for name in index if isinstance(name, str) and name in schema.names]
        numbered = next((each for each in index if isinstance(each, dict)), None)
        self._range = range(*(numbered[key] for key in ("start", "stop", "step"))) if numbered else None
        first = [_RANGE] if numbered else levels
        self._names = [*first, *(name for name in schema.names if name not in levels)]
        self.index = len(first)
        self.names: list[str | None] = [labels[name] if name in levels else name for name in self._names]
        if numbered:
            self.names[0] = numbered["name"]

    def read(self, picks: Mapping[int, Column]) -> dict[int, pd.Series[Any]]:
        """The columns at these places, with the types that the file says."""
        names = {place: self._names[place] for place in picks if self._names[place] != _RANGE}
        table = self._table(list(names.values()))
        found = {place: _series(table.column(name)) for place, name in names.items()}
        if self._range is not None and 0 in picks:
            numbers = self._range if self._groups is None else range(table.num_rows)
            found[0] = pd.Series(numbers, dtype="int64")
        return found or {-1: pd.Series(np.zeros(table.num_rows))}

    def guess(self) -> pd.DataFrame:
        """The table with the types and the index that the file says."""
        frame: pd.DataFrame = self._table(None).to_pandas()
        return frame

    def _table(self, names: list[str] | None) -> Any:
        if self._file is not None and self._groups is not None:
            return self._file.read_row_groups(list(self._groups), columns=names, use_threads=False)
        if self._file is not None:
            return self._file.read(columns=names)
        return optional("pyarrow.feather", "feather files").read_table(str(self._path), columns=names)


def _series(column: Any) -> pd.Series[Any]:
    """A column of Arrow; whole numbers and truths with gaps keep their type."""
    kind = str(column.type)
    masked = _MASKED.get(kind) or ("boolean" if kind == "bool" else "")
    if masked and column.null_count:
        dtype = pd.api.types.pandas_dtype(masked)
        made = column.to_pandas(types_mapper=lambda _: dtype)
    else:
        made = column.to_pandas()
    series: pd.Series[Any] = made.reset_index(drop=True)
    return series


def write(frame: pd.DataFrame, path: Path, parquet: bool) -> None:
    """Write a frame with its index.

    Raises:
        Misfit: objects that the file cannot hold.
    """
    arrow = optional("pyarrow", f"{path.suffix} files")
    plain = frame.copy(deep=False)
    plain.attrs = {}
    plain.columns = pd.Index([str(label) for label in frame.columns], dtype="str")
    for place in range(len(frame.columns)):
        values = _written(arrow, frame.iloc[:, place])
        if values is not None:
            plain.isetitem(place, values)
    levels = [frame.index.get_level_values(place) for place in range(frame.index.nlevels)]
    made = [None if isinstance(level, pd.RangeIndex) else _written(arrow, level) for level in levels]
    if any(values is not None for values in made):
        both = [level if values is None else values for level, values in zip(levels, made, strict=True)]
        plain.index = pd.MultiIndex.from_arrays(both) if len(both) > 1 else pd.Index(both[0])
    if not isinstance(frame.index, pd.RangeIndex):
        plain.index.names = [None if name is None else str(name) for name in frame.index.names]
    table = arrow.Table.from_pandas(plain)
    if parquet:
        optional("pyarrow.parquet", "parquet files").write_table(table, path)
    else:
        optional("pyarrow.feather", "feather files").write_feather(table, str(path))


def _written(arrow: Any, values: Any) -> Any:
    """Texts for what Arrow has no type for; None where it has one."""
    if isinstance(values.dtype, pd.StringDtype):
        return None
    column = column_of(values)
    if column.dtype.startswith(("complex", "Sparse", "float16")) or not column.dtype:
        return pd.Series(texts(values, column), dtype="str", index=getattr(values, "index", None))
    if column.dtype != "object" or column.cells not in ("json", "complex", "Timestamp", "Timedelta", ""):
        return None
    if column.cells == "json":
        try:
            kind = arrow.array(list(values)).type
            if arrow.types.is_list(kind) and not _has_struct(arrow, kind):
                return None
        except (ValueError, TypeError, arrow.ArrowException):
            pass
    return pd.Series(texts(values, column), dtype="str", index=getattr(values, "index", None))


def _has_struct(arrow: Any, kind: Any) -> bool:
    while arrow.types.is_list(kind):
        kind = kind.value_type
    return bool(arrow.types.is_struct(kind))
