"""Given names: the params and inputs that a module's functions read but do not define."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernel_magics.engine.graph.module import base_name
from kernel_magics.engine.source.blocks import Block
from kernel_magics.engine.source.tree import expression
from kernel_magics.export.examples.examples import Examples
from kernel_magics.import_.functions import Written


@dataclass(frozen=True, slots=True)
class Given:
    """One input or param.

    Attributes:
        type: its annotation ("" when no function has one).
        default: source of its default; "" for an input.
        note: the comment beside it.
        statement: the constant of the module that holds the default; "" when functions do.
    """

    name: str
    type: str = ""
    default: str = ""
    note: str = ""
    statement: str = ""

    def line(self, value: str = "") -> str:
        """`name: type = value  # note`."""
        hint = f": {self.type}" if self.type else ""
        return f"{self.name}{hint} = {self.default or value}{f'  # {self.note}' if self.note else ''}"


def find_given(functions: Sequence[Written], constants: Iterable[Given]) -> list[Given]:
    """The inputs and params of functions, in order of first read.

    A name with one default everywhere is a param. If functions disagree, each keeps its own default, and the
    name is an input only if some function requires it.

    Args:
        constants: params that only choose variants.
    """
    defined = _defined(functions)
    found: dict[str, Given] = {}
    defaults: dict[str, list[str]] = {}
    for function in functions:
        for number, (arg, default) in enumerate(function.params):
            name = arg.arg
            if name in defined:
                continue
            known = found.setdefault(name, Given(name))
            if arg.annotation and not known.type:
                found[name] = replace(known, type=function.segment(arg.annotation))
            given = [ast.unparse(default)] if default is not None else []
            if not given and _could_have(function, number):
                given = [""]  # an export would write the default of a param here
            defaults.setdefault(name, []).extend(given)
    for name, values in defaults.items():
        if len(set(values)) == 1 and values[0]:
            found[name] = replace(found[name], default=values[0])
    optional = _optional(functions)
    kept = [item for item in found.values() if item.default or item.name not in optional]
    return [*kept, *(item for item in constants if item.name not in found)]


def _could_have(function: Written, number: int) -> bool:
    """True when Python would allow a default for this parameter."""
    keyword = {arg.arg for arg in function.node.args.kwonlyargs}
    arg = function.params[number][0]
    later = [default for other, default in function.params[number + 1 :] if other.arg not in keyword]
    return arg.arg in keyword or all(default is not None for default in later)


def _optional(functions: Sequence[Written]) -> set[str]:
    """Names that have a default wherever they are read."""
    needed = {arg.arg for item in functions for arg, default in item.params if default is None}
    return {arg.arg for item in functions for arg, _ in item.params} - needed


def _defined(functions: Iterable[Written]) -> set[str]:
    return {name for item in functions for name in (item.name, base_name(item.node))}


def choices(statements: Sequence[Block], names: Collection[str]) -> tuple[list[Given], list[Block]]:
    """The constants that only choose variants, and the other statements without the mark of variants."""
    given: list[Given] = []
    rest: list[Block] = []
    for statement in statements:
        constant = constant_of(statement)
        if constant is not None and constant.name in names:
            given.append(constant)
        elif not names or not _marks(statement):
            rest.append(statement)
    return given, rest


def _marks(statement: Block) -> bool:
    """True for the decorator of variants that an export defines, and for the import of ours."""
    node, text = statement.node, statement.text
    own = isinstance(node, ast.FunctionDef) and node.name.strip("_") in ("when", "when_not")
    ours = text in ("from kernel_magics import when", "import kernel_magics")
    return own or ours or (text.startswith("_Variant") and "TypeVar(" in text)


def with_named_defaults(
    given: Sequence[Given], statements: Sequence[Block]
) -> tuple[list[Given], list[Block]]:
    """Params with the values of the constants that an export made of their defaults; the other statements."""
    constants = {constant.name: constant for constant in map(constant_of, statements) if constant is not None}
    found: list[Given] = []
    taken: set[str] = set()
    for item in given:
        constant = constants.get(item.default)
        if (
            constant is not None
            and item.default.endswith(item.name.upper())
            and not _is_plain(constant.default)
        ):
            taken.add(item.default)
            item = replace(constant, name=item.name, type=constant.type or item.type)
        found.append(item)
    return found, [item for item in statements if getattr(constant_of(item), "name", "") not in taken]


def _is_plain(value: str) -> bool:
    parts = ast.walk(expression(value))
    return not any(isinstance(node, ast.Call | ast.List | ast.Dict | ast.Set) for node in parts)


def constant_of(statement: Block) -> Given | None:
    """A statement `name: type = value  # note` as a declaration; None for any other."""
    node = statement.node
    target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        target = node.targets[0]
    if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
        return None
    if not isinstance(target, ast.Name):
        return None
    hint = statement.segment(node.annotation) if isinstance(node, ast.AnnAssign) else ""
    return Given(target.id, hint, statement.segment(node.value), statement.note, statement.text)


def sample_records(examples: Examples) -> dict[str, Any]:
    """Recorded samples by the name of the input; for several, that of the first function.

    An argument that the tests compute by the module's own functions is the value of a node, not a sample.
    """
    found: dict[str, Any] = {}
    for node in examples.nodes.values():
        for case in node["cases"]:
            if case["case"] == "sample":
                for name, label in case["given"].items():
                    if label not in examples.calls:
                        found.setdefault(name, examples.values[label])
    return found
