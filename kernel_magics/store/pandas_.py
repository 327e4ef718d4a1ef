"""pandas frames, series and indexes as Arrow IPC files; names, indexes and attributes are facts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from kernel_magics.store.arrow_ import load_columns, load_pieces, save_pieces
from kernel_magics.store.formats import Facts
from kernel_magics.values import VALUES
from kernel_magics.values.codec import encode
from kernel_magics.values.decode import decode

_LIMIT: Final = 10_000  # members of a level
_PIECE: Final = 1 << 24  # bytes
_HEAD: Final = 1000  # rows
_GROUPS: Final = 8  # of columns: reading takes this part of a frame beside the frame itself


def write(value: Any, path: Path) -> Facts:
    """See `Format.write`; the columns of the file are called 0, 1, …, those of the index i0, i1, …

    Raises:
        TypeError: for any other value of pandas.
    """
    if not isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        return {"record": encode(value)}
    frame, facts = _plain(value)
    schema = pa.Schema.from_pandas(frame, preserve_index=False)
    save_pieces(schema, (_table(piece, schema) for piece in _pieces(frame)), path)
    return facts


def holds(value: Any, path: Path, facts: Facts) -> bool:
    """See `formats.holds`; reads the file piece by piece."""
    if "record" in facts:
        return VALUES.equal(decode(facts["record"]), value)
    frame, _ = _plain(value)
    if frame.empty:  # a file without columns has no rows
        return VALUES.equal(read(path, facts), value)
    start = 0
    for table in load_pieces(path):
        piece = table.to_pandas(split_blocks=True)
        if not start and not _is_restored(value, piece, facts):
            return False
        if not VALUES.equal(piece, frame.iloc[start : start + len(piece)].reset_index(drop=True)):
            return False
        start += len(piece)
    return start == len(frame)


def _is_restored(value: Any, piece: pd.DataFrame, facts: Facts) -> bool:
    """Whether columns, index and attributes come back, judged by the first rows."""
    rows = min(len(piece), _HEAD)
    head: Any = value[:rows] if isinstance(value, pd.Index) else value.iloc[:rows]
    if "range" in facts["index"]:
        whole, part = (each if isinstance(each, pd.Index) else each.index for each in (value, head))
        if not VALUES.equal(decode(facts["index"]["range"]), whole):
            return False
        facts = {**facts, "index": {"range": encode(part)}}
    return VALUES.equal(_restored(piece.iloc[:rows].copy(), facts), head)


def _plain(value: Any) -> tuple[pd.DataFrame, Facts]:
    """The columns of a value as a frame with numbered rows, without a copy; and its facts.

    Raises:
        TypeError: for a value of a subclass.
    """
    if type(value) is pd.DataFrame:
        facts: Facts = {"columns": encode(value.columns), "attrs": encode(dict(value.attrs))}
        columns = {str(place): value.iloc[:, place] for place in range(len(value.columns))}
    elif type(value) is pd.Series:
        facts = {"name": encode(value.name), "attrs": encode(dict(value.attrs))}
        columns = {"0": value}
    elif isinstance(value, pd.Index):
        facts, columns = {}, {}
    else:
        raise TypeError(type(value).__name__)
    index = value if isinstance(value, pd.Index) else value.index
    levels, facts["index"] = _split(index)
    plain = {name: column.reset_index(drop=True) for name, column in columns.items()}
    return pd.DataFrame({**plain, **levels}, index=pd.RangeIndex(len(index)), copy=False), facts


def _table(piece: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pandas(piece, schema=schema, preserve_index=False, nthreads=1)


def _pieces(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """The frame in pieces of about 16 MB; one without rows for an empty frame."""
    rows = max(_PIECE // max(8 * frame.shape[1], 1), 1000)
    return (frame.iloc[start : start + rows] for start in range(0, max(len(frame), 1), rows))


def read(path: Path, facts: Facts) -> object:
    """See `Format.read`."""
    if "record" in facts:
        return decode(facts["record"])
    groups = [  # copies can be written to; the memory of a group is free again before the next one is read
        table.to_pandas(split_blocks=True, self_destruct=True).copy() for table in load_columns(path, _GROUPS)
    ]
    return _restored(groups[0] if len(groups) == 1 else pd.concat(groups, axis=1), facts)


def _restored(frame: pd.DataFrame, facts: Facts) -> object:
    index = _index(frame, facts["index"])
    if "columns" in facts:
        frame = frame[[name for name in frame.columns if name[0] != "i"]]
        frame.index, frame.columns = index, decode(facts["columns"])
        frame.attrs = decode(facts["attrs"])
        return frame
    if "name" not in facts:
        return index
    series = frame["0"].set_axis(index)
    series.name, series.attrs = decode(facts["name"]), decode(facts["attrs"])
    return series


def _split(index: Any) -> tuple[dict[str, Any], Facts]:
    """The columns that represent an index, and its facts that columns cannot represent."""
    if isinstance(index, pd.RangeIndex):
        return {}, {"range": encode(index)}
    if isinstance(index, pd.MultiIndex):
        if max(map(len, index.levels), default=0) > _LIMIT:
            raise TypeError("a level with many members")
        codes = {f"i{place}": code for place, code in enumerate(index.codes)}
        return codes, {
            "levels": [encode(level) for level in index.levels],
            "names": encode(list(index.names)),
        }
    freq = index.freqstr if isinstance(index, pd.DatetimeIndex | pd.TimedeltaIndex) else None
    return {"i0": index.array}, {"name": encode(index.name), "freq": freq}


def _index(frame: pd.DataFrame, facts: Facts) -> Any:
    if "range" in facts:
        return decode(facts["range"])
    if "levels" in facts:
        codes: Any = [frame[f"i{place}"].to_numpy() for place in range(len(facts["levels"]))]
        levels = [decode(level) for level in facts["levels"]]
        return pd.MultiIndex(levels=levels, codes=codes, names=decode(facts["names"]))
    index: Any = pd.Index(frame["i0"], name=decode(facts["name"]))
    if facts["freq"] is not None:
        index.freq = facts["freq"]
    return index
