"""Generated notebooks of many kinds convert, and nothing that they show or compute changes.

    python -m tests.convert.fuzz --notebooks 2000 --seed 1

Each notebook runs as a whole before and after, cell by cell in an IPython shell; the last cells show every value.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import os
import random
import re
import sys
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from traceback import format_exception_only
from types import ModuleType
from typing import Any

import nbformat
import numpy as np

from kernel_magics import Dataflow
from kernel_magics.cli.main import main as dagbook
from kernel_magics.convert.conversion import Conversion, GivenCell, in_the_dataflow
from kernel_magics.convert.converting import propose
from kernel_magics.convert.handing import files_of_proof
from kernel_magics.convert.proving import prove
from kernel_magics.convert.shell import Shell
from kernel_magics.convert.worker import MODULE, close_figures
from kernel_magics.engine.errors import DataflowError
from kernel_magics.values import VALUES
from tests.convert.forked import asking, in_fork
from tests.convert.ordinary import MORE, TEMPLATES, Written

Shown = Mapping[str, tuple[str, str]]
"""What each cell shows and how it fails ("" if it does not), by its id."""
_TIMES = re.compile(r"CPU times: .*\n|Wall time: .*\n")


def notebook(seed: int) -> list[GivenCell]:
    """The cells of a generated notebook."""
    choice = random.Random(seed)
    book = Written(choice.choice, (*TEMPLATES, *MORE))
    for _ in range(choice.randint(4, 18)):
        book.add(choice.random() < 0.6)
    return [GivenCell(f"c{number}", "code", source) for number, source in enumerate(book.sources(), start=1)]


def run(cells: Sequence[tuple[str, str]], folder: Path, seed: int, ours: bool) -> Shown:
    """Run a notebook from top to bottom in a folder; what fails ends its cell only."""
    os.chdir(folder)
    np.random.seed(seed)
    random.seed(seed)
    module = ModuleType(MODULE)
    sys.modules[MODULE] = module
    shell = Shell(module, folder, ours=ours)
    found = {}
    for number, (id, text) in enumerate(cells):
        close_figures()
        shown, failed = "", ""
        try:
            shown = shell.run(text, cell=f"{id}-{number}" if ours else id)
        except Exception as error:
            failed = "".join(format_exception_only(error)).strip()
        found[id] = (_TIMES.sub("", shown), failed)
    return found


def differences(
    cells: Sequence[GivenCell], folder: Path, exports: bool
) -> tuple[list[str], Conversion | None]:
    """What is wrong with the conversion of a notebook, and the conversion; None if it was refused.

    Args:
        exports: the values of the exported module are compared, too.
    """
    given = [(cell.id, cell.source) for cell in cells]
    first = in_fork(run, given, _fresh(folder), 1, False)
    draws = any(word in text for _, text in given for word in ("random", "sample("))
    # What differs between these is drawn anew in each run.
    others = [in_fork(run, given, _fresh(folder), seed, False) for seed in (2, 5, 9) if draws]
    same = {id for id, shown in first.items() if all(other[id] == shown for other in others)}
    text = ""
    own = _fresh(folder)
    with files_of_proof(own, lambda: text):
        try:
            done = prove(cells, asking(own), "n.ipynb").conversion
        except DataflowError as error:
            fails = any(failed for _, failed in first.values())
            return ([] if error.code == "DB421" and fails else [f"refused: {error}"]), None
        text = "".join(cell.source for cell in done.cells)
    if not done.changed:
        return [], done
    problems = list(_shown_otherwise(done, first, same, own))
    problems += _not_final(done, own)
    if exports and not problems:
        problems += in_fork(exported, done, own)
    return problems, done


def _fresh(folder: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=folder))


def _shown_otherwise(done: Conversion, first: Shown, same: Collection[str], folder: Path) -> Iterator[str]:
    """What the cells of the converted notebook show or fail with that the ordinary ones do not.

    Args:
        same: the cells that show the same in each run.
    """
    made = [(str(number), cell.source) for number, cell in enumerate(done.cells)]
    place = _fresh(folder.parent)
    for file in folder.glob("*_inputs/*"):
        (place / file.parent.name).mkdir(exist_ok=True)
        (place / file.parent.name / file.name).write_bytes(file.read_bytes())
    found = in_fork(run, made, place, 3, True)
    if isinstance(found, Exception):
        yield f"the converted notebook does not run: {found}"
        return
    said = {note.cell for note in done.notes if "shown by the preview" in note.message}
    for cell in done.given:
        if cell.id not in same:
            continue
        parts = [
            (other.role, *found[str(number)])
            for number, other in enumerate(done.cells)
            if cell.id in other.origin
        ]
        text = "".join(shown for role, shown, _ in parts if role in ("display", "kept"))
        failed = next((failed for role, _, failed in parts if failed), "")
        expected, fails = first[cell.id]
        if failed != fails:
            yield f"[{cell.id}] fails otherwise: {fails!r} became {failed!r}"
        elif text != expected and not (cell.id in said and not text):
            printed = expected.removesuffix(text)
            inside = any(printed in shown for role, shown, _ in parts if role == "node")
            if not (expected.endswith(text) and inside):
                yield f"[{cell.id}] shows otherwise: {expected!r} became {text!r}"


def _not_final(done: Conversion, folder: Path) -> Iterator[str]:
    """What converting once more changes."""
    cells = [GivenCell(cell.id, cell.type, cell.source) for cell in done.cells]
    if not propose(cells).changed:
        return
    again = prove(cells, asking(folder), "n_dataflow.ipynb").conversion  # what fails stays, for example
    known = {cell.source for cell in cells}
    if again.changed:
        yield "converting once more makes " + "\n".join(
            cell.source for cell in again.cells if cell.source not in known
        )


def exported(done: Conversion, folder: Path) -> list[str]:
    """What is wrong with the values of the exported module, fed with the samples of the converted notebook."""
    os.chdir(folder)
    np.random.seed(4)
    book: Any = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    make = nbformat.v4.new_code_cell
    book.cells = [make(cell.source, id=f"c{number}") for number, cell in enumerate(done.cells)]  # type: ignore[no-untyped-call]
    path, target = folder / "flow.ipynb", folder / "features_of_n.py"
    nbformat.write(book, path)  # type: ignore[no-untyped-call]
    flow = Dataflow.from_notebook(path)
    if not flow.nodes:
        return []
    if dagbook(["export", str(path), "-o", str(target), "--no-run"]):
        return ["it is not exported"]
    spec = importlib.util.spec_from_file_location("features_of_n", target)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    shipped = Dataflow.from_module(module)
    samples = {name: flow.run([name])[name] for name in shipped.inputs}
    names = [name for name in shipped.nodes if name in flow.nodes]
    theirs, ours = shipped.run(names, inputs=samples), flow.run(names, inputs=samples)
    return [
        f"the module gives another '{name}'"
        for name in names
        if VALUES.digest(theirs[name]) != VALUES.digest(ours[name])
    ]


def try_one(seed: int, exports: bool) -> tuple[list[str], tuple[int, int], str]:
    """The problems of a generated notebook, its share, and its converted text."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        cells = notebook(seed)
        problems, done = differences(cells, Path(folder), exports)
        if done is None:
            return problems, (0, 0), ""
        text = "\n#%%\n".join(cell.source for cell in done.cells)
        return problems, in_the_dataflow(done), text


