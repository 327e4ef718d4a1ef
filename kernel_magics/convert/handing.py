"""Handing on: a value that an ordinary cell makes becomes an input, so that what reads it can be nodes.

The ordinary code writes the value to a file near the notebook, and the cell of the input reads it: the value
that the run made goes on in the notebook, and production gives another one.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kernel_magics.convert.conversion import Conversion, GivenCell
from kernel_magics.convert.rename import Names, renamed
from kernel_magics.convert.rewriting import Texts, rewritten
from kernel_magics.convert.statement import Statement
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.engine.bracket import bracket

_DATA = re.compile(
    r"DataFrame|LazyFrame|Series|\w*Index|ndarray|Categorical|\w+_matrix|\w+_array"
    r"|Timestamp|Timedelta|date|datetime|timedelta|Counter|OrderedDict|defaultdict"
    r"|list|dict|tuple|set|frozenset|str|bytes|int|float|complex|bool|u?int\d+|float\d+|bool_|str_"
)
"""The names of types that a file can hold for any process, unlike those of the notebook's own classes."""
_ENDING = ".sample.pkl"
_COPIED = frozenset({"DataFrame", "Series", "ndarray", "list", "dict", "set"})


@dataclass(frozen=True)
class Handed:
    """A notebook whose ordinary code hands values on.

    Attributes:
        numbers: for each statement of the notebook before, its number in this one.
        reads: the statements of this notebook that read what others hand on, by the number of these.
        names: what statements hand on, by their numbers in this notebook.
    """

    cells: list[GivenCell]
    numbers: Mapping[int, int]
    reads: Mapping[int, tuple[int, ...]]
    names: Mapping[int, tuple[str, ...]]


def is_data(kind: str) -> bool:
    """True for the name of a type whose values a file can hold."""
    return _DATA.fullmatch(kind) is not None


def hand_on(
    cells: Sequence[GivenCell],
    chains: DefUse,
    conversion: Conversion,
    data: Mapping[int, Collection[str]],
    notebook: str,
) -> Handed | None:
    """The notebook with the values handed on that let more of it be nodes; None where none does.

    Args:
        notebook: the name of its file; other notebooks in the folder have files of their own.
        data: for each statement, the names of values that a file can hold as they are.
    """
    wanted = _wanted(chains, conversion, data)
    pandas = next((name for name, origin in chains.origins.items() if origin == "pandas"), "")
    texts: Texts = {}
    numbers: dict[int, int] = {}
    reads: dict[int, tuple[int, ...]] = {}
    names: dict[int, tuple[str, ...]] = {}
    files = _Files("\n".join(cell.source for cell in cells), notebook)
    moved = 0
    for item in chains.statements:
        number, versions = item.number, wanted.get(item.number, [])
        new = _handing(item, versions, pandas or "pd", _own(chains, number), files) if versions else None
        if new is None:
            numbers[number] = number + moved
            continue
        above, rows = new
        above = above if pandas else ["import pandas as pd", *above]
        texts[number] = [*above, *rows]
        numbers[number] = now = number + moved + len(above)
        first = now + 1 + len(versions)
        reads[now] = tuple(range(first, first + len(versions)))
        names[now] = tuple(version.name for version in versions)
        moved += len(texts[number]) - 1
    return Handed(rewritten(list(cells), chains, texts), numbers, reads, names) if texts else None


class _Files:
    """Names of files that the notebook does not mention.

    Args:
        text: all its code.
        notebook: the name of its file.
    """

    def __init__(self, text: str, notebook: str) -> None:
        stem = re.sub(r"[^\w-]+", "_", notebook.removesuffix(".ipynb"))
        self._text, self._start = text, f"{stem}." if stem else ""

    def new(self, name: str) -> str:
        """A file for a value, in quotes."""
        numbers = itertools.count(2)
        file = f"{self._start}{name}{_ENDING}"
        while file in self._text:
            file = f"{self._start}{name}-{next(numbers)}{_ENDING}"
        self._text += f"\n{file}"
        return f'"{file}"'


def _wanted(
    chains: DefUse,
    conversion: Conversion,
    data: Mapping[int, Collection[str]],
) -> dict[int, list[Version]]:
    """The versions to hand on, by the statements that stay ordinary and make them."""
    flow = {number for numbers in conversion.parts.values() for number in numbers} | {*conversion.shared}
    stays: set[int] = set()
    freed: set[int] = set()
    found: dict[int, dict[Version, None]] = {}
    for item in chains.statements:
        number = item.number
        if number not in conversion.reasons or number in flow:
            continue
        used = [version for version in chains.uses[number].values() if version is not None]
        missing = [version for version in used if version.statement in stays]
        lacks = number in conversion.lacking and (
            bool(missing) or any(version.statement in freed for version in used)
        )
        if not lacks or not all(_can(chains, version, data) for version in missing):
            stays.add(number)
            continue
        freed.add(number)
        for version in missing:
            found.setdefault(version.statement, {})[version] = None
    return {
        number: [version for version in chains.makes[number].values() if version in versions]
        for number, versions in found.items()
    }


def _can(chains: DefUse, version: Version, data: Mapping[int, Collection[str]]) -> bool:
    """True when a file can hand a version on, and no other name shows changes of the object."""
    item, number = chains.statements[version.statement], version.statement
    names = [name for name, made in chains.makes[number].items() if made is version]
    readers = chains.readers.get(version, ())
    return (
        item.tree is not None
        and not item.ours
        and not item.wrapper
        and names == [version.name]
        and version.name in data.get(number, ())
        and chains.kinds[number] not in ("import", "helper", "constant")
        and not any(chains.kinds[reader] == "helper" for reader in readers)
    )


def _own(chains: DefUse, number: int) -> str:
    """What the variables of ordinary code are called: `X_drawn`, `X_made`."""
    return "drawn" if number in chains.drawing else "made"


def _handing(
    item: Statement, versions: Sequence[Version], pandas: str, word: str, files: _Files
) -> tuple[list[str], list[str]] | None:
    """The statements above one that stays ordinary, and those that replace it."""
    inside = item.compound or isinstance(item.tree, ast.AugAssign)
    loads: dict[str, str] = {}
    stores: dict[str, str] = {}
    above = []
    for version in versions:
        name, own = version.name, f"{version.name}_{word}"
        stores[name] = own
        if version.before is not None:
            if version.changed and item.types.get(name, "") not in _COPIED:
                return None
            above.append(f"{own} = {name}.copy()" if version.changed else f"{own} = {name}")
        if version.changed or inside:
            loads[name] = own
    text = renamed(item.text, Names(loads, stores))
    if text is None:
        return None
    writes, reads = [], []
    for version in versions:
        file = files.new(version.name)
        writes.append(f"{pandas}.to_pickle({stores[version.name]}, {file})")
        reads.append(f"{version.name} = {pandas}.read_pickle({file})")
    return above, [text, *writes, *reads]


@bracket
def files_of_proof(folder: Path, kept: Callable[[], str]) -> Iterator[None]:
    """Remove the files that a proof wrote for values that are handed on, but those in the text `kept`."""
    before = {*folder.glob(f"*{_ENDING}")}
    try:
        yield
    finally:
        text = kept()
        for path in {*folder.glob(f"*{_ENDING}")} - before:
            if path.name not in text:
                path.unlink(missing_ok=True)
