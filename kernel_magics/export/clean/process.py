"""A clean process shares no state with the kernel: it gets a request, writes an answer and ends."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kernel_magics

HOME = str(Path(kernel_magics.__file__).parent.parent)
"""The folder from which Dagbook itself is imported, for scripts that need it."""
_COLOURS = ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS")  # set by kernels; the output here is not a terminal
_INHERITED_NOT = (
    *("PYTHONSTARTUP", "PYTHONINSPECT", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTHONWARNINGS"),
    *_COLOURS,
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The exit code of a process and what it printed."""

    code: int
    output: str

    @property
    def lines(self) -> list[str]:
        """The lines that it printed."""
        said = self.output.strip()
        return said.split("\n") if said else []

    @property
    def last(self) -> str:
        """The last of them."""
        return self.lines[-1] if self.lines else ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a script.

    Attributes:
        content: None when its process ended without an answer.
        at: the last step that it noted.
        outcome: how its process ended.
    """

    content: dict[str, Any] | None
    at: str
    outcome: Outcome


def run_script(
    script: str,
    request: Mapping[str, Any],
    folder: Path | None = None,
    extra: Mapping[str, str] | None = None,
) -> Answer:
    """Run a script on a request.

    The script gets a folder of its own, in which it finds `request.pickle`. It writes `answer.pickle` there,
    and may note its present step in a file `at`. Both files hold plain data only.

    Args:
        folder: where the process runs; its own folder by default.
        extra: variables of its environment.
    """
    with tempfile.TemporaryDirectory(prefix="dagbook-") as name:
        own = Path(os.path.realpath(name))
        (own / "request.pickle").write_bytes(pickle.dumps(dict(request)))
        done = run_clean([script, str(own)], folder or own, extra)
        answer, at = own / "answer.pickle", own / "at"
        answered = done.code == 0 and answer.is_file()
        return Answer(
            pickle.loads(answer.read_bytes()) if answered else None,
            at.read_text(encoding="utf-8") if at.is_file() else "",
            done,
        )


def run_clean(arguments: Sequence[str], folder: Path, extra: Mapping[str, str] | None = None) -> Outcome:
    """Run this Python in `folder` without the notebook's state and wait for it; an interrupt ends it."""
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
    return _run(arguments, folder, environment)


def _run(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Outcome:
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
