"""Graph functions are functions of a notebook whose parameters are the names of others, as Hamilton has them.

They are nodes as they are; a call that gives each of them the results of the others is the node's value.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.reading import read_cells
from kernel_magics.convert.rename import Names, renamed
from kernel_magics.convert.rewriting import Texts, means, rewritten
from kernel_magics.convert.statement import Statement
from kernel_magics.convert.versions import DefUse, Version
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.span import replaced, span_of

Functions = Mapping[str, ast.FunctionDef]


def with_graph_functions(cells: Sequence[GivenCell]) -> list[GivenCell]:
    """The notebook with its graph functions in `%%node` cells, and their names where they were called.

    It stays as it is where a function is used in another way than as such a call.
    """
    cells = list(cells)
    _, chains = read_cells(cells)
    functions = _linked(chains)
    places = {chains.cell(number) for number in _numbers(chains, functions)}
    if not functions or not all(_only_functions(chains, place, functions) for place in places):
        return cells
    texts = _Calls(chains, functions).texts()
    if texts is None or "import" not in chains.kinds:  # the setup, which loads the dataflow, holds imports
        return cells
    imports = [
        item for item in chains.statements if item.cell in places and chains.kinds[item.number] == "import"
    ]
    first = next((place for place in sorted(chains.labels) if place not in places), None)
    if imports and (first is None or first > min(places)):
        return cells  # there is no cell above for the imports
    found = rewritten(cells, chains, texts)
    for place in places:
        own = [item for item in chains.statements if item.cell == place]
        defined = [item.text for item in own if chains.kinds[item.number] == "helper"]
        found[place] = replace(cells[place], source="%%node\n" + "\n\n\n".join(defined))
    if imports and first is not None:
        found[first] = replace(found[first], source=_joined([item.text for item in imports], found[first]))
    return found


def _joined(imports: Sequence[str], cell: GivenCell) -> str:
    new = [text for text in imports if text not in cell.source.split("\n")]
    return "\n".join([*new, cell.source])


def _linked(chains: DefUse) -> Functions:
    """The functions whose parameters all name other such functions, without those that stand alone."""
    found: dict[str, ast.FunctionDef] = {}
    for item in chains.statements:
        tree = item.tree
        if (
            chains.kinds[item.number] == "helper"
            and isinstance(tree, ast.FunctionDef)
            and not tree.decorator_list
            and not tree.name.startswith("_")
            and len(chains.versions[tree.name]) == 1
            and _plain(tree)
        ):
            found[tree.name] = tree
    while True:
        links = {name: [part.arg for part in tree.args.args] for name, tree in found.items()}
        wanted = {name for names in links.values() for name in names}
        gone = {
            name
            for name, names in links.items()
            if not set(names) <= found.keys()
            or not (names or name in wanted)
            or _reads_more(chains, found[name], found)
        }
        if not gone:
            return found
        found = {name: tree for name, tree in found.items() if name not in gone}


def _plain(tree: ast.FunctionDef) -> bool:
    """True for a function that returns a value and has named parameters without defaults only."""
    own = tree.args
    other = own.posonlyargs or own.vararg or own.kwonlyargs or own.kwarg or own.defaults
    inside = list(ast.walk(tree))
    returns = any(isinstance(part, ast.Return) and part.value is not None for part in inside)
    return (
        not other
        and returns
        and not any(isinstance(part, ast.Global | ast.Yield | ast.YieldFrom) for part in inside)
    )


def _reads_more(chains: DefUse, tree: ast.FunctionDef, functions: Functions) -> bool:
    """True when a function reads other names than the setup can have, or calls another graph function."""
    for name in read_names([tree]).reads:
        kinds = {chains.kinds[version.statement] for version in chains.versions.get(name, ())}
        if name in functions or not (kinds <= {"import", "helper"} if kinds else name in builtin_names()):
            return True
    return False


def _numbers(chains: DefUse, functions: Functions) -> list[int]:
    return [chains.versions[name][0].statement for name in functions]


def _only_functions(chains: DefUse, place: int, functions: Functions) -> bool:
    """True for a cell of graph functions, and of imports at most."""
    numbers = {*_numbers(chains, functions)}
    return all(
        item.number in numbers or chains.kinds[item.number] == "import"
        for item in chains.statements
        if item.cell == place
    )


class _Named(ast.NodeTransformer):
    """Puts names where calls were."""

    def __init__(self, names: Mapping[int, str]) -> None:
        self.names = names

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """The name of the node whose value a call is."""
        name = self.names.get(id(node))
        return ast.Name(name, ast.Load()) if name else self.generic_visit(node)


class _Calls:
    """The calls of graph functions, followed from statement to statement."""

    def __init__(self, chains: DefUse, functions: Functions) -> None:
        self.chains, self.functions = chains, functions
        self.meant: dict[Version, str] = {}  # variables that are the value of a node

    def texts(self) -> Texts | None:
        """The new texts of statements; None if one uses a function in another way than as a node's value."""
        own, found = _numbers(self.chains, self.functions), Texts()
        for item in self.chains.statements:
            if item.number in own:
                continue
            text = self._text(item)
            if text is None:
                return None
            if text != item.text:
                found[item.number] = [text] if text else []
        return found

    def _text(self, item: Statement) -> str | None:
        """The new text of a statement; "" for one that only gives a node another name."""
        if item.tree is None:
            return None if any(name in item.text for name in self.functions) else item.text
        tree = ast.parse(item.text)
        name = self._second_name(item, tree.body[0])
        if name and any(version.changed for version in self.chains.versions[name]):
            return None
        if name and len(self.chains.versions[name]) == 1:
            self.meant[self.chains.versions[name][0]] = self._node(item, tree.body[0].value)  # type: ignore[attr-defined]
            return ""
        calls = list(self._values(item, tree))
        inside = {part for call, _ in calls for part in ast.walk(call)}
        others = (part for part in ast.walk(tree) if part not in inside)
        if any(isinstance(part, ast.Name) and part.id in self.functions for part in others):
            return None
        rows = item.text.split("\n")
        text = replaced(item.text, [(span_of(call, rows), node) for call, node in calls])
        expected = _Named({id(call): node for call, node in calls}).visit(tree)
        if not means(text, expected):  # inside an f-string Python gives other places
            return None
        used = {
            name: self.meant[version]
            for name, version in self.chains.uses[item.number].items()
            if version in self.meant
        }
        return renamed(text, Names(used, {})) if used else text

    def _second_name(self, item: Statement, tree: ast.stmt) -> str:
        """`s` for `s = spend()`; "" for any other statement."""
        if not isinstance(tree, ast.Assign) or len(tree.targets) != 1:
            return ""
        target = tree.targets[0]
        return target.id if isinstance(target, ast.Name) and self._node(item, tree.value) else ""

    def _values(self, item: Statement, tree: ast.AST) -> Iterator[tuple[ast.expr, str]]:
        """The outermost calls that are the value of a node, each with its name."""
        for child in ast.iter_child_nodes(tree):
            node = self._node(item, child) if isinstance(child, ast.Call) else ""
            if node and isinstance(child, ast.expr):
                yield child, node
            else:
                yield from self._values(item, child)

    def _node(self, item: Statement, value: ast.AST) -> str:
        """The node whose value an expression is; "" for none."""
        if isinstance(value, ast.Name):
            version = self.chains.uses[item.number].get(value.id)
            return self.meant.get(version, "") if version is not None else ""
        if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
            return ""
        tree = self.functions.get(value.func.id)
        if tree is None:
            return ""
        names = [part.arg for part in tree.args.args]
        given = dict(zip(names, value.args, strict=False))
        given |= {word.arg: word.value for word in value.keywords if word.arg}
        if len(given) != len(value.args) + len(value.keywords) or given.keys() != {*names}:
            return ""
        fits = all(self._node(item, argument) == name for name, argument in given.items())
        return value.func.id if fits else ""
