"""A format writes values of some types as a file that this or another program can read; none runs code."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Protocol

Facts = dict[str, Any]


class Format(Protocol):
    """How values of some types are written and read; a module with these functions."""

    def write(self, value: Any, path: Path) -> Facts:
        """Write a value into a file, or into the facts alone where it is small; any error when it cannot."""

    def read(self, path: Path, facts: Facts) -> object:
        """The value; any error when the file is not what was written."""


_BY_LIBRARY: Final = {
    "numpy": "numpy_",
    "pandas": "pandas_",
    "polars": "polars_",
    "pyarrow": "arrow_",
    "builtins": "record",
    "kernel_magics": "record",
}
KINDS: Final = frozenset({*_BY_LIBRARY.values(), "pickled"})


def formats_for(value: object) -> Iterator[str]:
    """The formats to try, the best first; the last is a pickle, which only this user's kernels load."""
    library = type(value).__module__.partition(".")[0]
    if library in _BY_LIBRARY:
        yield _BY_LIBRARY[library]
    yield "pickled"


def load_format(kind: str) -> Format:
    """The format of this name; its library is imported now.

    Raises:
        ValueError: for a kind that does not exist.
    """
    if kind not in KINDS:
        raise ValueError(kind)
    format: Any = importlib.import_module(f"kernel_magics.store.{kind}")  # noqa: TID251  # by library
    return format  # type: ignore[no-any-return]
