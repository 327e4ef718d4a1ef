"""A module read as a dataflow: its public functions are nodes, their other parameters are inputs."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import FunctionType, ModuleType
from typing import Final, Literal, TypeGuard

from kernel_magics.engine.cells.definition import Cell, Code, Definition, Param
from kernel_magics.engine.cells.defs import params_of
from kernel_magics.engine.cells.outputs import suffix
from kernel_magics.engine.cells.statements import read_statements
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.made import Made, Resolved, is_block, is_foreign
from kernel_magics.engine.graph.setup import Setup, make_setup
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.choice import Except, When, both
from kernel_magics.engine.source.mapped import MappedSource, generated, text_of
from kernel_magics.engine.source.permits import permits
from kernel_magics.engine.source.references import definition_reads
from kernel_magics.engine.source.rows import row_of, written_out
from kernel_magics.engine.source.tree import Function, expression

GIVEN: Final = "inputs.py"
"""The id of the cell of inputs and params, which a module declares nowhere but at its functions."""
_CONDITIONS = re.compile(r"dict\[str, (?:(?:[\w.]+\.)?Callable\[\[\], .*\]|object)\]")
_CHECK = re.compile(r"(?P<severity>check|warn)_(?P<subject>\w+)")


@dataclass(frozen=True)
class ReadModules:
    """Modules read as a dataflow.

    Attributes:
        graph: their functions, linked.
        functions: the callables, by the names that the graph's nodes have for them.
        defaults: values of params that are not defaults of these functions.
        deciding: keys of the config that decorators read, as far as is known.
    """

    graph: Graph
    functions: Mapping[str, Callable[..., object]]
    defaults: Mapping[str, object]
    deciding: frozenset[str] = frozenset()


def read_modules(
    modules: Sequence[ModuleType],
    made: Resolved | None = None,
    overrides: bool = False,
) -> ReadModules:
    """Link the public functions defined in these modules.

    Args:
        made: by file name, the nodes that decorated functions make, by function name.
        overrides: a later module's function replaces an earlier one of its name.

    Raises:
        SourceError: DB403 when a module's source is not available.
        LinkError: names clash, or links form a cycle.
    """
    texts: list[tuple[str, str]] = []
    functions: dict[str, Callable[..., object]] = {}
    made = made or {}
    for module in modules:
        file = module.__file__ or module.__name__
        try:
            texts.append((inspect.getsource(module), file))
        except (OSError, TypeError):
            raise SourceError(
                "DB403",
                f"the source of module '{module.__name__}' cannot be read.",
                hint="import it from a file.",
            ) from None
        functions |= functions_of(module)
        if file in made:
            functions |= {node.name: node.call for nodes in made[file].values() for node in nodes}
    nodes = [node for each in made.values() for nodes in each.values() for node in nodes]
    defaults = {name: value for node in reversed(nodes) for name, value in node.defaults.items()}
    return ReadModules(link_modules(texts, made, overrides), functions, defaults)


def functions_of(module: ModuleType) -> dict[str, Callable[..., object]]:
    """What a module has of functions, wherever they were defined, and what decorators made of them."""
    return {
        name: value
        for name, value in vars(module).items()
        if type(value) is FunctionType or is_function(value)
    }


def is_function(value: object) -> TypeGuard[Callable[..., object]]:
    """True for a function, and for an object that is called in its place, such as a cached function."""
    made = callable(value) and not isinstance(value, type) and inspect.isfunction(inspect.unwrap(value))
    return inspect.isfunction(value) or made


def needs_resolving(modules: Iterable[ModuleType]) -> bool:
    """True when decorators other than those of variants determine the nodes."""
    return not all(map(_only_variants, modules))


def _only_variants(module: ModuleType) -> bool:
    """True if the text of a module tells what its decorators make."""
    foreign: set[str] = set()
    for name, function in _own(module):
        if is_foreign(function):
            if vars(function).keys() != {"resolve"} or is_block(function):
                return False
            foreign.add(name)
    if not foreign:
        return True
    try:
        found = written_out(blocks(inspect.getsource(module)))
    except (OSError, TypeError):
        return False
    nodes = (block.node for block in found)
    told = {
        node.name for node in nodes if _is_public(node) and len(node.decorator_list) == 1 and when_of(node)
    }
    return foreign <= told


def own_functions(module: ModuleType) -> dict[str, FunctionType]:
    """The public functions that a module defines itself."""
    return dict(_own(module))


def _own(module: ModuleType) -> Iterator[tuple[str, FunctionType]]:
    home = module.__name__
    for name, value in vars(module).items():
        if isinstance(value, FunctionType) and name[0] != "_" and value.__module__ == home:
            yield name, value


def link_modules(
    texts: Iterable[tuple[str, str]],
    made: Resolved | None = None,
    overrides: bool = False,
) -> Graph:
    """Link modules given as (source, file name); executes nothing.

    A module's constant with the name of a param that chooses variants is the default of that param.

    Args:
        made: by file name, the nodes that decorated functions make, by function name.
        overrides: a later module's function replaces an earlier one of its name.

    Raises:
        SourceError: DB404 for a syntax error.
        LinkError: as `read_modules`.
    """
    cells: list[Cell] = []
    texts = list(texts)
    trees = {filename: _tree(source, filename) for source, filename in texts}
    for filename, tree in trees.items():
        if made is None or filename not in made:
            _refuse_unresolved(tree, filename)
    public = {name for tree in trees.values() for node in tree.body if (name := _node_name(node))}
    for source, filename in texts:
        more = _cells(source, filename, _without(trees[filename], public), (made or {}).get(filename, {}))
        if overrides:
            again = {item.name for cell in more for item in cell.definitions}
            cells = [_keeping(cell, again) for cell in cells]
        cells += more
    defined = {item.name for cell in cells for item in cell.definitions}
    chosen = {item.name: item for tree in trees.values() for item in _choices(tree)}
    given = _given(cells, defined, chosen)
    first = [Cell(GIVEN, "", "inputs", "", definitions=tuple(given))] if given else []
    return Graph().put(*first, *cells)


_KEEPING_NAMES: Final = frozenset(
    {"cache", "check_output", "check_output_custom", "schema", "tag", "when", "when_not"}
)
"""Decorators of Apache Hamilton that leave a function one node of its own name."""


def _refuse_unresolved(tree: ast.Module, filename: str) -> None:
    """Refuse decorators whose nodes the text does not show."""
    for function, decorator in hamilton_decorators(tree):
        if _KEEPING_NAMES.isdisjoint(part.strip("_") for part in decorator.split(".")):
            raise SourceError(
                "DB442",
                f"'{filename}' has decorators of Apache Hamilton, such as @{decorator} of '{function}', "
                "and only importing the module tells what nodes they make.",
                hint="add --import to have it imported, or use Dataflow.from_module.",
            )


def hamilton_decorators(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Each decorator of Apache Hamilton on a public function, as (function, decorator)."""
    roots: set[str] = set()
    for statement in tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            module = statement.module or "" if isinstance(statement, ast.ImportFrom) else ""
            for alias in statement.names:
                if (module or alias.name).partition(".")[0] == "hamilton":
                    roots.add(alias.asname or alias.name.partition(".")[0])
    for node in filter(_is_public, tree.body) if roots else ():
        for decorator in node.decorator_list:
            name = ast.unparse(decorator.func if isinstance(decorator, ast.Call) else decorator)
            if "*" in roots or name.partition(".")[0] in roots:
                yield node.name, name


