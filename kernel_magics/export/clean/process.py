"""A clean process knows nothing of the notebook: it gets a folder, does one thing there, and ends."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_INHERITED_NOT = (
    *("PYTHONSTARTUP", "PYTHONINSPECT", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTHONWARNINGS"),
    *(
        "FORCE_COLOR",
        "CLICOLOR_FORCE",
        "PY_COLORS",
    ),  # a kernel sets these, and what is said here is no terminal's
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a process ended, and what it printed."""

    code: int
    output: str


def run_clean(arguments: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None) -> Outcome:
    """Run this Python in `folder` without the notebook's state, and wait for it (an interrupt ends it)."""
    environment = {name: value for name, value in os.environ.items() if name not in _INHERITED_NOT}
    if "PYTHONPATH" in environment:
        known = environment["PYTHONPATH"].split(os.pathsep)
        environment["PYTHONPATH"] = os.pathsep.join(os.path.abspath(path) for path in known if path)
    environment |= {
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "agg",
        "PYTHONIOENCODING": "utf-8",
        **(extra or {}),
    }
    with subprocess.Popen(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        try:
            raw, _ = process.communicate()
        except BaseException:
            process.kill()
            raise
    return Outcome(process.returncode, raw.decode(errors="replace"))
