"""Nested functions: a decorator calls a dataflow of its own inside, `@subdag` and `@with_columns`."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

from kernel_magics.engine.cells.form import Form, Source, literal_of, node_name, read
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, items_of, word_of, words_of
from kernel_magics.engine.source.tree import defaults

_KEPT: Final = ("cache", "schema.output", "tag")
"""Decorators of inner functions that change no value."""


@dataclass(frozen=True)
class _Given:
    """What a decorator gives the functions inside: source text and the names read, by name."""

    inputs: Mapping[str, tuple[str, list[str]]]
    config: Mapping[str, object]

    def value(self, name: str) -> tuple[str, list[str]]:
        """What stands for an input; itself where nothing is given for it."""
        if name in self.inputs:
            return self.inputs[name]
        return (repr(self.config[name]), []) if name in self.config else (name, [name])


def nested(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@subdag(f, g, inputs={"raw": source("first")})`: a node for each function inside, then its own."""
    given = decorator.keywords()
    space = word_of(given["namespace"]) if "namespace" in given else source.node.name
    final = word_of(given["final_node_name"]) if "final_node_name" in given else name
    inside, own = _subdag(source, decorator, given, space, final)
    yield inside
    yield Form(f"{source.defined(source.helper)}\n\n\n{own}", (final,))