def _keeping(cell: Cell, replaced: Collection[str]) -> Cell:
    """The cell without definitions of these names."""
    return replace(cell, definitions=tuple(item for item in cell.definitions if item.name not in replaced))


def _tree(source: str, filename: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise SourceError(
            "DB404",
            f"'{filename}' is not valid Python on line {error.lineno}: {error.msg}.",
            hint="correct it.",
        ) from None


def _is_public(node: ast.stmt) -> TypeGuard[Function]:
    return isinstance(node, Function) and not node.name.startswith("_")


def _node_name(node: ast.stmt) -> str:
    """The name of the node that a statement of a module may define; "" for none."""
    row = row_of(node)
    return row.name if row else node.name if _is_public(node) else ""


def _without(tree: ast.Module, public: Collection[str]) -> ast.Module:
    """The module without imports of functions that are already nodes of the dataflow."""
    body: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) not in public]
            if not node.names:
                continue
        body.append(node)
    return ast.Module(body, [])


def _cells(source: str, filename: str, tree: ast.Module, made: Mapping[str, Sequence[Made]]) -> list[Cell]:
    raw = blocks(source, tree.body)
    found = written_out(raw)
    setup = _setup_cell(found, filename, {item.name for item in _choices(tree)})
    names = {name for statement in setup.statements for name in statement.binds}
    groups = headings(source)
    permitted = permits(source)
    cells: dict[str, list[Definition]] = {}
    for block, there in zip(found, raw, strict=True):
        node, same = block.node, block is there
        text = text_of(block.code, block.first) if same else generated(block.code, block.first)
        if not _is_public(node):
            continue
        heading = next((text for line, text in reversed(groups) if line < node.lineno), "")
        group = cells.setdefault(heading, [])
        if node.name in made:
            own = [item.definition(text) for item in made[node.name]]
        else:
            own = [_definition(node, text, names)]
        why = permitted.get(there.first)
        group += own if why is None else [replace(item, future=why) for item in own]
    nodes = [
        Cell(
            f"{filename}" if not number else f"{filename}#{number}", "", "node", "", "", heading, tuple(items)
        )
        for number, (heading, items) in enumerate(cells.items())
    ]
    return [setup, *nodes]


