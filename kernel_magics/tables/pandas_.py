"""Tables of pandas and arrays of NumPy: their schemas, and how they are read from files and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from kernel_magics.tables.cells import Misfit, column_of, is_gap, is_json, shown_type, texts
from kernel_magics.tables.columnar import Columnar
from kernel_magics.tables.columnar import write as write_columnar
from kernel_magics.tables.delimited import Delimited
from kernel_magics.tables.delimited import write as write_delimited
from kernel_magics.tables.files import format_of, partition_keys
from kernel_magics.tables.fit import fit, joined
from kernel_magics.tables.matching import match
from kernel_magics.tables.records import Records, load
from kernel_magics.tables.records import write as write_records
from kernel_magics.tables.schema import Column, Schema
from kernel_magics.tables.trouble import Say, file_misfit, left_out, opened

Source: TypeAlias = "Delimited | Records | Columnar | Held"


def is_table(value: object) -> bool:
    """Whether a value is a frame, series, index, or an array of one or two dimensions."""
    if isinstance(value, np.ndarray):
        return value.ndim in (1, 2) and value.dtype.names is None
    return isinstance(value, pd.DataFrame | pd.Series | pd.Index)


def schema_of(value: Any) -> Schema:
    """The schema of a table."""
    if isinstance(value, pd.DataFrame):
        columns = [column_of(value.iloc[:, place], str(label)) for place, label in enumerate(value.columns)]
        return Schema(
            "pandas.DataFrame", tuple(columns), _levels(value.index), _header(value.columns), _attrs(value)
        )
    if isinstance(value, pd.Series):
        name, header = (
            (None, ()) if value.name is None else (str(value.name), _header(pd.Index([value.name])))
        )
        return Schema("pandas.Series", (column_of(value, name),), _levels(value.index), header, _attrs(value))
    if isinstance(value, pd.MultiIndex):
        return Schema("pandas.MultiIndex", (), _levels(value))
    if isinstance(value, pd.Index):
        return Schema("pandas.Index", (column_of(value, value.name),))
    frame = pd.DataFrame(value)
    columns = [column_of(frame.iloc[:, place]) for place in range(len(frame.columns))]
    dtype = value.dtype.kind if value.dtype.kind in "US" else str(value.dtype)  # texts of any length
    return Schema(f"numpy.{'array' if value.ndim == 1 else 'matrix'}", tuple(columns), attrs={"dtype": dtype})


def _levels(index: pd.Index[Any]) -> tuple[Column, ...]:
    if isinstance(index, pd.RangeIndex):
        return () if index.name is None else (Column(index.name, "range"),)
    levels = [index] if index.nlevels == 1 else [index.get_level_values(n) for n in range(index.nlevels)]
    return tuple(column_of(level, name) for level, name in zip(levels, index.names, strict=True))


def _header(labels: pd.Index[Any]) -> tuple[Column, ...]:
    if labels.nlevels == 1 and labels.dtype == "str" and labels.name is None and not labels.hasnans:
        return ()
    levels = [labels] if labels.nlevels == 1 else [labels.get_level_values(n) for n in range(labels.nlevels)]
    kinds = [column_of(level, name) for level, name in zip(levels, labels.names, strict=True)]
    return tuple(
        replace(
            kind,
            dtype="range" if isinstance(level, pd.RangeIndex) else kind.dtype,
            members=tuple(texts(level, kind)),
        )
        for kind, level in zip(kinds, levels, strict=True)
    )


def _attrs(value: Any) -> Mapping[str, Any]:
    return dict(value.attrs) if is_json(dict(value.attrs)) else {}


# -- reading -----------------------------------------------------------------------------------------------


def read(paths: Sequence[Path], schema: Schema, name: str, say: Say) -> Any:
    """The value of an input: its columns and index with the types of the sample.

    Args:
        name: of the input, for messages.
        say: told what of the files is left out.

    Raises:
        Exception: the problem DB408 where a file does not fit, DB403 or DB406 where it cannot be read.
    """
    if schema.columns is None:
        return _guessed([opened(path, _source).guess() for path in paths], schema)
    return _whole([_part(opened(path, _source), path, schema, name, say) for path in paths], schema)


def read_piece(path: Path, groups: Sequence[int] | None, schema: Schema, name: str, say: Say) -> Any:
    """The value of one file, or of some groups of rows of a Parquet file; see `read`."""
    if groups is None:
        return read([path], schema, name, say)
    source = opened(path, lambda each: Columnar(each, True, groups))
    if schema.columns is None:
        return _guessed([source.guess()], schema)
    return _whole([_part(source, path, schema, name, say)], schema)


def read_rows(rows: Any, schema: Schema, name: str, say: Say) -> Any:
    """The value of an input that is given as rows in memory.

    Args:
        rows: a frame, or what a JSON file of a table holds, such as a list of a dict for each row.

    Raises:
        Exception: the problem DB408 where they do not fit.
    """
    source = Held(rows) if isinstance(rows, pd.DataFrame) else Records(rows)
    if schema.columns is None:
        return _guessed([source.guess()], schema)
    return _whole([_part(source, Path("the rows"), schema, name, say)], schema)


class Held:
    """A frame that is there already.

    Attributes:
        names: of its columns; None for an index without a name.
        index: how many columns are its index.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        numbered = isinstance(frame.index, pd.RangeIndex) and frame.index.name is None
        self._frame = frame
        places = range(0 if numbered else frame.index.nlevels)
        self._levels = [frame.index.get_level_values(place) for place in places]
        self.index = len(self._levels)
        names = [None if level.name is None else str(level.name) for level in self._levels]
        self.names: list[str | None] = [*names, *map(str, frame.columns)]

    def read(self, picks: Mapping[int, Column]) -> dict[int, Any]:
        """The columns at these places, as the frame has them."""
        found: dict[int, Any] = {
            place: self._levels[place].to_series().reset_index(drop=True)
            if place < self.index
            else self._frame.iloc[:, place - self.index].reset_index(drop=True)
            for place in picks
        }
        return found or {-1: pd.Series(np.zeros(len(self._frame)))}

    def guess(self) -> pd.DataFrame:
        """The frame itself."""
        return self._frame


