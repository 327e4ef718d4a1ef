"""A mark is a name in a cell that refers to something outside it: a name that it defines or reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kernel_magics.assist.ordinary import Ordinary
from kernel_magics.assist.place import Span, span
from kernel_magics.assist.words import Word, bare, keys, listed, loops, rules, siblings
from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.family import member_name
from kernel_magics.engine.cells.options import Options
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.occurrences import Occurrence, placed
from kernel_magics.engine.source.references import Names, body_names
from kernel_magics.engine.source.scopes import Scope
from kernel_magics.engine.source.select import read_select
from kernel_magics.engine.source.tree import Function


@dataclass(frozen=True, slots=True)
class Mark:
    """A name with its place.

    Attributes:
        text: as written: a name, or the template of a family.
        names: the nodes that it refers to (the members of the family).
        scope: where it is local as well: the function whose parameter it is, or the whole body.
        caller: for a keyword of a call, the called function.
    """

    text: str
    span: Span
    role: str
    names: tuple[str, ...]
    scope: Scope | None = None
    caller: str = ""


def is_global(mark: Mark) -> bool:
    """True for a name that the code looks up outside every function of its cell."""
    return mark.scope is not None and mark.scope.parent is None


def cell_marks(cell: Cell, options: Options, row: tuple[int, str]) -> Iterator[Mark]:
    """The marks of one of our cells.

    Args:
        cell: the parsed cell, or the substitute of a broken one.
        options: the options of its line.
        row: number and text of the magic's line.
    """
    yield from _line(cell, options, *row)
    if options.sql:
        yield from _select(cell, options)
        return
    names = body_names(cell.placed)
    found = placed(names.references, cell.placed)
    if cell.magic == "node" and not options.names:
        yield from _functions(cell, found)
    else:
        yield from _body(cell, options, names, found)


def ordinary_marks(ordinary: Ordinary) -> Iterator[Mark]:
    """The marks of an ordinary cell: the names that it reads before it assigns them."""
    for name, place in ordinary.names:
        yield Mark(name, place, "line", (name,))
    try:
        names = body_names(ordinary.python)
    except (SyntaxError, ValueError, RecursionError):
        return
    reads = set(names.reads)
    for item in placed(names.references, ordinary.python):
        if item.home.parent is None and item.name in reads and item.role != "keyword":
            yield Mark(item.name, item.span, "ordinary", (item.name,), item.home)


# --- the magic's line


def _line(cell: Cell, options: Options, number: int, row: str) -> Iterator[Mark]:
    def mark(word: Word, role: str, names: tuple[str, ...]) -> Mark:
        return Mark(word.text, span(number, word.start, word.end), role, names)

    if cell.magic in ("check", "test"):
        for word in listed(row, cell.magic)[:1]:
            yield mark(word, "line", (word.text,))
    if cell.magic != "node":
        return
    own = {bare(name): members(name, options) for name in options.names}
    for word in listed(row, "node"):
        yield mark(word, "definition", members(word.text, options))
    for word in keys(row):
        yield mark(word, "line", (word.text,))
    for word in loops(row):
        yield mark(word, "line", (word.text,))
    for word, _ in siblings(row):
        yield mark(word, "line", members(word.text, options))
    reads = {
        read for item in cell.definitions if item.kind == "check" and item.code for read in item.code.reads
    }
    for word in rules(row):
        if word.text in reads or word.text in own:
            yield mark(word, "line", own.get(word.text, (word.text,)))


def members(template: str, options: Options) -> tuple[str, ...]:
    """The template itself, and the name of each member of the family."""
    filled = [template]
    for bindings in options.families if "{" in template else ():
        filled.append(member_name(template, bindings))
    return tuple(dict.fromkeys(filled))


# --- the body


def _select(cell: Cell, options: Options) -> Iterator[Mark]:
    """Marks of a SQL cell: its tables and params."""
    select = read_select(cell.source)
    local = {name for bindings in options.families for name in bindings}
    for read in select.reads:
        if read.name in local:
            continue
        row = select.text.count("\n", 0, read.start)
        begin = select.text.rfind("\n", 0, read.start) + 1
        yield Mark(read.name, span(row, read.start - begin, read.end - begin), "query", (read.name,))


def _body(cell: Cell, options: Options, names: Names, found: list[Occurrence]) -> Iterator[Mark]:
    """Marks of all cells but those of functions: names that the body reads from outside or defines."""
    reads = _reads(cell, names)
    own = {bare(name): members(name, options) for name in options.names} if cell.magic == "node" else {}
    given = {item.name for item in cell.definitions} if cell.magic in ("inputs", "params") else set()
    shared = set(names.binds) if cell.magic == "setup" else set()
    aliases = {alias: template for template, alias in _aliases(options)}
    local = {name for bindings in options.families for name in bindings}
    for item in found:
        name = item.name
        if item.role == "keyword":
            if cell.magic == "test":  # where nodes are callables, and their inputs parameters
                yield Mark(name, item.span, "keyword", (name,), None, item.reference.caller)
            continue
        if item.home.parent is not None or name in local:
            continue
        if name in own:
            yield Mark(name, item.span, item.role, own[name], item.home)
        elif name in aliases:
            yield Mark(name, item.span, item.role, members(aliases[name], options), item.home)
        elif name in given or name in shared:
            role = "definition" if item.role in ("write", "import") else item.role
            yield Mark(name, item.span, "import" if item.role == "import" else role, (name,), item.home)
        elif name in reads:
            yield Mark(name, item.span, item.role, (name,), item.home)


def _reads(cell: Cell, names: Names) -> set[str]:
    """The names that the body looks up outside itself."""
    if cell.magic in ("setup", "inputs", "params"):
        return set(names.reads)
    codes = [item.code for item in cell.definitions if item.code is not None and item.code.bare]
    codes += [cell.test] if cell.test is not None else []
    return {read for code in codes for read in code.reads}


def _aliases(options: Options) -> list[tuple[str, str]]:
    return [(template, alias) for alias, template in options.uses.items()]


def _functions(cell: Cell, found: list[Occurrence]) -> Iterator[Mark]:
    """Marks of a cell of `def`s: nodes, their parameters, and the globals that they use."""
    nodes = {item.name for item in cell.definitions if item.kind == "value"}
    helpers = {helper.name for helper in cell.helpers}
    for item in found:
        top = item.home.node if item.home.parent is not None and item.home.parent.parent is None else None
        name = item.name
        if item.role == "keyword" or name in helpers:
            continue
        if item.home.parent is None:
            role = "definition" if item.role == "write" and name in nodes else item.role
            if name not in builtin_names():
                yield Mark(name, item.span, role, (name,), item.home)
        elif isinstance(top, Function) and top.name in nodes:
            spec = top.args
            if name in {arg.arg for arg in [*spec.posonlyargs, *spec.args, *spec.kwonlyargs]}:
                yield Mark(name, item.span, item.role, (name,), item.home)
