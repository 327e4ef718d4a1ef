"""A source is an input of a run in parts that is in files, of which each worker reads its own rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.table import Column, Rows, axis_of
from kernel_magics.scale.cutting import stacked, taken
from kernel_magics.scale.parts import Parts, added, counted
from kernel_magics.scale.shelf import bucket_path, get_object, get_value, put_object, put_value
from kernel_magics.tables.files import find_files, format_of, optional
from kernel_magics.tables.pandas_ import read_piece
from kernel_magics.tables.schema import Schema, schema_of
from kernel_magics.tables.trouble import opened
from kernel_magics.values import VALUES

_FEW = 100_000
_MANY = 100_000  # rows of a sample


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of the files of an input, in the order of the files.

    Attributes:
        groups: of a Parquet file, the groups of rows; None for all of a file.
        start: how many rows the chunks before it have.
        parts: the parts that its rows belong to.
        keys: the values of the key, where they are few and none is missing, until the parts are known.
    """

    path: Path
    groups: tuple[int, ...] | None
    start: int = 0
    parts: tuple[int, ...] = ()
    keys: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class Files:
    """An input in files.

    Attributes:
        schema: what its files are read to.
        numbered: rows are numbered over all files; else they have the labels that the file says.
        rows: by value of the key, as far as it was counted.
    """

    name: str
    schema: Schema
    chunks: tuple[Chunk, ...]
    numbered: bool = True
    rows: pd.Series[Any] = field(default_factory=lambda: pd.Series(dtype="int64"))

    def read(self, chunk: Chunk, columns: Sequence[str] | None = None) -> Any:
        """The rows of a chunk, as they are in the whole input.

        Args:
            columns: of a frame, only these beside its index.
        """
        schema = self.schema
        if columns is not None and schema.columns is not None:
            schema = replace(schema, columns=tuple(each for each in schema.columns if each.name in columns))
        value = read_piece(chunk.path, chunk.groups, schema, self.name, _quiet)
        if self.numbered:
            value.index = pd.RangeIndex(chunk.start, chunk.start + len(value))
        return value

    def whole(self, columns: Sequence[str] | None = None) -> Any:
        """All rows."""
        value = stacked([self.read(chunk, columns) for chunk in self.chunks])
        if self.numbered:
            value.index = pd.RangeIndex(len(value))
        return value

    def size(self, columns: Sequence[str] | None = None) -> int:
        """About how many bytes all rows take, as numbers."""
        count = len(self.schema.columns or ()) if columns is None else len(columns)
        return int(self.rows.sum()) * 8 * (count + 1)

    def axis(self, chunk: Chunk, key: str) -> Column:
        """The key of each row of a chunk."""
        axis = axis_of(self.read(chunk, [key]), key, self.name)
        assert axis is not None, "the schema has the key"
        return axis

    def counted(self, key: str) -> Files:
        """With the rows of each value of the key, and of each chunk; reads only the key."""
        if len(self.rows):
            return self
        chunks, found, start = [], [], 0
        for chunk in self.chunks:
            axis = self.axis(chunk, key)
            counts = counted(axis)
            few = len(counts) <= _FEW and not axis.isna().any()
            keys = tuple(counts.index) if few else None
            chunks.append(replace(chunk, start=start, keys=keys))
            start += len(axis)
            found.append(counts)
        return replace(self, chunks=tuple(chunks), rows=added(found))

    def parted(self, key: str, parts: Parts) -> Files:
        """With the parts that the rows of each chunk belong to."""

        def parts_of(chunk: Chunk) -> Chunk:
            axis = self.axis(chunk, key) if chunk.keys is None else pd.Series(chunk.keys, dtype=object)
            return replace(chunk, parts=tuple(int(part) for part in np.unique(parts.of(axis))), keys=None)

        return replace(self, chunks=tuple(map(parts_of, self.chunks)))

    def sorted_out(self, place: int, key: str, parts: Parts, folder: Path) -> None:
        """Write the rows of a chunk into a file for each part."""
        chunk = self.chunks[place]
        value = self.read(chunk)
        of = parts.of(axis_of(value, key, self.name))
        for part in chunk.parts:
            places = np.flatnonzero(of == part)
            path = bucket_path(folder, self.name, part, place)
            put_value(taken(self.name, value, {self.name: places}), path)
            put_object(places + chunk.start, path.with_suffix(".places"))

    def piece(self, part: int, folder: Path) -> tuple[Any, Rows]:
        """The rows of a part, and their places among all rows.

        A chunk that has rows of this part only is read where it is, others from what was sorted out of them.
        """
        values, places = [], []
        for number, chunk in enumerate(self.chunks):
            if chunk.parts == (part,):
                values.append(self.read(chunk))
                places.append(np.arange(chunk.start, chunk.start + len(values[-1])))
            elif part in chunk.parts:
                path = bucket_path(folder, self.name, part, number)
                values.append(get_value(path, lent=True))
                places.append(get_object(path.with_suffix(".places")))
        if not values:
            return self.read(self.chunks[0]).iloc[:0], np.array([], dtype=np.int64)
        whole = stacked(values)
        return (whole.copy() if any(whole is value for value in values) else whole), np.concatenate(places)

    def some(self, key: str, values: Sequence[Any], fewer: Callable[[Any], Any]) -> Any:
        """Rows that have these values of the key.

        Args:
            fewer: leaves rows out; called whenever there are many.
        """
        found = []
        for chunk in self.chunks:
            axis = self.axis(chunk, key)
            rows = np.flatnonzero(axis.isin(values))
            if len(rows):
                found.append(taken(self.name, self.read(chunk), {self.name: rows}))
            if sum(map(len, found)) > _MANY:
                found = [fewer(stacked(found))]
        return stacked(found) if found else self.read(self.chunks[0]).iloc[:0]


