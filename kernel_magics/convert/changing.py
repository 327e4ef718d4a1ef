"""Changes in place: the names whose values a statement changes without binding them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from kernel_magics.engine.source.changes import changes
from kernel_magics.engine.source.tree import Function, FunctionOrClass

_FITTING = frozenset({"fit", "partial_fit"})
FRAMES = frozenset({"DataFrame", "Series", "ndarray"})
SHARING = frozenset({"DataFrame", "Series"})
"""Types with copy-on-write: a shallow copy holds no column twice, and a change of it stays its own."""
COPYABLE = FRAMES | {"Index", "list", "dict", "set", "defaultdict", "Counter", "OrderedDict", "deque"}
INDEXERS = frozenset({"loc", "iloc", "at", "iat"})


def changed_names(node: ast.stmt) -> list[str]:
    """The names whose values a statement changes in place, as far as its text shows."""
    if isinstance(node, FunctionOrClass):
        return []
    found = dict.fromkeys(name for _, name in changes([node]))
    found |= dict.fromkeys(_fitted(node))
    return [name for name in found if name not in _inner(node)]


def lost_change(node: ast.stmt) -> str:
    """`a` for `a["x"].clip(…, inplace=True)`, which changes a copy of `a["x"]` (copy-on-write); else ""."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return ""
    root: ast.AST = call.func.value
    while isinstance(root, ast.Subscript | ast.Attribute):
        root = root.value
    if root is call.func.value or not isinstance(root, ast.Name):
        return ""
    words = {word.arg: word.value for word in call.keywords}
    return root.id if getattr(words.get("inplace"), "value", None) is True else ""


def fits(node: ast.stmt, name: str) -> bool:
    """True when a statement fits a model, since such objects have no method that copies them."""
    return name in _fitted(node)


def deep(node: ast.AST, name: str) -> bool:
    """True when something inside the value of `name` is changed: `d["a"]["b"] = 1`, `d["a"].append(1)`."""
    for part in ast.walk(node):
        steps, root = 0, part
        while isinstance(root, ast.Subscript | ast.Attribute):
            steps += isinstance(root, ast.Subscript)
            steps -= isinstance(root, ast.Attribute) and root.attr in INDEXERS and steps > 0
            root = root.value
        if not (isinstance(root, ast.Name) and root.id == name):
            continue
        stores = isinstance(part, ast.Subscript) and not isinstance(part.ctx, ast.Load)
        calls = isinstance(part, ast.Attribute) and part.attr in ("append", "extend", "add", "update")
        if (stores and steps > 1) or (calls and steps > 0):
            return True
    return False


def assigned_globals(node: ast.AST | None) -> list[str]:
    """The variables of the notebook that a function, or a method of a class, assigns when it is called.

    One that it declares `global` and only reads is not among them.
    """
    if not isinstance(node, FunctionOrClass):
        return []
    parts = [part for part in ast.walk(node) if isinstance(part, ast.Global)]
    bound = {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and not _is_read(part)}
    bound |= {name for _, name in changes(node.body)}
    bound |= {part.name for part in ast.walk(node) if isinstance(part, FunctionOrClass)}
    return [name for name in dict.fromkeys(name for part in parts for name in part.names) if name in bound]


def _is_read(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def changed_parameters(function: Function) -> list[int]:
    """Positions of the parameters whose values a function changes in place."""
    names = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    bound = {
        target.id
        for part in ast.walk(function)
        if isinstance(part, ast.Assign)
        for target in part.targets
        if isinstance(target, ast.Name)
    }
    found = {name for _, name in changes(function.body)} - bound
    return [place for place, name in enumerate(names) if name in found]


def _fitted(node: ast.stmt) -> Iterator[str]:
    for part in ast.walk(node):
        function = part.func if isinstance(part, ast.Call) else None
        if isinstance(function, ast.Attribute) and function.attr in _FITTING:
            yield from [function.value.id] if isinstance(function.value, ast.Name) else []


def _inner(node: ast.stmt) -> set[str]:
    """Names that comprehensions and lambdas bind."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.comprehension):
            found |= {item.id for item in ast.walk(part.target) if isinstance(item, ast.Name)}
        elif isinstance(part, ast.Lambda):
            found |= {item.arg for item in ast.walk(part.args) if isinstance(item, ast.arg)}
    return found
