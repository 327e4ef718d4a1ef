"""Families in a module: one shared helper, whose types are derived here, and a small function per member."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.mapped import Signature
from kernel_magics.engine.source.tree import Function
from kernel_magics.engine.source.type_name import type_name
from kernel_magics.export.module.hints import Hints


def helper_signatures(nodes: Iterable[Node], hints: Hints) -> dict[str, Signature]:
    """Types of the parameters and the value of every family's helper, from the members that call it."""
    seen: dict[str, dict[str, dict[str, None]]] = {}
    for node in nodes:
        for name, types in _member_types(node, hints):
            found = seen.setdefault(name, {})
            for parameter, hint in types.items():
                found.setdefault(parameter, {})[hint] = None
    return {name: _signature(found) for name, found in seen.items()}


def member_call(node: Node) -> ast.Call | None:
    """The call of the shared helper in a family member's function; None for other nodes."""
    if node.text is None or len(node.helpers) != 1:
        return None
    function = node.text.syntax
    last = function.body[-1] if isinstance(function, Function) else None
    value = last.value if isinstance(last, ast.Return) else None
    call = value.value if isinstance(value, ast.Await) else value
    named = isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
    return call if named and call.func.id == node.helpers[0].name else None  # type: ignore[union-attr, return-value]


def _member_types(node: Node, hints: Hints) -> Iterable[tuple[str, dict[str, str]]]:
    call = member_call(node)
    if call is None:
        return
    helper = node.helpers[0].text.syntax
    if not isinstance(helper, Function):
        return
    types = {"return": hints.types.get(node.name, "")}
    for parameter, given in zip(helper.args.args, call.args, strict=False):
        types[parameter.arg] = _type(given, hints)
    for keyword in call.keywords:
        types[keyword.arg or ""] = _type(keyword.value, hints)
    yield node.helpers[0].name, types


def _type(given: ast.expr, hints: Hints) -> str:
    """The type of an argument; "" if it is unknown."""
    if isinstance(given, ast.Name):
        return hints.types.get(given.id, "")
    try:
        return type_name(ast.literal_eval(given))
    except (ValueError, TypeError, SyntaxError):
        return ""


def _signature(found: dict[str, dict[str, None]]) -> Signature:
    hints = {parameter: _joint(list(types)) for parameter, types in found.items()}
    returns = hints.pop("return", "")
    return Signature(hints=hints, returns=returns)


def _joint(types: list[str]) -> str:
    """The type that all members share; "" if one is unknown."""
    if not all(types):
        return ""
    return "float" if set(types) == {"int", "float"} else " | ".join(types)
