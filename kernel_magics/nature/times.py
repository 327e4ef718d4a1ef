"""Variants of a sample with moved times: the same rows in other seasons and years, or at clock changes."""

from __future__ import annotations

import datetime
import zoneinfo
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.sample import Sample, moments_of
from kernel_magics.nature.table import Table, is_moment, labels_of

STRETCH = 7
SEASONS = (55, 110, 165, 220, 275, 330)
"""By how many days a sample of two months is moved to meet every date of a year."""
LONG_ENOUGH = 30


def stretched(sample: Sample) -> Sample | None:
    """All distances between moments are seven times as long."""
    first = _first(sample)
    if first is None:
        return None
    start: Any = first

    def longer(values: Any) -> Any:
        origin = start.tz_localize("UTC").tz_convert(values.dt.tz) if values.dt.tz is not None else start
        return origin + (values - origin) * STRETCH

    return _mapped(sample, longer)


def pulled_apart(sample: Sample) -> Sample | None:
    """From the middle on all moments are years later; where they are hours apart, months."""
    if _first(sample) is None or len(sample.steps) < 6:
        return None
    middle = sample.steps[len(sample.steps) // 2]
    step: Any = np.median(np.diff(sample.steps).astype("timedelta64[s]").astype(np.int64))
    gap = pd.Timedelta(days=800 if step >= 86_400 else 70)

    def apart(values: Any) -> Any:
        later: Any = pd.Series(moments_of(values), values.index) >= middle
        return values.where(~later, values + gap)

    return _mapped(sample, apart)


def at_clock_change(sample: Sample, texts: Sequence[str], number: int) -> Sample | None:
    """All moments are moved by whole days so that the clocks change in their middle.

    Args:
        texts: constants of the code, names of time zones perhaps among them.
        number: which of the changes, 0 the next one.
    """
    first = _first(sample)
    zones = [zone for zone in (*sample.zones, *map(_zone, texts)) if zone is not None]
    if first is None or not zones:
        return None
    changes = clock_changes(zones[0], first)
    if number >= len(changes):
        return None
    middle = pd.Timestamp(sample.steps[len(sample.steps) // 2])
    shift = (changes[number] - middle).round("D")
    return _mapped(sample, lambda values: values + shift) if shift else None


def clock_changes(zone: datetime.tzinfo, first: pd.Timestamp) -> list[pd.Timestamp]:
    """The moments (UTC) within 400 days at which the clocks of a zone change."""
    hours = pd.date_range(first.floor("h"), periods=400 * 24, freq="h", tz="UTC")
    offsets = hours.tz_convert(zone).tz_localize(None) - hours.tz_localize(None)
    return [moment.tz_localize(None) for moment in hours[1:][offsets[1:] != offsets[:-1]]]


def _zone(text: str) -> datetime.tzinfo | None:
    if "/" not in text:
        return None
    try:
        return zoneinfo.ZoneInfo(text)
    except (ValueError, zoneinfo.ZoneInfoNotFoundError, OSError):
        return None


def moved(sample: Sample, dates: Sequence[str]) -> Sample | None:
    """All moments are moved so that a date lies in their middle."""
    first = _first(sample)
    if first is None or not dates:
        return None
    try:
        aim = pd.Timestamp(dates[0])
    except ValueError:
        return None
    aim = aim.tz_convert("UTC").tz_localize(None) if aim.tzinfo is not None else aim
    middle = pd.Timestamp(sample.steps[len(sample.steps) // 2])
    shift = (aim - middle).round("D")
    return _mapped(sample, lambda values: values + shift) if shift else None


def _is_short(sample: Sample) -> bool:
    return bool(sample.steps[-1] - sample.steps[0] < np.timedelta64(LONG_ENOUGH, "D"))


def later(sample: Sample, days: int) -> Sample | None:
    """All moments are moved by some days, where the sample is long enough to meet every date that way."""
    if _first(sample) is None or _is_short(sample):
        return None
    return _mapped(sample, lambda values: values + pd.Timedelta(days=days))


def a_day_apart(sample: Sample, days: int) -> Sample | None:
    """A short sample with each moment a day after the one before, and all of them some days later."""
    first = _first(sample)
    if first is None or not _is_short(sample) or len(sample.steps) < LONG_ENOUGH:
        return None
    start = np.datetime64(first, "D")

    def apart(values: Any) -> Any:
        moments = pd.Series(moments_of(values), values.index)
        ranks = np.searchsorted(sample.steps, moments.to_numpy())
        passed = (moments.dt.floor("D") - pd.Timestamp(start)).dt.days
        return values + pd.to_timedelta(ranks + days - passed, unit="D").set_axis(values.index)

    return _mapped(sample, apart)


def crowded(sample: Sample, many: int) -> Sample | None:
    """Each `many` moments in a row become one, the last of them."""
    steps = sample.steps
    if _first(sample) is None or len(steps) < 3 * many:
        return None
    last = np.minimum((np.arange(len(steps)) // many + 1) * many - 1, len(steps) - 1)

    def together(values: Any) -> Any:
        moments = moments_of(values)
        assert moments is not None
        places = last[np.clip(np.searchsorted(steps, moments), 0, len(steps) - 1)]
        fresh = pd.Series(pd.DatetimeIndex(steps[places]), values.index, name=values.name)
        if values.dt.tz is not None:
            fresh = fresh.dt.tz_localize("UTC").dt.tz_convert(values.dt.tz)
        return fresh.astype(values.dtype).where(values.notna())

    return _mapped(sample, together)


def _first(sample: Sample) -> pd.Timestamp | None:
    dated = len(sample.steps) > 1 and sample.steps.dtype.kind == "M"
    return pd.Timestamp(sample.steps[0]) if dated else None


def _mapped(sample: Sample, how: Callable[[Any], Any]) -> Sample | None:
    """Every time axis mapped; None where times are texts or cannot be so far away."""
    tables: dict[str, Table] = {}
    try:
        for place, name in sample.time_names.items():
            axis = sample.axis(sample.groups[place], name)
            if axis is None or not is_moment(axis) or isinstance(axis.dtype, pd.PeriodDtype):
                return None
            for own in sample.groups[place].tables:
                tables[own] = _with_times(sample.tables[own], how)
    except (pd.errors.OutOfBoundsDatetime, OverflowError, ValueError):
        return None
    return sample.replaced(tables)


def _with_times(table: Table, how: Callable[[Any], Any]) -> Table:
    """The table with all of its moments mapped: those that are no axis belong to those that are."""
    labels = labels_of(table)
    fresh = _with_levels(labels, how)
    if isinstance(table, pd.Index):
        return fresh
    if isinstance(table, pd.Series):
        table = how(table).astype(table.dtype) if is_moment(table) else table.copy(deep=False)
    else:
        table = table.copy(deep=False)
        for place in range(len(table.columns)):
            if is_moment(table.iloc[:, place]):
                table.isetitem(place, how(table.iloc[:, place]).astype(table.dtypes.iloc[place]))
    table.index = fresh
    return table


def _with_levels(labels: pd.Index[Any], how: Callable[[Any], Any]) -> pd.Index[Any]:
    if not isinstance(labels, pd.MultiIndex):
        return _mapped_index(labels, how)
    arrays = [labels.get_level_values(level) for level in range(labels.nlevels)]
    return pd.MultiIndex.from_arrays([_mapped_index(values, how) for values in arrays], names=labels.names)


def _mapped_index(labels: pd.Index[Any], how: Callable[[Any], Any]) -> pd.Index[Any]:
    if not is_moment(labels):
        return labels
    return pd.DatetimeIndex(how(pd.Series(labels)), name=labels.name).astype(labels.dtype)
