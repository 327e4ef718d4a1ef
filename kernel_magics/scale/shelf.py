"""A shelf is a run's folder: values cross from one stage to the next as files in it, tables as Arrow IPC.

Every file appears whole. All workers have to see the folder. Once it is removed, nothing makes it again.
"""

from __future__ import annotations

import os
import pickle
import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

_BATCH: Final = 1 << 16  # rows
_ABOUT: Final = b"dagbook"


class Labels:
    """The labels of rows that a job has read or written: values with the same rows have them only once."""

    def __init__(self) -> None:
        self._known: list[tuple[Any, Path]] = []

    def put(self, index: Any, path: Path) -> Path:
        """Write labels, unless they are there already; returns where they are."""
        for known, place in self._known:
            if same_labels(known, index):
                return place
        table = _labels_table(index)
        if table is None:
            put_object(index, path)
        else:
            _put_table(table, path)
        self._known.append((index, path))
        return path

    def get(self, path: Path) -> Any:
        """Read labels; those of one file are one object."""
        for known, place in self._known:
            if place == path:
                return known
        index = _labels_of(path)
        self._known.append((index, path))
        return index


def same_labels(one: Any, other: Any) -> bool:
    """Whether two indexes are the same in every respect; compares no more than it has to."""
    if one is other:
        return True
    if type(one) is not type(other) or len(one) != len(other) or list(one.names) != list(other.names):
        return False
    if isinstance(one, pd.MultiIndex):
        levels = zip(one.levels, other.levels, strict=True)
        if not all(a.dtype == b.dtype and a.equals(b) for a, b in levels):
            return False
        return all(np.array_equal(a, b) for a, b in zip(one.codes, other.codes, strict=True))
    freq = getattr(one, "freqstr", None) == getattr(other, "freqstr", None)
    return bool(one.dtype == other.dtype and freq and one.equals(other))


def put_value(value: Any, path: Path, labels: Labels | None = None) -> None:
    """Write a value.

    Args:
        labels: those that were written before.
    """
    table = _arrow(value, path, labels or Labels())
    if table is None:
        put_object(value, path)
    else:
        _put_table(table, path)


def _put_table(table: Any, path: Path) -> None:
    def fill(part: Path) -> None:
        with part.open("wb") as file, pa.ipc.new_file(file, table.schema) as writer:
            writer.write_table(table, max_chunksize=_BATCH)

    _whole(path, fill)


def get_value(
    path: Path, columns: Sequence[str] | None = None, labels: Labels | None = None, *, lent: bool = False
) -> Any:
    """Read a value.

    Args:
        columns: of a frame, only these beside its index.
        labels: those that were read before.
        lent: it may stay in the mapped file, read-only, for whoever only copies it further.
    """
    if not _is_arrow(path):
        return get_object(path)
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
        about = pickle.loads(table.schema.metadata[_ABOUT])
        table = table if columns is None else table.select(list(columns))
        return _pandas(table, about, labels or Labels(), lent)


