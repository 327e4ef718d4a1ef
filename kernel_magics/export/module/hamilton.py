"""The dialect of Apache Hamilton: `config.when` chooses variants, `check_output_custom` checks values.

A check that reads nothing but a computed value is evaluated whenever that value is. Another one, of an input
or with more inputs, is a node of its own, which fails when it is asked for.
"""

from __future__ import annotations

import ast
import functools
import tokenize
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.choice import Except, matches
from kernel_magics.engine.source.mapped import tokens
from kernel_magics.engine.source.tree import statement
from kernel_magics.export.module.dialect import Dialect
from kernel_magics.export.module.judge import judge_text

_HERE = Path(__file__).parent
_DECORATORS = {"check_output_custom": "check_output_custom", "config": "config", "tag": "tag"}
OWN = ("Conditions", "judged", "holds", "truth", "_truth_of_cell", "_Tests")
"""What the module defines for its decorators, under private names."""


def hamilton_dialect(graph: Graph, nodes: Sequence[Node]) -> Dialect:
    """The module of these nodes for Hamilton's driver."""
    same = {name for name, meaning in graph.setup.modifiers.items() if name == meaning}
    names = _free_names({*graph.setup.names, *graph.owners, *graph.nodes} - same)
    attached = _attached(nodes)
    above = {
        node.function: "".join(_decorators(graph, node, attached, names))
        for node in nodes
        if node.kind in ("value", "check")
    }
    text = "".join(above.values())
    used = [name for name in _DECORATORS if f"@{names[name]}" in text]
    imports = [
        f"import {name} as {names[name]}" if names[name] != name else f"import {name}" for name in used
    ]
    checked = any(node.kind == "check" for node in nodes)
    return Dialect(
        nodes=list(_ordered(nodes, attached)),
        above=above,
        imports=(
            *(f"from hamilton.function_modifiers {item}" for item in imports),
            *(_shipped()[0] if checked else ()),
        ),
        code=_renamed(_shipped()[1], names) if checked else "",
        choices={key for key in graph.deciding() if not _is_named(graph, key)},
        untyped="Any",
    )


def _attached(nodes: Sequence[Node]) -> dict[str, list[Node]]:
    """Checks that read nothing but one computed node, by that node."""
    computed = {node.name for node in nodes if node.kind == "value"}
    found: dict[str, list[Node]] = {}
    for node in nodes:
        if node.kind == "check" and node.subject in computed and len(node.inputs) == 1:
            found.setdefault(node.subject, []).append(node)
    return found


def _ordered(nodes: Sequence[Node], attached: Mapping[str, list[Node]]) -> Iterator[Node]:
    """Checks before the functions that they are attached to, because decorators are evaluated there."""
    moved = {node.function for checks in attached.values() for node in checks}
    done: set[str] = set()
    for node in nodes:
        if node.function in moved:
            continue
        if node.kind == "value" and node.name not in done:
            done.add(node.name)
            yield from (replace(check, group=node.group) for check in attached.get(node.name, ()))
        yield node


def _decorators(
    graph: Graph, node: Node, attached: Mapping[str, list[Node]], names: Mapping[str, str]
) -> Iterator[str]:
    for word, several in (("when_in", False), ("when_not_in", True)):
        given = [item for item in node.when if isinstance(item[1], Except) is several]
        if given:
            yield f"@{names['config']}.{word}({_values(graph, given)})\n"
    if node.kind == "check":
        yield f"@{names['tag']}(checks={node.subject!r}, importance={node.severity!r})\n"
        if node not in attached.get(node.subject, ()):
            yield f"@{names['check_output_custom']}({names['Conditions']}({node.severity!r}))\n"
            yield f"@{names['judged']}({node.subject!r})\n"
    elif node.name in attached:
        checks = [
            f"{names['Conditions']}({check.severity!r}, {check.function})" for check in attached[node.name]
        ]
        yield f"@{names['check_output_custom']}({', '.join(checks)})\n"


def _values(graph: Graph, given: Sequence[tuple[str, object]]) -> str:
    """`region=["US"]`; None is among the values of the default, which also holds without a configuration."""
    parts = []
    for key, choice in given:
        values = [*choice.values] if isinstance(choice, Except) else [choice]
        default = any(matches(found, value) for found in _default(graph, key) for value in values)
        parts.append(f"{key}={[*values, *([None] if default else [])]!r}")
    return ", ".join(parts)


def _is_named(graph: Graph, key: str) -> bool:
    """True for a param whose default is the one value of a variant, which a list with None shows."""
    named = [value for node in graph for each, value in node.when if each == key]
    plain = [value for value in named if not isinstance(value, Except)]
    return any(matches(found, value) for found in _default(graph, key) for value in plain)


def _default(graph: Graph, key: str) -> list[object]:
    """The default of a param, as far as it is a literal."""
    param = graph.node(key) if key in graph.nodes else None
    return _literal(param.value) if param is not None and param.kind == "param" else []


def _literal(source: str) -> list[object]:
    try:
        return [ast.literal_eval(source)]
    except (ValueError, SyntaxError):
        return []


@functools.cache
def _shipped() -> tuple[tuple[str, ...], str]:
    """The imports and the code of the validator, with the functions that evaluate a condition."""
    source = (_HERE / "validator.py").read_text(encoding="utf-8")
    head, code = source.split("# -- shipped from here on\n", 1)
    imports = [ast.unparse(block.node) for block in blocks(head) if block.is_import]
    kept = [item for item in imports if "kernel_magics" not in item]
    return (*kept, "import contextlib"), f"{code.replace('  # type: ignore[misc]', '')}\n\n{judge_text()}\n"


def shipped_imports() -> frozenset[str]:
    """What the code of the validator imports, such as `collections.abc.Callable`."""
    found: set[str] = set()
    for text in _shipped()[0]:
        node = statement(text)
        if isinstance(node, ast.ImportFrom):
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return frozenset({*found, "typing.Any"})


def _free_names(taken: Collection[str]) -> dict[str, str]:
    """Unused names for the dialect's own names, which are private in the module."""
    found = {}
    for name in (*_DECORATORS, *OWN):
        new = name if name in _DECORATORS else f"_{name.lstrip('_')}"
        while new in taken:
            new += "_"
        found[name] = new
    return found


def _renamed(code: str, names: Mapping[str, str]) -> str:
    rows = code.split("\n")
    for token in reversed(list(tokens(code))):
        if token.type == tokenize.NAME and token.string in OWN:
            (line, start), (_, end) = token.start, token.end
            rows[line - 1] = rows[line - 1][:start] + names[token.string] + rows[line - 1][end:]
    return "\n".join(rows)
