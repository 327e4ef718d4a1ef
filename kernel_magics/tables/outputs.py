"""Outputs become tables: those with the same rows stand side by side, others need a file of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernel_magics.tables.columns import is_scalar
from kernel_magics.tables.files import format_of
from kernel_magics.tables.frame import make_frame
from kernel_magics.tables.plural import plural
from kernel_magics.tables.problem import problem
from kernel_magics.tables.schema import is_table

_NAMED = 4
_WHOLE = ("DataFrame", "LazyFrame", "Table", "RecordBatch")
Values = dict[str, Any]


def collected(value: Any) -> Any:
    """The value, a lazy frame of Polars computed."""
    return value.collect() if hasattr(value, "collect") and is_table(value) else value


def one_table(values: Mapping[str, Any], path: str) -> Any:
    """What a file of these outputs holds: a value as it is, or a frame of all.

    Raises:
        Exception: the problem DB307 where they have not the same rows, or are no columns.
    """
    if len(values) == 1:
        name, value = next(iter(values.items()))
        if type(value).__name__ in _WHOLE or (not is_table(value) and format_of(path) == "json"):
            return value
        return make_frame({name: value})
    groups = same_rows(values)
    if len(groups) > 1:
        said = "; ".join(f"{_listed(group)} ({_rows(group)})" for group in groups)
        raise problem(
            "DB307",
            f"these outputs have different rows, and make no one table: {said}.",
            "write one file for each with -o FOLDER/, or choose outputs of one of them with --outputs.",
        )
    return make_frame(dict(values))


def several_tables(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the files of a folder hold: one for all outputs with the same rows and no common columns.

    Returns:
        each under the name of its first output.
    """
    return {next(iter(group)): one_table(group, "x.json") for group in side_by_side(values)}


def side_by_side(values: Mapping[str, Any]) -> list[Values]:
    """The outputs that make one table each: with the same rows, and no common columns."""
    found: list[tuple[Values, set[str]]] = []
    for group in same_rows(values):
        for name, value in group.items():
            labels = _labels(name, value)
            home = next(
                (each for each in found if each[0].keys() <= group.keys() and not each[1] & labels), None
            )
            if home is None:
                found.append(({name: value}, labels))
            else:
                home[0][name] = value
                home[1].update(labels)
    return [group for group, _ in found]


def same_rows(values: Mapping[str, Any]) -> list[Values]:
    """The outputs in groups of the same index, or of the same number of rows where they have none.

    A scalar fills a column of the first group; what is neither stands alone.
    """
    groups: list[tuple[Any, Values]] = []
    loose: Values = {}
    for name, value in values.items():
        if _is_alone(value):
            groups.append((None, {name: value}))
        elif is_scalar(value):
            loose[name] = value
        else:
            home = next((group for first, group in groups if first is not None and _fit(first, value)), None)
            if home is None:
                groups.append((value, {name: value}))
            else:
                home[name] = value
    if loose:
        home = next((group for first, group in groups if first is not None), None)
        if home is None:
            groups.append((next(iter(loose.values())), loose))
        else:
            home.update(loose)
    order = list(values)
    return [{name: group[name] for name in order if name in group} for _, group in groups]


def _is_alone(value: Any) -> bool:
    """Whether a value is no column, and no table."""
    if is_table(value):
        return getattr(value, "ndim", 1) > 1 and type(value).__name__ not in _WHOLE
    return not (is_scalar(value) or isinstance(value, list | tuple))


def _fit(one: Any, other: Any) -> bool:
    """Whether two columns or tables have the same rows."""
    first, second = _index(one), _index(other)
    if first is not None and second is not None:
        return first is second or bool(first.equals(second))
    return _length(one) == _length(other)


def _index(value: Any) -> Any:
    """The index of a value of pandas."""
    return (
        value.index
        if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "iloc")
        else None
    )


def _length(value: Any) -> int:
    return len(collected(value))


def _labels(name: str, value: Any) -> set[str]:
    """The names of the columns that a value gives."""
    if type(value).__name__ not in _WHOLE:
        return {name}
    columns = getattr(value, "column_names", None) or value.columns
    return set(map(str, columns))


def _listed(group: Values) -> str:
    names = [f"'{name}'" for name in list(group)[:_NAMED]]
    return ", ".join(names) + (f" and {len(group) - _NAMED} more" if len(group) > _NAMED else "")


def _rows(group: Values) -> str:
    value = next(iter(group.values()))
    if _is_alone(value):
        return f"a {type(value).__name__}"
    index = _index(value)
    names = [] if index is None else [str(name) for name in index.names if name is not None]
    label = f"index {', '.join(names)}, " if names else ""
    return f"{label}{plural(1 if is_scalar(value) else _length(value), 'row')}"