def _whole(parts: list[_Part], schema: Schema) -> Any:
    """The value of a table that several files hold together."""
    rows = sum(part.rows for part in parts)
    levels = [joined(part.levels[n] for part in parts) for n in range(len(schema.index))]
    columns = [joined(part.columns[n] for part in parts) for n in range(len(schema.columns or ()))]
    numbers = parts[0].numbers if len(parts) == 1 else None
    return _value(schema, columns, _index(schema, levels, numbers, rows))


@dataclass(frozen=True, slots=True)
class _Part:
    """What one file has: levels of the index, columns, the numbers of its rows, and how many they are."""

    levels: list[Any]
    columns: list[Any]
    numbers: Any
    rows: int


def _part(source: Source, path: Path, schema: Schema, name: str, say: Say) -> _Part:
    columns = schema.columns or ()
    if isinstance(source, Records) and source.is_blank:
        levels, cells = (
            [fit(pd.Series([], dtype=object), kind) for kind in kinds] for kinds in (schema.index, columns)
        )
        return _Part(levels, cells, None, 0)
    keys = {key: value for key, value in partition_keys(path).items() if key not in source.names}
    found = match(schema, [*source.names, *keys], source.index, name, shown_type)
    if found.missing:
        raise file_misfit(name, path, found.missing)
    left_out(found.extra, keys, name, path, say)
    places = [*found.levels, *found.columns, found.numbers]
    wanted = dict(zip(places, [*schema.index, *columns, Column(dtype="range")], strict=True))
    wanted.pop(-1, None)
    raw = _cells(source, path, wanted, list(keys.values()))
    rows = len(next(iter(raw.values())))
    fitted: dict[int, Any] = {}
    wrong: list[str] = []
    for place, kind in wanted.items():
        try:
            fitted[place] = fit(raw[place], kind)
        except Misfit as error:
            what = (
                "the index"
                if kind.name is None and place in found.levels
                else f"column '{kind.name or name}'"
            )
            if place == found.numbers:
                say(f"input '{name}': the index of '{path}' is not in the sample, and left out.")
            else:
                wrong.append(f"{what} must be {shown_type(kind)}, and {error}")
    if wrong:
        raise file_misfit(name, path, wrong)
    numbers = fitted.get(found.numbers)
    levels = [fitted[place] if place >= 0 else numbers for place in found.levels]
    return _Part(levels, [fitted[place] for place in found.columns], numbers, rows)


def _cells(source: Source, path: Path, wanted: Mapping[int, Column], keys: list[str]) -> dict[int, Any]:
    """The wanted columns as the file has them, and those of which its folders say the only value."""
    count = len(source.names)
    inside = {place: kind for place, kind in wanted.items() if place < count}
    raw = opened(path, lambda _: source.read(inside))
    rows = len(next(iter(raw.values())))
    return raw | {place: pd.Series([value] * rows, dtype="str") for place, value in enumerate(keys, count)}


def _source(path: Path) -> Source:
    match format_of(path):
        case "csv":
            return Delimited(path, ",")
        case "tsv":
            return Delimited(path, "\t")
        case "json" | "jsonl" as kind:
            return Records(load(path, kind == "jsonl"))
        case kind:
            return Columnar(path, kind == "parquet")