def _setup_cell(found: Iterable[Block], filename: str, choices: Collection[str]) -> Cell:
    """All statements but the nodes and the constants that choose variants."""
    rest = [block for block in found if not _is_public(block.node)]
    if choices:
        rest = [block for block in rest if not any(name in choices for name in block.names.binds)]
    body = "\n".join(map(_text, rest))
    id = f"setup of {filename}"
    return Cell(id, "", "setup", body, statements=read_statements(id, "", body))


def setup_of_modules(texts: Iterable[tuple[str, str]]) -> Setup:
    """The setup of the graph that `link_modules` makes of modules without variants."""
    texts = list(texts)
    trees = [_tree(source, filename) for source, filename in texts]
    public = {node.name for tree in trees for node in tree.body if _is_public(node)}
    cells = [
        _setup_cell(blocks(source, _without(tree, public).body), filename, ())
        for (source, filename), tree in zip(texts, trees, strict=True)
    ]
    return make_setup(cells)


def _text(block: Block) -> str:
    """The text of a statement; of an import, only the names that are left."""
    return ast.unparse(block.node) if isinstance(block.node, ast.ImportFrom) else block.code


def headings(source: str) -> list[tuple[int, str]]:
    """Section comments of an exported module: `# --- Heading ---`."""
    found = []
    for number, row in enumerate(source.split("\n"), start=1):
        match = re.match(r"# -+ (.+?) -+$", row)
        if match:
            found.append((number, match[1]))
    return found


def _definition(node: Function, text: MappedSource, names: set[str]) -> Definition:
    reads = tuple(name for name in definition_reads(node) if name in names)
    params = params_of(node)
    code = Code(node.name, text, False, params, reads, isinstance(node, ast.AsyncFunctionDef))
    doc = ast.get_docstring(node) or ""
    hint = ast.unparse(node.returns) if node.returns else ""
    common = Definition(node.name, "value", node.lineno, code, doc=doc, hint=hint)
    when = when_of(node)
    if when:
        common = replace(common, name=base_name(node), when=when)
    check = check_of(node)
    if check is not None:
        severity, subject = check
        return replace(common, kind="check", severity=severity, subject=subject)
    return common


def check_of(node: Function) -> tuple[Literal["fail", "warn"], str] | None:
    """Severity and subject of a function that is a check; None for any other."""
    match = _CHECK.fullmatch(base_name(node))
    if match is None or not _gives_conditions(node):
        return None
    names = [param.name for param in params_of(node)]
    subject = next((name for name in names if _is_about(match["subject"], name)), None)
    if subject is None:
        return None
    return ("fail" if match["severity"] == "check" else "warn"), subject


def _gives_conditions(node: Function) -> bool:
    """True for a function that returns deferred conditions; a plain node may be called `check_…`, too."""
    if node.returns is None or _CONDITIONS.fullmatch(ast.unparse(node.returns)) is None:
        return False
    given = [item.value for item in ast.walk(node) if isinstance(item, ast.Return)]
    shown = [value for item in given if isinstance(item, ast.Dict) for value in item.values]
    return all(isinstance(value, ast.Lambda) for value in shown)


