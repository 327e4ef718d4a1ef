"""Pipes: steps before or after a function, of its own decorators and of `@mutate` of others."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kernel_magics.engine.cells.form import Form, Source, literal_of, read
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, word_of, words_of

_CONDITIONS: Final[Mapping[str, str]] = {
    "when": "==",
    "when_not": "!=",
    "when_in": "in",
    "when_not_in": "not in",
}
_HOLDS: Final[Mapping[str, Callable[[object, object], bool]]] = {
    "when": lambda have, want: have == want,
    "when_not": lambda have, want: have != want,
    "when_in": lambda have, want: have in want,  # type: ignore[operator]
    "when_not_in": lambda have, want: have not in want,  # type: ignore[operator]
}


def piped_input(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@pipe_input(step(f, by=1))`: steps before the function."""
    target = _options(decorator, "on_input").get("on_input")
    value = word_of(target) if target is not None else next(iter(source.params), "")
    if value not in source.params:
        raise Unwritable(f"'{name}' has no parameter {value!r} for @{decorator.name}")
    rows, reads = _steps(source, decorator, value, name)
    rows.append(f"return {_core(source)}")
    yield _form(source, name, [*source.params, *reads], rows, [value])


def piped_output(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@pipe_output(step(f, by=1))`: steps after the function."""
    value = "value"
    rows, reads = _steps(source, decorator, value, name)
    while value in reads or value in source.params:
        value += "_"
        rows, reads = _steps(source, decorator, value, name)
    rows = [f"{value} = {_core(source)}", *rows, f"return {value}"]
    yield _form(source, name, [*source.params, *reads], rows)


def outputs_of(decorator: Decorator) -> list[str]:
    """The nodes to which a `pipe_output` is applied; [] for all."""
    target = _options(decorator, "on_output").get("on_output")
    return words_of(target) if target is not None else []


def _form(
    source: Source, name: str, reads: Sequence[str], rows: Sequence[str], changed: Sequence[str] = ()
) -> Form:
    text = source.function(name, reads, rows, changed)
    return Form(f"{source.defined(source.helper)}\n\n\n{text}", (name,))


def _core(source: Source) -> str:
    arguments = ", ".join(f"{param}={param}" for param in source.params)
    return f"{'await ' if source.is_async else ''}{source.helper}({arguments})"


def _options(decorator: Decorator, *known: str) -> dict[str, ast.expr]:
    given = decorator.keywords()
    if given.keys() - {*known, "namespace"}:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    return given


def _steps(source: Source, decorator: Decorator, value: str, name: str) -> tuple[list[str], list[str]]:
    """The rows of the steps, and the names that they read."""
    rows, reads = [], list[str]()
    for item in decorator.call.args:
        call, chain = _chain(item)
        tests, keys, outputs = _tests(source, chain)
        if tests is None or (outputs and name not in outputs):
            continue
        given = {str(part.arg): read(part.value, plain=True) for part in call.keywords}
        reads += [*keys, *(each for _, names in given.values() for each in names)]
        arguments = ", ".join([value, *(f"{key}={text}" for key, (text, _) in given.items())])
        row = f"{value} = {source.call(call.args[0], arguments)}"
        rows += [f"if {' and '.join(tests)}:", f"    {row}"] if tests else [row]
    return rows, reads


def _chain(item: ast.expr) -> tuple[ast.Call, list[ast.Call]]:
    """`step(f, by=1)`, and what is called on it, such as `.when(double=True)`."""
    chain = []
    while isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
        if item.func.attr in ("step", "apply_to"):
            break
        chain.append(item)
        item = item.func.value
    is_step = isinstance(item, ast.Call) and ast.unparse(item.func).split(".")[-1] in ("step", "apply_to")
    if (
        is_step
        and isinstance(item, ast.Call)
        and len(item.args) == 1
        and all(part.arg for part in item.keywords)
    ):
        return item, chain[::-1]
    raise Unwritable("this step of a pipe has no form in cells")


def _tests(source: Source, chain: Sequence[ast.Call]) -> tuple[list[str] | None, list[str], list[str]]:
    """The conditions of a step as source, None if it is never taken; the params they read; its outputs."""
    tests, keys, outputs = list[str](), list[str](), list[str]()
    for call in chain:
        assert isinstance(call.func, ast.Attribute)
        word = call.func.attr.rstrip("_")
        if word == "on_output":
            outputs = words_of(call.args[0])
        elif word in _CONDITIONS:
            for part in call.keywords:
                wanted = literal_of(part.value, "the condition of a step")
                if source.config is None:
                    keys.append(str(part.arg))
                    tests.append(f"{part.arg} {_CONDITIONS[word]} {ast.unparse(part.value)}")
                elif not _HOLDS[word](source.config.get(str(part.arg)), wanted):
                    return None, [], outputs
        elif word != "named":
            raise Unwritable(f"`.{word}(…)` of a step has no form in cells")
    return tests, keys, outputs


# -- of other functions --------------------------------------------------------------------------------------


def mutated(sources: Mapping[str, Source]) -> dict[str, Source]:
    """The functions with what `@mutate` of others does as pipes of their own; those that do it are plain.

    Raises:
        Unwritable: what is to be changed is defined elsewhere.
    """
    found = dict(sources)
    for name, source in sources.items():
        for decorator in source.decorators:
            if decorator.name == "mutate":
                for target, step in _targets(name, decorator):
                    if target not in found:
                        raise Unwritable(
                            f"@mutate of '{target}', which is defined elsewhere, has no form in cells"
                        )
                    found[target] = _piping(found[target], step)
    return found


def _targets(name: str, decorator: Decorator) -> Iterator[tuple[str, ast.expr]]:
    """Each function whose value is changed, with the step for its pipe."""
    for item in decorator.call.args:
        head = ast.Call(ast.Name("apply_to"), [item], [])
        call, chain = (head, []) if isinstance(item, ast.Name) else _chain(item)
        keywords = call.keywords or decorator.call.keywords
        step: ast.expr = ast.Call(ast.Name("step"), [ast.Name(name)], keywords)
        for part in chain:
            assert isinstance(part.func, ast.Attribute)
            step = ast.Call(ast.Attribute(step, part.func.attr), part.args, part.keywords)
        yield ast.unparse(call.args[0]), step


def _piping(source: Source, step: ast.expr) -> Source:
    """A function with one more step after it."""
    own = next((each for each in source.decorators if each.name == "pipe_output"), None)
    args = [*(own.call.args if own is not None else ()), step]
    call = ast.Call(ast.Name("pipe_output"), args, own.call.keywords if own is not None else [])
    more = Decorator("pipe_output", call, own.whole if own is not None else call)
    rest = [each for each in source.decorators if each is not own]
    return replace(source, decorators=(more, *rest))
