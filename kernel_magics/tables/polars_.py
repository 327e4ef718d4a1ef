"""Tables of Polars: their schemas, and how they are read from files and written, without pandas or Arrow."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from kernel_magics.tables.files import format_of, partition_keys, put, take
from kernel_magics.tables.matching import match
from kernel_magics.tables.records import columns_of, load, write_rows
from kernel_magics.tables.schema import Column, Schema
from kernel_magics.tables.trouble import Read, Say, file_misfit, joined_reasons, left_out, opened

_UNITS: Final = ("ns", "us", "ms")
_SPAN: Final = re.compile(r"(-?\d+)(ns|us|ms)")
_NANOS: Final = {"ns": 1, "us": 1_000, "ms": 1_000_000}
_MOMENTS: Final = (
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
)
_TRUTHS: Final = {
    "true": True,
    "false": False,
    "1": True,
    "0": False,
    "t": True,
    "f": False,
    "yes": True,
    "no": False,
}


# -- schemas -----------------------------------------------------------------------------------------------


def is_table(value: object) -> bool:
    """Whether a value is a frame or a series."""
    return isinstance(value, pl.LazyFrame | pl.DataFrame | pl.Series)


def schema_of(value: Any) -> Schema:
    """The schema of a table."""
    if isinstance(value, pl.LazyFrame):
        return Schema(
            "polars.LazyFrame",
            tuple(Column(name, _text_of(kind)) for name, kind in value.collect_schema().items()),
        )
    if isinstance(value, pl.DataFrame):
        return Schema(
            "polars.DataFrame", tuple(Column(name, _text_of(kind)) for name, kind in value.schema.items())
        )
    return Schema("polars.Series", (Column(value.name or None, _text_of(value.dtype)),))


def _text_of(kind: Any) -> str:
    """The name of a type, and what it is made of."""
    tree = _tree(kind)
    return tree if isinstance(tree, str) else json.dumps(tree)


def _tree(kind: Any) -> Any:
    name = kind.base_type().__name__
    match kind:
        case pl.Datetime():
            return {name: [kind.time_unit, kind.time_zone]}
        case pl.Duration():
            return {name: [kind.time_unit]}
        case pl.Decimal():
            return {name: [kind.precision, kind.scale]}
        case pl.Enum():
            return {name: [kind.categories.to_list()]}
        case pl.List():
            return {name: [_tree(kind.inner)]}
        case pl.Array():
            return {name: [_tree(kind.inner), kind.size]}
        case pl.Struct():
            return {name: [{field.name: _tree(field.dtype) for field in kind.fields}]}
    return name


def _type_of(text: str) -> Any:
    return _made(json.loads(text) if text.startswith("{") else text)


def _made(tree: Any) -> Any:
    if isinstance(tree, str):
        return getattr(pl, tree)()
    ((name, parts),) = tree.items()
    if name == "Struct":
        return pl.Struct({field: _made(kind) for field, kind in parts[0].items()})
    if name in ("List", "Array"):
        parts = [_made(parts[0]), *parts[1:]]
    return getattr(pl, name)(*parts)


# -- reading -----------------------------------------------------------------------------------------------


def read(paths: Sequence[Path], schema: Schema, name: str, say: Say) -> Any:
    """The value of an input: its columns with the types of the sample.

    Raises:
        Exception: the problem DB408 where a file does not fit, DB403 or DB406 where it cannot be read.
    """
    frames = [
        _opened(path, _guessed) if schema.columns is None else _part(path, schema, name, say)
        for path in paths
    ]
    frame = frames[0] if len(frames) == 1 else pl.concat(frames)
    if schema.kind == "polars.Series":
        series = frame.to_series(0)
        return series if schema.columns is None else series.alias(schema.columns[0].name or "")
    return frame.lazy() if schema.kind == "polars.LazyFrame" else frame


def _opened(path: Path, load: Callable[[Path], Read]) -> Read:
    def plain(path: Path) -> Read:
        try:
            return load(path)
        except pl.exceptions.PolarsError as error:
            raise ValueError(str(error)) from None

    return opened(path, plain)


def _guessed(path: Path) -> pl.DataFrame:
    kind = format_of(path)
    if kind in ("csv", "tsv"):
        return pl.read_csv(_bytes(path), separator="," if kind == "csv" else "\t", try_parse_dates=True)
    if kind in ("json", "jsonl"):
        return pl.DataFrame(dict(columns_of(load(path, kind == "jsonl"))[0]), strict=False)
    return pl.read_parquet(path, hive_partitioning=False) if kind == "parquet" else pl.read_ipc(path)


def _bytes(path: Path) -> Any:
    return io.BytesIO(take(path)) if path.suffix.lower() == ".gz" else path


def _part(path: Path, schema: Schema, name: str, say: Say) -> pl.DataFrame:
    columns = schema.columns or ()
    kind = format_of(path)
    names, load_columns = _opened(path, lambda path: _source(path, kind))
    if not names and kind in ("json", "jsonl"):
        return pl.DataFrame({column.name or name: [] for column in columns}, schema_overrides=None).cast(
            {column.name or name: _type_of(column.dtype) for column in columns}
        )
    keys = {key: value for key, value in partition_keys(path).items() if key not in names}
    found = match(schema, [*names, *keys], 0, name, lambda column: str(_type_of(column.dtype)))
    if found.missing:
        raise file_misfit(name, path, found.missing)
    left_out(found.extra, keys, name, path, say)
    wanted = dict(zip(found.columns, columns, strict=True))
    raw = _opened(path, lambda _: load_columns([place for place in wanted if place < len(names)]))
    rows = len(next(iter(raw.values()))) if raw else 0
    for place, value in enumerate(keys.values(), len(names)):
        raw[place] = pl.Series([value] * rows, dtype=pl.String)
    made, wrong = [], []
    for place, column in wanted.items():
        label = column.name or name
        target = _type_of(column.dtype)
        fitted, bad = _fitted(raw[place], target)
        if bad:
            cells = raw[place]
            wrong.append(
                f"column '{label}' must be {target}, and {joined_reasons(bad, len(cells), _came(cells))}"
            )
        else:
            made.append(fitted.alias(label))
    if wrong:
        raise file_misfit(name, path, wrong)
    return pl.DataFrame(made)


def _came(cells: pl.Series) -> str:
    return "" if cells.dtype in (pl.String, pl.Object) else str(cells.dtype)


Load = Callable[[list[int]], dict[int, pl.Series]]


def _source(path: Path, kind: str) -> tuple[list[str], Load]:
    """The names of a file's columns, and what loads those at some places."""
    if kind in ("csv", "tsv"):
        sign = "," if kind == "csv" else "\t"
        names = pl.read_csv(_bytes(path), separator=sign, n_rows=0, infer_schema=False).columns

        def texts(places: list[int]) -> dict[int, pl.Series]:
            frame = (
                pl.read_csv(_bytes(path), separator=sign, columns=places, infer_schema=False)
                if places
                else pl.DataFrame()
            )
            return {place: frame[names[place]] for place in places}

        return names, texts
    if kind in ("json", "jsonl"):
        columns, _ = columns_of(load(path, kind == "jsonl"))
        held = [cells for _, cells in columns]
        return [name or "" for name, _ in columns], lambda places: {
            place: _json_cells(held[place]) for place in places
        }
    parquet = kind == "parquet"
    names = list(pl.read_parquet_schema(path) if parquet else pl.read_ipc_schema(path))

    def typed(places: list[int]) -> dict[int, pl.Series]:
        wanted = [names[place] for place in places]
        if parquet:
            frame = pl.read_parquet(path, columns=wanted, hive_partitioning=False)
        else:
            frame = pl.read_ipc(path, columns=wanted)
        return {place: frame[names[place]] for place in places}

    return names, typed


