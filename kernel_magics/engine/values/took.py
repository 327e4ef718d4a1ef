"""Took: how long something took, for outputs that stay in a notebook.

Two runs of a notebook differ in such times, so programs that run notebooks leave them out.
`DAGBOOK_TIMES` may say `on` or `off` instead.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path, PurePath

from kernel_magics.engine.values.figures import duration

PROGRAMS = frozenset({"nbconvert", "jupyter-nbconvert", "nbclient", "jupyter-execute", "papermill"})


def took(seconds: float | None) -> str:
    """The time as text; empty where outputs have no times."""
    setting = os.environ.get("DAGBOOK_TIMES", "")
    shown = setting != "off" if setting in ("on", "off") else not is_program(_parent())
    return duration(seconds) if shown else ""


def is_program(words: Sequence[str]) -> bool:
    """Whether a command runs notebooks without a person, such as `jupyter nbconvert --execute`."""
    names = {PurePath(word).name.removesuffix(".exe") for word in words[:4]}
    return not PROGRAMS.isdisjoint(names)


@cache
def _parent() -> tuple[str, ...]:
    """The command of the process that started this one; empty where no file tells it, as outside Linux."""
    try:
        return tuple(Path(f"/proc/{os.getppid()}/cmdline").read_text(errors="replace").split("\0"))
    except OSError:
        return ()
