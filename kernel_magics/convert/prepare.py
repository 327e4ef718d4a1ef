"""Preparing rewrites an ordinary notebook so that more of it converts; it computes and shows the same.

A loop over frames becomes its body for each of them, a function that reads or assigns variables of the
notebook gets them as parameters, a seed moves to what it seeds, the code of a view goes to where it is read,
and a branch for another version of Python goes.
"""

from __future__ import annotations

import ast
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from kernel_magics.convert.changing import assigned_globals, changed_names
from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.graph_functions import with_graph_functions
from kernel_magics.convert.reading import read_cells
from kernel_magics.convert.rename import Names, renamed
from kernel_magics.convert.rewriting import Texts, means, rewritten
from kernel_magics.convert.statement import Statement
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.convert.worker import VIEWS
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.source.tree import statement


def prepare(cells: Sequence[GivenCell], most: int | None = None) -> list[GivenCell]:
    """The notebook with the rewrites that its text allows; cells without one stay as they are.

    Args:
        most: how many kinds of rewrites to make, in order; all by default.
    """
    found = list(cells)
    for rewrite in _REWRITES[:most]:
        found = rewrite(found)
    return found


# -- branches for other versions of Python -----------------------------------------------------------------


def _live_branches(cells: list[GivenCell]) -> list[GivenCell]:
    _, chains = read_cells(cells)
    texts: Texts = {}
    for item in chains.statements:
        if isinstance(item.tree, ast.If) and (holds := _known(item.tree.test, chains)) is not None:
            texts[item.number] = _body(item, "body" if holds else "orelse")
    return rewritten(cells, chains, texts) if texts else cells


