"""An order is how the rows of parts are put together so that they are where the whole computation has them.

It is found on a sample: the rule that gives the value of all rows, in whatever order those of the inputs are.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from kernel_magics.nature.sample import leaves
from kernel_magics.nature.table import Rows, Table, axis_of, labels_of, numbered, seen_as_table
from kernel_magics.scale.cutting import mapped, stacked
from kernel_magics.scale.parts import Parts


@dataclass(frozen=True, slots=True)
class Order:
    """Where rows of parts belong.

    Attributes:
        by: `rows` as those of another value (`of`) with the same labels; `count` as those of another value,
            row by row; `labels` and `columns` sorted by these; `keys` sorted by the key; `seen` as the keys
            first appear in the inputs.
        anew: rows are numbered from 0 again.
    """

    by: Literal["rows", "count", "labels", "columns", "keys", "seen"]
    of: str = ""
    columns: tuple[str, ...] = ()
    anew: bool = False

    @property
    def follows(self) -> bool:
        """Whether rows are where those of another value are."""
        return self.by in ("rows", "count")


@dataclass(frozen=True)
class Piece:
    """The rows that one part has of a table.

    Attributes:
        places: where each row belongs, for an order that follows another value.
    """

    table: Any
    places: Rows | None = None


class Unordered(Exception):
    """The rows of real data cannot be put where those of the sample were."""


def places_as(table: Any, order: Order, carrier: Any, places: Rows) -> Rows | None:
    """Where the rows of a table belong, as those of another one; None where that is not told.

    Args:
        carrier: the other table.
        places: where its rows belong.
    """
    seen: Table = seen_as_table(table)
    if order.by == "count":
        return places if len(seen) == len(places) else None
    own, labels = labels_of(seen), labels_of(seen_as_table(carrier))
    if own.nlevels != labels.nlevels or list(own.names) != list(labels.names):
        return None
    if own is labels or (len(own) == len(labels) and own.equals(labels)):
        return places
    if not labels.is_unique:
        return None
    found = labels.get_indexer(own)
    return None if (found < 0).any() else places[found]


def put_together(pieces: Sequence[Piece], order: Order, key: str, parts: Parts) -> Any:
    """One table of those of all parts, in its order.

    Raises:
        Unordered: the order cannot be told.
    """
    try:
        whole = stacked([piece.table for piece in pieces])
    except TypeError as error:
        raise Unordered(str(error)) from None
    chosen = _chosen(whole, pieces, order, key, parts)
    if not (np.diff(chosen) > 0).all():
        whole = whole[chosen] if isinstance(whole, np.ndarray) else whole.take(chosen)
    return _numbered(whole, order) if isinstance(whole, pd.Series | pd.DataFrame) else whole


def _chosen(whole: Any, pieces: Sequence[Piece], order: Order, key: str, parts: Parts) -> Rows:
    """The positions of the rows in their order."""
    if order.follows:
        if any(piece.places is None for piece in pieces):
            raise Unordered(f"its rows are not those of '{order.of}'")
        places = [piece.places for piece in pieces if piece.places is not None]
        return np.argsort(np.concatenate(places), kind="stable")
    if isinstance(whole, np.ndarray):
        raise Unordered("an array has no labels")
    if order.by == "labels":
        return _sorted_by([labels_of(whole)])
    if order.by == "columns":
        axes = [axis_of(whole, name) for name in order.columns]
        return _sorted_by([pd.Index(axis) for axis in axes if axis is not None])
    axis = axis_of(whole, key)
    if axis is None:
        raise Unordered(f"its rows have no '{key}'")
    if order.by == "keys":
        return _sorted_by([pd.Index(axis)])
    ranks = parts.ranks(axis)
    return np.argsort(np.where(ranks < 0, len(parts.keys), ranks), kind="stable")


def _sorted_by(levels: Sequence[pd.Index[Any]]) -> Rows:
    """A stable order by one index after the other, missing values last."""
    ranks = [each for level in levels for each in _ranks(level)]
    tops = [int(each.max(initial=-1)) + 1 for each in ranks]
    if math.prod(top + 1 for top in tops) < 2**62:
        whole = np.zeros(len(ranks[0]), dtype=np.int64)
        for each, top in zip(ranks, tops, strict=True):
            whole = whole * (top + 1) + np.where(each < 0, top, each)
        return np.argsort(whole, kind="stable")  # rows of parts are in order already, which this makes use of
    return np.lexsort(
        [np.where(each < 0, top, each) for each, top in zip(ranks[::-1], tops[::-1], strict=True)]
    )


def _ranks(index: Any) -> list[Rows]:
    """For each level of an index, the rank of each row's label; -1 for a missing one."""
    try:
        if not isinstance(index, pd.MultiIndex):
            return [pd.factorize(index, sort=True)[0]]
        found = []
        for level, codes in zip(index.levels, index.codes, strict=True):
            places = pd.factorize(level, sort=True)[0] if len(level) else np.array([], dtype=np.int64)
            known = np.asarray(codes)
            found.append(np.where(known < 0, -1, places[known]) if len(places) else known)
        return found
    except TypeError as error:
        raise Unordered(str(error)) from None


def _numbered(whole: Any, order: Order) -> Any:
    """Rows with the numbers 0, 1, … as pandas has them."""
    labels = whole.index
    plain = labels.nlevels == 1 and labels.dtype == "int64" and labels.name is None
    if order.anew or (plain and np.array_equal(labels.to_numpy(), np.arange(len(labels)))):
        whole.index = pd.RangeIndex(len(whole))
    return whole


def candidates(whole: Any, key: str, times: Sequence[str], carriers: Sequence[str]) -> Iterator[Order]:
    """Orders that a table may have, those first that say most."""
    seen = seen_as_table(whole)
    anew = isinstance(whole, pd.Series | pd.DataFrame) and numbered(whole)
    for name in carriers:
        if not isinstance(whole, np.ndarray):
            yield Order("rows", name)
    for name in carriers:
        yield Order("count", name, anew=anew)
    if isinstance(whole, np.ndarray):
        return
    if not anew:
        yield Order("labels")
    if axis_of(seen, key) is None:
        return
    yield Order("keys", anew=anew)
    yield Order("seen", anew=anew)
    for time in times:
        if axis_of(seen, time) is not None:
            yield Order("columns", columns=(time, key), anew=anew)


def tables_in(name: str, value: Any) -> dict[str, Any]:
    """The tables of a value by name: itself, or those of a dict or tuple."""
    return {own: each for own, each in leaves({name: value}).items() if seen_as_table(each) is not None}


def joined(name: str, values: Sequence[Any], tables: Mapping[str, Any]) -> Any:
    """A value like that of a part, with the tables of all parts in it."""
    return mapped(name, values[0], lambda own, value: tables.get(own, value))
