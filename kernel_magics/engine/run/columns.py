"""A missing column is a name that code requested of a table, and that the table does not have."""

from __future__ import annotations

import re
from types import TracebackType
from typing import Any

from kernel_magics.engine.errors import did_you_mean

_SHOWN = 20
_LONGEST = 80
_LIBRARIES = ("pandas", "polars", "pyarrow", "numpy", "dask", "modin")
_QUOTED = re.compile(r"""['"]([^'"\n]+)['"]""")
_PLAIN = re.compile(r"not found: (\w+)")
# the usual names of the table in functions of libraries
_HOLDERS = ("self", "obj", "frame", "df", "left", "right")
_TOLD = ("KeyError", "AttributeError", "ColumnNotFoundError", "UndefinedVariableError", "ArrowKeyError")


def column_hint(error: BaseException) -> str:
    """`did you mean 'day'? Columns: day, clicks.` for a missing column; "" for any other error."""
    if not any(kind.__name__ in _TOLD for kind in type(error).__mro__):
        return ""
    try:
        found = _missing(error)
    except Exception:  # libraries and their objects may raise anything
        return ""
    if found is None:
        return ""
    name, columns = found
    shown = ", ".join(columns[:_SHOWN]) + (
        f" and {len(columns) - _SHOWN} more" if len(columns) > _SHOWN else ""
    )
    return f"{did_you_mean(name, columns)} Columns: {shown}.".strip()


def _missing(error: BaseException) -> tuple[str, tuple[str, ...]] | None:
    """The requested name, and the columns of the table."""
    names = _asked(error)
    lacking = [
        (name, columns)
        for columns in _tables(error)
        if (name := next((name for name in names if name not in columns and len(name) <= _LONGEST), None))
    ]
    return next((pair for pair in lacking if did_you_mean(*pair)), lacking[0] if lacking else None)


def _asked(error: BaseException) -> list[str]:
    """The names that may be missing, taken from the error."""
    if isinstance(error, AttributeError):
        return [error.name] if error.name and columns_of(error.obj) else []
    text = next((part for part in error.args if isinstance(part, str)), str(error))
    if isinstance(error, KeyError) and not text.startswith("Field ") and _raised_in(error) not in _LIBRARIES:
        return []  # of a dict
    if type(error).__name__ == "ColumnNotFoundError":  # of Polars, which writes its plan below
        text = text.partition("\n")[0]
    return [*_QUOTED.findall(text), *_PLAIN.findall(text), text]


def _raised_in(error: BaseException) -> str:
    """The top-level package of the function that raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = trace.tb_frame.f_globals.get("__name__", "") if trace is not None else ""
    return str(name).partition(".")[0]


def _tables(error: BaseException) -> list[tuple[str, ...]]:
    """The columns of tables in a library's functions, the innermost first, or else in the user's."""
    held: list[tuple[str, ...]] = []
    around: list[tuple[str, ...]] = []
    asked: object = None  # the innermost index, which is that of the columns or of the rows
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        variables = trace.tb_frame.f_locals
        library = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0] in _LIBRARIES
        for value in (
            [variables[name] for name in _HOLDERS if name in variables] if library else variables.values()
        ):
            asked = value if library and hasattr(type(value), "get_loc") else asked
            columns = columns_of(value) or (columns_of(_grouped(value)) if library else ())
            if columns:
                (held if library else around).append(columns)
        trace = trace.tb_next
    if asked is not None:
        labels = tuple(map(str, asked))  # type: ignore[call-overload]
        return [labels] if labels in [*held, *around] else []
    return held[::-1] or around[::-1]


def _grouped(value: object) -> object:
    """The table of groups."""
    return vars(value).get("obj") if hasattr(value, "__dict__") else None


def columns_of(value: object) -> tuple[str, ...]:
    """The names of a table's columns; () for any other value."""
    if isinstance(value, type):
        return ()
    try:
        if len(getattr(value, "shape", ())) != 2:
            return ()
        columns: Any = getattr(value, "column_names", None) or getattr(value, "columns", ())
        return tuple(map(str, columns))
    except Exception:  # a foreign class may raise anything
        return ()
