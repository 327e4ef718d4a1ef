"""A probe runs a function on a cut of a sample, and compares with the same cut of the output for all rows.

An output *respects* a cut when cutting the inputs gives the cut of the output. That a node is row-wise,
key-wise, point-in-time or has a bounded look-back each means that it respects all cuts of one family.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.difference import (
    Difference,
    Tolerance,
    arrays_of,
    difference,
    equal_arrays,
    short_text,
)
from kernel_magics.nature.sample import Group, Sample, moments_of
from kernel_magics.nature.subject import Failed, OutOfBudget, Subject
from kernel_magics.nature.table import (
    Column,
    Rows,
    axis_of,
    is_moment,
    is_number,
    is_table,
    labels_of,
    numbered,
    take,
)
from kernel_magics.nature.vary import Variant
from kernel_magics.tables.plural import plural

STRICT, LOOSE = 1e-9, 1e-7
"""How far numbers may differ; sums that contain much larger numbers are less exact."""
ROUNDED = 1e-13
"""What rounding may change, as a share of the largest number of the inputs."""

Test = Callable[[Column], Rows]


@dataclass(frozen=True)
class Cut:
    """Which rows are given, and for which rows the output must be what it was.

    Attributes:
        text: what was done, for people.
        given: rows (masks) that the function gets, by the place of their group; other groups are given whole.
        judged: of each group, the rows (masks) whose outputs are compared; `given` where it is empty.
        tests: for outputs that have an axis of these names, which of its values belong to the judged rows.
        other: a sample to take the rows from that are not in `given`, instead of leaving them out.
        moments: which moments belong to the judged rows, for outputs with one time of another name.
        common: only rows that both outputs have must be equal; which rows there are is told apart.
        lenient: a call that fails is ignored, since the sample may be an impossible one.
        exact: the output must have no rows beside the judged ones.
        anew: rows without labels of their own are always numbered again, not in every second probe only.
    """

    text: str
    given: Mapping[int, Rows]
    judged: Mapping[int, Rows] = field(default_factory=dict)
    tests: Mapping[str, Test] = field(default_factory=dict)
    other: Sample | None = None
    moments: Test | None = None
    common: bool = False
    lenient: bool = False
    exact: bool = False
    anew: bool = False


@dataclass(frozen=True)
class Place:
    """How the rows of an output are found again.

    Attributes:
        kind: "rows" (those of a group), "some" (a part of these, by label), "axis" (one of its own), "none".
        group: the place of the group.
        axis: the axis.
    """

    kind: str
    group: int = -1
    axis: str = ""


NOWHERE = Place("none")


@dataclass(frozen=True)
class Run:
    """A call on a cut.

    Attributes:
        positions: of the rows given, by the place of their group.
        anew: rows without labels of their own were numbered anew.
        inputs: what the function got.
    """

    cut: Cut
    positions: Mapping[int, Rows]
    anew: bool
    inputs: Mapping[str, Any]


class Trial:
    """A sample with the function's output for all of its rows."""

    def __init__(self, subject: Subject, variant: Variant, sample: Sample, whole: Any) -> None:
        self.subject, self.variant, self.sample, self.whole = subject, variant, sample, whole
        self.tolerance = Tolerance(LOOSE if variant.loose else STRICT, ROUNDED * largest_number(sample))
        self._turn = 0
        self._arrays: dict[int, list[Rows]] = {}  # by the id of an output, which this keeps
        self._places: dict[tuple[Any, ...], Place] = {}

    def probe(self, cut: Cut) -> Difference | bool | None:
        """The difference of the output for a cut; None for no difference, False for a probe without a
        result.

        Raises:
            OutOfBudget: there is no time left.
        """
        self._turn += cut.other is None
        anew = cut.other is None and (cut.anew or self._turn % 2 == 0)
        if cut.other is None:
            positions = {place: np.flatnonzero(mask) for place, mask in cut.given.items()}
            run = Run(cut, positions, anew, self.sample.given(positions, anew))
        else:
            run = Run(cut, {}, anew, self.sample.blended(cut.other, cut.given))
        out = self.subject(run.inputs)
        if isinstance(out, Failed):
            if out.out_of_budget:
                raise OutOfBudget
            return False if cut.lenient else Difference(f"it fails ({out})", failed=True)
        return self._compared(run, self.whole, out)

    def judged(self, cut: Cut) -> Any:
        """The part of the output for all rows that belongs to a cut's judged rows; all of it without rows."""
        whole = self.whole
        if isinstance(whole, dict | tuple | list) and any(map(is_table, _items(whole))):
            parts = [self._part(item, cut) for item in _items(whole)]
            return dict(zip(whole, parts, strict=True)) if isinstance(whole, dict) else type(whole)(parts)
        return self._part(whole, cut)

    def _part(self, out: Any, cut: Cut) -> Any:
        place = self.place(out, cut)
        return out if place.kind == "none" else take_rows(out, self._rows(out, place, cut, {}))

    def compared(self, run: Run, out: Any) -> Difference | bool | None:
        """How an output for a run differs; see `probe`."""
        return self._compared(run, self.whole, out)

    def _compared(self, run: Run, whole: Any, out: Any) -> Difference | bool | None:
        if isinstance(whole, dict | tuple | list) and any(map(is_table, _items(whole))):
            return self._items_compared(run, whole, out)
        cut, place = run.cut, self.place(whole, run.cut)
        if place.kind == "none":
            return difference(whole, out, self.tolerance)
        if place.kind == "rows" and self._clearly_equal(run, place, whole, out):
            return None
        rows = self._rows(whole, place, cut, {})
        expected = take_rows(whole, rows)
        if type(out) is not type(whole) and not (is_table(out) and is_table(whole)):
            return difference(expected, out, self.tolerance)
        out = self._with_old_labels(out, place, run)
        found = self._rows(out, place, cut, run.positions)
        if found is None:
            return Difference(f"{plural(len(expected), 'row')} became {len(out)}")
        mine = take_rows(out, found)
        if cut.exact and not found.all():
            return Difference(f"{len(out) - len(mine)} rows of others are there, too")
        if not len(expected) and not len(mine):
            return False
        labels = place.kind != "axis" or not (numbered(whole) and numbered(out))
        apart = difference(expected, mine, self.tolerance, labels)
        if apart is None:
            return None
        apart = self._located(apart, expected, place, cut)
        if not (cut.common and labels and is_table(expected) and is_table(mine)):
            return apart
        return self._in_common(expected, mine, place, cut)

    def _clearly_equal(self, run: Run, place: Place, whole: Any, out: Any) -> bool:
        """True where the output has the labels of the rows given, and equal values: the usual case."""
        if type(out) is not type(whole) or isinstance(out, pd.Index | np.ndarray):
            return False
        names = self.sample.groups[place.group].tables
        index = next((labels_of(run.inputs[name]) for name in names if is_table(run.inputs.get(name))), None)
        if index is None or not out.index.is_(index):
            return False
        if isinstance(out, pd.DataFrame) and not out.columns.equals(whole.columns):
            return False
        judged = (run.cut.judged or run.cut.given)[place.group]
        chosen = run.positions.get(place.group)
        mine = judged if chosen is None else judged[chosen]
        if not judged.any() or (run.cut.exact and not mine.all()):
            return False
        if id(whole) not in self._arrays:
            self._arrays[id(whole)] = arrays_of(whole)
        pairs = zip(self._arrays[id(whole)], arrays_of(out), strict=True)
        return all(equal_arrays(one[judged], other[mine], self.tolerance) for one, other in pairs)

    def _located(self, found: Difference, expected: Any, place: Place, cut: Cut) -> Difference:
        """A difference with its place by key and time."""
        if found.place is None:
            return found
        position, told = found.place, []
        group: Group | None = None
        if place.kind in ("rows", "some"):
            group = self.sample.groups[place.group]
        if place.kind == "rows":
            position = int(np.flatnonzero((cut.judged or cut.given)[place.group])[found.place])
        elif place.kind == "some" and group is not None:
            position = int(group.index.get_indexer(labels_of(expected)[[found.place]])[0])
        times = list(dict.fromkeys(self.sample.time_names.values()))
        for name in [*[key for key in self.sample.keys if key not in times][:2], *times[:1]]:
            axis = axis_of(expected, name) if group is None and is_table(expected) else None
            axis = self.sample.axis(group, name) if group is not None else axis
            if axis is not None:
                told.append(f"{name} {short_text(axis.iloc[position])}")
        return replace(found, where=", ".join(told)) if told else found

    def _in_common(self, old: Any, new: Any, place: Place, cut: Cut) -> Difference | None:
        """The difference of two outputs in the rows that both have, or else that they have other rows."""
        one, other = labels_of(old), labels_of(new)
        if not (one.is_unique and other.is_unique) or one.nlevels != other.nlevels:
            return difference(old, new, self.tolerance)
        both = one[one.isin(other)]
        known = _at(old, one, both)
        apart = difference(known, _at(new, other, both), self.tolerance)
        if apart is None:
            return _other_rows(one, other)
        if apart.place is not None:
            apart = replace(apart, place=int(one.get_indexer(both[[apart.place]])[0]))
        return self._located(apart, old, place, cut)

    def _items_compared(self, run: Run, whole: Any, out: Any) -> Difference | bool | None:
        """Several outputs in one: each has to respect the cut."""
        if type(out) is not type(whole) or len(out) != len(whole):
            return Difference(f"{len(whole)} outputs became {len(out) if hasattr(out, '__len__') else 'one'}")
        if isinstance(whole, dict) and list(whole) != list(out):
            return Difference("other outputs")
        pairs = zip(_items(whole), _items(out), strict=True)
        found = [self._compared(run, one, other) for one, other in pairs]
        if all(each is False for each in found):
            return False
        return next((each for each in found if isinstance(each, Difference)), None)

    @property
    def outputs(self) -> list[Any]:
        """The output, or the items of one that holds several tables."""
        whole = self.whole
        several = isinstance(whole, dict | tuple | list) and any(map(is_table, _items(whole)))
        return _items(whole) if several else [whole]

    def has_rows(self, cut: Cut) -> bool:
        """True when the rows of the output that belong to a cut are known."""
        return all(self.place(out, cut).kind != "none" for out in self.outputs)

    def carrier(self) -> Place:
        """The group whose rows the output has, by label or by a key of which each row has its own."""
        found = [self._carrier(out) for out in self.outputs]
        alike = len({place.group for place in found}) == 1
        return found[0] if alike and all(place.kind != "none" for place in found) else NOWHERE

    def _carrier(self, out: Any) -> Place:
        found = self.place(out)
        if found.kind != "none" or not is_table(out):
            return found
        for place, group in enumerate(self.sample.groups):
            for name in self.sample.identities(group):
                axis, known = axis_of(out, name), self.sample.axis(group, name)
                if axis is not None and known is not None and axis.is_unique and axis.isin(known).all():
                    return Place("axis", place, name)
        return NOWHERE

    # -- where rows are ------------------------------------------------------------------------------------

    def place(self, out: Any, cut: Cut | None = None) -> Place:
        """How the rows of the output for all rows are found again."""
        key: tuple[Any, ...] = (id(out),)
        if cut is not None:
            key = (id(out), *cut.tests, cut.moments is None, *(cut.judged or cut.given))
        if key not in self._places:
            self._places[key] = self._place(out, cut)
        return self._places[key]

    def _place(self, out: Any, cut: Cut | None) -> Place:
        tests = cut.tests if cut is not None else {}
        cuts = range(len(self.sample.groups)) if cut is None else cut.judged or cut.given
        groups = [(place, self.sample.groups[place]) for place in cuts]
        if isinstance(out, np.ndarray):
            return next(
                (Place("rows", place) for place, group in groups if out.ndim and len(group) == len(out)),
                NOWHERE,
            )
        if not is_table(out):
            return NOWHERE
        own = next((name for name in tests if self._tells(out, name)), "")
        if not own and cut is not None and cut.moments is not None:
            own = self._own_time(out)
        labels = labels_of(out)
        for place, group in groups:
            if len(labels) == len(group) and labels.equals(group.index) and self._agrees(out, own, group):
                return Place("rows", place)
        for place, group in groups:
            if _is_part(labels, group) and self._agrees(out, own, group):
                return Place("some", place)
        if own and (not numbered(out) or self._ordered(out, own)):
            return Place("axis", axis=own)
        return NOWHERE

    def _own_time(self, out: Any) -> str:
        """The only index level of an output that holds dates, as the sample's times are."""
        labels = labels_of(out)
        levels = [str(name) for name in labels.names if name is not None]
        dated = [name for name in levels if is_moment(labels.get_level_values(name))]
        return dated[0] if len(dated) == 1 and self.sample.steps.dtype.kind == "M" else ""

    def _agrees(self, out: Any, name: str, group: Group) -> bool:
        """Whether an output with labels of a group has the axis of these rows, if it has one at all."""
        axis = axis_of(out, name) if name else None
        known = self.sample.axis(group, name) if name else None
        if axis is None or known is None or not group.numbered:
            return True
        mine = known.to_numpy(object)[labels_of(out).to_numpy()]
        theirs = axis.to_numpy(object)
        return bool(((theirs == mine) | (pd.isna(theirs) & pd.isna(mine))).all())

    def _ordered(self, out: Any, name: str) -> bool:
        """Whether rows with new numbers come in an order that parts can be put into again.

        That is the order of an axis that tells where they belong, or that of the rows of an input.
        """
        axis = axis_of(out, name)
        assert axis is not None
        try:
            if axis.is_monotonic_increasing:
                return True
        except TypeError:  # values without an order
            pass
        for group in self.sample.groups:
            known: Column = self.sample.axis(group, name)
            same = known is not None and len(known) == len(axis)
            if same and bool((known.to_numpy() == axis.to_numpy()).all()):
                return True
        return False

    def _tells(self, out: Any, name: str) -> bool:
        """Whether an output has an axis of this name that means what it means in the sample."""
        axis = axis_of(out, name)
        if axis is None or not len(axis):
            return False
        if name in self.sample.time_names.values():
            moments = moments_of(axis)
            return moments is not None and moments.dtype.kind == self.sample.steps.dtype.kind
        if name not in self.sample.keys:
            return False
        known = [value for value in self.sample.key_values(name) if value is not None]
        return bool((axis.isin(known) | axis.isna()).all())

    def _rows(self, out: Any, place: Place, cut: Cut, positions: Mapping[int, Rows]) -> Rows | None:
        """The judged rows (a mask) of an output for all rows, or for those given; None for unknown ones."""
        if place.kind == "axis":
            axis = axis_of(out, place.axis)
            test = cut.tests.get(place.axis) or cut.moments
            return None if axis is None or test is None else np.asarray(test(axis), bool)
        judged = (cut.judged or cut.given)[place.group]
        chosen = positions.get(place.group)
        known = judged if chosen is None else judged[chosen]
        if place.kind == "rows":
            return known if len(out) == len(known) else None
        labels = self.sample.groups[place.group].index
        labels = labels if chosen is None else labels.take(chosen)
        return labels_of(out).isin(labels[known])

    def _with_old_labels(self, out: Any, place: Place, run: Run) -> Any:
        """Rows that were numbered anew get the labels back that they had before the cut."""
        if (
            not run.anew
            or place.kind not in ("rows", "some")
            or not is_table(out)
            or isinstance(out, pd.Index)
        ):
            return out
        chosen = run.positions.get(place.group)
        group: Group = self.sample.groups[place.group]
        labels = labels_of(out)
        if (
            chosen is None
            or not group.numbered
            or labels.dtype.kind != "i"
            or isinstance(labels, pd.MultiIndex)
        ):
            return out
        if not len(labels) or labels.min() < 0 or labels.max() >= len(chosen):
            return out
        return out.set_axis(group.index.take(chosen).take(labels.to_numpy()))