def files_of(name: str, text: str, schema: Schema | None, key: str) -> Files | None:
    """An input in files whose rows have a key; None where they have to be read as a whole.

    Args:
        text: a path, a folder or a pattern.
        schema: None where neither a sample nor a hint says what is read.

    Raises:
        DataflowError: DB002 or DB403 where there are no such files.
    """
    found = [path.absolute() for path in find_files(text)]
    if schema is None or (schema.kind == "pandas.DataFrame" and schema.columns is None):
        schema = told_by_files(name, found)
    if schema is None or schema.kind != "pandas.DataFrame":
        return None
    named = [column for column in (*(schema.columns or ()), *schema.index) if column.name == key]
    if len(named) != 1 or (len(found) > 1 and any(column.dtype == "range" for column in schema.index)):
        return None
    chunks: list[Chunk] = []
    numbered = not schema.index
    for path in found:
        if format_of(path) != "parquet":
            chunks.append(Chunk(path, None))
            continue
        file = optional("pyarrow.parquet", "parquet files").ParquetFile(path)
        about: Mapping[str, Any] = file.schema_arrow.pandas_metadata or {}
        levels = about.get("index_columns", [])
        if len(found) == 1 and levels:
            if any(isinstance(level, dict) and (level["start"] or level["step"] != 1) for level in levels):
                return None
            numbered = numbered and all(isinstance(level, dict) for level in levels)
        groups = range(file.metadata.num_row_groups)
        chunks += [Chunk(path, (group,)) for group in groups] or [Chunk(path, None)]
    return Files(name, schema, tuple(chunks), numbered)


def told_by_files(name: str, paths: Sequence[Path]) -> Schema | None:
    """The schema of Parquet files, where reading by it gives what reading them at once gives; None otherwise.

    Whole numbers and truths with gaps get another type when all files are read at once, and categories are
    those of all files, so there must be none of these.
    """
    if not paths or any(format_of(path) != "parquet" for path in paths):
        return None
    parquet = optional("pyarrow.parquet", "parquet files")
    files = [opened(path, parquet.ParquetFile) for path in paths]
    first = files[0]
    if not first.metadata.num_row_groups or any(file.schema_arrow != first.schema_arrow for file in files):
        return None
    if any(str(kind).startswith("dictionary") for kind in first.schema_arrow.types):
        return None
    gaps = [
        place
        for place, kind in enumerate(first.schema_arrow.types)
        if str(kind).lstrip("u").startswith(("int", "bool"))
    ]
    if first.metadata.num_columns != len(first.schema_arrow) or any(
        _may_have_gaps(file, gaps) for file in files
    ):
        return None
    guessed = Schema("pandas.DataFrame")
    plain = read_piece(paths[0], (0,), guessed, name, _quiet)
    schema = schema_of(plain)
    return (
        schema
        if schema is not None and VALUES.equal(read_piece(paths[0], (0,), schema, name, _quiet), plain)
        else None
    )


def _may_have_gaps(file: Any, places: Sequence[int]) -> bool:
    """Whether columns of a Parquet file have missing values, or nothing says that they have none."""
    about = file.metadata
    for group in range(about.num_row_groups):
        for place in places:
            told = about.row_group(group).column(place).statistics
            if told is None or not told.has_null_count or told.null_count:
                return True
    return False


def _quiet(note: str) -> None:
    """Notes are given where a whole file is read."""
