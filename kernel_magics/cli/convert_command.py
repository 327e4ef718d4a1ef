"""`dagbook convert`: convert an ordinary notebook to a dataflow and prove that its values are the same."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import say
from kernel_magics.convert import convert
from kernel_magics.convert.file import converted_text, given_cells
from kernel_magics.convert.proving import Proven, prove
from kernel_magics.convert.report import report, summary
from kernel_magics.convert.running import in_clean_process
from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.notebook import read_notebook


def run(arguments: argparse.Namespace) -> int:
    """Convert a notebook.

    Raises:
        DataflowError: nothing is written.
    """
    source = Path(arguments.source)
    target = Path(arguments.output) if arguments.output else source.with_name(f"{source.stem}_dataflow.ipynb")
    notebook = read_notebook(source)
    _refuse(source, target, arguments.force or arguments.json)
    cells = given_cells(notebook)
    ask = in_clean_process(source.absolute().parent)
    done = Proven(convert(cells)) if arguments.no_run else prove(cells, ask, source.name)
    if arguments.json:
        say(json.dumps(done.conversion.to_json(), indent=1, ensure_ascii=False))
        return 0
    if done.conversion.changed:
        write_text(target, converted_text(source.read_text(encoding="utf-8"), source, done.conversion))
        say(f"{target}: {summary(done.conversion)}")
        say(report(done, not arguments.no_run))
    else:
        say(f"{source}: nothing to convert, so nothing was written")
        for note in done.conversion.notes:
            say(f"note {note.label}  {note.message}")
    return 0


def _refuse(source: Path, target: Path, force: bool) -> None:
    if target.suffix != ".ipynb":
        raise UsageError("DB002", f"'{target}' is no name of a notebook.", hint="give a name with .ipynb.")
    if target.exists() and target.samefile(source):
        raise UsageError(
            "DB002", f"'{target}' is the ordinary notebook itself.", hint="give another name with -o."
        )
    if target.exists() and not force:
        hint = "choose another name with -o, or replace it with --force."
        raise SourceError("DB413", f"'{target}' exists.", hint=hint)
