"""Values in files: an input is read as its sample is, an output is written so that it can be read again."""

from __future__ import annotations

import json
import os
import tempfile
import typing
from dataclasses import MISSING, dataclass
from pathlib import Path
from typing import Any, Final

from kernel_magics.tables.files import (
    expect_format,
    find_files,
    format_of,
    is_pattern,
    optional,
    put,
    write_whole,
)
from kernel_magics.tables.plain import (
    Unfit,
    expected_type,
    from_json,
    from_text,
    read_text,
    to_json,
    type_text,
)
from kernel_magics.tables.problem import problem
from kernel_magics.tables.records import load
from kernel_magics.tables.schema import ADAPTERS, Column, Schema, adapter, is_table, schema_of
from kernel_magics.tables.trouble import Say, opened, unwritable

_CLASSES: Final = {"ndarray": "array"}
_TABLES: Final = frozenset(
    ["DataFrame", "LazyFrame", "Series", "ndarray", "Table", "RecordBatch", "Array", "ChunkedArray"]
)
_ALIASES: Final = {"pd": "pandas", "np": "numpy", "pl": "polars", "pa": "pyarrow"}
_GUESSED: Final = ("csv", "tsv", "json", "jsonl")
"""Formats that do not say the types of columns."""
_COLUMNS: Final[dict[Any, str]] = {str: "str", int: "int64", float: "float64", bool: "bool"}


@dataclass(frozen=True, slots=True)
class Expected:
    """What a value must be.

    Attributes:
        schema: of a table.
        type: of any other value; `Any` where nobody knows.
    """

    schema: Schema | None = None
    type: Any = Any


def expect(hint: Any = None, sample: object = MISSING) -> Expected:
    """What an input or param must be: as its sample or default is, and as its hint says.

    Args:
        hint: a type, or its text where it cannot be evaluated; None where there is none.
    """
    if sample is not MISSING:
        found = schema_of(sample)
        return Expected(found) if found is not None else Expected(None, expected_type(hint, sample))
    kind = _table_kind(hint)
    return Expected(Schema(kind)) if kind else Expected(None, expected_type(hint, sample))


def _table_kind(hint: Any) -> str:
    """The kind of table that a hint names, also as a text such as "pd.Series[float]"; "" for none."""
    if isinstance(hint, str):
        library, _, name = hint.partition("[")[0].partition(".")
    else:
        hint = typing.get_origin(hint) or hint
        library, name = getattr(hint, "__module__", "").partition(".")[0], getattr(hint, "__name__", "")
    library = _ALIASES.get(library, library)
    return f"{library}.{_CLASSES.get(name, name)}" if library in ADAPTERS and name in _TABLES else ""


def read_value(name: str, text: str, expected: Expected, say: Say) -> Any:
    """The value that a text on the command line stands for: that of a file, of files, or the text itself.

    Args:
        name: of the input, for messages.
        text: a path, a folder, a pattern such as `data/*.csv`, or a plain value.
        say: told what of the files is left out.

    Raises:
        Exception: the problem DB408 where a file does not fit, DB321 where a value does not, DB403 or DB406
            where a file cannot be read, DB002 for an unknown suffix.
    """
    if expected.schema is not None:
        return _read_table(name, text, expected.schema, say)
    if expected.type is Any:
        return _read_unknown(name, text, say)
    if _is_value(text, expected.type):
        return from_text(name, text, expected.type, "input")
    members: Any = None
    for path in find_files(text):
        data = _members(name, path, expected.type, say)
        members = data if members is None else _both(members, data, text)
    try:
        return from_json(members, expected.type)
    except Unfit as error:
        reason = f": {error}" if str(error) else ""
        raise problem(
            "DB408",
            f"'{text}' does not fit the sample of '{name}': it must hold {type_text(expected.type)}{reason}.",
            "correct the file, or the sample: its type is what files are read to.",
        ) from None


