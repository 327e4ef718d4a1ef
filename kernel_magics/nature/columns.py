"""Variants of a column with other values that it could have: missing, tied, extreme, quiet, unique."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.nature.code import Literals
from kernel_magics.nature.table import Column, Rows, can_be_missing, is_number, is_text

Generator = np.random.Generator


def missing(column: Column, rows: Rows) -> Column:
    """No value in these rows, where that changes no type."""
    return column.mask(rows) if can_be_missing(column) else column


def ties(column: Column, rng: Generator) -> Column:
    """Numbers have one of three values only."""
    filled = column.dropna()
    if not is_number(column) or not len(filled):
        return column
    return _placed(column, rng.choice(filled.unique()[:3], len(column)))


def extremes(column: Column, rng: Generator) -> Column:
    """One number in ten is many times as large, some have the other sign; one text in ten is long."""
    n = len(column)
    if is_text(column) and not isinstance(column.dtype, pd.CategoricalDtype):
        texts = column.astype(object)
        other = texts.take(rng.permutation(n)).set_axis(texts.index)  # a text alone has the words of one only
        return column.where(rng.random(n) > 0.1, (texts + ", " + other + ", ") * 3)
    if not is_number(column):
        return column
    factor = np.where(rng.random(n) < 0.1, rng.choice([-50, 30, 100], n), rng.choice([1, 1, -1], n))
    return _placed(column, column.to_numpy() * factor)


def seldom(column: Column, rows: Rows) -> Column:
    """The texts in these rows are seen there only: four once, the next two twice, one in all others."""
    if not is_text(column) or isinstance(column.dtype, pd.CategoricalDtype):
        return column
    fresh = column.astype(object).copy()
    for number, place in enumerate(rows):
        name = number if number < 4 else 4 + (number - 4) // 2 if number < 8 else 6
        fresh.iloc[place] = f"{'!~m'[name % 3]} seldom {name}"
    return fresh.astype(column.dtype)


def literal_values(column: Column, literals: Literals) -> list[Any]:
    """The values of the code that a column can have, and those just beside them."""
    if is_number(column):
        values = [
            0.0,
            *literals.numbers,
            *(number + step for number in literals.numbers for step in (1.0, -1.0)),
        ]
        if column.dtype.kind == "f":
            return list(dict.fromkeys(values))
        kinds = np.iinfo(column.dtype)
        return [
            value
            for value in dict.fromkeys(values)
            if value == int(value) and kinds.min <= value <= kinds.max
        ]
    if not is_text(column):
        return []
    if isinstance(column.dtype, pd.CategoricalDtype):
        return [value for value in literals.texts if value in column.dtype.categories]
    return ["", *literals.texts]


def given_values(column: Column, values: list[Any], rows: Rows) -> Column:
    """These rows have these values, in turn."""
    if not values or not len(rows):
        return column
    fresh = column.copy()
    cells = [values[number % len(values)] for number in range(len(rows))]
    fresh.iloc[rows] = np.array(cells).astype(column.dtype) if is_number(column) else cells
    return fresh


def quiet(column: Column, end: str, rows: Rows) -> Column:
    """One value in all these rows: nothing, or one of the column, from the lowest to the highest."""
    if end == "missing":
        return missing(column, rows)
    filled = column.dropna()
    if not len(filled):
        return column
    share = {"low": 0.0, "lower": 0.25, "middle": 0.5, "higher": 0.75, "high": 1.0}[end]
    try:
        value = filled.sort_values().iloc[int(share * (len(filled) - 1))]
    except TypeError:  # objects that have no order
        value = filled.iloc[int(share * (len(filled) - 1))]
    return column.mask(rows, value).astype(column.dtype)


def shuffled(column: Column, rng: Generator, factor: float = 1.0) -> Column:
    """The column's own values in another order, numbers with a point also larger."""
    fresh = column.take(rng.permutation(len(column)))
    fresh.index = column.index
    return fresh * factor + (factor != 1.0) if column.dtype.kind == "f" else fresh


def _placed(column: Column, values: Rows) -> Column:
    fresh = pd.Series(values, column.index, name=column.name)
    return fresh.astype(column.dtype)
