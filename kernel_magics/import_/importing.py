"""An import makes a notebook from a module; if possible, one whose export is that module, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from kernel_magics.engine.cells.modifiers import aliases, decorators
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.cells.spread import hint_names
from kernel_magics.engine.errors import CellError, DataflowError, SourceError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.module import hamilton_decorators
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.blocks import Block
from kernel_magics.engine.source.tree import Function, parsed
from kernel_magics.export.draft import types_written
from kernel_magics.export.module.checksum import Part, read_parts
from kernel_magics.export.module.dialect import Dialect
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.hamilton import hamilton_dialect
from kernel_magics.export.module.hints import CONDITIONS, make_hints
from kernel_magics.export.module.module import make_module
from kernel_magics.export.module.privates import rename
from kernel_magics.export.module.style import PLAIN, Style
from kernel_magics.export.module.variants import python_dialect
from kernel_magics.hamilton.names import has_others
from kernel_magics.import_.assembly import Plan, Samples, assemble
from kernel_magics.import_.draft import DraftCell, sources
from kernel_magics.import_.forms import forms
from kernel_magics.import_.functions import functions_of
from kernel_magics.import_.given import choices, find_given, with_named_defaults
from kernel_magics.import_.split import Split, split
from kernel_magics.import_.tables import without_rows
from kernel_magics.import_.tests import Tests
from kernel_magics.import_.undecorated import is_for_hamilton, undecorated

Speak = Callable[[Graph, Sequence[Node]], Dialect]
_HEADERS = {"Callable": "from collections.abc import Callable", "TypeVar": "from typing import TypeVar"}


@dataclass(frozen=True, slots=True)
class Imported:
    """A notebook made of a module.

    Attributes:
        cells: its cells.
        source: the notebook that the module's header names ("" when there is none).
        inputs: names of the inputs without a sample.
        differing: what an export of this notebook would change in the module.
        notes: remarks for the user.
    """

    cells: tuple[DraftCell, ...]
    source: str = ""
    inputs: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def import_module(
    text: str, name: str, tests: Tests | None = None, samples: Samples | None = None, style: Style = PLAIN
) -> Imported:
    """Make a notebook of a module's text.

    Args:
        name: file name of the module.
        tests: the contents of its test file.
        samples: source of the inputs' samples, and the names that they import.
        style: of the module's folder.

    Raises:
        SourceError: DB404 not Python, DB411 nothing in it is a node, DB412 it cannot be a dataflow.
    """
    text, tests = text.replace("\r\n", "\n"), tests or Tests()
    dialect: Speak = python_dialect
    public = text
    if is_for_hamilton(text):
        dialect, public = hamilton_dialect, undecorated(text)
    else:
        refuse_decorated(text, name)
    public = _public(public, tests)
    plan, notes = _plan(public, name, tests, samples or {}, named=True)
    cells, differing = _written(plan, tests, text, style, dialect)
    if differing:  # perhaps a constant was taken for the default of a param
        other, _ = _plan(public, name, tests, samples or {}, named=False)
        attempt = _written(other, tests, text, style, dialect) if other != plan else (cells, differing)
        if not attempt[1]:
            plan, (cells, differing) = other, attempt
    module_parts = plan.split.module_parts
    missing = [item.name for item in plan.given if not item.default and item.name not in plan.samples]
    return Imported(
        tuple(cells), module_parts.source or "", tuple(missing), tuple(differing), (*plan.split.notes, *notes)
    )


def is_hamiltons(text: str) -> bool:
    """True for a module whose functions cells do not have as they are written.

    They have decorators of Apache Hamilton, or types of it that begin a block, or names of builtins.
    """
    tree = parsed(text)
    if tree is None:
        return False
    known = aliases(tree.body)
    functions = [node for node in tree.body if isinstance(node, Function)]
    marked = any(decorators(node, known) or (known and hint_names(node)) for node in functions)
    return marked or any(map(has_others, functions))


def decorator_of(text: str) -> tuple[str, str] | None:
    """The first public function with a decorator of Apache Hamilton, and that decorator."""
    tree = parsed(text)  # what is not Python is an error of its own when the module is split
    return next(hamilton_decorators(tree), None) if tree is not None else None


def refuse_decorated(text: str, name: str) -> None:
    """Refuse decorators of Apache Hamilton that somebody wrote, which cells cannot express.

    Raises:
        SourceError: DB418.
    """
    found = decorator_of(text)
    if found:
        raise SourceError(
            "DB418",
            f"'{name}' has decorators of Apache Hamilton, such as @{found[1]} of '{found[0]}', "
            "which no cell can say.",
            hint="run it by Dataflow.from_module, or write what its decorators make as functions.",
        )


def graph_of(cells: Sequence[DraftCell]) -> Graph:
    """The dataflow of a draft.

    Raises:
        DataflowError: it is not valid.
    """
    return Graph().put(*(parse_cell(cell) for cell in sources(cells)))


def _exported(cells: Sequence[DraftCell], source: str, text: str, style: Style, dialect: Speak) -> str:
    """The module that an export of the cells, without a run, would write."""
    graph = graph_of(cells)
    hints = make_hints(graph, types_written(text, graph))
    return make_module(Exported.of(graph), source, hints, style, dialect).text


def _public(text: str, tests: Tests) -> str:
    """The module with its helpers under their names in the notebook."""
    old = {private: public for public, private in (tests.aliases or {}).items() if private == f"_{public}"}
    try:
        return rename(text, old, CellRef("", ""))
    except DataflowError:
        return text


def _plan(text: str, name: str, tests: Tests, samples: Samples, named: bool) -> tuple[Plan, list[str]]:
    try:
        done = split(text)
        refused = _refused(done) if not done.module_parts.parts else {}
        done = split(text, refused) if refused else done
    except SyntaxError as error:
        raise SourceError(
            "DB404", f"'{name}' is not valid Python on line {error.lineno}: {error.msg}.", hint="correct it."
        ) from None
    except ValueError as error:  # null bytes
        raise SourceError("DB404", f"'{name}' is not Python: {error}.", hint="check the path.") from None
    if not done.parts:
        raise SourceError(
            "DB411",
            f"'{name}' has no function that could be a node.",
            hint="a node is a public function on the top level whose parameters are the names of its inputs.",
        )
    functions = [item for part in done.parts for item in functions_of(part.text)]
    chosen = {key for item in functions for key, _ in item.when}
    constants, setup = choices(done.setup, chosen)
    given = find_given([item for item in functions if item.is_public], constants)
    if named:
        given, setup = with_named_defaults(given, setup)
    setup = without_rows(setup, done.parts)
    places = {block.text: place for place, block in enumerate(done.setup)}
    given.sort(key=lambda item: places.get(item.statement, -1))
    return Plan(name, done, tuple(_setup(setup, done, tests)), tuple(given), samples), [
        f"'{key}' is no node: {reason}" for key, reason in refused.items()
    ]


def _refused(done: Split) -> dict[str, str]:
    """Functions that cannot be written as cells, with the reasons."""
    found: dict[str, str] = {}
    for part in done.parts:
        try:
            _parse(next(forms(part.text, ()), ""), part)
        except CellError as error:
            found[part.cell] = _without_cell(error)
    return found


def _setup(statements: Sequence[Block], done: Split, tests: Tests) -> list[Block]:
    """The setup: the statements above the functions and those that only tests need, imports first."""
    texts = [block.text for block in statements]
    bound = {name for block in statements for name in block.names.binds}
    unused = {line for name, line in _HEADERS.items() if not _reads(done, texts, name)}
    found = [block for block in statements if block.text not in unused]
    found += [block for block in tests.setup if not bound.issuperset(block.names.binds)]
    return sorted(found, key=lambda block: not block.is_import)


def _reads(done: Split, statements: Sequence[str], name: str) -> bool:
    """True when a name is read elsewhere than in the headers of checks."""
    code = [statement for statement in statements if statement not in _HEADERS.values()]
    code += [part.text for part in done.parts]
    return any(name in text.replace(CONDITIONS, "") for text in code)


def _written(
    plan: Plan, tests: Tests, text: str, style: Style, dialect: Speak
) -> tuple[list[DraftCell], list[str]]:
    """The notebook whose export gives the module, if every part has a form that does; what differs."""
    ways = {part.line: _ways(part, plan.params) for part in plan.split.parts}
    level = dict.fromkeys(ways, 0)
    for _ in range(sum(map(len, ways.values()))):
        cells = assemble(plan, tests, {line: ways[line][level[line]] for line in ways})
        try:
            written = _exported(cells, plan.split.module_parts.source or "", text, style, dialect)
            wrong = _wrong(plan.split.parts, text, written)
        except DataflowError as error:
            wrong = _concerned(error, plan.split.parts)
            if not any(level[line] + 1 < len(ways[line]) for line in wrong):
                raise refusal(error) from None
        more = [line for line in wrong if level[line] + 1 < len(ways[line])]
        if not more:
            break
        level |= {line: level[line] + 1 for line in more}
    return cells, _differing(text, written)


def _ways(part: Part, params: Sequence[str]) -> list[str]:
    """The forms of a part that are valid cells."""
    found, problem = [], None
    for cell in forms(part.text, params):
        try:
            _parse(cell, part)
            found.append(cell)
        except CellError as error:
            problem = problem or error
    if found:
        return found
    reason = _without_cell(problem) if problem else "its functions cannot stand in one cell"
    raise SourceError(
        "DB412",
        f"the part of cell '{part.cell}' (from line {part.line}) cannot be a cell: {reason.rstrip('.')}.",
        hint="put a line `# cell NAME` above a function that does not belong to it.",
    )


def _parse(cell: str, part: Part) -> None:
    """Parse a form of a part, with the line numbers of the module."""
    parse_cell(replace(sources([DraftCell("x", "code", cell)])[0], first=part.line))


def _without_cell(error: DataflowError) -> str:
    """A cell's error without the label of a cell that the user does not see."""
    return error.relabelled(lambda _: "").message


