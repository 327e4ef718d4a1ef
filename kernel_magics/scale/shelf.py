"""A shelf is a run's folder: values cross from one stage to the next as files in it, tables as Arrow IPC.

Every file appears whole. All workers have to see the folder.
"""

from __future__ import annotations

import os
import pickle
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

_BATCH: Final = 1 << 16  # rows
_LABELS: Final = "\0labels"
_FREQ: Final = b"dagbook_freq"


def put_value(value: Any, path: Path) -> int:
    """Write a value; returns about how many bytes it takes in memory."""
    table = _arrow(value)
    if table is None:
        content = pickle.dumps(value, protocol=5)
        put_bytes(content, path)
        return len(content)

    def fill(part: Path) -> None:
        with part.open("wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=_BATCH)

    _whole(path, fill)
    return int(table.nbytes)


def get_value(path: Path, columns: Sequence[str] | None = None) -> Any:
    """Read a value.

    Args:
        columns: of a frame, only these beside its index.
    """
    with path.open("rb") as file:
        if file.read(6) != b"ARROW1":
            file.seek(0)
            return pickle.load(file)
    with pa.memory_map(str(path)) as source:
        reader = pa.ipc.open_file(source)
        table = reader.read_all()
        about = table.schema.metadata or {}
        if columns is not None:
            labels = [name for name in table.schema.names if name.startswith(_LABELS)]
            table = table.select([*columns, *labels])
        return _pandas(table, about)


def _arrow(value: Any) -> Any:
    """A table of pandas as one of Arrow; None for what does not come back the same."""
    if type(value) not in (pd.DataFrame, pd.Series) and not isinstance(value, pd.Index):
        return None
    index: Any = value if isinstance(value, pd.Index) else value.index
    columns = list(value.items()) if isinstance(value, pd.DataFrame) else []
    columns = [("0", value)] if isinstance(value, pd.Series) else columns
    names = [name for name, _ in columns]
    if not columns and not isinstance(value, pd.Index):  # a file without columns has no rows
        return None
    plain = all(type(name) is str and not name.startswith(_LABELS) for name in names)
    if not plain or len(set(names)) < len(names) or getattr(value, "attrs", None):
        return None
    numbers = isinstance(index, pd.RangeIndex)
    levels = [] if numbers else [index.get_level_values(place) for place in range(index.nlevels)]
    dtypes = [*(column.dtype for _, column in columns), *(level.dtype for level in levels)]
    if not all(map(_is_plain, dtypes)):
        return None
    if isinstance(value, pd.DataFrame) and not isinstance(value.columns.dtype, pd.StringDtype):
        return None
    arrays = {name: column.reset_index(drop=True) for name, column in columns}
    arrays |= {f"{_LABELS}{place}": pd.Series(level.array) for place, level in enumerate(levels)}
    try:
        made = pa.Table.from_pandas(
            pd.DataFrame(arrays, index=pd.RangeIndex(len(index)), copy=False),
            preserve_index=False,
            nthreads=1,
        )
    except (pa.ArrowException, TypeError, ValueError):
        return None
    kind = (
        "frame" if isinstance(value, pd.DataFrame) else "series" if isinstance(value, pd.Series) else "index"
    )
    about: dict[str, Any] = {
        "kind": kind,
        "names": list(index.names),
        "multi": isinstance(index, pd.MultiIndex),
        "range": (index.start, index.stop, index.step) if numbers else None,
        "freq": getattr(index, "freqstr", None),
        "name": value.name if isinstance(value, pd.Series) else None,
        "labels": value.columns.name if isinstance(value, pd.DataFrame) else None,
    }
    return made.replace_schema_metadata({**(made.schema.metadata or {}), _FREQ: pickle.dumps(about)})


def _is_plain(dtype: Any) -> bool:
    """Whether Arrow gives back a column of this type as it was."""
    if isinstance(dtype, np.dtype):
        return dtype.kind in "biufmM"
    if isinstance(dtype, pd.CategoricalDtype):
        return _is_plain(dtype.categories.dtype) and not isinstance(dtype.categories, pd.RangeIndex)
    return dtype == pd.StringDtype(na_value=np.nan) or isinstance(dtype, pd.DatetimeTZDtype)


def _pandas(table: Any, metadata: dict[bytes, bytes]) -> Any:
    about = pickle.loads(metadata[_FREQ])
    frame = table.to_pandas(split_blocks=True, use_threads=False)
    labels = [name for name in frame.columns if name.startswith(_LABELS)]
    if about["range"] is not None:
        index: Any = pd.RangeIndex(*about["range"]).rename(about["names"][0])
    elif about["multi"]:
        index = pd.MultiIndex.from_arrays([frame[name].array for name in labels], names=about["names"])
    else:
        index = pd.Index(frame[labels[0]].array, name=about["names"][0])
        if about["freq"] is not None:
            index.freq = about["freq"]
    if about["kind"] == "index":
        return index
    frame = frame.drop(columns=labels) if labels else frame
    if about["kind"] == "series":
        series = frame["0"].set_axis(index)
        series.name = about["name"]
        return series.copy()
    frame.index = index
    frame.columns = pd.Index(list(frame.columns), dtype="str", name=about["labels"])
    return frame.copy()


def size_of(path: Path, columns: Sequence[str] | None = None) -> int:
    """About how many bytes a value takes in memory, or some columns of it."""
    size: int = path.stat().st_size
    if columns is None:
        return size
    with path.open("rb") as file:
        if file.read(6) != b"ARROW1":
            return size
    with pa.memory_map(str(path)) as source:
        names: list[str] = pa.ipc.open_file(source).schema.names
    wanted = len(columns) + sum(name.startswith(_LABELS) for name in names)
    return size * wanted // max(len(names), 1)


def put_bytes(content: bytes, path: Path) -> None:
    """Write a file, whole or not at all."""
    _whole(path, lambda part: part.write_bytes(content))


def put_object(value: object, path: Path) -> None:
    """Write any value as a pickle."""
    put_bytes(pickle.dumps(value, protocol=5), path)


def get_object(path: Path) -> Any:
    """Read what `put_object` wrote."""
    return pickle.loads(path.read_bytes())


def _whole(path: Path, fill: Callable[[Path], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        fill(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


# -- where things are --------------------------------------------------------------------------------------


def whole_path(folder: Path, name: str) -> Path:
    """Where a value with all rows is."""
    return folder / "whole" / _file(name)


def piece_path(folder: Path, name: str, part: int) -> Path:
    """Where the rows of a value are that belong to a part."""
    return folder / "parts" / str(part) / _file(name)


def places_path(folder: Path, name: str, part: int) -> Path:
    """Where it is said at which places of all rows those of a part belong."""
    return folder / "parts" / str(part) / f"{_file(name)}.places"


def _file(name: str) -> str:
    """A file name for any name: letters beyond ASCII and capitals are spelled, for all file systems."""
    return "".join(
        letter if letter.isascii() and (letter.islower() or letter in "_0123456789") else f"-{ord(letter):x}-"
        for letter in name
    )
