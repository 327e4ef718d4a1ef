"""Cells of a notebook of Apache Hamilton: its modules, what drivers are given, and what else is there."""

from __future__ import annotations

import argparse
import ast
import builtins
import json
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NoReturn

from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.hamilton_drivers import Driver, Reading, Request, Step
from kernel_magics.engine.source.tree import Function, FunctionOrClass, imported_as, parsed

_HEAD: Final = re.compile(r"\s*%%(?P<magic>(?:incr_)?cell_to_module)\b(?P<line>[^\n]*)\n?")
_FILE: Final = re.compile(r"\s*%%writefile[ \t]+(?P<append>-a[ \t]+)?(?P<path>\S+\.py)[ \t]*(?:\n|$)")
_INSERTED: Final = re.compile(r"\s*%(?:insert_module|module_to_cell)[ \t]+(?P<path>\S+\.py)\s*")
Find = Callable[[str], str | None]
"""The text of a module by its dotted name, or by its path; None where there is no such file."""


@dataclass
class Module:
    """A module that cells define, or a file beside the notebook; the last version of each counts.

    Attributes:
        parts: the texts by identifier, one for `%%cell_to_module`.
        places: where the cells of these texts are in the notebook.
        first: the cell of its first version.
        config: of its cell's magic, None where none is given.
        samples: sources of inputs' values, of its cell's magic.
        stays: whether the cell stays as it is, which imports a file or defines functions.
    """

    name: str
    parts: dict[int, str] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    first: int = 0
    config: dict[str, object] | None = None
    samples: dict[str, str] = field(default_factory=dict)
    stays: bool = False

    @property
    def text(self) -> str:
        """The module."""
        return "\n\n\n".join(self.parts[key] for key in sorted(self.parts))


@dataclass
class Book:
    """What a notebook says.

    Attributes:
        modules: by name.
        older: places of cells whose module a later cell defines again.
        steps: by place, the statements of an ordinary cell.
        notes: remarks by place.
    """

    modules: dict[str, Module] = field(default_factory=dict)
    older: set[int] = field(default_factory=set)
    steps: dict[int, list[Step]] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)

    @property
    def drivers(self) -> list[Driver]:
        """The drivers that are built, each time."""
        steps = [step for place in sorted(self.steps) for step in self.steps[place]]
        asked = [request.driver for step in steps for request in step.requests]
        return [step.driver for step in steps if step.driver is not None] + asked

    @property
    def requests(self) -> list[Request]:
        """What drivers are asked for, in order."""
        return [
            request for place in sorted(self.steps) for step in self.steps[place] for request in step.requests
        ]


def read_book(cells: Sequence[GivenCell], find: Find = lambda _: None) -> Book:
    """Read the cells of a notebook; executes nothing.

    Args:
        find: gives the modules that are files.
    """
    return _Reader(cells, find).book


class _Reader:
    def __init__(self, cells: Sequence[GivenCell], find: Find) -> None:
        self.book, self.find = Book(), find
        self.cells = cells
        self.reading = Reading(self._module)
        self.defined = {_named(head)[0] for cell in cells if (head := _head(cell))}
        self.files: dict[str, list[int]] = {}
        self.taken: set[int] = set()
        for place, cell in enumerate(cells):
            if cell.type == "code" and (head := _FILE.match(cell.source)):
                known = self.files.setdefault(Path(head["path"]).stem, [])
                if not head["append"]:
                    known.clear()
                known.append(place)
        for place, cell in enumerate(cells):
            head = _head(cell)
            if head is not None:
                _define(self.book, self.reading, place, head, cell.source[head.end() :])
            elif self._inserted(cell, place):
                continue
            elif cell.type == "code" and (steps := self.reading.cell(cell.source, place)) is not None:
                self.book.steps[place] = steps
        for module in self.book.modules.values():
            self._import_for(module)
        for place, own in self.book.steps.items():
            self.book.steps[place] = [step for step in own if id(step) not in self.taken]

    def _inserted(self, cell: GivenCell, place: int) -> bool:
        """Note the module of a cell that inserts a file, of which the magic makes `%%cell_to_module`."""
        found = _INSERTED.fullmatch(cell.source) if cell.type == "code" else None
        text = self.find(found["path"]) if found is not None else None
        if found is None or text is None:
            return False
        name = Path(found["path"]).stem
        self.book.older.update(self.book.modules[name].places.values() if name in self.book.modules else ())
        self.book.modules[name] = Module(name, {0: text}, {0: place}, place)
        return True

    def _module(self, source: str, place: int) -> str:
        """The name of the module that a driver is given as `source`."""
        dotted, imported = self.reading.imports.get(source, (source, place))
        name = dotted.rpartition(".")[2]
        if source in self.reading.made and source not in self.book.modules:
            self._made(source, self.reading.made[source], place)
        if name in self.defined or name in self.book.modules:
            return name
        if name in self.files:
            module = self.book.modules[name] = Module(name)
            for number, at in enumerate(self.files[name]):
                head = _FILE.match(self.cells[at].source)
                assert head is not None
                module.parts[number], module.places[number] = self.cells[at].source[head.end() :], at
                self.book.steps.pop(at, None)
            module.first = min(module.places.values())
            return name
        text = self.find(dotted) if source in self.reading.imports else None
        if text is None:
            return ""
        self.book.modules[name] = Module(name, {0: text}, {0: imported}, imported, stays=True)
        return name

    def _import_for(self, module: Module) -> None:
        """Give a module the imports of ordinary cells that it reads and does not have."""
        tree = parsed(module.text)
        if tree is None:
            return
        names = [part for part in ast.walk(tree) if isinstance(part, ast.Name)]
        bound = {part.id for part in names if not isinstance(part.ctx, ast.Load)}
        bound |= {name for node in ast.walk(tree) for name in _defined(node)}
        missing = {part.id for part in names} - bound - set(dir(builtins))
        found = {
            bound: step.text
            for step in self.reading.seen
            if isinstance(step.node, ast.Import | ast.ImportFrom) and not step.aliases
            for bound in step.binds
        }
        rows = dict.fromkeys(found[name] for name in sorted(missing) if name in found)
        if rows:
            module.parts[-1] = "\n".join(rows)
            text = (
                f"`{'; '.join(rows)}` of an ordinary cell is in the setup, too, as '{module.name}' reads it"
            )
            self.book.notes.setdefault(max(module.places.values()), []).append(text)

    def _made(self, name: str, functions: Sequence[str], place: int) -> None:
        """Note a module of functions that ordinary cells define, with what these read."""
        last = {bound: step for step in self.reading.seen for bound in step.binds}
        own = [last[each] for each in functions if each in last]
        if len(own) < len(functions) or not all(isinstance(step.node, Function) for step in own):
            return
        needed, waiting = dict.fromkeys(functions), list(functions)
        while waiting:
            found = last.get(waiting.pop())
            for read in sorted(found.reads() - set(needed)) if found is not None else ():
                if read in last and not last[read].aliases:
                    needed[read] = None
                    waiting.append(read)
        wanted = {id(last[each]) for each in needed}
        parts = [step.text for step in self.reading.seen if id(step) in wanted]
        self.book.modules[name] = Module(name, {0: "\n\n\n".join(parts)}, {0: place}, place, stays=True)
        self.taken |= {id(step) for step in own}