def _concerned(error: DataflowError, parts: Sequence[Part]) -> list[int]:
    """Lines of the parts whose cells an error concerns."""
    named = {cell.id for cell in error.concerns}
    return [part.line for part in parts if part.cell in named]


def refusal(error: DataflowError) -> SourceError:
    """The error for cells that the user does not see: it names them instead of numbering them."""
    shown = error.relabelled(lambda cell: f"'{cell.id}'")
    said = f"the module cannot become a notebook: {shown.message}"
    return SourceError("DB412", said, hint=shown.hint or "correct it.", names=error.names)


def _wrong(parts: Sequence[Part], text: str, written: str) -> list[int]:
    """Lines of the parts that an export would write in another way."""
    original, new = _by_cell(text), _by_cell(written)
    return [part.line for part in parts if new.get(part.cell) != original.get(part.cell, part.text)]


def _by_cell(text: str) -> dict[str, str]:
    """The text of each cell's parts; a check that moves above its node cuts the node's part in two."""
    found: dict[str, str] = {}
    for part in read_parts(text).parts:
        found[part.cell] = f"{found[part.cell]}\n\n\n{part.text}" if part.cell in found else part.text
    return found


def _differing(text: str, written: str) -> list[str]:
    """What an export would change: names of functions, or the top of the file."""
    if text == written:
        return []
    before, after = functions_by_name(text), functions_by_name(written)
    found = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return found or ["the lines above the functions"]


def functions_by_name(text: str) -> dict[str, str]:
    """The source of each function of a module, comments above it left out."""
    return {item.name: "\n".join(item.rows[item.node.lineno - 1 :]) for item in functions_of(text)}
