"""`dagbook import`: convert a module to a notebook, or bring its edits back to the notebook it came from."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.pairs import literals
from kernel_magics.cli.terminal import say, say_aside
from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.export.atomic_write import atomic_write
from kernel_magics.export.examples.examples import Examples, read_examples
from kernel_magics.export.module.style import find_style
from kernel_magics.import_.back import bring_back
from kernel_magics.import_.given import sample_records
from kernel_magics.import_.importing import Imported, import_module, is_hamiltons
from kernel_magics.import_.rewrite import rewrite
from kernel_magics.import_.samples import sample_source
from kernel_magics.import_.several import import_modules
from kernel_magics.import_.tests import Tests, read_tests
from kernel_magics.import_.undecorated import is_for_hamilton
from kernel_magics.notebook import read_notebook
from kernel_magics.notebook.write import notebook_text


def run(arguments: argparse.Namespace) -> int:
    """Import a module.

    Raises:
        DataflowError: nothing is written, and a notebook that is there stays.
    """
    modules = [Path(source) for source in arguments.source]
    module, texts = modules[0], [read_module(path) for path in modules]
    text = texts[0]
    if arguments.into and len(modules) > 1:
        raise UsageError("DB002", "--into wants one module.", hint="bring back one after the other.")
    if arguments.into:
        return _into(text, module, Path(arguments.into))
    target = Path(arguments.output)
    _refuse(target, arguments.force)
    foreign = any(map(is_hamiltons, texts)) and not any(map(is_for_hamilton, texts))
    if len(modules) > 1 or foreign:
        named = [(each, path.name) for each, path in zip(texts, modules, strict=True)]
        return _several(named, literals("--config", arguments.config) or None, target, arguments.force)
    folder = Path(arguments.tests) if arguments.tests else module.parent
    tests, examples = _tests(folder, module.stem)
    records = sample_records(examples)
    found = {name: sample_source(record) for name, record in records.items()}
    samples = {name: source for name, source in found.items() if source is not None}
    done = import_module(text, module.name, tests, samples, find_style(module.absolute().parent))
    metadata = {"dagbook": {"source": done.source}} if done.source not in ("", target.name) else {}
    text = notebook_text([cell.record() for cell in done.cells], metadata)
    write_text(target, text, new=not arguments.force)
    say(f"{target}: {_summary(done)}")
    for note in _notes(done, module.name, target.name):
        say(f"note    {note}")
    return 0


def _several(
    texts: Sequence[tuple[str, str]], config: Mapping[str, object] | None, target: Path, force: bool
) -> int:
    """One notebook of several or decorated modules."""
    done = import_modules(texts, config)
    write_text(target, notebook_text([cell.record() for cell in done.cells], {}), new=not force)
    say(f"{target}: {_summary(done)}")
    for note in done.notes:
        say(f"note    {note}")
    return 0


def _into(text: str, module: Path, target: Path) -> int:
    """Bring edits back; the notebook is replaced atomically."""
    notebook, raw = read_notebook(target), ordinary.read_bytes(target)
    done = bring_back(text, module.name, notebook, find_style(module.absolute().parent))
    labels = {cell.id: cell.label for cell in notebook.cells}
    if done.changes or done.added:
        old = ordinary.read_text(target)
        new = rewrite(old, target, [cell.id for cell in notebook.cells], done.changes, done.added)
        atomic_write({target: new}, {target: raw})
    more = [cell.id for cells in done.added.values() for cell in cells]
    parts = [f"changed cell {labels[id]}" for id in done.changes] + [f"new cell '{id}'" for id in more]
    say(f"{target}: {', '.join(parts) or 'unchanged'}")
    for note in done.notes:
        say(f"note    {note}")
    return 0


def read_module(path: Path) -> str:
    """The text of a module.

    Raises:
        UsageError: DB002 for another suffix.
        SourceError: DB403.
    """
    if path.suffix != ".py":
        hint = "give the .py file; `dagbook export` makes one of a notebook."
        raise UsageError("DB002", f"'{path}' is no module.", hint=hint)
    try:
        return ordinary.read_text(path)
    except OSError as error:
        problem = error.strerror or str(error)
        raise SourceError("DB403", f"cannot read '{path}': {problem}.", hint="check the path.") from None
    except UnicodeDecodeError:
        raise SourceError("DB404", f"'{path}' is not Python: it is not UTF-8 text.") from None


def _refuse(target: Path, force: bool) -> None:
    if target.suffix != ".ipynb":
        raise UsageError("DB002", f"'{target}' is no name of a notebook.", hint="give a name with .ipynb.")
    if target.exists() and not force:
        raise SourceError(
            "DB413",
            f"'{target}' exists.",
            hint="choose another name, bring edits into its cells with --into, or replace it with --force.",
        )


def _tests(folder: Path, module: str) -> tuple[Tests, Examples]:
    """The test file and the recorded examples of a module, where they are."""
    path = folder / f"test_{module}.py"
    tests, examples = Tests(), Examples()
    try:
        if path.is_file():
            tests = read_tests(ordinary.read_text(path), module)
        if path.with_suffix(".json").is_file():
            examples = read_examples(path.with_suffix(".json").read_text(encoding="utf-8"), path.name)
    except (OSError, SyntaxError, ValueError) as error:
        say_aside(f"'{path}' is left out: {error}")
    return tests, examples


def _summary(done: Imported) -> str:
    cells = [cell.source.split(None, 1)[0] for cell in done.cells if cell.type == "code"]
    parts = [
        f"{cells.count(f'%%{word}')} %%{word}"
        for word in ("setup", "inputs", "params", "node", "check", "test")
    ]
    return ", ".join(part for part in parts if not part.startswith("0 ")) + " cells"


def _notes(done: Imported, module: str, notebook: str) -> list[str]:
    notes = list(done.notes)
    if done.inputs:
        names = ", ".join(done.inputs)
        notes.append(f"no sample is known of {names}: write one in place of `...` in the %%inputs cell.")
    if done.differing:
        notes.append(
            f"an export of {notebook} would not be {module}: {', '.join(done.differing[:8])} would differ."
        )
    if not done.source:
        notes.append(
            f"an export never replaces {module} by itself, because Dagbook did not write it: --force does."
        )
    elif not done.differing:
        notes.append(f"an export of {notebook} gives {module} again, byte for byte.")
    return notes