def warm_up() -> None:
    """Import what children would import again each time."""
    for name in ("pandas", "matplotlib.pyplot", "pyarrow.compute", "kernel_magics.magics.extension"):
        importlib.import_module(name)
    try_one(1, exports=True)
    gc.collect()
    gc.freeze()  # a child's collector then leaves these pages shared


def main(arguments: Sequence[str]) -> int:
    """Returns 1 when a notebook differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.convert.fuzz")
    parser.add_argument("--notebooks", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first notebook; the others follow")
    parser.add_argument("--exports", type=int, default=1, help="export every Nth notebook")
    parser.add_argument("--verbose", action="store_true", help="print each notebook")
    asked = parser.parse_args(arguments)
    warnings.simplefilter("ignore")
    warm_up()
    start, seen, differing = time.monotonic(), Counter[str](), []
    for seed in range(asked.seed, asked.seed + asked.notebooks):
        found = in_fork(try_one, seed, seed % asked.exports == 0)
        problems, (flow, every), text = (
            ([f"convert fails: {found}"], (0, 0), "") if isinstance(found, Exception) else found
        )
        seen += Counter({"computing cells": every, "in the dataflow": flow, "refused": not text})
        if problems:
            differing.append(seed)
        if problems or asked.verbose:
            given = "\n#%%\n".join(cell.source for cell in notebook(seed))
            print(f"== seed {seed}", given, "-- became", text, *(f"!! {line}" for line in problems), sep="\n")
        if not (seed - asked.seed + 1) % 100:
            print(f"… {seed - asked.seed + 1} notebooks, {len(differing)} with differences", flush=True)
    seconds = time.monotonic() - start
    print(f"{asked.notebooks} notebooks, {len(differing)} with differences {differing}, {seconds:.0f} s")
    print(", ".join(f"{count} {name}" for name, count in seen.items()))
    return bool(differing)


if __name__ == "__main__":
    os.environ.setdefault("MPLBACKEND", "agg")
    sys.exit(main(sys.argv[1:]))
