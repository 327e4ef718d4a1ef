"""What a module is given: the params and inputs that its functions name but do not define."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kernel_magics.engine.module import base_name
from kernel_magics.export.examples import Examples
from kernel_magics.import_.functions import Written


@dataclass(frozen=True, slots=True)
class Given:
    """One input or param.

    Attributes:
        type: its annotation ("" when no function has one).
        default: source of its default; "" for an input.
        note: the comment beside it.
    """

    name: str
    type: str = ""
    default: str = ""
    note: str = ""

    def line(self, value: str = "") -> str:
        """`name: type = value  # note`."""
        hint = f": {self.type}" if self.type else ""
        return f"{self.name}{hint} = {self.default or value}{f'  # {self.note}' if self.note else ''}"


def find_given(functions: Sequence[Written], constants: Iterable[Given]) -> list[Given]:
    """The inputs and params of functions, in the order in which they are read.

    A name with one default everywhere is a param. Where functions disagree, each keeps its own default, and
    the name is an input only if some function needs it.

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
    """Whether Python would allow a default for this parameter."""
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


def constants_of(
    statements: Iterable[ast.stmt], source: str, names: Collection[str]
) -> tuple[list[Given], list[ast.stmt]]:
    """The params that only choose variants, and the statements that declare them."""
    rows = source.split("\n")
    found: list[Given] = []
    taken: list[ast.stmt] = []
    for node in statements:
        target: ast.expr | None = node.target if isinstance(node, ast.AnnAssign) else None
        if isinstance(node, ast.Assign) and len(node.targets) == 1:
            target = node.targets[0]
        if not isinstance(target, ast.Name) or target.id not in names:
            continue
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None:
            continue
        hint = ast.get_source_segment(source, node.annotation) if isinstance(node, ast.AnnAssign) else ""
        tail = rows[(node.end_lineno or 1) - 1].encode()[node.end_col_offset or 0 :].decode().strip()
        value = ast.get_source_segment(source, node.value) or ""
        found.append(Given(target.id, hint or "", value, tail.lstrip("#").strip()))
        taken.append(node)
    return found, taken


def sample_records(examples: Examples) -> dict[str, Any]:
    """Recorded samples by the name of what they were given for; the first function that has one decides."""
    found: dict[str, Any] = {}
    for node in examples.nodes.values():
        for case in node["cases"]:
            if case["case"] == "sample":
                for name, label in case["given"].items():
                    found.setdefault(name, examples.values[label])
    return found