def _defined(node: ast.AST) -> tuple[str, ...]:
    """The names that a part of a module defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        return tuple(imported_as(alias) for alias in node.names)
    if isinstance(node, ast.arg):
        return (node.arg,)
    return (node.name,) if isinstance(node, FunctionOrClass) else ()


def _head(cell: GivenCell) -> re.Match[str] | None:
    return _HEAD.match(cell.source) if cell.type == "code" else None


# -- modules -------------------------------------------------------------------------------------------------


class _Refused(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _Refused(message)


def _parser(magic: str) -> argparse.ArgumentParser:
    parser = _Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("name", nargs="?")
    if magic == "incr_cell_to_module":
        parser.add_argument("place", type=int, nargs="?")
        parser.add_argument("-i", "--identifier", type=int)  # as its help shows it
    parser.add_argument("-m", "--module_name", nargs="?", const=True)
    for short, long in (("-d", "--display"), ("-x", "--execute"), ("-w", "--write_to_file")):
        parser.add_argument(short, long, nargs="?", const=True)
    options = [("-b", "--builder"), ("-c", "--config"), ("-o", "--overrides")]
    for short, long in [*options, *([("-i", "--inputs")] if magic == "cell_to_module" else [])]:
        parser.add_argument(short, long)
    return parser


def _named(head: re.Match[str]) -> tuple[str, argparse.Namespace | None]:
    """The module's name, and the options of the magic where they are understood."""
    try:
        given, _ = _parser(head["magic"]).parse_known_args(shlex.split(head["line"], posix=False))
    except (_Refused, ValueError):
        return "module", None
    name = given.module_name if isinstance(given.module_name, str) else given.name
    return str(name or "jupyter_module"), given


def _define(book: Book, reading: Reading, place: int, head: re.Match[str], text: str) -> None:
    name, given = _named(head)
    if given is None:
        book.notes.setdefault(place, []).append("the line of its magic was not understood")
        given = argparse.Namespace(identifier=0, place=0, config=None, inputs=None, builder=None)
    module = book.modules.setdefault(name, Module(name, first=place))
    number = getattr(given, "identifier", None) or getattr(given, "place", None) or 0
    if head["magic"] == "cell_to_module":
        book.older.update(module.places.values())
        module.parts, module.places = {}, {}
    elif number in module.places:
        book.older.add(module.places[number])
    module.parts[number], module.places[number] = text, place
    config = _config(reading, given.config) if given.config else None
    builder = reading.drivers.get(given.builder or "")
    if config is None and builder is not None and builder.config:
        config = {key: ast.literal_eval(source) for key, source in builder.config.items()}
    if config is not None:
        module.config = {**(module.config or {}), **config}
    if getattr(given, "inputs", None):
        module.samples |= reading.config(given.inputs)


def _config(reading: Reading, text: str) -> dict[str, object] | None:
    """`-c`: a variable, JSON, or KEY=VALUE pairs."""
    if text in reading.values:
        return {key: ast.literal_eval(source) for key, source in reading.config(text).items()}
    plain = text.strip("'\"")
    if "=" in plain:
        pairs = [item.partition("=") for item in plain.split()]
        return {key: text for key, sign, text in pairs if sign}
    try:
        found = json.loads(plain)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def configs_of(modules: Sequence[Module]) -> Mapping[str, object] | None:
    """The config of modules that are one dataflow; None where none of them has one."""
    known = [module.config for module in modules if module.config is not None]
    return {key: value for config in known for key, value in config.items()} if known else None