def _is_arrow(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(6) == b"ARROW1"


def _arrow(value: Any, path: Path, labels: Labels) -> Any:
    """A table of pandas as one of Arrow; None for what does not come back the same."""
    if type(value) not in (pd.DataFrame, pd.Series) and not isinstance(value, pd.Index):
        return None
    index: Any = value if isinstance(value, pd.Index) else value.index
    columns = list(value.items()) if isinstance(value, pd.DataFrame) else []
    columns = [("0", value)] if isinstance(value, pd.Series) else columns
    if not columns and not isinstance(value, pd.Index):  # a file without columns has no rows
        return None
    names = [name for name, _ in columns]
    plain = all(type(name) is str for name in names)
    if not plain or len(set(names)) < len(names) or getattr(value, "attrs", None):
        return None
    if not all(_is_plain(column.dtype) for _, column in columns):
        return None
    if isinstance(value, pd.DataFrame) and not isinstance(value.columns.dtype, pd.StringDtype):
        return None
    made = _table_of({str(name): column.reset_index(drop=True) for name, column in columns}, len(index))
    if made is None:
        return None
    kind = (
        "frame" if isinstance(value, pd.DataFrame) else "series" if isinstance(value, pd.Series) else "index"
    )
    about: dict[str, Any] = {
        "kind": kind,
        "name": value.name if isinstance(value, pd.Series) else None,
        "labels": value.columns.name if isinstance(value, pd.DataFrame) else None,
    }
    if isinstance(index, pd.RangeIndex):
        about["range"] = (index.start, index.stop, index.step, index.name)
    else:
        about["index"] = labels.put(index, path.with_name(f"{path.name}.labels"))
    return made.replace_schema_metadata({**(made.schema.metadata or {}), _ABOUT: pickle.dumps(about)})


def _table_of(columns: dict[str, Any], rows: int) -> Any:
    """A table of these columns; plain numbers as they are in memory, without a look for gaps."""
    rest = {name: column for name, column in columns.items() if not _is_number(column.dtype)}
    frame = pd.DataFrame(rest, index=pd.RangeIndex(rows), copy=False)
    try:
        made = pa.Table.from_pandas(frame, preserve_index=False, nthreads=1)
        arrays = [
            made.column(name) if name in rest else pa.array(np.asarray(column))
            for name, column in columns.items()
        ]
        return pa.table(arrays, names=list(columns), metadata=made.schema.metadata if rest else None)
    except (pa.ArrowException, TypeError, ValueError):
        return None


def _is_number(dtype: Any) -> bool:
    return isinstance(dtype, np.dtype) and dtype.kind in "iuf"


def _is_plain(dtype: Any) -> bool:
    """Whether Arrow gives back a column of this type as it was."""
    if isinstance(dtype, np.dtype):
        return dtype.kind in "biufmM"
    if isinstance(dtype, pd.CategoricalDtype):
        return _is_plain(dtype.categories.dtype) and not isinstance(dtype.categories, pd.RangeIndex)
    return dtype == pd.StringDtype(na_value=np.nan) or isinstance(dtype, pd.DatetimeTZDtype)


def _labels_table(index: Any) -> Any:
    """An index as a table of Arrow: the codes of its levels, or its values; None where it would change."""
    columns: dict[str, Any]
    about: dict[str, Any]
    if isinstance(index, pd.MultiIndex):
        columns = {str(place): np.asarray(codes) for place, codes in enumerate(index.codes)}
        about = {"levels": list(index.levels), "names": list(index.names)}
    elif _is_plain(index.dtype):
        columns = {"0": pd.Series(index.array)}
        about = {"name": index.name, "freq": getattr(index, "freqstr", None)}
    else:
        return None
    made = _table_of(columns, len(index))
    if made is None:
        return None
    return made.replace_schema_metadata({**(made.schema.metadata or {}), _ABOUT: pickle.dumps(about)})


def _labels_of(path: Path) -> Any:
    if not _is_arrow(path):
        return get_object(path)
    with pa.memory_map(str(path)) as source:
        table = pa.ipc.open_file(source).read_all()
        about = pickle.loads(table.schema.metadata[_ABOUT])
        frame = table.to_pandas(split_blocks=True, use_threads=False).copy()
    if "levels" in about:
        codes = [frame[name].to_numpy() for name in frame.columns]
        return pd.MultiIndex(
            levels=about["levels"], codes=codes, names=about["names"], verify_integrity=False
        )
    index: Any = pd.Index(frame["0"].array, name=about["name"])
    if about["freq"] is not None:
        index.freq = about["freq"]
    return index


def _pandas(table: Any, about: dict[str, Any], labels: Labels, lent: bool) -> Any:
    if "range" in about:
        *numbers, name = about["range"]
        index: Any = pd.RangeIndex(*numbers).rename(name)
    else:
        index = labels.get(about["index"])
    if about["kind"] == "index":
        return index
    frame = table.to_pandas(split_blocks=True, use_threads=False)
    frame = frame if lent else frame.copy()  # in memory of its own
    if about["kind"] == "series":
        series = frame["0"]
        series.index, series.name = index, about["name"]
        return series
    frame.index = index
    frame.columns = pd.Index(list(frame.columns), dtype="str", name=about["labels"])
    return frame


def size_of(path: Path, columns: Sequence[str] | None = None) -> int:
    """About how many bytes a value takes in memory, or some columns of it."""
    size: int = path.stat().st_size
    if not _is_arrow(path):
        return size
    with pa.memory_map(str(path)) as source:
        schema = pa.ipc.open_file(source).schema
    if columns is not None:
        size = size * len(columns) // max(len(schema.names), 1)
    index = pickle.loads(schema.metadata[_ABOUT]).get("index")
    return size if index is None else size + int(index.stat().st_size)


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
    path.parent.mkdir(exist_ok=True)  # without its parents: a run's folder that was removed stays away
    part = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        fill(part)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def remove(folder: Path) -> None:
    """Remove a run's folder, though jobs that nobody waits for may still write into it."""
    gone = folder.with_name(f"{folder.name}.{secrets.token_hex(4)}")
    try:
        os.rename(folder, gone)
    except OSError:  # on Windows, while a file in it is open
        gone = folder
    shutil.rmtree(gone, ignore_errors=True)


# -- where things are --------------------------------------------------------------------------------------


def whole_path(folder: Path, name: str) -> Path:
    """Where a value with all rows is."""
    return folder / "whole" / _file(name)


def piece_path(folder: Path, name: str, part: int) -> Path:
    """Where the rows of a value are that belong to a part."""
    return folder / f"part-{part}" / _file(name)


def places_path(folder: Path, name: str, part: int) -> Path:
    """Where it is said at which places of all rows those of a part belong."""
    return folder / f"part-{part}" / f"{_file(name)}.places"


def bucket_path(folder: Path, name: str, part: int, chunk: int) -> Path:
    """Where the rows of a chunk of an input in files are that belong to a part."""
    return folder / f"part-{part}" / f"{_file(name)}.{chunk}.rows"


def _file(name: str) -> str:
    """A file name for any name: letters beyond ASCII and capitals are spelled, for all file systems."""
    return "".join(
        letter if letter.isascii() and (letter.islower() or letter in "_0123456789") else f"-{ord(letter):x}-"
        for letter in name
    )
