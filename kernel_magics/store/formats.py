"""A format writes values of some types to a file for this or other programs; reading it runs no code."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, Protocol

Facts = dict[str, Any]


class Format(Protocol):
    """A module with functions that write and read values of some types."""

    def write(self, value: Any, path: Path) -> Facts:
        """Write a value to a file, or only to the facts if it is small; raises any error if it cannot."""

    def read(self, path: Path, facts: Facts) -> object:
        """Read the value; raises any error if the file is not the one that was written."""


def holds(format: Format, value: Any, path: Path, facts: Facts) -> bool | None:
    """Whether a file holds a value, by a format that can tell without reading all of it at once.

    Returns:
        None where the format cannot.
    """
    judge: Callable[[Any, Path, Facts], bool | None] | None = getattr(format, "holds", None)
    return None if judge is None else judge(value, path, facts)


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
    """The format of this name; imports its library.

    Raises:
        ValueError: for an unknown kind.
    """
    if kind not in KINDS:
        raise ValueError(kind)
    format: Any = importlib.import_module(f"kernel_magics.store.{kind}")  # noqa: TID251  # by library
    return format  # type: ignore[no-any-return]
