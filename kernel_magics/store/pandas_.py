"""pandas frames, series and indexes as Arrow IPC files; names, indexes and attributes are facts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from kernel_magics.store.arrow_ import load, save
from kernel_magics.store.formats import Facts
from kernel_magics.values.codec import encode
from kernel_magics.values.decode import decode

_LIMIT: Final = 10_000  # members of a level


def write(value: Any, path: Path) -> Facts:
    """See `Format.write`; the columns of the file are called 0, 1, …, those of the index i0, i1, …

    Raises:
        TypeError: for any other value of pandas.
    """
    if type(value) is pd.DataFrame:
        facts = {"columns": encode(value.columns), "attrs": encode(dict(value.attrs))}
        columns = {str(place): value.iloc[:, place] for place in range(len(value.columns))}
    elif type(value) is pd.Series:
        facts = {"name": encode(value.name), "attrs": encode(dict(value.attrs))}
        columns = {"0": value}
    elif isinstance(value, pd.Index):
        facts, columns = {}, {}
    else:
        return {"record": encode(value)}
    index = value if isinstance(value, pd.Index) else value.index
    levels, facts["index"] = _split(index)
    plain = {name: column.reset_index(drop=True) for name, column in columns.items()}
    frame = pd.DataFrame({**plain, **levels}, index=pd.RangeIndex(len(index)), copy=False)
    save(pa.Table.from_pandas(frame, preserve_index=False), path)
    return facts


def read(path: Path, facts: Facts) -> object:
    """See `Format.read`."""
    if "record" in facts:
        return decode(facts["record"])
    frame = load(path).to_pandas(split_blocks=True).copy()  # a writable copy in memory
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
