"""The user's frames of a traceback: all but those of the package that runs their code."""

from __future__ import annotations

import functools
import os
import sysconfig
import traceback
from pathlib import Path
from types import TracebackType
from typing import Final

from kernel_magics.engine.run.failure import CELL_FILE, format_frames

_PACKAGE: Final = Path(__file__).parents[2]
_OURS: Final = tuple(f"{_PACKAGE.parent / name}{os.sep}" for name in ("kernel_magics", "nbext"))


@functools.cache
def _libraries() -> tuple[str, ...]:
    paths = {path for path in sysconfig.get_paths().values() if os.path.isabs(path)}
    return tuple(f"{path}{os.sep}" for path in paths)


def is_ours(file: str) -> bool:
    """True for a file of this package, and for code that it generates."""
    return file.startswith((*_OURS, "<dataflow "))


def without_ours(trace: TracebackType | None) -> TracebackType | None:
    """The frames of a traceback without ours, and without those of libraries that ours called."""
    kept: list[TracebackType] = []
    inside = False
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if is_ours(file):
            inside = True
        elif not inside or _is_user_file(file):
            inside = False
            kept.append(trace)
        trace = trace.tb_next
    following: TracebackType | None = None
    for part in reversed(kept):
        following = TracebackType(following, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return following


def show_user_frames(error: BaseException, above: bool = True) -> None:
    """Keep only the user's frames in the traceback of an interrupt, and show only their code in a notebook.

    Called where the user's call enters our code, so that no frame of ours is added after it.

    Args:
        above: keep the frame of that call, too; otherwise only those below it.
    """
    error.__traceback__ = without_ours(error.__traceback__)
    if error.__context__ is not None and without_ours(error.__context__.__traceback__) is None:
        error.__context__ = None  # raised and caught in our code
    lines = [] if above else _lines(error)
    vars(error)["_render_traceback_"] = lambda: lines or _lines(error)


def _lines(error: BaseException) -> list[str]:
    """The text of an interrupt, in the form of a node's failure."""
    rows = traceback.extract_tb(without_ours(error.__traceback__))
    own = [row for row in rows if _is_user_file(row.filename)]
    return format_frames(own, error) or [type(error).__name__]


def _is_user_file(file: str) -> bool:
    if file.startswith(CELL_FILE):
        return True
    return os.path.isabs(file) and not file.startswith(_libraries())
