"""`dagbook new`: a first notebook, with setup, inputs, a node and a check."""

from __future__ import annotations

import argparse
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import say
from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.notebook.template import template_text


def run(arguments: argparse.Namespace) -> int:
    """Write the notebook.

    Raises:
        DataflowError: DB002 for another suffix, DB413 for a file that exists, DB405 where
            nothing can be written.
    """
    path = Path(arguments.target)
    path = path.with_name(f"{path.name}.ipynb") if path.suffix == "" else path
    if path.suffix != ".ipynb":
        raise UsageError("DB002", f"'{path}' is no name of a notebook.", hint="give a name with .ipynb.")
    if path.exists() and not arguments.force:
        raise SourceError(
            "DB413", f"'{path}' exists.", hint="choose another name, or replace it with --force."
        )
    title = path.stem.replace("_", " ").replace("-", " ").strip().capitalize() or "Features"
    write_text(path, template_text(title), new=not arguments.force)
    say(f"{path}: a dataflow of two inputs, a node and a check. Open it: jupyter lab {path}")
    return 0