def _read_table(name: str, text: str, schema: Schema, say: Say) -> Any:
    found = find_files(text)
    if schema.columns is None and any(format_of(path) in _GUESSED for path in found):
        say(f"input '{name}': no sample says the types of its columns, so those of '{text}' are guessed.")
    return adapter(schema.library).read(found, schema, name, say)


def read_rows(name: str, rows: Any, schema: Schema, say: Say) -> Any:
    """The table of an input that is given as rows in memory.

    Args:
        rows: a frame of pandas, or what a JSON file of a table holds, such as a list of a dict for each row.

    Raises:
        Exception: the problem DB408 where they do not fit.
    """
    if schema.library in ("pandas", "numpy"):
        return adapter(schema.library).read_rows(rows, schema, name, say)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.json"
        if isinstance(rows, list | dict):
            put(path, _dumped(rows).encode())
        else:
            write_value(rows, path)
        return adapter(schema.library).read([path], schema, name, say)


def _is_value(text: str, kind: Any) -> bool:
    """Whether a text is a plain value rather than the name of a file that holds one."""
    if not format_of(text) or text.lstrip()[:1] in ("[", "(", "{"):
        return not (os.path.isdir(text) or (is_pattern(text) and format_of(text)))
    try:
        read_text(text, kind)
    except Unfit:  # it is the name of a file
        return False
    return not _is_list(kind)


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", kind) in (list, tuple, set, frozenset)


def _members(name: str, path: Path, kind: Any, say: Say) -> Any:
    """What a file holds of a plain value: JSON, or the only column of a table."""
    if format_of(path) == "json":
        return opened(path, lambda path: load(path, False))
    if not _is_list(kind):
        raise problem(
            "DB408",
            f"'{path}' does not fit the sample of '{name}': it must hold {type_text(kind)}.",
            "give a .json file, or the value itself.",
        )
    if format_of(path) == "jsonl":
        return opened(path, lambda path: load(path, True))
    member = (getattr(kind, "__args__", None) or [Any])[0]
    dtype = _COLUMNS.get(member, "")
    series = adapter("pandas").read([path], Schema("pandas.Series", (Column(dtype=dtype),)), name, say)
    return series.tolist()


def _both(first: Any, second: Any, text: str) -> Any:
    """What two files hold together."""
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, dict) and isinstance(second, dict):
        return first | second
    raise problem(
        "DB408", f"'{text}' are several files, and their values cannot be put together.", "give one file."
    )


def _read_unknown(name: str, text: str, say: Say) -> Any:
    """A value of which nobody knows what it must be: a table where a file holds one."""
    path = Path(text)
    if not format_of(text) and not path.exists() and not is_pattern(text):
        return from_text(name, text, Any)
    found = find_files(text)
    if format_of(found[0]) == "json" and len(found) == 1:
        data = opened(found[0], lambda path: load(path, False))
        if not (isinstance(data, list) and data and all(isinstance(row, dict) for row in data)):
            return data
    return _read_table(name, text, Schema("pandas.DataFrame"), say)


def write_value(value: Any, path: Path) -> None:
    """Write a value, whole or not at all, so that `read_value` gives it back.

    Raises:
        Exception: the problem DB409 where the format cannot hold it, DB405 where the file cannot be written,
            DB002 for an unknown suffix.
    """
    kind = expect_format(path)
    library = type(value).__module__.partition(".")[0]
    try:
        if is_table(value):
            write_whole(path, lambda part: adapter(library).write(value, part))
        elif kind == "json":
            text = _dumped(to_json(value))
            write_whole(path, lambda part: put(part, text.encode()))
        elif not isinstance(value, list):
            raise Unfit(f"a {type(value).__name__} is no table; .json can hold it")
        elif kind == "jsonl":
            lines = "".join(_dumped(to_json(member)) for member in value)
            write_whole(path, lambda part: put(part, lines.encode()))
        else:
            series = optional("pandas", "tables").Series(value, dtype=None if value else object)
            write_value(series, path)
    except (ValueError, TypeError, NotImplementedError) as error:
        raise unwritable(path, error) from None


def _dumped(plain: Any) -> str:
    return f"{json.dumps(plain, ensure_ascii=False)}\n"