def _index(schema: Schema, levels: list[Any], numbers: Any, rows: int) -> pd.Index[Any]:
    """The index of the levels, or of the rows' numbers where the file has some."""
    if not schema.index:
        return pd.RangeIndex(rows) if numbers is None else _range(numbers, None)
    made = []
    for level, kind in zip(levels, schema.index, strict=True):
        if kind.dtype == "range":
            made.append(pd.RangeIndex(rows, name=kind.name) if level is None else _range(level, kind.name))
            continue
        one: Any = pd.Index(level.rename(None), dtype=level.dtype, name=kind.name)
        if kind.freq:
            with suppress(ValueError):  # the file's moments have no such distance
                one.freq = kind.freq
        made.append(one)
    return made[0] if len(made) == 1 else pd.MultiIndex.from_arrays(made)


def _range(numbers: pd.Series[Any], name: Any) -> pd.Index[Any]:
    """Numbers that have a common distance as a range, others as they are."""
    held = numbers.to_numpy()
    step = int(held[1] - held[0]) if len(held) > 1 else 1
    if step and len(held) and (np.diff(held) == step).all():
        return pd.RangeIndex(int(held[0]), int(held[0]) + step * len(held), step, name=name)
    return pd.Index(held, name=name) if len(held) else pd.RangeIndex(0, name=name)


def _value(schema: Schema, columns: list[Any], index: pd.Index[Any]) -> Any:
    library, _, kind = schema.kind.partition(".")
    if library == "numpy":
        return _array(kind, schema.attrs["dtype"], columns, len(index))
    if kind == "MultiIndex":
        return index
    if kind == "Index":
        return _index(Schema("", (), schema.columns or ()), columns, None, len(index))
    labels = _labels(schema.header)
    for column in columns:
        column.index = index
    made: Any
    if kind == "Series":
        made = columns[0]
        made.name = labels[0] if labels is not None else schema.columns[0].name if schema.columns else None
    else:
        made = pd.DataFrame(dict(enumerate(columns)), index=index, copy=False)
        names = [column.name for column in schema.columns or ()]
        made.columns = pd.Index(names, dtype="str") if labels is None else labels
    made.attrs = dict(schema.attrs)
    return made


def _array(kind: str, dtype: str, columns: list[Any], rows: int) -> Any:
    made = [column.to_numpy(dtype=dtype) for column in columns]
    if kind == "array":
        return made[0]
    return np.column_stack(made) if made else np.empty((rows, 0), dtype)


def _labels(header: tuple[Column, ...]) -> pd.Index[Any] | None:
    if not header:
        return None
    levels = [
        fit(pd.Series(list(level.members), dtype=object), replace(level, members=())) for level in header
    ]
    return _index(Schema("", (), header), levels, None, len(header[0].members))


def _guessed(frames: list[pd.DataFrame], schema: Schema) -> Any:
    """The value of an input of which no sample says more than its class."""
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    if schema.kind == "pandas.DataFrame":
        return frame
    if len(frame.columns) == 2 and schema.kind == "pandas.Series":
        frame = frame.set_index(frame.columns[0])
    column = frame.iloc[:, 0] if len(frame.columns) == 1 else frame
    return column if schema.kind == "pandas.Series" else column.to_numpy()


# -- writing -----------------------------------------------------------------------------------------------


def write(value: Any, path: Path) -> None:
    """Write a table into a file.

    Raises:
        ValueError: the format cannot hold it.
    """
    frame = _frame(value)
    names = [str(label) for label in frame.columns]
    twice = next((name for place, name in enumerate(names) if name in names[:place]), None)
    if twice is not None:
        raise Misfit(f"two columns are called '{twice}'")
    for place, name in enumerate(names):
        _refuse(f"column '{name}'", frame.iloc[:, place])
    for place in range(frame.index.nlevels):
        _refuse("the index", frame.index.get_level_values(place))
    match format_of(path):
        case "csv" | "tsv" as kind:
            write_delimited(frame, path, "," if kind == "csv" else "\t")
        case "json" | "jsonl" as kind:
            write_records(frame, path, kind == "jsonl")
        case kind:
            write_columnar(frame, path, kind == "parquet")


def _refuse(what: str, values: Any) -> None:
    """Refuse objects, and members of categories, that no file can say."""
    values = values.dtype.categories if isinstance(values.dtype, pd.CategoricalDtype) else values
    if values.dtype == np.dtype(object) and not (column := column_of(values)).cells:
        cell = next((cell for cell in values if not is_gap(cell) and not is_json(cell)), None)
        kinds = f"objects of type {type(cell).__name__}" if column.dtype else "objects"
        raise Misfit(f"{what} holds {kinds}")


def _frame(value: Any) -> pd.DataFrame:
    if isinstance(value, pd.DataFrame):
        return value
    if isinstance(value, pd.Series):
        return value.to_frame("0" if value.name is None else value.name)
    if isinstance(value, pd.Index):
        return pd.DataFrame(index=value) if value.nlevels > 1 else pd.DataFrame({"0": value})
    return pd.DataFrame(value)