def take_rows(out: Any, rows: Rows | None) -> Any:
    """The rows of an output at a mask."""
    if rows is None or rows.all():
        return out
    return out[rows] if isinstance(out, np.ndarray) else take(out, np.flatnonzero(rows))


def _items(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def _is_part(labels: pd.Index[Any], group: Group) -> bool:
    """True for labels of some rows of a group, each once."""
    known = group.index
    if not len(labels) or len(labels) > len(known) or list(labels.names) != list(known.names):
        return False
    return bool(known.is_unique and labels.is_unique and labels.isin(known).all())


def _other_rows(one: pd.Index[Any], other: pd.Index[Any]) -> Difference:
    gone, come = one[~one.isin(other)], other[~other.isin(one)]
    if len(gone):
        return Difference(f"{len(gone)} rows are missing, the first is {gone[0]}", rows=True)
    if len(come):
        return Difference(f"{len(come)} rows are there that were not, the first is {come[0]}", rows=True)
    return Difference("the rows are in another order", rows=True)


def _at(table: Any, labels: pd.Index[Any], wanted: pd.Index[Any]) -> Any:
    return wanted if isinstance(table, pd.Index) else take(table, labels.get_indexer(wanted))


def largest_number(sample: Sample) -> float:
    """The largest number in the inputs."""
    largest = 0.0
    for table in sample.tables.values():
        columns = (
            [table]
            if isinstance(table, pd.Series)
            else [table[name] for name in table.columns]
            if isinstance(table, pd.DataFrame) and table.columns.is_unique
            else []
        )
        for column in columns:
            if is_number(column):
                numbers = np.abs(column.to_numpy(float))
                largest = max(largest, float(np.max(numbers[np.isfinite(numbers)], initial=0.0)))
    return largest
