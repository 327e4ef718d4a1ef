"""Type-checking of generated code by mypy, with caches that outlive the run."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

Mypy = Callable[..., subprocess.CompletedProcess[str]]


def make_mypy(folder_of: Callable[[str], Path]) -> Mypy:
    """Return `mypy(folder, path, *options)`, which runs in that folder.

    Args:
        folder_of: gives the folder of a cache by its name. Each set of options has a cache of its own, because
            another set would empty it: the stubs of pandas are read once.
    """

    def check(folder: Path, path: str, *options: str) -> subprocess.CompletedProcess[str]:
        cache = folder_of("mypy" + "".join(options).replace("-", "_").replace("=", "_"))
        command = [sys.executable, "-m", "mypy", "--config-file=", *options, "--cache-dir", str(cache), path]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)

    return check
