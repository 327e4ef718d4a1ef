"""The history of an output is how much of the past its new rows need, from the inputs on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.links import order
from kernel_magics.nature.lookback import ranks
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.sample import Sample, moments_of
from kernel_magics.nature.table import Rows, axis_of, labels_of, take
from kernel_magics.nature.verdict import Verdict

_LENGTH = re.compile(r"(?:times ([\d.]+) )?(day|hour|minute|second)s")


_NOTHING = pd.Timedelta(0)


@dataclass(frozen=True, slots=True)
class History:
    """What must be given of the past.

    Attributes:
        length: everything this long before the rows that are needed otherwise.
        rows: so many rows before the new ones, of each value of `key` ("" for all rows together).
    """

    length: pd.Timedelta = _NOTHING
    rows: int = 0
    key: str = ""

    @property
    def text(self) -> str:
        """For people: `2 rows of each store and 7 days`."""
        of = f" of each {self.key}" if self.key else ""
        parts = [f"{self.rows} row{'' if self.rows == 1 else 's'}{of}"] if self.rows else []
        parts += [str(self.length)] if self.length else []
        return " and ".join(parts) or "nothing"


def history(graph: Graph, natures: Mapping[str, Nature], outputs: Iterable[str]) -> History:
    """The history that suffices for outputs: look-backs of nodes that read each other add up.

    Args:
        natures: of the outputs and all nodes that they need, by themselves.

    Raises:
        RunError: DB342 where a node needs everything, or where it is not known what it needs.
    """
    found: dict[str, History] = {}
    for name in order(list(outputs), graph.reads):
        if graph.node(name).kind != "value":
            continue
        own = _own(name, natures[name])
        above = [found[read] for read in graph.reads(name) if read in found]
        keys = {each.key for each in (own, *above) if each.rows}
        if len(keys) > 1:
            raise _refusal(name, f"it looks back in rows of {' and of '.join(sorted(map(repr, keys)))}")
        longest = max((each.length for each in above), default=_NOTHING)
        most = max((each.rows for each in above), default=0)
        found[name] = History(own.length + longest, own.rows + most, next(iter(keys), ""))
    wanted = [found[name] for name in outputs if name in found]
    keys = {each.key for each in wanted if each.rows}
    if len(keys) > 1:
        raise _refusal(next(iter(outputs)), "the outputs look back in rows of different keys")
    length = max((each.length for each in wanted), default=_NOTHING)
    return History(length, max((each.rows for each in wanted), default=0), next(iter(keys), ""))


def _own(name: str, nature: Nature) -> History:
    for what, verdict in (
        ("point-in-time", nature.point_in_time),
        ("the same rows in time", nature.same_rows),
    ):
        if not verdict:
            raise _refusal(name, _why(what, verdict))
    if nature.look_back:
        if not nature.look_back.span:
            return History()
        length = _length(nature.look_back)
        if length is None:
            raise _refusal(name, f"it looks back in {nature.look_back.unit}, which are no length of time")
        return History(length)
    if nature.look_back_rows:
        keys = [key for key, verdict in nature.keys.items() if verdict]
        return History(rows=nature.look_back_rows.span or 0, key=keys[0] if keys else "")
    raise _refusal(name, _why("bounded in its look-back", nature.look_back_rows))


def _why(what: str, verdict: Verdict) -> str:
    known = "it is not" if verdict.holds is False else "it is not known to be"
    return f"{known} {what}: {verdict.why}" if verdict.why else f"{known} {what}"


def _refusal(name: str, why: str) -> RunError:
    return RunError(
        "DB342",
        f"'{name}' cannot be appended: {why}.",
        hint="run without --append, or leave this output out (--outputs).",
        names=[name],
    )


def _length(verdict: Verdict) -> pd.Timedelta | None:
    match = _LENGTH.fullmatch(verdict.unit)
    if match is None:
        return None
    return pd.Timedelta(float(match[1] or 1) * verdict.span, match[2])  # type: ignore[arg-type]


def with_history(
    inputs: Mapping[str, Any], needed: History, since: pd.Timestamp, sample: Sample
) -> dict[str, Any]:
    """The inputs with their rows from a moment on and the history of these; tables without a time stay whole.

    Args:
        sample: the inputs, with what tells keys and times.
    """
    start = _moment(since)
    masks: dict[int, Rows] = {}
    for place, times in sample.times.items():
        new = times >= start
        if needed.rows:
            key = needed.key if sample.axis(sample.groups[place], needed.key or " ") is not None else ""
            new = new | (ranks(sample, place, key, ~new) <= needed.rows)
        masks[place] = new
    first = min(
        (sample.times[place][mask].min() for place, mask in masks.items() if mask.any()), default=start
    )
    first = min(first, start) - needed.length.to_timedelta64()
    if needed.length:
        masks = {place: mask | (sample.times[place] >= first) for place, mask in masks.items()}
    return {**inputs, **sample.given({place: np.flatnonzero(mask) for place, mask in masks.items()})}


def since_rows(value: Any, since: pd.Timestamp, sample: Sample) -> Rows | None:
    """Which rows of an output belong to a moment or later; None where it does not tell.

    Args:
        sample: the inputs: rows with their labels have their times.
    """
    start = _moment(since)
    for name in dict.fromkeys([*sample.time_names.values(), *sample.declared_times]):
        axis = axis_of(value, name)
        moments = moments_of(axis) if axis is not None else None
        if moments is not None and moments.dtype.kind == "M":
            return np.asarray(moments >= start)
    for place, times in sample.times.items():
        known = sample.groups[place].index
        if _are_of(labels_of(value), known):
            return np.asarray(times[known.get_indexer(labels_of(value))] >= start)
    return None


def appended(old: Any, new: Any, since: pd.Timestamp, sample: Sample) -> Any:
    """An output with its rows from a moment on replaced, in the order that a full run gives them.

    Args:
        new: what was computed with the history; rows before the moment are dropped.
        sample: the inputs with all rows.

    Raises:
        RunError: DB342 where rows have no time.
    """
    kept, fresh = since_rows(old, since, sample), since_rows(new, since, sample)
    if kept is None or fresh is None:
        raise RunError(
            "DB342",
            "the output cannot be appended to: its rows have no time, nor labels of an input's rows.",
            hint="keep the time as a column or level, or run without --append.",
        )
    parts = [take(old, np.flatnonzero(~kept)), take(new, np.flatnonzero(fresh))]
    whole = pd.concat([part for part in parts if len(part)] or parts[:1])
    for place in sample.times:
        known = sample.groups[place].index
        if whole.index.is_unique and _are_of(whole.index, known):
            whole = whole.loc[known[known.isin(whole.index)]]
            break
    else:
        if labels_of(old).is_monotonic_increasing:
            whole = whole.sort_index(kind="stable")
    if whole.index.equals(pd.RangeIndex(len(whole))) and whole.index.nlevels == 1:
        whole.index = pd.RangeIndex(len(whole), name=whole.index.name)
    return whole


def _are_of(labels: pd.Index[Any], known: pd.Index[Any]) -> bool:
    """Whether labels are those of known rows, each known once."""
    alike = list(labels.names) == list(known.names)
    return bool(alike and known.is_unique and labels.isin(known).all())


def _moment(since: pd.Timestamp) -> np.datetime64:
    naive = since.tz_convert("UTC").tz_localize(None) if since.tzinfo is not None else since
    return naive.to_datetime64()
