"""A spot check computes one value of the key by itself, and compares it with what its part gave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.difference import Tolerance, difference, short_text
from kernel_magics.nature.probe import LOOSE, ROUNDED, largest_number
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.table import Rows, labels_of, numbered, seen_as_table
from kernel_magics.scale.cutting import axes_of, taken
from kernel_magics.scale.ordering import tables_in
from kernel_magics.scale.shelf import same_labels


@dataclass(frozen=True, slots=True)
class Refuted:
    """A node whose value was another one when its part was computed otherwise.

    Attributes:
        change: where and how it differs, for people.
    """

    node: str
    key: str
    value: Any
    change: str

    @property
    def text(self) -> str:
        """`when store s7 was computed apart from its part: at 3: 12.5 became NaN`."""
        return f"when {self.key} {short_text(self.value)} was computed apart from its part: {self.change}"


@dataclass
class Spot:
    """One value of the key, computed apart from its part.

    Attributes:
        values: what came out then, with what was read.
        missed: nodes whose rows could not be told apart.
    """

    key: str
    value: Any
    values: Mapping[str, Any]
    missed: set[str] = field(default_factory=set)
    _rows: list[tuple[pd.MultiIndex, Rows]] = field(default_factory=list)

    def compare(self, name: str, part: Mapping[str, Any], tolerance: Tolerance) -> Refuted | None:
        """Compare a node's rows with this value of the key.

        Args:
            part: the values of its part so far, the node's and what was read among them.
        """
        if name not in self.values or not tables_in(name, part[name]):
            return None
        mine, theirs = self._only(name, part), only(name, self.values, self.key, self.value)
        if mine is None or theirs is None:
            self.missed.add(name)
            return None
        for own, table in tables_in(name, mine).items():
            other = tables_in(name, theirs).get(own)
            labels = not numbered(seen_as_table(tables_in(name, part[name])[own]))
            apart = difference(table, other, tolerance, labels)
            if apart is not None:
                return Refuted(name, self.key, self.value, apart.text)
        return None

    def _only(self, name: str, part: Mapping[str, Any]) -> Any:
        """The rows with this value of the key; found once for values with the same labels."""
        tables = tables_in(name, part[name])
        if not all(self._has_level(table) for table in tables.values()):
            return only(name, part, self.key, self.value)
        places = {own: self._places(labels_of(table)) for own, table in tables.items()}
        return taken(name, part[name], places)

    def _has_level(self, table: Any) -> bool:
        return not isinstance(table, np.ndarray) and (
            isinstance(labels_of(table), pd.MultiIndex) and list(labels_of(table).names).count(self.key) == 1
        )

    def _places(self, index: Any) -> Rows:
        for known, rows in self._rows:
            if same_labels(known, index):
                return rows
        level = list(index.names).index(self.key)
        members = index.levels[level]
        code = members.get_indexer(pd.Index([self.value], dtype=members.dtype))[0]
        rows = np.flatnonzero((np.asarray(index.codes[level]) == code) & (code >= 0))
        self._rows.append((index, rows))
        return rows


def only(name: str, values: Mapping[str, Any], key: str, wanted: Any) -> Any:
    """The rows of a value that have this value of the key; None where nothing tells."""
    axes = axes_of(values, name, key)
    if axes is None:
        return None
    places = {own: np.flatnonzero(np.asarray(axis == wanted)) for own, axis in axes.items()}
    return taken(name, values[name], places)


def tolerance_for(values: Mapping[str, Any]) -> Tolerance:
    """How far numbers may differ that were computed from these."""
    return Tolerance(LOOSE, ROUNDED * largest_number(Sample(values)))