def _json_cells(cells: list[Any]) -> pl.Series:
    kinds = {type(cell) for cell in cells} - {type(None)}
    simple = {frozenset([bool]): pl.Boolean, frozenset([str]): pl.String, frozenset([int]): pl.Int64}
    if kinds and kinds <= {int, float} and float in kinds:
        return pl.Series(cells, dtype=pl.Float64, strict=False)
    kind = simple.get(frozenset(kinds), pl.Object)
    try:
        return pl.Series(cells, dtype=kind)
    except (OverflowError, TypeError):
        return pl.Series(cells, dtype=pl.Object)


Bad = list[tuple[int, Any]]


def _fitted(cells: pl.Series, target: Any) -> tuple[pl.Series, Bad]:
    """The cells with the wanted type, and those that have no value of it, with their places."""
    if cells.dtype == target:
        return cells, []
    if cells.dtype == pl.Object:
        return _each(cells, target)
    made = _cast(cells, target)
    if made is None:
        return cells, [(place, cell) for place, cell in enumerate(cells.to_list()) if cell is not None]
    bad = made.is_null() & cells.is_not_null()
    return made, [(place, cells[place]) for place in bad.arg_true().to_list()]


def _each(cells: pl.Series, target: Any) -> tuple[pl.Series, Bad]:
    """Cells of JSON, one at a time."""
    bad: Bad = []
    made: list[Any] = []
    for place, cell in enumerate(cells.to_list()):
        try:
            one = pl.Series([cell], dtype=target, strict=True) if cell is not None else None
            made.append(None if one is None else one[0])
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            fitted, wrong = (
                _fitted(pl.Series([cell]), target) if not isinstance(cell, list | dict) else (None, [0])
            )
            bad += [(place, cell)] if wrong or fitted is None else []
            made.append(None if wrong or fitted is None else fitted[0])
    return pl.Series(made, dtype=target, strict=False), bad


