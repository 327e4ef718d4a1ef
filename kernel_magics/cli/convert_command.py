"""`dagbook convert`: convert an ordinary notebook to a dataflow and prove that its values are the same."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import say
from kernel_magics.convert.converting import propose
from kernel_magics.convert.file import converted_text, given_cells
from kernel_magics.convert.hamilton import Group, convert_modules, report_modules
from kernel_magics.convert.handing import files_of_proof
from kernel_magics.convert.proving import Proven, prove
from kernel_magics.convert.report import is_little, report, share, summary
from kernel_magics.convert.running import Compared, compare_with_hamilton, in_clean_process
from kernel_magics.engine import ordinary
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
    groups = convert_modules(cells, lambda name: _beside(source, name), target.stem)
    if groups:
        return _modules(arguments, groups, source, target)
    folder = source.absolute().parent
    text = ""
    with files_of_proof(folder, lambda: text):
        ask = in_clean_process(folder)
        done = Proven(propose(cells)) if arguments.no_run else prove(cells, ask, source.name)
        if done.conversion.changed and not arguments.json:
            written = converted_text(ordinary.read_text(source), source, done.conversion)
            write_text(target, written, new=not arguments.force)
            text = written
    if arguments.json:
        say(json.dumps(done.conversion.to_json(), indent=1, ensure_ascii=False))
        return 0
    if done.conversion.changed:
        say(f"{target}: {summary(done.conversion)}")
        if part := share(done.conversion):
            say(part, amber=is_little(done.conversion))
        if done.conversion.hint:
            say(f"hint  {done.conversion.hint}")
        say(report(done, not arguments.no_run))
    else:
        say(f"{source}: nothing to convert, so nothing was written")
        for note in done.conversion.notes:
            say(f"note {note.label}  {note.message}")
    return 0


def _beside(source: Path, module: str) -> str | None:
    """The text of a module by its name in the notebook's folder, or by its path; None where there is none."""
    folder = source.absolute().parent
    is_path = module.endswith(".py")
    path = folder / module if is_path else folder.joinpath(*module.split(".")).with_suffix(".py")
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _modules(arguments: argparse.Namespace, groups: list[Group], source: Path, target: Path) -> int:
    """Convert a notebook that defines modules of Apache Hamilton, or builds drivers of some."""
    if arguments.json:
        say(json.dumps([group.conversion.to_json() for group in groups], indent=1, ensure_ascii=False))
        return 0
    targets = [
        target.with_name(f"{target.stem}_{group.name}.ipynb" if group.name else target.name)
        for group in groups
    ]
    for path in targets[1:]:
        _refuse(source, path, arguments.force)
    folder = source.absolute().parent
    verdicts: list[Compared] | None = [] if not arguments.no_run else None
    for group in groups if verdicts is not None else ():
        found = compare_with_hamilton(group.texts, group.config, group.conversion.graph, folder)
        if found is None:
            verdicts = None
            break
        assert verdicts is not None
        verdicts.append(found)
    if not groups[0].texts:
        say(f"{source}: nothing to convert, so nothing was written")
        say(report_modules(groups, None))
        return 0
    text = source.read_text(encoding="utf-8")
    for path, group in zip(targets, groups, strict=True):
        write_text(path, converted_text(text, source, group.conversion), new=not arguments.force)
        say(f"{path}: {summary(group.conversion)}")
    say(report_modules(groups, verdicts))
    if verdicts is None:
        say(
            "proof: not run"
            if arguments.no_run
            else "proof: not run, because Apache Hamilton is not installed"
        )
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
