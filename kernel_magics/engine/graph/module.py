"""A module is a dataflow too: its public functions are nodes, what they read beside those are inputs."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Literal, TypeGuard

from kernel_magics.engine.cells.definition import Cell, Code, Definition, Param
from kernel_magics.engine.cells.defs import Function, def_lines, params_of
from kernel_magics.engine.cells.outputs import suffix
from kernel_magics.engine.errors import LinkError, SourceError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.mapped import text_of
from kernel_magics.engine.source.names import function_globals, statement_names

_CHECK = re.compile(r"(?P<severity>check|warn)_(?P<subject>\w+)")


def read_modules(modules: Sequence[ModuleType]) -> tuple[Graph, dict[str, Callable[..., object]]]:
    """Link the public functions defined in these modules.

    Raises:
        SourceError: DB403 when a module's source is not available.
        LinkError: names clash, defaults contradict each other, or links form a cycle.
    """
    texts: list[tuple[str, str]] = []
    functions: dict[str, Callable[..., object]] = {}
    for module in modules:
        try:
            texts.append((inspect.getsource(module), module.__file__ or module.__name__))
        except (OSError, TypeError):
            raise SourceError(
                "DB403",
                f"the source of module '{module.__name__}' cannot be read.",
                hint="import it from a file.",
            ) from None
        functions |= functions_of(module)
    return link_modules(texts), functions


def functions_of(module: ModuleType) -> dict[str, Callable[..., object]]:
    """What a module has of functions, wherever they were defined."""
    return {name: value for name, value in vars(module).items() if inspect.isfunction(value)}


def link_modules(texts: Iterable[tuple[str, str]]) -> Graph:
    """Link modules given as (source, file name); executes nothing.

    A module's constant with the name of a param that chooses variants is the default of that param.

    Raises:
        SourceError: DB404 for a syntax error.
        LinkError: as `read_modules`.
    """
    cells: list[Cell] = []
    texts = list(texts)
    trees = {filename: _tree(source, filename) for source, filename in texts}
    public = {node.name for tree in trees.values() for node in tree.body if _is_public(node)}
    for source, filename in texts:
        cells += _cells(source, filename, _without(trees[filename], public))
    defined = {item.name for cell in cells for item in cell.definitions}
    chosen = {item.name: item for source, _ in texts for item in _choices(ast.parse(source))}
    given = _given(cells, defined, chosen)
    first = [Cell("inputs.py", "", "inputs", "", definitions=tuple(given))] if given else []
    return Graph().put(*first, *cells)


def _tree(source: str, filename: str) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        raise SourceError(
            "DB404",
            f"'{filename}' is not valid Python on line {error.lineno}: {error.msg}.",
            hint="correct it.",
        ) from None


def _is_public(node: ast.stmt) -> TypeGuard[ast.FunctionDef | ast.AsyncFunctionDef]:
    return isinstance(node, Function) and not node.name.startswith("_")


def _without(tree: ast.Module, public: Collection[str]) -> ast.Module:
    """The module without imports of functions that are nodes of the dataflow already."""
    body: list[ast.stmt] = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) not in public]
            if not node.names:
                continue
        body.append(node)
    return ast.Module(body, [])


def _cells(source: str, filename: str, tree: ast.Module) -> list[Cell]:
    rows = source.split("\n")
    public = [node for node in tree.body if _is_public(node)]
    choices = {item.name for item in _choices(tree)}
    rest = [
        node for node in tree.body if not _is_public(node) and not choices & {*statement_names(node).binds}
    ]
    body = "\n".join(_text(node, rows) for node in rest)
    names = {name for node in rest for name in statement_names(node).binds}
    groups = _groups(rows)
    cells: dict[str, list[Definition]] = {}
    for node in public:
        heading = next((text for line, text in reversed(groups) if line < node.lineno), "")
        cells.setdefault(heading, []).append(_definition(node, rows, names))
    setup = Cell(f"setup of {filename}", "", "setup", body)
    found = [
        Cell(
            f"{filename}" if not number else f"{filename}#{number}", "", "node", "", "", heading, tuple(items)
        )
        for number, (heading, items) in enumerate(cells.items())
    ]
    return [setup, *found]


def _text(node: ast.stmt, rows: list[str]) -> str:
    if isinstance(node, ast.ImportFrom):  # it may have lost names
        return ast.unparse(node)
    return "\n".join(rows[def_first(node) - 1 : node.end_lineno])


def def_first(node: ast.stmt) -> int:
    """First line of a statement, decorators included."""
    return def_lines(node)[0] if isinstance(node, Function) else node.lineno


def _groups(rows: list[str]) -> list[tuple[int, str]]:
    """Section comments of an exported module: `# --- Heading ---`."""
    found = []
    for number, row in enumerate(rows, start=1):
        match = re.match(r"# -+ (.+?) -+$", row)
        if match:
            found.append((number, match[1]))
    return found


def _definition(node: Function, rows: list[str], names: set[str]) -> Definition:
    first, last = def_lines(node)
    text = text_of("\n".join(rows[first - 1 : last]), first)
    reads = tuple(name for name in function_globals(text.source) if name in names)
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
    conditions = node.returns is not None and ast.unparse(node.returns).startswith("dict[")
    if match is None or not conditions:
        return None
    names = [param.name for param in params_of(node)]
    subject = next((name for name in names if _is_about(match["subject"], name)), None)
    if subject is None:
        return None
    return ("fail" if match["severity"] == "check" else "warn"), subject


def _is_about(rest: str, subject: str) -> bool:
    """True for the rest of `check_SUBJECT` or, from the second check of a node on, `check_SUBJECT_2`."""
    return rest == subject or re.fullmatch(rf"{re.escape(subject)}_\d+", rest) is not None


def base_name(node: Function) -> str:
    """The name of the node that a function computes: that of all its variants."""
    when = when_of(node)
    short = node.name.removesuffix(suffix(when))
    return short if short != node.name or not when else node.name.rpartition("__")[0] or node.name


def when_of(node: Function) -> tuple[tuple[str, object], ...]:
    """The params that choose a variant, with their values; () for any other function."""
    for decorator in node.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and ast.unparse(decorator.func).split(".")[-1].strip("_") == "when"
        ):
            given = [(item.arg, item.value) for item in decorator.keywords if item.arg is not None]
            return tuple((key, ast.literal_eval(value)) for key, value in given if _is_literal(value))
    return ()


def _is_literal(value: ast.expr) -> bool:
    inner = value.operand if isinstance(value, ast.UnaryOp) else value
    return isinstance(inner, ast.Constant)


def _choices(tree: ast.Module) -> list[Param]:
    """Constants named as a param that chooses variants."""
    keys = {key for node in tree.body if isinstance(node, Function) for key, _ in when_of(node)}
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
            extra = [chosen.get(key) or Param(key) for key, _ in definition.when]
            for param in [*params, *extra]:
                if param.name in defined:
                    continue
                known = found.get(param.name)
                found[param.name] = _merged(param, known, definition.line)
    return list(found.values())


def _merged(param: Param, known: Definition | None, line: int) -> Definition:
    value, hint = param.default, param.hint
    if known is None:
        return Definition(param.name, "param" if value else "input", line, hint=hint, value=value)
    if value and known.value and value != known.value:
        raise LinkError(
            "DB205",
            f"param '{param.name}' has two defaults: {known.value} and {value}.",
            hint="give every function the same default.",
        )
    merged = known.value or value
    return replace(known, kind="param" if merged else "input", hint=known.hint or hint, value=merged)
