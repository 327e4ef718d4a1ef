"""Shapes: decorators of Apache Hamilton that make nodes of one function, or give its inputs, as functions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from kernel_magics.engine.cells.form import Form, Source, called, node_name, sources
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, items_of, word_of
from kernel_magics.engine.cells.typed import typed_fields


def columns(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@extract_columns("a", "b")`: the table, and a node for each column."""
    if decorator.call.keywords:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    yield Form(source.defined(name), (name,))
    for column in map(word_of, decorator.call.args):
        yield Form(f"def {node_name(column)}({name}):\n    return {name}[{column!r}]", (node_name(column),))


def fields(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@extract_fields({"low": int})`: the dict, and a node for each field; `()` for those of its type."""
    given = decorator.keywords()
    arguments = [*decorator.call.args, *(given[key] for key in ("fields",) if key in given)]
    first = arguments[0] if arguments else None
    if given.keys() - {"fields"} or (given and len(arguments) > 1):
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    types: dict[str, str] = {}
    if first is None:
        found = typed_fields(source.node.returns, source.classes, source.constants)
        types = {key: ast.unparse(value) for key, value in found.items()}
        words = list(types)
    elif isinstance(first, ast.Dict):
        types = {key: ast.unparse(value) for key, value in items_of(first).items()}
        words = list(types)
    elif isinstance(first, ast.Call) and ast.unparse(first.func) == "dict" and not first.args:
        words = [str(item.arg) for item in first.keywords]
    elif isinstance(first, ast.List | ast.Tuple):
        words = [word_of(item) for item in first.elts]
    else:
        words = [word_of(item) for item in arguments]
    yield Form(source.defined(name), (name,))
    for word in words:
        returns = f" -> {types[word]}" if types.get(word) in _PLAIN else ""
        yield Form(
            f"def {node_name(word)}({name}){returns}:\n    return {name}[{word!r}]", (node_name(word),)
        )


def extracts(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize_extract_columns(ParameterizedExtract(("a", "b"), {"x": source("n")}))`."""
    if decorator.call.keywords:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    outputs: dict[str, tuple[dict[str, tuple[str, list[str]]], str]] = {}
    parts: dict[str, list[str]] = {}
    for number, call in enumerate(decorator.call.args):
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("ParameterizedExtract"):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        given = dict(zip(("output_columns", "input_mapping"), call.args, strict=False))
        given |= {str(item.arg): item.value for item in call.keywords}
        columns, mapping = given.get("output_columns"), given.get("input_mapping")
        if not isinstance(columns, ast.Tuple | ast.List) or not isinstance(mapping, ast.Dict):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        table = f"{name}__{number}"
        outputs[table] = sources(source, items_of(mapping)), ""
        parts[table] = list(map(word_of, columns.elts))
    yield called(source, outputs, {table: f".set_axis({words!r}, axis=1)" for table, words in parts.items()})
    for table, words in parts.items():
        for column in words:
            yield Form(
                f"def {node_name(column)}({table}):\n    return {table}[{column!r}]", (node_name(column),)
            )


_PLAIN: Final = ("bool", "float", "int", "str")


def unpacked(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@unpack_fields("low", "high")`: the tuple, and a node for each of its parts."""
    if decorator.call.keywords:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    yield Form(source.defined(name), (name,))
    for place, word in enumerate(map(word_of, decorator.call.args)):
        yield Form(f"def {node_name(word)}({name}):\n    return {name}[{place}]", (node_name(word),))


def parameterized(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize(plus={"by": value(1)})`: a helper, and a node for each output."""
    outputs: dict[str, tuple[dict[str, ast.expr], str]] = {}
    for output, item in decorator.keywords().items():
        first, *rest = item.elts if isinstance(item, ast.Tuple) and item.elts else [item]
        if not isinstance(first, ast.Dict):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        outputs[output] = items_of(first), word_of(rest[0]) if len(rest) == 1 else ""
    yield called(source, {output: (sources(source, items), doc) for output, (items, doc) in outputs.items()})


def by_sources(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize_sources(first={"x": "n"})`."""
    outputs = {}
    for output, item in decorator.keywords().items():
        if not isinstance(item, ast.Dict):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        outputs[output] = (
            {key: (word_of(value), [word_of(value)]) for key, value in items_of(item).items()},
            "",
        )
    yield called(source, outputs)


def by_values(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize_values("k", {("one", "The first."): 1})`."""
    given = decorator.keywords()
    names = dict(zip(("parameter", "assigned_output"), decorator.call.args, strict=False)) | given
    parameter, table = names.get("parameter"), names.get("assigned_output")
    if parameter is None or not isinstance(table, ast.Dict):
        raise Unwritable(f"the arguments of @{decorator.name} are computed")
    outputs = {}
    for key, value in zip(table.keys, table.values, strict=True):
        parts = key.elts if isinstance(key, ast.Tuple) and key.elts else [key]
        output, *doc = [word_of(part) for part in parts if part is not None]
        outputs[output] = {word_of(parameter): (ast.unparse(value), list[str]())}, "".join(doc[:1])
    yield called(source, outputs)


def injected(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@inject(parts=group(source("a"), source("b")))`."""
    yield called(source, {name: (sources(source, decorator.keywords()), "")})


def done(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@does(_sum)`: another function computes the value from the parameters."""
    if decorator.call.keywords or len(decorator.call.args) != 1:
        raise Unwritable("the options of @does have no form in cells")
    given = {param: param for param in source.params}
    helper = ast.unparse(decorator.call.args[0])
    doc = ast.get_docstring(source.node) or ""
    yield Form(source.calling(name, helper, given, source.params, doc), (name,))


def loaded(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@dataloader()`: of the pair that it returns, the data."""
    given = {param: param for param in source.params}
    helper = source.helper
    text = source.calling(name, helper, given, source.params, ast.get_docstring(source.node) or "")
    waits = isinstance(source.node, ast.AsyncFunctionDef)
    head, _, call = text.rpartition("return ")
    taken = f"({call})[0]" if waits else f"{call}[0]"
    yield Form(f"{source.defined(helper)}\n\n\n{head}return {taken}", (name,))