def _known(test: ast.expr, chains: DefUse) -> bool | None:
    """The value of `sys.version_info < (3, 0)`; None for any other condition."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return None
    root = test.left.value if isinstance(test.left, ast.Subscript) else test.left
    if ast.unparse(root) != "sys.version_info" or chains.origins.get("sys") != "sys":
        return None
    try:
        ast.literal_eval(test.comparators[0])
        return bool(eval(compile(ast.Expression(test), "", "eval"), {"sys": sys, "__builtins__": {}}))
    except (ValueError, TypeError, SyntaxError, IndexError):
        return None


def _tree(item: Statement) -> ast.stmt:
    """The syntax of a statement, with lines counted in its text."""
    return statement(item.text)


def _body(item: Statement, block: Literal["body", "orelse"]) -> list[str]:
    """The texts of the statements in a block of a compound statement, at the left margin."""
    tree, rows = _tree(item), item.text.split("\n")
    parts: list[ast.stmt] = getattr(tree, block)
    found, above = [], tree.lineno
    for part in parts:
        start = min([part.lineno, *(each.lineno for each in getattr(part, "decorator_list", ()))])
        while start - 1 > above and rows[start - 2].lstrip().startswith("#"):
            start -= 1
        if rows[part.lineno - 1][: part.col_offset].strip():  # several statements on one line
            return [ast.unparse(each) for each in parts]
        above = part.end_lineno or start
        found.append(_dedented(rows[start - 1 : above], part))
    return found


def _dedented(rows: Sequence[str], part: ast.stmt) -> str:
    """The lines of a statement at the left margin; texts and continued lines may stand further left."""
    margin = " " * part.col_offset
    text = "\n".join(row.removeprefix(margin) for row in textwrap.dedent("\n".join(rows)).split("\n"))
    return text if means(text, ast.Module([part], [])) else ast.unparse(part)


# -- loops over frames -------------------------------------------------------------------------------------


def _loops(cells: list[GivenCell]) -> list[GivenCell]:
    """`for d in [train, test]: d["x"] = …` as its body for `train` and for `test`."""
    _, chains = read_cells(cells)
    texts: Texts = {}
    lists: dict[int, set[int]] = {}
    for item in chains.statements:
        loop = item.tree
        if not isinstance(loop, ast.For) or not isinstance(loop.target, ast.Name) or loop.orelse:
            continue
        names, made = _elements(chains, item, loop.iter)
        if names and _unrollable(chains, item, loop):
            rows = [
                new
                for name in names
                for text in _body(item, "body")
                if (new := renamed(text, Names({loop.target.id: name}, {loop.target.id: name}))) is not None
            ]
            if len(rows) == len(names) * len(loop.body):
                texts[item.number] = rows
                if made is not None:
                    lists.setdefault(made, set()).add(item.number)
    for made, loops in lists.items():
        readers = {
            reader for version in chains.makes[made].values() for reader in chains.readers.get(version, ())
        }
        if readers <= loops:
            texts[made] = []
    return rewritten(cells, chains, texts) if texts else cells


def _elements(chains: DefUse, item: Statement, what: ast.expr) -> tuple[list[str], int | None]:
    """The names in the list that a loop goes over, and the statement that made it, if it is another one."""
    made: int | None = None
    if isinstance(what, ast.Name):
        version = chains.uses[item.number].get(what.id)
        if version is None or version.before is not None:
            return [], None
        made = version.statement
        tree = chains.statements[made].tree
        if not isinstance(tree, ast.Assign) or len(tree.targets) != 1:
            return [], None
        what = tree.value
    if not isinstance(what, ast.List | ast.Tuple):
        return [], None
    names = [part.id for part in what.elts if isinstance(part, ast.Name)]
    if len(names) != len(what.elts) or len(set(names)) != len(names):
        return [], None
    start = item.number if made is None else made
    between = chains.statements[start : item.number]
    if any(name in other.binds and other.number != start for name in names for other in between):
        return [], None  # the list holds other objects than the names
    return names, made


def _unrollable(chains: DefUse, item: Statement, loop: ast.For) -> bool:
    """True when a loop changes what it goes over, and leaves nothing else behind."""
    assert isinstance(loop.target, ast.Name)
    parts = [part for statement in loop.body for part in ast.walk(statement)]
    if any(isinstance(part, ast.Break | ast.Continue | ast.Return | ast.Yield) for part in parts):
        return False
    if any(
        isinstance(part, ast.Name) and part.id == loop.target.id and not isinstance(part.ctx, ast.Load)
        for part in parts
    ):
        return False
    if loop.target.id not in {name for statement in loop.body for name in changed_names(statement)}:
        return False
    made = [version for name, version in chains.makes[item.number].items() if name in item.binds]
    return not any(chains.readers.get(version) for version in made)


# -- functions that read and assign variables --------------------------------------------------------------


@dataclass(frozen=True)
class _Step:
    """A function of the notebook that uses its variables.

    Attributes:
        number: its statement.
        given: variables that become parameters.
        assigned: the variable that it assigns and returns; "" for none.
    """

    number: int
    name: str
    given: tuple[str, ...]
    assigned: str = ""


def _parameters(cells: list[GivenCell]) -> list[GivenCell]:
    """`def f(): return t.x` with the variable `t` as `def f(t): …`, and `f(t)` for each call."""
    _, chains = read_cells(cells)
    for step in _steps(chains):
        texts = _calls(chains, step)
        if texts is not None:
            texts[step.number] = [_with_parameters(chains.statements[step.number], step)]
            return _parameters(rewritten(cells, chains, texts))  # a caller may now read what it hands on
    return cells


def _steps(chains: DefUse) -> Iterator[_Step]:
    """The functions that read data of the notebook, or assign one variable of it and return that."""
    for item in chains.statements:
        tree = item.tree
        if (
            chains.kinds[item.number] != "helper"
            or not isinstance(tree, ast.FunctionDef)
            or tree.decorator_list
        ):
            continue
        if len(chains.versions.get(tree.name, ())) != 1:
            continue
        assigned = assigned_globals(tree)
        data = [name for name in _data(chains, item) if name not in assigned]
        returned = [part for part in ast.walk(tree) if isinstance(part, ast.Return)]
        if assigned:
            plain = len(set(assigned)) == 1 and all(
                isinstance(part.value, ast.Name) and part.value.id == assigned[0] for part in returned
            )
            if not plain or (returned and (len(returned) > 1 or tree.body[-1] is not returned[0])):
                continue
            reads = assigned[0] in read_names(_without_globals(tree).body).reads
            yield _Step(item.number, tree.name, tuple([*data, assigned[0]] if reads else data), assigned[0])
        elif data:
            yield _Step(item.number, tree.name, tuple(data))


def _data(chains: DefUse, item: Statement) -> list[str]:
    """The variables with data that a function reads when it is called."""
    found = []
    for name, versions in chains.called.get(item.number, {}).items():
        known = [version for version in versions if version is not None]
        kinds = {chains.kinds[version.statement] for version in known}
        if known and not kinds & {"import", "helper", "ours", "magic"} and not _fixed(chains, known):
            found.append(name)
    return found


def _fixed(chains: DefUse, versions: Sequence[Version]) -> bool:
    """True for one constant, which the setup can have."""
    return len(versions) == 1 and all(chains.kinds[version.statement] == "constant" for version in versions)


def _without_globals(tree: ast.FunctionDef) -> ast.FunctionDef:
    body = [part for part in tree.body if not isinstance(part, ast.Global)]
    return ast.FunctionDef(tree.name, tree.args, body or [ast.Pass()], [], tree.returns, tree.type_comment)


def _with_parameters(item: Statement, step: _Step) -> str:
    """The text of the function with its new parameters."""
    tree = _tree(item)
    assert isinstance(tree, ast.FunctionDef)
    gone = {part.lineno for part in ast.walk(tree) if isinstance(part, ast.Global)}
    text = "\n".join(row for line, row in enumerate(item.text.split("\n"), start=1) if line not in gone)
    arguments = tree.args
    old = f"def {tree.name}("
    place = text.index(old) + len(old)
    empty = not (
        arguments.posonlyargs or arguments.args or arguments.vararg or arguments.kwonlyargs or arguments.kwarg
    )
    text = f"{text[:place]}{', '.join(step.given)}{'' if empty or not step.given else ', '}{text[place:]}"
    if step.assigned and not isinstance(tree.body[-1], ast.Return):
        text = f"{text.rstrip()}\n{' ' * tree.body[0].col_offset}return {step.assigned}"
    return text


def _calls(chains: DefUse, step: _Step) -> Texts | None:
    """The statements that call a function, with its new arguments; None if one uses it in another way."""
    function = chains.statements[step.number].tree
    assert isinstance(function, ast.FunctionDef)
    taken = {part.arg for part in ast.walk(function) if isinstance(part, ast.arg)}
    inside = read_names(_without_globals(function).body)
    recursive = any(isinstance(part, ast.Name) and part.id == step.name for part in ast.walk(function))
    if taken & {*step.given} or recursive:
        return None
    if {*inside.binds} & {*step.given} and not step.assigned:
        return None
    found: Texts = {}
    for number in chains.readers.get(chains.makes[step.number][step.name], ()):
        item = chains.statements[number]
        if item.tree is None or (step.assigned and not _assigns(item.tree, step)):
            return None
        text = _with_arguments(item.text, step)
        if text is None:
            return None
        found[number] = [text]
    return found


def _assigns(tree: ast.stmt, step: _Step) -> bool:
    """True for `t = f(…)` and for `f(…)` alone, where the function assigns `t`."""
    if isinstance(tree, ast.Assign):
        target = tree.targets[0]
        own = len(tree.targets) == 1 and isinstance(target, ast.Name) and target.id == step.assigned
        return own and _is_call(tree.value, step)
    return isinstance(tree, ast.Expr) and _is_call(tree.value, step)


def _is_call(node: ast.expr, step: _Step) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == step.name


def _with_arguments(text: str, step: _Step) -> str | None:
    """The text of a statement with the new arguments in each call; None if it does more than call."""
    tree, rows = ast.parse(text), text.split("\n")
    calls = [part for part in ast.walk(tree) if isinstance(part, ast.expr) and _is_call(part, step)]
    if len(calls) != sum(isinstance(part, ast.Name) and part.id == step.name for part in ast.walk(tree)):
        return None
    given = ", ".join(step.given)
    for call in sorted(calls, key=lambda part: (-part.lineno, -part.col_offset)):
        assert isinstance(call, ast.Call)
        row, column = (call.func.end_lineno or 1) - 1, call.func.end_col_offset or 0
        start = rows[row].encode()[:column].decode(errors="replace")
        more = ", " if given and (call.args or call.keywords) else ""
        rows[row] = f"{start}({given}{more}{rows[row][len(start) :].lstrip()[1:]}"
        call.args[:0] = [ast.Name(name, ast.Load()) for name in step.given]
    if not means("\n".join(rows), tree):  # inside an f-string Python gives other places
        return None
    first = tree.body[0]
    if step.assigned and isinstance(first, ast.Expr):
        rows[first.lineno - 1] = f"{step.assigned} = {rows[first.lineno - 1]}"
    return "\n".join(rows)


# -- seeds -------------------------------------------------------------------------------------------------


def _seeds(cells: list[GivenCell]) -> list[GivenCell]:
    """A seed moves to the first statement below that draws, if that is in another cell."""
    _, chains = read_cells(cells)
    texts: Texts = {}
    for number, kind in enumerate(chains.kinds):
        if kind != "seed":
            continue
        later = [item for item in sorted(chains.drawing) if item > number]
        others = [item for item, other in enumerate(chains.kinds) if other == "seed" and item > number]
        if not later or (others and others[0] < later[0]) or chains.cell(later[0]) == chains.cell(number):
            continue
        if not chains.statements[later[0]].binds:
            continue
        text = chains.statements[later[0]].text
        texts[number] = []
        texts[later[0]] = [chains.statements[number].text, text]
    return rewritten(cells, chains, texts) if texts else cells


# -- views -------------------------------------------------------------------------------------------------


def prepare_views(cells: Sequence[GivenCell], types: Mapping[int, Mapping[str, str]]) -> list[GivenCell]:
    """The notebook with the code of each view, such as a group, in each cell that reads it.

    Args:
        types: for each statement, the types of what it bound when the notebook ran.
    """
    cells = list(cells)
    _, chains = read_cells(cells)
    above: dict[int, list[str]] = {}
    gone: set[int] = set()
    for item in chains.statements:
        if not isinstance(item.tree, ast.Assign) or len(item.binds) != 1 or item.changes:
            continue
        name = item.binds[0]
        if not types.get(item.number, {}).get(name, "").endswith(VIEWS):
            continue
        version = chains.makes[item.number].get(name)
        readers = chains.readers.get(version, ()) if version is not None else ()
        away = [number for number in readers if chains.cell(number) != chains.cell(item.number)]
        same = all(
            chains.current(read, number) is chains.uses[item.number].get(read)
            for number in away
            for read in item.reads
        )
        if (
            not away
            or not same
            or any(chains.kinds[number] in ("helper", "magic", "ours") for number in away)
        ):
            continue
        for number in away:
            rows = above.setdefault(chains.cell(number), [])
            if item.text not in rows:
                rows.append(item.text)
        if len(away) == len(readers):
            gone.add(item.number)
    if not above:
        return cells
    texts: Texts = {number: [] for number in gone}
    for place, rows in above.items():
        first = next(item for item in chains.statements if item.cell == place)
        texts[first.number] = [*rows, *texts.get(first.number, [first.text])]
    return rewritten(cells, chains, texts)


_REWRITES: Final = (_live_branches, with_graph_functions, _loops, _parameters, _seeds)
KINDS: Final = len(_REWRITES)
"""How many kinds of rewrites there are."""