def _cast(cells: pl.Series, target: Any) -> pl.Series | None:
    """The cells with the wanted type, null where they have no value of it; None for types without a way."""
    text = cells.dtype == pl.String
    if target == pl.String:
        return cells.cast(pl.String) if isinstance(cells.dtype, pl.Categorical | pl.Enum) else None
    if target == pl.Boolean:
        plain = cells if text else cells.cast(pl.String) if cells.dtype.is_integer() else None
        return (
            None
            if plain is None
            else plain.str.to_lowercase().replace_strict(_TRUTHS, default=None, return_dtype=pl.Boolean)
        )
    if cells.dtype == pl.Boolean:
        return None
    if isinstance(target, pl.Datetime):
        return _moments(cells, target) if text else _timed(cells, target)
    if target in (pl.Date, pl.Time) and text:
        return (
            cells.str.to_date("%Y-%m-%d", strict=False)
            if target == pl.Date
            else _first([cells.str.to_time(form, strict=False) for form in ("%H:%M:%S%.f", "%H:%M")])
        )
    if isinstance(target, pl.Duration) and text:
        return _spans(cells, target)
    if target.is_nested() and text:
        return _decoded(cells, target)
    if target == pl.Binary and text:
        return cells.str.strip_prefix("0x").str.decode("hex", strict=False)
    if target.is_temporal() and not cells.dtype.is_temporal():
        return None
    made = cells.cast(target, strict=False)
    if target.is_integer() and cells.dtype.is_float():
        return pl.select(pl.when(made.cast(cells.dtype) == cells).then(made)).to_series()
    if target == pl.Float32:  # a number that is too large for it becomes infinite
        return pl.select(pl.when(made.is_infinite() == _wide(cells).is_infinite()).then(made)).to_series()
    return made


def _wide(cells: pl.Series) -> pl.Series:
    return cells.cast(pl.Float64, strict=False)


def _first(found: list[pl.Series]) -> pl.Series:
    made = found[0]
    for other in found[1:]:
        made = made.fill_null(other) if made.null_count() else made
    return made


