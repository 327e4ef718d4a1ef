"""A parting is how a node may be computed in parts for a key: which inputs are cut, which are given whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from kernel_magics.nature.nature import Nature
from kernel_magics.nature.table import Column, Table, axis_of, labels_of, numbered, seen_as_table
from kernel_magics.nature.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Parting:
    """How a node may be computed in parts.

    Attributes:
        by: `key`: of each part of the key's values, the node gives that part of its value. `rows`: the same
            for any part of the rows of what is cut, however its keys lie. `whole`: it needs all rows.
        cut: what it reads that is cut; the other inputs (`whole`) must be there with all rows.
        why: for `whole`, the counterexample or what is not known.
    """

    by: Literal["key", "rows", "whole"]
    cut: tuple[str, ...] = ()
    whole: tuple[str, ...] = ()
    why: str = ""

    @property
    def in_parts(self) -> bool:
        """Whether parts of the key's values give the parts of its value."""
        return self.by != "whole"


def parting(nature: Nature, reads: Iterable[str], key: str) -> Parting:
    """How a node may be computed in parts for a key: only as it was proved, by itself.

    Args:
        nature: the node's, by itself.
        reads: the names of its inputs.
    """
    reads = tuple(dict.fromkeys(reads))
    having = _read_as(nature.having.get(key, ()), reads)
    carrier = _read_as(nature.carrier, reads)
    if nature.by(key) and having:
        return Parting("key", having, tuple(name for name in reads if name not in having))
    if nature.row_wise and carrier and set(carrier) <= set(having):
        return Parting("rows", carrier, tuple(name for name in reads if name not in carrier))
    return Parting("whole", (), reads, _reason(nature, key))


def _reason(nature: Nature, key: str) -> str:
    if nature.row_wise and not nature.having.get(key):
        return f"its rows have no '{key}'"
    verdicts: list[Verdict] = [nature.keys[key]] if key in nature.keys else []
    return next((verdict.why for verdict in [*verdicts, nature.row_wise] if verdict.why), "it was not tried")


def _read_as(tables: Iterable[str], reads: Iterable[str]) -> tuple[str, ...]:
    """The inputs that tables belong to: `parts[half]` is an item of the input `parts`."""
    owners = {table.partition("[")[0] for table in tables}
    return tuple(name for name in reads if name in owners)


def key_axis(values: Mapping[str, Any], name: str, key: str) -> Column | None:
    """The key of each row of a value: its own, or that of another value with the same rows.

    Args:
        values: values of inputs and nodes by name.

    Returns:
        One key for each row, numbered from 0; None where no value tells.
    """
    table = seen_as_table(values[name])
    if table is None:
        return None
    own = axis_of(table, key, name)
    return own if own is not None else axis_beside(values, key, table)


def axis_beside(values: Mapping[str, Any], wanted: str, table: Table) -> Column | None:
    """An axis of another value that has the same rows as a table, numbered from 0.

    A frame without labels of its own has the same rows as nothing else, whatever its length.
    """
    labels = labels_of(table)
    for name, value in values.items():
        other = seen_as_table(value)
        if other is None or isinstance(other, pd.Index) or len(other) != len(labels):
            continue
        axis = axis_of(other, wanted, name)
        if axis is None or numbered(table) != numbered(other) or not labels.equals(labels_of(other)):
            continue
        if not (isinstance(table, pd.DataFrame) and numbered(table)):
            return axis
    return None
