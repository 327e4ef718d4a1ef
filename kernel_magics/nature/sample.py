"""A sample is the inputs of a function, with the axes that identify rows: keys, times, equal labels."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.table import (
    Column,
    Rows,
    Table,
    as_times,
    axis_of,
    is_moment,
    is_written_date,
    labels_of,
    like,
    names_of,
    numbered,
    renumber,
    seen_as_table,
    take,
)


@dataclass(frozen=True, eq=False)
class Group:
    """Tables that have the same rows, which are therefore cut together.

    Attributes:
        place: its number in the sample.
        tables: their names.
        index: the labels of the rows.
        numbered: the labels are automatic row numbers.
    """

    place: int
    tables: tuple[str, ...]
    index: pd.Index[Any]
    numbered: bool

    def __len__(self) -> int:
        return len(self.index)


class Sample:
    """Inputs of a function, never changed; `cut`, `replaced` and `changed` make others.

    Args:
        inputs: what the function reads.
        beside: tables with the same rows as some that it reads, which have the keys and times of these.
        keys: names of axes by which rows may be parted; found where none are named.
        times: names of axes that tell when a row is known; found where none are named.
        groups: names of tables that have the same rows; found where none are named.
        marked: rows (a mask for a group's place) that were made to be unlike the others.
    """

    def __init__(
        self,
        inputs: Mapping[str, Any],
        beside: Mapping[str, Table] | None = None,
        keys: Sequence[str] = (),
        times: Sequence[str] = (),
        groups: Sequence[tuple[str, ...]] | None = None,
        marked: Mapping[int, Rows] | None = None,
    ) -> None:
        self.inputs, self.beside = dict(inputs), dict(beside or {})
        self.declared_keys, self.declared_times = tuple(keys), tuple(times)
        self.marked = dict(marked or {})
        seen = {name: seen_as_table(value) for name, value in {**self.beside, **leaves(self.inputs)}.items()}
        self.tables: dict[str, Table] = {name: table for name, table in seen.items() if table is not None}
        named = group_names(self.tables) if groups is None else groups
        self.groups = tuple(self._group(place, names) for place, names in enumerate(named))

    def _group(self, place: int, names: tuple[str, ...]) -> Group:
        tables = [self.tables[name] for name in names]
        return Group(place, names, labels_of(tables[0]), all(map(numbered, tables)))

    # -- axes ----------------------------------------------------------------------------------------------

    def axis(self, group: Group, name: str) -> Column | None:
        """The axis of this name of a group's rows; None when it has none."""
        key = (group.place, name)
        if key not in self._axes:
            tables = ((table, self.tables[table]) for table in group.tables)
            self._axes[key] = next(
                (axis for own, table in tables if (axis := axis_of(table, name, own)) is not None), None
            )
        return self._axes[key]

    @functools.cached_property
    def _axes(self) -> dict[tuple[int, str], Column | None]:
        return {}

    def names(self, group: Group) -> list[str]:
        """All axes that a group's rows have."""
        return list(dict.fromkeys(name for own in group.tables for name in names_of(self.tables[own], own)))

    @functools.cached_property
    def time_names(self) -> dict[int, str]:
        """For each group, by its place, the axis with the times when its rows are known."""
        found = {}
        for place, group in enumerate(self.groups):
            names = [name for name in self.declared_times if self.axis(group, name) is not None]
            dates = self._dates(group)
            if names or (len(dates) == 1 and is_moment(self.axis(group, dates[0]))):
                found[place] = (names or dates)[0]
        return found

    def _dates(self, group: Group) -> list[str]:
        """The axes that may have the times of rows: the one dated level, else columns of dates."""
        axes = {name: self.axis(group, name) for name in self.names(group)}
        dated = [name for name, axis in axes.items() if axis is not None and is_moment(axis)]
        levels = [name for name in dated if name in group.index.names]
        written = [name for name, axis in axes.items() if axis is not None and is_written_date(axis)]
        return levels if len(levels) == 1 else dated or written

    @functools.cached_property
    def untold(self) -> str:
        """A table whose time axis is not clear, as a reason; "" for none."""
        for place, group in enumerate(self.groups):
            dates = self._dates(group)
            if dates and place not in self.time_names:
                table = next((name for name in group.tables if name not in self.beside), group.tables[0])
                told = (
                    f"several times ({', '.join(dates[:3])})"
                    if len(dates) > 1
                    else f"its time ('{dates[0]}') as text"
                )
                return f"'{table}' has {told}: say which one counts with `%%inputs --time`"
        return ""

    @functools.cached_property
    def times(self) -> dict[int, Rows]:
        """When each row of a group is known, by the group's place: moments in UTC, or numbers."""
        found = {}
        for place, name in self.time_names.items():
            moments = moments_of(self.axis(self.groups[place], name))
            if moments is not None:
                found[place] = moments
        kinds = {moments.dtype.kind for moments in found.values()}
        if len(kinds) > 1:  # dates and numbers cannot be compared
            return {place: moments for place, moments in found.items() if moments.dtype.kind == "M"}
        return found

    @functools.cached_property
    def zones(self) -> tuple[Any, ...]:
        """The zones of the clocks that times are told by."""
        axes = [self.axis(self.groups[place], name) for place, name in self.time_names.items()]
        return tuple(axis.dt.tz for axis in axes if axis is not None and _has_zone(axis))

    @functools.cached_property
    def steps(self) -> Rows:
        """Every moment at which something is known, in order."""
        moments = [np.unique(times[~_absent(times)]) for times in self.times.values()]
        return np.unique(np.concatenate(moments)) if moments else np.array([])

    @functools.cached_property
    def keys(self) -> tuple[str, ...]:
        """Axes by which rows may be parted: the declared ones, or those that look like one."""
        if self.declared_keys:
            return tuple(key for key in self.declared_keys if self.having(key))
        found: dict[str, None] = {}
        for place, group in enumerate(self.groups):
            for name in self.names(group):
                if name != self.time_names.get(place) and self._looks_like_key(group, name):
                    found[name] = None
        shared = [name for name in found if len(self.having(name)) > 1]
        return tuple(shared or found)

    def _looks_like_key(self, group: Group, name: str) -> bool:
        """True when an axis has repeated values that are names or numbers of entities."""
        values = self.axis(group, name)
        if values is None or is_moment(values) or values.dtype.kind in "fcmb" or is_written_date(values):
            return False
        known = name in group.index.names or name.lower().endswith("id") or len(self.having(name)) > 1
        if values.dtype.kind in "iu" and not known:
            return False
        if len(values) < 4 or not pd.api.types.is_hashable(values.iloc[0]):
            return False
        return bool(2 <= values.nunique() <= len(values) / 2)

    def having(self, key: str) -> list[int]:
        """The places of the groups whose rows have this key."""
        return [place for place, group in enumerate(self.groups) if self.axis(group, key) is not None]

    def key_values(self, key: str) -> list[Any]:
        """Every value of a key, missing as None, in order of appearance."""
        axes: list[Column] = [self.axis(self.groups[place], key) for place in self.having(key)]
        values = pd.unique(pd.concat([axis.astype(object) for axis in axes])) if axes else []
        found: dict[Any, None] = {}
        for value in values:
            found[None if pd.isna(value) else value] = None
        return list(found)

    def identities(self, group: Group) -> list[str]:
        """The keys of which each row of a group has a value of its own."""
        axes = {key: self.axis(group, key) for key in self.keys}
        return [
            key for key, axis in axes.items() if axis is not None and axis.is_unique and axis.notna().all()
        ]

    @functools.cached_property
    def fixed(self) -> frozenset[str]:
        """Axes whose values no change affects: keys and times."""
        return frozenset([*self.keys, *self.time_names.values(), *self.declared_times])

    # -- other samples -------------------------------------------------------------------------------------

    def replaced(self, tables: Mapping[str, Table], marked: Mapping[int, Rows] | None = None) -> Sample:
        """Other tables under the same names; those of a group still have the same rows."""
        return Sample(
            self._inputs(tables),
            {name: tables.get(name, value) for name, value in self.beside.items()},
            self.declared_keys or self.keys,
            self.declared_times or tuple(dict.fromkeys(self.time_names.values())),
            [group.tables for group in self.groups],
            marked,
        )

    def cut(self, rows: Mapping[int, Rows]) -> Sample:
        """Only some rows (masks) of the groups at these places."""
        places = {place: np.flatnonzero(mask) for place, mask in rows.items()}
        return self.taken(places)

    def taken(self, places: Mapping[int, Rows]) -> Sample:
        """These rows (positions) of the groups at these places; row numbers begin at 0 again."""
        tables = {}
        for place, positions in places.items():
            group = self.groups[place]
            for name in group.tables:
                table = take(self.tables[name], positions)
                tables[name] = renumber(table) if numbered(self.tables[name]) else table
        return self.replaced(tables)

    def changed(
        self,
        how: Callable[[Column, int], Column],
        fixed: Iterable[str] | None = None,
        marked: Mapping[int, Rows] | None = None,
    ) -> Sample:
        """Other values in every column that is not fixed.

        Args:
            how: gives the new column for an old one (under its name in the sample) and its group's place.
            fixed: names of columns that stay; keys and times by default.
            marked: the rows that are unlike the others then.
        """
        keep = self.fixed if fixed is None else frozenset(fixed)
        tables = {}
        for place, group in enumerate(self.groups):
            change = _Change(functools.partial(_on_group, how, place), keep, self.times.get(place))
            for own in group.tables:
                table = change.table(self.tables[own], own)
                if table is not self.tables[own]:
                    tables[own] = table
        return self.replaced(tables, marked)

    def given(self, rows: Mapping[int, Rows], anew: bool = False) -> dict[str, Any]:
        """The function's inputs with only these rows (positions) of some groups.

        Args:
            anew: number the rows of tables without labels of their own from 0 again.
        """
        found: dict[str, Table] = {}
        for place, positions in rows.items():
            for name in self.groups[place].tables:
                if name in self._read:
                    table = take(self.tables[name], positions)
                    found[name] = renumber(table) if anew and self.groups[place].numbered else table
        return self._inputs(found)

    def blended(self, other: Sample, own: Mapping[int, Rows]) -> dict[str, Any]:
        """The function's inputs with the values of another sample, except in the rows of `own` (masks).

        Groups that `own` does not name keep their rows.
        """
        found: dict[str, Table] = {}
        for place, mask in own.items():
            n = len(mask)
            positions = np.where(mask, np.arange(n), np.arange(n, 2 * n))
            for name in self.groups[place].tables:
                if name in self._read and other.tables[name] is not self.tables[name]:
                    table = take(other._behind(self, name), positions)
                    if not isinstance(table, pd.Index):
                        table.index = self.groups[place].index
                    found[name] = table
        return self._inputs(found)

    def _behind(self, first: Sample, name: str) -> Table:
        """The rows of another sample's table, and behind these the own ones."""
        if name not in self._stacked:
            pair = [first.tables[name], self.tables[name]]
            whole = isinstance(pair[0], pd.Index)
            self._stacked[name] = pair[0].append(pair[1]) if whole else pd.concat(pair, ignore_index=True)
        return self._stacked[name]

    @functools.cached_property
    def _stacked(self) -> dict[str, Table]:
        return {}

    def finer(self, key: str) -> list[str]:
        """The keys of which each value goes with one value of this key."""
        if key not in self._finer:
            self._finer[key] = []
            for place in self.having(key):
                axis = self.axis(self.groups[place], key)
                for name in self.keys:
                    members = self.axis(self.groups[place], name)
                    if name != key and members is not None and axis is not None and decides(members, axis):
                        self._finer[key].append(name)
        return self._finer[key]

    def tied(self, key: str) -> list[str]:
        """The keys that each value of this key determines, or that determine it."""
        return [
            name for name in self.keys if name != key and (name in self.finer(key) or key in self.finer(name))
        ]

    @functools.cached_property
    def _finer(self) -> dict[str, list[str]]:
        return {}

    def joined(self) -> tuple[Sample, tuple[str, ...]] | None:
        """The same inputs if frames that have row numbers only, and as many of them, have the same rows.

        Returns:
            the sample, and the names of such frames; None where no frame without times of its own could have
            the rows of one with times.
        """
        alike: dict[int, list[Group]] = {}
        for group in self.groups:
            if group.numbered and len(group) > 1:
                alike.setdefault(len(group), []).append(group)
        for groups in alike.values():
            timed = [group for group in groups if group.place in self.time_names]
            if len(groups) > 1 and len(timed) == 1:
                names = tuple(name for group in [*timed, *groups] for name in group.tables)
                names = tuple(dict.fromkeys(names))
                others = [group.tables for group in self.groups if group not in groups]
                keys, times = self.declared_keys, self.declared_times
                return Sample(self.inputs, self.beside, keys, times, [names, *others], self.marked), names
        return None

    @functools.cached_property
    def _read(self) -> frozenset[str]:
        """The tables that the function reads."""
        return frozenset(leaves(self.inputs)) & self.tables.keys()

    def _inputs(self, tables: Mapping[str, Table]) -> dict[str, Any]:
        """The function's inputs with some tables in place of theirs."""
        found = dict(self.inputs)
        for name, value in self.inputs.items():
            if isinstance(value, dict | tuple):
                items = value.items() if isinstance(value, dict) else enumerate(value)
                new = {key: _placed(tables, part_name(name, key), item) for key, item in items}
                found[name] = new if isinstance(value, dict) else tuple(new.values())
            elif name in tables:
                found[name] = like(tables[name], value)
        return found


_SECOND = np.timedelta64(1, "s")
_LONGEST = 1e8  # seconds, about three years: how far dates may be from the time of their row


def leaves(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs, those of dicts and tuples one by one."""
    found: dict[str, Any] = {}
    for name, value in inputs.items():
        if isinstance(value, dict | tuple):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            found.update({part_name(name, key): item for key, item in items})
        else:
            found[name] = value
    return found


def part_name(name: str, key: object) -> str:
    """The name of an item of an input that holds several: `parts[key]`."""
    return f"{name}[{key}]"


def _placed(tables: Mapping[str, Table], name: str, value: Any) -> Any:
    return like(tables[name], value) if name in tables else value


def _on_group(how: Callable[[Column, int], Column], place: int, column: Column) -> Column:
    return how(column, place)


@dataclass(frozen=True)
class _Change:
    """A change of columns, applied to a table.

    Attributes:
        keep: names of columns that stay.
        times: when the rows are known; other dates are changed by how long before or after that they are.
    """

    how: Callable[[Column], Column]
    keep: frozenset[str]
    times: Rows | None

    def table(self, table: Table, own: str) -> Table:
        """The table with changed columns; the same one where none changed."""
        if isinstance(table, pd.Index):
            return table
        if isinstance(table, pd.Series):
            named = table.rename(own)
            new = named if own in self.keep else self._column(named)
            if new is named:
                return table
            new.name = table.name
            return new
        fresh, changed = table.copy(deep=False), False
        for place, name in enumerate(table.columns):
            if name not in self.keep or name in labels_of(table).names:
                column = table.iloc[:, place]
                new = self._column(column)
                if new is not column:
                    fresh.isetitem(place, new)
                    changed = True
        return fresh if changed else table

    def _column(self, column: Column) -> Column:
        if not is_moment(column):
            return self.how(column)
        moments = moments_of(column) if self.times is not None and self.times.dtype.kind == "M" else None
        if moments is None or isinstance(column.dtype, pd.PeriodDtype):
            return column
        apart = pd.Series((moments - self.times) / _SECOND, column.index, name=column.name)
        new = self.how(apart)
        if new is apart:
            return column
        if not apart.min() < 0:  # dates after the row's time stay after it
            new = new.abs()
        return _moved(column, moments, (new.clip(-_LONGEST, _LONGEST) - apart).to_numpy(float))


def _moved(column: Column, moments: Rows, seconds: Rows) -> Column:
    """Dates moved by some seconds each; missing where the number is."""
    gone = np.isnan(seconds)
    fresh = moments + np.round(np.where(gone, 0.0, seconds)).astype("timedelta64[s]")
    fresh[gone] = np.datetime64("NaT")
    made = pd.Series(fresh, column.index, name=column.name)
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        made = made.dt.tz_localize("UTC").dt.tz_convert(column.dt.tz)
    return made.astype(column.dtype)


def _has_zone(axis: Column) -> bool:
    return isinstance(axis.dtype, pd.DatetimeTZDtype)


def moments_of(axis: Column) -> Rows | None:
    """Times as an array: naive moments in UTC, or numbers; None where they are no times."""
    try:
        values = as_times(axis)
    except (ValueError, TypeError):
        return None
    if isinstance(values.dtype, pd.PeriodDtype):
        return np.asarray(values.dt.to_timestamp(), "datetime64[ns]")
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        values = values.dt.tz_convert("UTC").dt.tz_localize(None)
    array: Rows = values.to_numpy()
    kind: Any = "datetime64[ns]" if array.dtype.kind == "M" else float
    return np.asarray(array.astype(kind))


def _absent(moments: Rows) -> Rows:
    return np.isnat(moments) if moments.dtype.kind == "M" else np.isnan(moments)


def group_names(tables: Mapping[str, Table]) -> list[tuple[str, ...]]:
    """Which tables have the same rows: equal labels.

    Row numbers that nobody chose are equal wherever the lengths are, so there only columns (a Series, an
    array) join each other or the one frame of that length.
    """
    groups: list[list[str]] = []
    for name, table in tables.items():
        for group in groups:
            if _same_rows(table, [tables[other] for other in group]):
                group.append(name)
                break
        else:
            groups.append([name])
    return [tuple(group) for group in groups]


def _same_rows(table: Table, others: Sequence[Table]) -> bool:
    labels, known = labels_of(table), labels_of(others[0])
    if len(labels) != len(known) or len(labels) < 2 or not labels.equals(known):
        return False
    if not numbered(table):
        return not numbered(others[0])
    frames = [isinstance(each, pd.DataFrame) for each in (table, *others)]
    return sum(frames) <= 1


def decides(finer: Column, coarser: Column) -> bool:
    """True if each value of one axis occurs with one value of the other, which has several."""
    return coarser.nunique() > 1 and bool(coarser.groupby(finer.to_numpy()).nunique(dropna=False).max() == 1)
