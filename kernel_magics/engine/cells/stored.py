"""Stored values: `@load_from` reads an input from a file, `@save_to` is a node that writes one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from kernel_magics.engine.cells.form import Form, Source, node_name, read
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, word_of
from kernel_magics.engine.source.tree import defaults

_PATHS: Final = ("path", "file", "filepath_or_buffer", "path_or_buffer", "path_or_buf")
_READ: Final[Mapping[str, tuple[str, str, str]]] = {
    "json": ("json", "r", "json.load(file)"),
    "file": ("", "r", "file.read()"),
    "pickle": ("pickle", "rb", "pickle.load(file)"),
}
"""By format, what to import, how to open the file, and the value."""
_WRITTEN: Final[Mapping[str, tuple[str, str, str]]] = {
    "json": ("json", "w", "json.dump({value}, file)"),
    "file": ("", "w", "file.write({value})"),
    "pickle": ("pickle", "wb", "pickle.dump({value}, file)"),
}
_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "pandas": ("csv", "excel", "feather", "json", "orc", "parquet", "pickle", "stata", "xml"),
    "polars": ("avro", "csv", "excel", "json", "parquet"),
}
_NULLABLE: Final = ("csv", "excel", "feather", "orc", "parquet", "xml")
"""Formats that Hamilton reads to the nullable types of pandas unless it is told otherwise."""


def loaded_from(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@load_from.csv(path=source("place"))`: what a parameter is given is read from a file."""
    given = decorator.keywords()
    target = word_of(given.pop("inject_")) if "inject_" in given else ""
    hints = {
        arg.arg: ast.unparse(arg.annotation) if arg.annotation else ""
        for arg, _ in defaults(source.node.args)
    }
    if not target and len(hints) != 1:
        raise Unwritable(f"@{decorator.name} does not say by inject_ which parameter it gives")
    target = target or next(iter(hints))
    if target not in hints:
        raise Unwritable(f"'{name}' has no parameter {target!r} for @{decorator.name}")
    rows, reads = _loading(decorator, given, hints[target], target)
    rest = [param for param in source.params if param != target]
    arguments = ", ".join(f"{param}={param}" for param in source.params)
    rows.append(f"return {'await ' if source.is_async else ''}{source.helper}({arguments})")
    text = source.function(name, [*rest, *reads], rows)
    yield Form(f"{source.defined(source.helper)}\n\n\n{text}", (name,))


def _loading(
    decorator: Decorator, given: Mapping[str, ast.expr], hint: str, target: str
) -> tuple[list[str], list[str]]:
    """The rows that assign what is read, and the names that they read."""
    form = decorator.name.partition(".")[2]
    values = {key: read(value, plain=True) for key, value in given.items()}
    reads = [each for _, names in values.values() for each in names]
    if form == "literal" and values.keys() == {"value"}:
        return [f"{target} = {values['value'][0]}"], reads
    if form == "environment" and values.keys() == {"names"}:
        return ["import os", f"{target} = {{name: os.environ[name] for name in {values['names'][0]}}}"], reads
    library = _library(hint)
    known = form in (_TABLES[library] if library else _READ) and any(key in values for key in _PATHS)
    if not known and hint:
        arguments = ", ".join(f"{key}={text}" for key, (text, _) in values.items())
        return [
            *_adapter("LOADER_REGISTRY", form, hint),
            f"{target} = adapter({arguments}).load_data({hint})[0]",
        ], reads
    path = _path(decorator, {key: text for key, (text, _) in values.items()})
    if library and form in _TABLES[library]:
        if library == "pandas" and form in _NULLABLE and "dtype_backend" not in values:
            values["dtype_backend"] = "'numpy_nullable'", []
        arguments = ", ".join([path, *_rest(values)])
        return [f"import {library}", f"{target} = {library}.read_{form}({arguments})"], reads
    if library or form not in _READ or len(values) > 1:
        raise Unwritable(f"@{decorator.name} of {hint or 'a value without a type'} has no form in cells")
    needs, mode, value = _READ[form]
    rows = [f"with open({path}, {mode!r}) as file:", f"    {target} = {value}"]
    return [*([f"import {needs}"] if needs else []), *rows], reads


def saved_to(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@save_to.csv(path=…, output_name_="saved")`: the node, and one that writes it when it is asked for."""
    given = decorator.keywords()
    output = word_of(given.pop("output_name_")) if "output_name_" in given else ""
    subject = word_of(given.pop("target_")) if "target_" in given else name
    output = output or f"save.{subject}"
    form = decorator.name.partition(".")[2]
    values = {key: read(value, plain=True) for key, value in given.items()}
    reads = [each for _, names in values.values() for each in names]
    hint = source.hint if subject == name else ""
    library = _library(hint)
    yield Form(source.defined(name), (name,))
    if hint and (
        form not in (_TABLES[library] if library else _WRITTEN) or not any(key in values for key in _PATHS)
    ):
        arguments = ", ".join(f"{key}={text}" for key, (text, _) in values.items())
        rows = [*_adapter("SAVER_REGISTRY", form, hint), f"return adapter({arguments}).save_data({subject})"]
        yield _saver(output, subject, reads, rows)
        return
    path = _path(decorator, {key: text for key, (text, _) in values.items()})
    if library and form in _TABLES[library]:
        call = "to" if library == "pandas" else "write"
        rows = [f"{subject}.{call}_{form}({', '.join([path, *_rest(values)])})"]
    elif library or form not in _WRITTEN or len(values) > 1 or "bytes" in hint.lower():
        raise Unwritable(f"@{decorator.name} of {hint or 'a value without a type'} has no form in cells")
    else:
        needs, mode, text = _WRITTEN[form]
        rows = [f"with open({path}, {mode!r}) as file:", f"    {text.format(value=subject)}"]
        rows = [*([f"import {needs}"] if needs else []), *rows]
    doc = f"Write '{subject}' to a file; its path, and its size in bytes."
    body = ["import os", *rows, f"return {{'path': str({path}), 'size': os.path.getsize({path})}}"]
    yield _saver(output, subject, reads, [repr(doc), *body])


def _saver(output: str, subject: str, reads: list[str], rows: list[str]) -> Form:
    """The node that stores the value of `subject`."""
    head = f"def {node_name(output)}({', '.join(dict.fromkeys([subject, *reads]))}) -> dict:"
    text = "\n".join([head, *(f"    {row}" for row in rows)])
    return Form(text, (node_name(output),), uncached=True, lazy=True, inner=True)


def _adapter(registry: str, form: str, hint: str) -> list[str]:
    """The rows that look up what Hamilton stores values of a type with, as it does."""
    return [
        "from hamilton import registry",
        "from hamilton.function_modifiers.adapters import resolve_adapter_class",
        f"adapter = resolve_adapter_class({hint}, registry.{registry}[{form!r}])",
    ]


def _path(decorator: Decorator, texts: Mapping[str, str]) -> str:
    """The file, as source."""
    found = [texts[key] for key in _PATHS if key in texts]
    if len(found) != 1:
        raise Unwritable(f"@{decorator.name} without a path has no form in cells")
    return found[0]


def _rest(values: Mapping[str, tuple[str, list[str]]]) -> list[str]:
    return [f"{key}={text}" for key, (text, _) in values.items() if key not in _PATHS]


def _library(hint: str) -> str:
    """The library of a table's type; "" for any other value."""
    if hint.rpartition(".")[2] not in ("DataFrame", "LazyFrame"):
        return ""
    return "polars" if hint.startswith(("pl.", "polars.")) else "pandas"
