"""Type-checking of generated code by mypy, with caches that outlive the run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Mypy = Callable[..., subprocess.CompletedProcess[str]]
# One set of options for all: another one would read the stubs of pandas again, which takes twelve seconds.
SETTINGS = """\
[mypy]
check_untyped_defs = true

[mypy-hamilton.*]
ignore_missing_imports = true
"""


def make_mypy(folder_of: Callable[[str], Path]) -> Mypy:
    """Return `mypy(folder, path, *options)`, which runs in that folder.

    Args:
        folder_of: gives the folder of a cache by its name. Options beside `SETTINGS` have a cache of their own,
            because another set of options empties it.
    """

    def check(folder: Path, path: str, *options: str) -> subprocess.CompletedProcess[str]:
        cache = folder_of("mypy" + "".join(options).replace("-", "_").replace("=", "_"))
        settings = cache / "mypy.ini"
        settings.write_text(SETTINGS)
        command = [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            str(settings),
            *options,
            "--cache-dir",
            str(cache),
            path,
        ]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)

    return check