def _is_about(rest: str, subject: str) -> bool:
    """True for the rest of `check_SUBJECT` or, from the second check of a node on, `check_SUBJECT_2`."""
    return rest == subject or re.fullmatch(rf"{re.escape(subject)}_\d+", rest) is not None


def base_name(node: Function) -> str:
    """The name of the node that a function computes, the same for all variants."""
    when = when_of(node)
    if when and (name := _named(node)):
        return name
    short = node.name.removesuffix(suffix(when))
    return short if short != node.name or not when else node.name.rpartition("__")[0] or node.name


def when_of(node: Function) -> When:
    """The params that select a variant, with their values; () for any other function."""
    return _chosen_by(node.decorator_list)


def _decorators(node: ast.stmt) -> list[ast.expr]:
    """The decorators of a function, or of what a row stands for."""
    if isinstance(node, Function):
        return node.decorator_list
    row = row_of(node)
    return [expression(text) for text in row.decorators] if row else []


def _chosen_by(decorators: Iterable[ast.expr]) -> When:
    found: When | None = ()
    for decorator in decorators:
        if isinstance(decorator, ast.Call):
            found = both(found or (), _choices_of(decorator)) or found
    return found or ()


def _choices_of(decorator: ast.Call) -> When:
    """What a decorator says of params; () if it is no mark of variants, or not a literal one."""
    word = ast.unparse(decorator.func).split(".")[-1].strip("_")
    foreign = _is_foreign_when(decorator)
    found: list[tuple[str, object]] = []
    for item in decorator.keywords if word in ("when", "when_not") else ():
        if foreign and item.arg == "name":
            continue
        listed = word == "when_not" and not foreign
        values = item.value.elts if listed and isinstance(item.value, ast.List) else [item.value]
        if item.arg is None or not all(map(_is_literal, values)):
            return ()
        literals = tuple(map(ast.literal_eval, values))
        found.append((item.arg, Except(literals) if word == "when_not" else literals[0]))
    return tuple(found)


def _is_foreign_when(decorator: ast.Call) -> bool:
    """True for `config.when` of Apache Hamilton, whose `name` is that of the node."""
    return ast.unparse(decorator.func).split(".")[-2:-1] == ["config"]


def _named(node: Function) -> str:
    """The name that Apache Hamilton's `config.when(name=…)` gives a variant; "" for none."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and _is_foreign_when(decorator):
            for item in decorator.keywords:
                if item.arg == "name" and isinstance(item.value, ast.Constant):
                    return str(item.value.value)
    return ""


def _is_literal(value: ast.expr) -> bool:
    inner = value.operand if isinstance(value, ast.UnaryOp) else value
    return isinstance(inner, ast.Constant)


def _choices(tree: ast.Module) -> list[Param]:
    """Constants with the name of a param that selects variants."""
    keys = {key for node in tree.body for key, _ in _chosen_by(_decorators(node))}
    found = []
    for node in tree.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            name, hint, value = node.target.id, ast.unparse(node.annotation), ast.unparse(node.value)
        elif (
            isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            name, hint, value = node.targets[0].id, "", ast.unparse(node.value)
        else:
            continue
        if name in keys:
            found.append(Param(name, True, hint=hint, default=value))
    return found


def _given(cells: Sequence[Cell], defined: set[str], chosen: Mapping[str, Param]) -> list[Definition]:
    """Inputs and params: parameters that no function defines."""
    found: dict[str, Definition] = {}
    for cell in cells:
        for definition in cell.definitions:
            params = definition.code.params if definition.code else ()
            extra = [chosen.get(key) or _chooser(key, choice) for key, choice in definition.when]
            for param in [*params, *extra]:
                if param.name in defined:
                    continue
                known = found.get(param.name)
                found[param.name] = _merged(param, known, definition.line)
    return list(found.values())


def _chooser(key: str, choice: object) -> Param:
    """A param without a default of its own; what exists for any value but some exists without one, too."""
    return Param(key, True, default="None") if isinstance(choice, Except) else Param(key)


def _merged(param: Param, known: Definition | None, line: int) -> Definition:
    value, hint = param.default, param.hint
    if known is None:
        return Definition(param.name, "param" if value else "input", line, hint=hint, value=value)
    if value and known.value and value != known.value:
        return replace(known, hint=known.hint or hint, own_defaults=True)
    merged = known.value or value
    return replace(known, kind="param" if merged else "input", hint=known.hint or hint, value=merged)
