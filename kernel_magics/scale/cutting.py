"""Cutting takes the rows of a value that belong to a part; stacking puts rows of parts below each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.parting import key_axis
from kernel_magics.nature.sample import leaves, part_name
from kernel_magics.nature.table import Column, Rows, like, seen_as_table, take

Axes = Mapping[str, Column]
"""The key of each row, by the name of a table: that of a value, or `name[item]` for one of several."""


def axes_of(values: Mapping[str, Any], name: str, key: str) -> Axes | None:
    """The keys of the rows of a value, or of each table in it; None where a table does not tell.

    Args:
        values: where other values with the same rows are looked for.
    """
    own = leaves({name: values[name]})
    flat = {**leaves(values), **own}
    found: dict[str, Column] = {}
    for each, value in own.items():
        if seen_as_table(value) is None:
            continue
        axis = key_axis(flat, each, key)
        if axis is None:
            return None
        found[each] = axis
    return found or None


def mapped(name: str, value: Any, change: Callable[[str, Any], Any]) -> Any:
    """A value with each of its tables changed; `change` gets its name and the table."""
    if isinstance(value, dict):
        return {key: mapped(part_name(name, key), item, change) for key, item in value.items()}
    if type(value) is tuple:
        return tuple(mapped(part_name(name, place), item, change) for place, item in enumerate(value))
    return change(name, value)


def taken(name: str, value: Any, places: Mapping[str, Rows]) -> Any:
    """A value with these rows (positions) of each of its tables."""

    def change(own: str, table: Any) -> Any:
        if own not in places:
            return table
        seen = seen_as_table(table)
        return table[places[own]] if isinstance(table, np.ndarray) else like(take(seen, places[own]), table)

    return mapped(name, value, change)


def stacked(values: list[Any]) -> Any:
    """Tables of one kind below each other, in this order.

    Raises:
        TypeError: they are of different kinds, or have other columns or categories.
    """
    first = values[0]
    if any(type(value) is not type(first) and not _alike(value, first) for value in values):
        raise TypeError(
            f"parts are of the types {', '.join(sorted({type(value).__name__ for value in values}))}"
        )
    if isinstance(first, np.ndarray):
        return np.concatenate(values)
    filled = [value for value in values if len(value)] or values[:1]
    if isinstance(first, pd.Index):
        return _stacked_index(filled)
    _expect_alike(filled)
    if len(filled) == 1:
        return filled[0]
    if isinstance(filled[0].index, pd.MultiIndex):
        made = pd.concat(filled, ignore_index=True)
        made.index = _stacked_index([value.index for value in filled])
    else:
        made = pd.concat(filled)
    made.attrs = dict(first.attrs)
    return made


def _alike(one: Any, other: Any) -> bool:
    return isinstance(one, pd.Index) and isinstance(other, pd.Index) and one.nlevels == other.nlevels


def _stacked_index(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    names = list(parts[0].names)
    if isinstance(parts[0], pd.MultiIndex) and all(list(part.names) == names for part in parts):
        return _stacked_levels(parts)
    made = parts[0].append(parts[1:])
    return made.rename(names) if made.nlevels > 1 else made.rename(parts[0].name)


def _stacked_levels(parts: list[pd.MultiIndex]) -> pd.MultiIndex:
    """Labels of several levels below each other; goes through the members of levels, not through all rows."""
    levels: list[Any] = []
    codes: list[Any] = []
    for place in range(parts[0].nlevels):
        own = [part.levels[place] for part in parts]
        known = own[0].append(own[1:]).unique()
        with suppress(TypeError):  # members without an order
            known = known.sort_values()
        moved = [known.get_indexer(level) for level in own]
        old = [np.asarray(part.codes[place]) for part in parts]
        codes.append(np.concatenate([_recoded(to, code) for to, code in zip(moved, old, strict=True)]))
        levels.append(known)
    return pd.MultiIndex(levels=levels, codes=codes, names=parts[0].names, verify_integrity=False)


def _recoded(moved: Rows, codes: Rows) -> Rows:
    return np.where(codes < 0, -1, moved[codes]) if len(moved) else codes


def _expect_alike(parts: list[Any]) -> None:
    """Refuse tables that pandas would put together as something else."""
    first = parts[0]
    for other in parts[1:]:
        if isinstance(first, pd.DataFrame):
            if not first.columns.equals(other.columns):
                raise TypeError("parts have other columns")
            pairs = list(zip(first.dtypes, other.dtypes, strict=True))
        else:
            pairs = [(first.dtype, other.dtype)]
        if any(isinstance(one, pd.CategoricalDtype) and one != two for one, two in pairs):
            raise TypeError("parts have other categories")
