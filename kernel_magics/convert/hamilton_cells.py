"""Cells of a notebook of Apache Hamilton: its modules, what drivers are given, and what else is there."""

from __future__ import annotations

import argparse
import ast
import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

from kernel_magics.convert.conversion import GivenCell
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.tree import is_literal

_HEAD: Final = re.compile(r"\s*%%(?P<magic>(?:incr_)?cell_to_module)\b(?P<line>[^\n]*)\n?")
_LINE_MAGIC: Final = re.compile(r"(?m)^([ \t]*)(?:[%!?].*|[^\n#'\"]*\?)$")
_SHOWS: Final = (
    "display_all_functions",
    "display_upstream_of",
    "display_downstream_of",
    "visualize_execution",
)
_SHOWS_MORE: Final = ("visualize_path_between", "visualize_materialization", "list_available_variables")


@dataclass
class Module:
    """A module that cells define; the last version of each counts.

    Attributes:
        parts: the texts by identifier, one for `%%cell_to_module`.
        places: where the cells of these texts are in the notebook.
        config: of its driver, None where none is given.
    """

    name: str
    parts: dict[int, str] = field(default_factory=dict)
    places: dict[int, int] = field(default_factory=dict)
    config: dict[str, object] | None = None

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
        samples: sources of inputs' values.
        rest: by place, the text of an ordinary cell without what only drivers need; "" for nothing left.
        notes: remarks by place.
    """

    modules: dict[str, Module] = field(default_factory=dict)
    older: set[int] = field(default_factory=set)
    samples: dict[str, str] = field(default_factory=dict)
    rest: dict[int, str] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)


def has_modules(cells: Sequence[GivenCell]) -> bool:
    """True for a notebook with cells that define modules of Apache Hamilton."""
    return any(cell.type == "code" and _HEAD.match(cell.source) for cell in cells)


def read_book(cells: Sequence[GivenCell]) -> Book:
    """Read the cells of a notebook; executes nothing."""
    book, values, drivers = Book(), _Values(), set[str]()
    for place, cell in enumerate(cells):
        if cell.type != "code":
            continue
        head = _HEAD.match(cell.source)
        if head is not None:
            _define(book, values, place, head, cell.source[head.end() :])
            continue
        book.rest[place] = _without_drivers(book, values, drivers, place, cell.source)
    return book


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


def _define(book: Book, values: _Values, place: int, head: re.Match[str], text: str) -> None:
    magic = head["magic"]
    try:
        given, _ = _parser(magic).parse_known_args(shlex.split(head["line"], posix=False))
    except (_Refused, ValueError):
        given = argparse.Namespace(name="module", identifier=0, module_name=None, config=None, inputs=None)
        given.builder = given.execute = given.overrides = None
        book.notes.setdefault(place, []).append("the line of its magic was not understood")
    name = str(given.module_name if isinstance(given.module_name, str) else given.name or "jupyter_module")
    module = book.modules.setdefault(name, Module(name))
    number = getattr(given, "identifier", None) or getattr(given, "place", None) or 0
    if magic == "cell_to_module":
        book.older.update(module.places.values())
        module.parts, module.places = {}, {}
    elif number in module.places:
        book.older.add(module.places[number])
    module.parts[number], module.places[number] = text, place
    config = values.config(given.config) if given.config else values.configs.get(given.builder or "")
    if config is not None:
        module.config = {**(module.config or {}), **config}
    if getattr(given, "inputs", None):
        book.samples |= values.items(given.inputs)


class _Values:
    """What plain assignments of the notebook say, as far as they are literals.

    Attributes:
        found: source of the value by name, of the last assignment so far.
        configs: values that builders are given, by the builder's name.
    """

    def __init__(self) -> None:
        self.found: dict[str, ast.expr] = {}
        self.configs: dict[str, dict[str, object]] = {}

    def items(self, name: str) -> dict[str, str]:
        """The literal values of a dict, as sources."""
        value = self.found.get(name)
        return _literals(value) if value is not None else {}

    def config(self, text: str) -> dict[str, object] | None:
        """`-c`: a variable, JSON, or KEY=VALUE pairs."""
        value = self.found.get(text)
        if value is not None:
            return {key: ast.literal_eval(source) for key, source in _literals(value).items()}
        plain = text.strip("'\"")
        if "=" in plain:
            pairs = [item.partition("=") for item in plain.split()]
            return {key: text for key, sign, text in pairs if sign}
        try:
            found = json.loads(plain)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None


def _literals(value: ast.expr) -> dict[str, str]:
    """The entries of a dict display, or of `dict(…)`, whose values are literals, as sources."""
    pairs: list[tuple[object, ast.expr]] = []
    if isinstance(value, ast.Dict):
        pairs = [
            (key.value, item)
            for key, item in zip(value.keys, value.values, strict=True)
            if isinstance(key, ast.Constant)
        ]
    elif isinstance(value, ast.Call) and ast.unparse(value.func) == "dict":
        pairs = [(item.arg, item.value) for item in value.keywords]
    return {str(key): ast.unparse(item) for key, item in pairs if is_literal(item)}


# -- drivers -------------------------------------------------------------------------------------------------


def _without_drivers(book: Book, values: _Values, drivers: set[str], place: int, text: str) -> str:
    """An ordinary cell without statements that only drivers need; requests become `%compute`."""
    text = re.sub(r"(?m)^[ \t]*%(?:re)?load_ext\s+hamilton\S*[ \t]*\n?", "", text)
    masked = _LINE_MAGIC.sub(lambda found: f"{found[1]}pass", text)
    try:
        found = blocks(masked)
    except SyntaxError:
        return text
    rows, kept = text.split("\n"), list[str]()
    last = 0
    for block in found:
        above, own = rows[last : block.first - 1], rows[block.first - 1 : block.last]
        last = block.last
        written = _statement(book, values, drivers, place, block)
        if written is None:
            kept += [*above, *own]
        elif written:
            kept += [*above, *written.split("\n")]
    kept += rows[last:]
    body = "\n".join(kept).strip("\n")
    return body if any(row.strip() and not row.lstrip().startswith("#") for row in kept) else ""


def _statement(book: Book, values: _Values, drivers: set[str], place: int, block: Block) -> str | None:
    """What stands in place of a statement; None for the statement itself."""
    node = block.node
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name
        if module.partition(".")[0] == "hamilton":
            drivers.update(alias.asname or alias.name.partition(".")[0] for alias in node.names)
            return ""
        return None
    target = ""
    if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
        target = node.targets[0].id
        values.found[target] = node.value
    value = node.value if isinstance(node, ast.Assign | ast.Expr) else None
    calls = {_word(call): call for call in _chain(value)} if value is not None else {}
    if "execute" in calls and _root(value) in drivers:
        return _request(book, values, place, calls["execute"], target)
    shows = any(word in calls for word in (*_SHOWS, *_SHOWS_MORE))
    if value is not None and _root(value) in drivers and (target or shows or calls):
        if "with_config" in calls:
            arguments = calls["with_config"].args
            config = values.found.get(ast.unparse(arguments[0])) if arguments else None
            config = config or (arguments[0] if arguments else None)
            known = _literals(config) if config is not None else {}
            values.configs[target] = {key: ast.literal_eval(text) for key, text in known.items()}
            for each in book.modules.values():
                each.config = {**values.configs[target], **(each.config or {})}
        if target:
            drivers.add(target)
        return ""
    return None


def _request(book: Book, values: _Values, place: int, call: ast.Call, target: str) -> str:
    """`%compute` of what a driver is asked for, and a dict of it where one was assigned."""
    given = {item.arg: item.value for item in call.keywords if item.arg}
    inputs = given.get("inputs")
    if inputs is not None:
        named = values.found.get(inputs.id) if isinstance(inputs, ast.Name) else inputs
        book.samples |= _literals(named) if named is not None else {}
    if "overrides" in given:
        book.notes.setdefault(place, []).append(
            "overrides are left out: `Dataflow.run(overrides=…)` has them, see %dataflow as"
        )
    asked = call.args[0] if call.args else given.get("final_vars")
    if isinstance(asked, ast.Name):
        asked = values.found.get(asked.id, asked)
    names: list[str] = []
    if isinstance(asked, ast.List | ast.Tuple):
        for item in asked.elts:
            if isinstance(item, ast.Constant) and str(item.value).isidentifier():
                names.append(str(item.value))
            elif isinstance(item, ast.Attribute | ast.Name):
                names.append(ast.unparse(item).rpartition(".")[2])
            else:
                book.notes.setdefault(place, []).append(f"`{ast.unparse(item)}` cannot be asked for by name")
    elif asked is not None:
        book.notes.setdefault(place, []).append("what is asked for is computed, so all nodes are")
    rows = [f"%compute {' '.join(names)}".rstrip()]
    if target:
        rows.append(f"{target} = {{{', '.join(f'{name!r}: {name}' for name in names)}}}")
    return "\n".join(rows)


def _chain(value: ast.expr | None) -> Iterator[ast.Call]:
    """The calls of a chain `a.b(…).c(…)`, and of its root, from the last to the first."""
    while value is not None:
        if isinstance(value, ast.Await):
            value = value.value
        elif isinstance(value, ast.Call):
            if isinstance(value.func, ast.Attribute):
                yield value
            value = value.func
        elif isinstance(value, ast.Attribute):
            value = value.value
        else:
            return


def _word(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _root(value: ast.expr | None) -> str:
    """The name that a chain begins with."""
    while value is not None:
        if isinstance(value, ast.Name):
            return value.id
        if isinstance(value, ast.Call):
            value = value.func
        elif isinstance(value, ast.Attribute | ast.Await | ast.Subscript):
            value = value.value
        else:
            return ""
    return ""


def configs_of(modules: Sequence[Module]) -> Mapping[str, object] | None:
    """The config of modules that are one dataflow; None where none of them has one."""
    known = [module.config for module in modules if module.config is not None]
    return {key: value for config in known for key, value in config.items()} if known else None