def nested_each(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterized_subdag(f, a={"inputs": {…}}, b={"inputs": {…}})`: the same for each name."""
    common = decorator.keywords()
    words = ("inputs", "config", "external_inputs")
    texts = [source.defined(source.helper)]
    finals = [final for final in common if final not in words]
    for final, item in common.items():
        if final in words:
            continue
        if not isinstance(item, ast.Dict):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        own = items_of(item)
        given = {word: _joined(common.get(word), own.get(word)) for word in words}
        known = {word: value for word, value in given.items() if value is not None}
        inside, text = _subdag(source, decorator, known, final, final)
        yield inside
        texts.append(text)
    yield Form("\n\n\n".join(texts), tuple(finals))


def _joined(one: ast.expr | None, two: ast.expr | None) -> ast.expr | None:
    if isinstance(one, ast.Dict) and isinstance(two, ast.Dict):
        return ast.Dict([*one.keys, *two.keys], [*one.values, *two.values])
    return two if two is not None else one


def _subdag(
    source: Source, decorator: Decorator, given: Mapping[str, ast.expr], space: str, final: str
) -> tuple[Form, str]:
    """The nodes of the functions inside, and the text of the node of the whole."""
    if given.keys() - {"inputs", "config", "namespace", "final_node_name", "external_inputs"}:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    inputs = {key: read(value) for key, value in _items(decorator, given.get("inputs")).items()}
    config = {
        key: literal_of(value, "the config of a subdag")
        for key, value in _items(decorator, given.get("config")).items()
    }
    own = words_of(given["external_inputs"]) if "external_inputs" in given else []
    outside = _Given(inputs, config)
    inner = _inner(source, decorator, config)
    values = {each: (f"{space}__{each}", [f"{space}__{each}"]) for each in inner}
    texts = []
    for each, function in inner.items():
        known = {param: values.get(param) or outside.value(param) for param in function.params}
        texts.append(_calling(source, function, node_name(f"{space}__{each}"), known))
    form = Form("\n\n\n".join(texts), tuple(f"{space}__{each}" for each in inner), inner=True)
    known = {}
    for param in source.params:
        if param not in own and param not in values and param not in inputs and param not in config:
            raise Unwritable(f"no function of the subdag gives {param!r}")
        known[param] = (param, [param]) if param in own else values.get(param) or outside.value(param)
    reads = [each for _, names in known.values() for each in names]
    arguments = ", ".join(f"{param}={text}" for param, (text, _) in known.items())
    wait = "await " if source.is_async else ""
    row = f"return {wait}{source.helper}({arguments})"
    return form, source.function(node_name(final), reads, [row], _changed(known))


def _items(decorator: Decorator, given: ast.expr | None) -> dict[str, ast.expr]:
    if given is not None and not isinstance(given, ast.Dict):
        raise Unwritable(f"the arguments of @{decorator.name} are computed")
    return items_of(given) if given is not None else {}


def _calling(source: Source, function: Source, name: str, known: Mapping[str, tuple[str, list[str]]]) -> str:
    """A node that calls a function inside; an input that nothing gives may keep its default."""
    reads = [each for _, names in known.values() for each in names]
    arguments = ", ".join(f"{param}={text}" for param, (text, _) in known.items())
    row = f"return {source.call(ast.Name(function.node.name), arguments)}"
    return function.function(name, reads, [row], _changed(known))


def _changed(known: Mapping[str, tuple[str, list[str]]]) -> list[str]:
    """The names read that are not what the parameter of this name is given."""
    return [each for param, (_, names) in known.items() for each in names if each != param]


def _inner(source: Source, decorator: Decorator, config: Mapping[str, object]) -> dict[str, Source]:
    """The functions inside, by the names of their nodes."""
    found: dict[str, Source] = {}
    for function in _functions(source, decorator):
        name = function.node.name
        for each in function.decorators:
            if each.name.startswith("config."):
                if not _exists(source, each, config):
                    name = ""
                    break
                name = name.rpartition("__")[0] or name
            elif each.name == "hamilton_exclude":
                name = ""
                break
            elif each.name not in _KEPT:
                raise Unwritable(f"@{each.name} of '{name}' inside @{decorator.name} has no form in cells")
        if name:
            found[name] = function
    return found


def _functions(source: Source, decorator: Decorator) -> Iterator[Source]:
    """The functions that a decorator names, alone or by their module."""
    for item in decorator.call.args:
        name = ast.unparse(item)
        if name in source.modules:
            yield from source.modules[name]
        elif name in source.others:
            yield source.others[name]
        else:
            raise Unwritable(f"`{name}` of @{decorator.name} is no function beside it")


def _exists(source: Source, decorator: Decorator, config: Mapping[str, object]) -> bool:
    """True for a variant that the config inside chooses."""
    known = {**(source.config or {}), **config}
    tests = []
    for key, value in decorator.keywords().items():
        if source.config is None and key not in known:
            raise Unwritable(f"the config of a subdag has no {key!r}, which @{decorator.name} needs")
        wanted = literal_of(value, f"the argument of @{decorator.name}")
        several = decorator.name.endswith("_in")
        holds = known.get(key) in wanted if several else known.get(key) == wanted
        tests.append(holds != ("not" in decorator.name))
    return all(tests)


# -- columns -------------------------------------------------------------------------------------------------


def with_columns(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@with_columns(f, g, columns_to_pass=["a"], select=["f"])`: a frame with more columns is passed on."""
    given = {key: value for key, value in decorator.keywords().items() if ast.unparse(value) != "None"}
    if given.keys() - {"columns_to_pass", "select", "on_input", "namespace", "config_required"}:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    frame = word_of(given["on_input"]) if "on_input" in given else next(iter(source.params), "")
    hints = {arg.arg: ast.unparse(arg.annotation) for arg, _ in defaults(source.node.args) if arg.annotation}
    method = "with_columns" if hints.get(frame, "").startswith(("pl.", "polars.")) else "assign"
    if "Lazy" in hints.get(frame, "") or frame not in source.params:
        raise Unwritable(f"@{decorator.name} of {hints.get(frame) or 'nothing'} has no form in cells")
    columns = words_of(given["columns_to_pass"]) if "columns_to_pass" in given else []
    inner = _inner(source, decorator, {})
    chosen = (
        words_of(given["select"])
        if "select" in given
        else [each for each in inner if _is_column(inner[each])]
    )
    if set(chosen) - inner.keys():
        raise Unwritable(
            f"no function beside @{decorator.name} gives {sorted(set(chosen) - inner.keys())[0]!r}"
        )
    order = _ordered(inner, chosen)
    reads = {param for each in order for param in inner[each].params if param not in {*inner, *columns}}
    taken = {*reads, *source.params}
    local = {each: f"{each}_" if each in taken else each for each in order}
    rows = []
    for each in order:
        known = {
            param: local.get(param) or (f"{frame}[{param!r}]" if param in columns else param)
            for param in inner[each].params
        }
        arguments = ", ".join(f"{param}={text}" for param, text in known.items())
        rows.append(f"{local[each]} = {source.call(ast.Name(inner[each].node.name), arguments)}")
    more = ", ".join(f"{node_name(each)}={local[each]}" for each in chosen)
    passed = {param: f"{frame}.{method}({more})" if param == frame else param for param in source.params}
    arguments = ", ".join(f"{param}={text}" for param, text in passed.items())
    rows.append(f"return {'await ' if source.is_async else ''}{source.helper}({arguments})")
    text = source.function(name, [*source.params, *sorted(reads)], rows)
    yield Form(f"{source.defined(source.helper)}\n\n\n{text}", (name,))


def _is_column(function: Source) -> bool:
    returns = function.node.returns
    return returns is not None and "Series" in ast.unparse(returns)


def _ordered(inner: Mapping[str, Source], chosen: Sequence[str]) -> list[str]:
    """The functions that the chosen ones need, in an order in which they can be called."""
    links = {each: [param for param in inner[each].params if param in inner] for each in inner}
    needed, rest = set[str](), list(chosen)
    while rest:
        each = rest.pop()
        if each not in needed:
            needed.add(each)
            rest += links[each]
    try:
        return [each for each in TopologicalSorter(links).static_order() if each in needed]
    except CycleError:
        raise Unwritable("the functions inside depend on each other") from None