def _moments(cells: pl.Series, target: Any) -> pl.Series:
    zone, unit = target.time_zone, target.time_unit
    if zone is None:
        return _first([cells.str.to_datetime(form, time_unit=unit, strict=False) for form in _MOMENTS])
    made = cells.str.to_datetime("%+", time_unit=unit, time_zone="UTC", strict=False)
    return made.dt.convert_time_zone(zone)


def _timed(cells: pl.Series, target: Any) -> pl.Series | None:
    source = cells.dtype
    if source == pl.Date and target.time_zone is None:
        return cells.cast(target)
    if not isinstance(source, pl.Datetime) or (source.time_zone is None) != (target.time_zone is None):
        return None
    made = cells.cast(target, strict=False)
    same = made.cast(source, strict=False) == cells
    return pl.select(pl.when(same).then(made)).to_series()


def _spans(cells: pl.Series, target: Any) -> pl.Series:
    def count(text: str | None) -> int | None:
        found = _SPAN.fullmatch(text or "")
        nanos = int(found[1]) * _NANOS[found[2]] if found else 1
        return None if nanos % _NANOS[target.time_unit] else nanos // _NANOS[target.time_unit]

    return pl.Series(
        [count(cell) if cell and _SPAN.fullmatch(cell) else None for cell in cells.to_list()], dtype=pl.Int64
    ).cast(target)


def _decoded(cells: pl.Series, target: Any) -> pl.Series:
    def value(text: str | None) -> Any:
        try:
            return None if text is None else json.loads(text)
        except ValueError:
            return None

    return _each(pl.Series([value(cell) for cell in cells.to_list()], dtype=pl.Object), target)[0]


# -- writing -----------------------------------------------------------------------------------------------


def write(value: Any, path: Path) -> None:
    """Write a frame or series into a file.

    Raises:
        ValueError: the format cannot hold it.
    """
    frame = value.collect() if isinstance(value, pl.LazyFrame) else value
    if isinstance(frame, pl.Series):
        frame = frame.to_frame(frame.name or "0")
    kind = format_of(path)
    try:
        if kind == "parquet":
            frame.write_parquet(path)
        elif kind == "feather":
            frame.write_ipc(path)
        elif kind in ("csv", "tsv"):
            plain = frame.select(_as_text(column, nested=True) for column in frame.get_columns())
            put(path, plain.write_csv(separator="," if kind == "csv" else "\t").encode())
        else:
            columns = [_cells(column) for column in frame.get_columns()]
            write_rows(path, frame.columns, columns, len(frame), kind == "jsonl")
    except pl.exceptions.PolarsError as error:
        raise ValueError(str(error)) from error


def _as_text(column: pl.Series, nested: bool) -> pl.Series:
    """Types that csv and JSON do not have as texts, from which `_cast` makes them again."""
    kind = column.dtype
    match kind:
        case pl.Datetime():
            sign = "" if kind.time_zone is None else "%:z"
            return column.dt.to_string(f"%Y-%m-%dT%H:%M:%S%.f{sign}")
        case pl.Time():
            return column.dt.to_string("%H:%M:%S%.f")
        case pl.Duration():
            counts = column.to_physical().to_list()
            texts = [None if count is None else f"{count}{kind.time_unit}" for count in counts]
            return pl.Series(column.name, texts, dtype=pl.String)
        case pl.Decimal() | pl.Date() | pl.Categorical() | pl.Enum():
            return column.cast(pl.String)
        case pl.Binary():
            return ("0x" + column.bin.encode("hex")).alias(column.name)
    if nested and kind.is_nested():
        texts = [None if cell is None else json.dumps(cell, ensure_ascii=False) for cell in column.to_list()]
        return pl.Series(column.name, texts, dtype=pl.String)
    return column


def _cells(column: pl.Series) -> list[Any]:
    plain = _as_text(column, nested=False)
    if plain.dtype.is_float():
        return [cell if cell is None or math.isfinite(cell) else str(cell) for cell in plain.to_list()]
    return plain.to_list()
