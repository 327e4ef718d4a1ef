"""`dagbook tutorial`: the quickstart in a folder of your own, opened in JupyterLab."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import flush, say
from kernel_magics.engine.errors import SourceError

NAME = "quickstart.ipynb"


def run(arguments: argparse.Namespace) -> int:
    """Copy the quickstart unless it is there, and open it.

    Raises:
        DataflowError: DB003 without JupyterLab, DB403 in a broken installation, DB405 where nothing can
            be written.
    """
    path = Path(arguments.folder) / NAME
    if path.exists():
        say(f"{path} is there already, and stays as it is")
    else:
        write_text(path, quickstart(), new=True)
        say(f"{path}: run its cells from top to bottom")
    if arguments.no_open:
        return 0
    if importlib.util.find_spec("jupyterlab") is None:
        raise SourceError(
            "DB003", "opening it needs the package 'jupyterlab'.", hint="pip install 'dagbook[lab]'."
        )
    flush()
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(path)], check=False).returncode


def quickstart() -> str:
    """The text of the quickstart, from the package or, in a clone, from `notebooks/`.

    Raises:
        SourceError: DB403 where it is in neither.
    """
    shipped = files("kernel_magics.notebook").joinpath(NAME)
    cloned = Path(__file__).parents[2] / "notebooks" / NAME
    for place in (shipped, cloned):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise SourceError(
        "DB403", f"cannot read '{NAME}': it is missing in the installation.", hint="reinstall dagbook."
    )
