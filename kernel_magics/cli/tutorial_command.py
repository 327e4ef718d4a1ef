"""`dagbook tutorial`: the quickstart, or all guides, in a folder of your own, opened in JupyterLab."""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import flush, say
from kernel_magics.engine.errors import SourceError

NAME = "quickstart.ipynb"
FIRST = "first_feature.ipynb"


def run(arguments: argparse.Namespace) -> int:
    """Copy the quickstart, or the guides, unless they are there, and open the first one.

    Raises:
        DataflowError: DB003 without JupyterLab, DB403 in a broken installation, DB405 where nothing can
            be written.
    """
    folder = Path(arguments.folder)
    names = list(guides()) if arguments.guides else [NAME]
    for name in names:
        path = folder / name
        if path.exists():
            say(f"{path} is there already, and stays as it is")
        else:
            write_text(path, guides()[name] if arguments.guides else quickstart(), new=True)
            say(f"{path}: run its cells from top to bottom" if name.endswith(".ipynb") else f"{path}")
    if arguments.no_open:
        return 0
    if importlib.util.find_spec("jupyterlab") is None:
        raise SourceError(
            "DB003", "opening it needs the package 'jupyterlab'.", hint="pip install 'dagbook[lab]'."
        )
    flush()
    path = folder / (FIRST if arguments.guides else NAME)
    return subprocess.run([sys.executable, "-m", "jupyterlab", str(path)], check=False).returncode


def guides() -> dict[str, str]:
    """The texts of the guides by the names of their files: they link to each other.

    Raises:
        SourceError: DB403 where they are missing.
    """
    folder = _find("guide")
    return {item.name: item.read_text(encoding="utf-8") for item in folder.iterdir() if item.is_file()}


def quickstart() -> str:
    """The text of the quickstart.

    Raises:
        SourceError: DB403 where it is missing.
    """
    return _find(NAME).read_text(encoding="utf-8")


def _find(name: str) -> Traversable:
    """A file or folder of the package or, in a clone, of `notebooks/`."""
    shipped = files("kernel_magics.notebook").joinpath(name)
    cloned = Path(__file__).parents[2] / "notebooks" / name
    for place in (shipped, cloned):
        if place.is_file() or place.is_dir():
            return place
    raise SourceError(
        "DB403", f"cannot read '{name}': it is missing in the installation.", hint="reinstall dagbook."
    )
