"""What a text names, such as `data/*.csv` or `URL#TABLE`, as a value: on a command line and in a notebook."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kernel_magics.engine.errors import UsageError
from kernel_magics.sources.read import read_source
from kernel_magics.sources.text import source_of_text
from kernel_magics.tables.trouble import Say
from kernel_magics.tables.values import Expected, expect, read_value


def read(text: str, *, like: Any = "pandas.DataFrame", **params: Any) -> Any:
    """The value that a text names, for `%%inputs`: read as `dagbook run --input NAME=TEXT` reads it.

    Example:
        `orders: pd.DataFrame = read("env:SHOP_URL#select * from orders where day = :day", day="2026-01-31")`

    Args:
        text: a file, a folder (also of partitions, `day=2026-01-31/`), a pattern such as `data/*.parquet`, or
            `URL#TABLE` or `URL#SELECT …` of a database, whose URL may be `env:NAME` or `file:PATH`.
        like: what is wanted: a type such as `list[str]`, or a sample whose columns and types the rows must
            have.
        params: values for `:name` in the query.

    Raises:
        DataflowError: DB306 for a param without a value, DB403, DB406 or DB408 (files and types), DB465 or
            DB466 (databases).
    """
    is_type = isinstance(like, str) or inspect.isclass(like) or typing.get_origin(like) is not None
    wanted = expect(like) if is_type else expect(None, like)
    note = _ignore if is_type else _print_note  # without a sample, types are guessed as anywhere
    return read_text("input", text, wanted, params, note)


def read_text(name: str, text: str, wanted: Expected, params: Mapping[str, object], say: Say) -> Any:
    """The value of an input from files, a database or the text itself.

    Args:
        name: of the input, for messages.
        params: for a query.

    Raises:
        DataflowError: see `read`; DB321 for a plain value.
    """
    source = source_of_text(text)
    if source is None:
        return read_value(name, text, wanted, say)
    absent = sorted(source.names() - params.keys())
    if absent:
        raise UsageError(
            "DB306",
            f"the query reads ':{absent[0]}'.",
            hint=f"give it: --param {absent[0]}=VALUE on a command line, {absent[0]}=… in a notebook.",
            names=absent,
        )
    return read_source(name, source, wanted, params, Path(), say)


def _print_note(note: str) -> None:
    print(f"note: {note}")


def _ignore(note: str) -> None:
    """Say nothing."""
