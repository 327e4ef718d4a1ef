"""Resolving lets Apache Hamilton determine the nodes that its decorators make of a function."""

from __future__ import annotations

import asyncio
import inspect
import itertools
import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any, Final

from hamilton.data_quality.base import DataValidationLevel, DataValidator, ValidationResult
from hamilton.function_modifiers import base, tag
from hamilton.function_modifiers.validation import DATA_VALIDATOR_ORIGINAL_OUTPUT_TAG
from hamilton.node import DependencyType, NodeType
from hamilton.node import Node as Resolved

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.graph.made import Made, is_foreign
from kernel_magics.hamilton.blocks import EXPAND, close_blocks

_SUBJECT: Final = DATA_VALIDATOR_ORIGINAL_OUTPUT_TAG


def resolve_functions(
    functions: Mapping[str, FunctionType], config: Mapping[str, Any]
) -> dict[str, tuple[Made, ...]]:
    """The nodes of each function that only Apache Hamilton can determine, by the function's name.

    Functions inside a block of parallel computations have no node; the function that collects has one.

    Args:
        functions: public functions of a module.
        config: values for `config.when`, `resolve` and the like.

    Raises:
        SourceError: DB441 when Hamilton raises, for example because the config lacks a key.
    """
    taken = {*functions, *(name.rpartition("__")[0] for name in functions)}
    with _quiet():
        found = {
            name: _nodes_of(function, config, taken)
            for name, function in functions.items()
            if is_foreign(function)
        }
    return close_blocks(found, functions)


def config_keys(functions: Iterable[FunctionType]) -> frozenset[str]:
    """Keys of the config that decorators of these functions read, as far as is known."""
    keys: set[str] = set()
    for function in functions:
        for marks in vars(function).values():
            for mark in marks if isinstance(marks, list) else ():
                if isinstance(mark, base.NodeTransformLifecycle):
                    keys.update(mark.required_config() or (), mark.optional_config() or ())
    return frozenset(keys)


def _nodes_of(function: FunctionType, config: Mapping[str, Any], taken: Collection[str]) -> tuple[Made, ...]:
    tagged = _tagged(function)
    return (tagged,) if tagged is not None else tuple(_made(_resolved(function, config), taken))


def _tagged(function: FunctionType) -> Made | None:
    """The node of a function that has nothing but tags; None for any other, and where hints are texts.

    Hamilton makes of it one node with these tags, and takes thirty times as long to find out.
    """
    marks = function.__dict__.get("decorate_nodes", ())
    if not marks or len(function.__dict__) > 1 or not all(map(_is_of_all, marks)):
        return None
    names = _plain_parameters(function)
    if names is None:
        return None
    tags = {key: value for mark in marks for key, value in mark.tags.items()}
    facts = _facts(function.__doc__, function.__annotations__["return"], tags)
    is_async = bool(function.__code__.co_flags & inspect.CO_COROUTINE)
    return Made(function.__name__, function, names, _defaults(function), *facts, is_async)


def _is_of_all(mark: Any) -> bool:
    """True for tags of all nodes of a function."""
    return type(mark) is tag and mark.target is None  # the class itself, as others derive from it


def _is_own(key: str) -> bool:
    """True for a tag that is the user's."""
    return key != "module" and not key.startswith("hamilton.")


def _resolved(function: FunctionType, config: Mapping[str, Any]) -> Sequence[Resolved]:
    try:
        return _applied(function, dict(config))
    except Exception as error:
        missing = f"the config has no {error}" if isinstance(error, KeyError) else ""
        text = missing or " ".join(str(error).split()) or type(error).__name__
        raise SourceError(
            "DB441",
            f"the decorators of '{function.__name__}' cannot be resolved: {text.rstrip('.')}.",
            hint="give what they need by `config={…}`, or correct the decorator.",
        ) from error


def _applied(function: FunctionType, config: dict[str, Any]) -> list[Resolved]:
    """The nodes that the decorators make, stage by stage, as `base.resolve_nodes` has them.

    That one copies all nodes twice more and reads type hints three times, which takes as long as all else;
    it is asked where a function has other stages, or a type that is no plain class.
    """
    marks = function.__dict__
    first = _first(function) if marks.keys() <= {*_STAGES} and len(marks.get("expand", ())) < 2 else None
    if first is None:
        return list(base.resolve_nodes(function, config))
    nodes = [first]
    for stage in _STAGES:
        for decorator in marks.get(stage, ()):
            nodes = list(decorator.transform_dag(nodes, base.filter_config(config, decorator), function))
    return nodes


_STAGES: Final = ("inject", "expand", "transform", "decorate_nodes")
"""The stages, in their order, in which decorators change the nodes of a function."""


def _first(function: FunctionType) -> Resolved | None:
    """The node of a function without its decorators; None where only Hamilton knows."""
    hints, names = function.__annotations__, _plain_parameters(function)
    if names is None:
        return None
    defaults = _defaults(function)
    inputs = {
        name: (hints[name], DependencyType.OPTIONAL if name in defaults else DependencyType.REQUIRED)
        for name in names
    }
    return Resolved(
        function.__name__,
        hints["return"],
        function.__doc__ or "",
        callabl=function,
        tags={"module": function.__module__},
        input_types=inputs,
        optional_values=defaults,
    )


def _plain_parameters(function: FunctionType) -> tuple[str, ...] | None:
    """The parameters of a function whose types are plain classes; None for any other."""
    code, hints = function.__code__, function.__annotations__
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS) or code.co_posonlyargcount:
        return None
    return names if all(type(hints.get(name)) is type for name in (*names, "return")) else None


def _defaults(function: FunctionType) -> dict[str, object]:
    given, code = function.__defaults__ or (), function.__code__
    names = code.co_varnames[code.co_argcount - len(given) : code.co_argcount]
    return {**dict(zip(names, given, strict=True)), **(function.__kwdefaults__ or {})}


@bracket
def _quiet() -> Iterator[None]:
    """Suppress the traceback that Hamilton logs before it raises, since the error reports it already."""
    logger = logging.getLogger(base.__name__)
    before = logger.disabled
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = before


def _made(nodes: Sequence[Resolved], taken: Collection[str]) -> Iterator[Made]:
    validators = {node.name: node for node in nodes if _SUBJECT in node.tags}
    for node in nodes:
        found = [validators[name] for name in node.input_types if name in validators] if validators else []
        groups = _by_severity(found)
        raw = next((name for name in node.input_types if name not in validators), "")
        if not groups or len(node.input_types) != len(found) + 1:
            yield _plain(node)
            continue
        yield Made(node.name, _Passed(raw), (raw,), {}, *_facts(node.documentation, node.type, node.tags))
        for severity, group in groups.items():
            yield _check(node.name, severity, group, taken)


def _plain(node: Resolved) -> Made:
    call = node.callable
    optional = [name for name, (_, kind) in node.input_types.items() if kind is DependencyType.OPTIONAL]
    values = node.default_parameter_values if optional else {}
    defaults = {name: values.get(name) for name in optional}
    role = {EXPAND: "expand"} if node.node_role is NodeType.EXPAND else {}
    doc, hint, tags = _facts(node.documentation, node.type, node.tags)
    return Made(
        node.name, call, tuple(node.input_types), defaults, doc, hint, {**tags, **role}, _is_async(call)
    )


def _is_async(call: Any) -> bool:
    """True for a coroutine function, and for a partial one."""
    code = getattr(call, "__code__", None)
    if (
        code is not None and not call.__dict__
    ):  # as most are; what `inspect` asks beside takes ten times as long
        return bool(code.co_flags & inspect.CO_COROUTINE)
    return inspect.iscoroutinefunction(call) or asyncio.iscoroutinefunction(getattr(call, "func", None))


def _facts(doc: str | None, type_: object, tags: Mapping[str, object]) -> tuple[str, str, dict[str, str]]:
    """Docstring, type and the user's tags, in the order in which `Made` has them."""
    text = doc or ""
    hint = type_.__name__ if isinstance(type_, type) else str(type_)
    own = {key: str(value) for key, value in tags.items() if _is_own(key)}
    return inspect.cleandoc(text) if "\n" in text else text.strip(), hint, own


def _by_severity(validators: Sequence[Resolved]) -> dict[str, list[tuple[str, DataValidator]]]:
    """Validators of one node by severity; empty if one is unknown."""
    found: dict[str, list[tuple[str, DataValidator]]] = {}
    for node in validators:
        validator = next((item for item in _held(node.callable) if isinstance(item, DataValidator)), None)
        if validator is None:
            return {}
        severity = "warn" if validator.importance is DataValidationLevel.WARN else "fail"
        found.setdefault(severity, []).append((node.name, validator))
    return found


def _held(call: Any) -> list[object]:
    """Default values of a function, and of functions that a namespace wrapped."""
    cells = getattr(call, "__closure__", None) or ()
    inner = [cell.cell_contents for cell in cells if isinstance(cell.cell_contents, FunctionType)]
    found = [
        *(getattr(call, "__defaults__", None) or ()),
        *(getattr(call, "__kwdefaults__", None) or {}).values(),
    ]
    return [*found, *(value for each in inner for value in _held(each))]


def _check(
    subject: str,
    severity: str,
    validators: Sequence[tuple[str, DataValidator]],
    taken: Collection[str],
) -> Made:
    """A check of ours for the validators of one severity, under a name that no function has."""
    plain = f"{'check' if severity == 'fail' else 'warn'}_{subject}"
    numbers = itertools.chain([""], (f"_{number}" for number in itertools.count(2)))
    names = tuple(name for name, _ in validators)
    messages = {name: validator.name() for name, validator in validators}
    return Made(
        next(name for number in numbers if (name := f"{plain}{number}") not in taken),
        _Conditions(messages),
        names,
        doc="; ".join(validator.description() for _, validator in validators),
        severity="warn" if severity == "warn" else "fail",
        subject=subject,
    )


class _Passed:
    """Passes on the value that the validators checked."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, **given: object) -> object:
        return given[self._name]


class _Conditions:
    """The conditions of a check: one for each validator's result."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        self._messages = messages

    def __call__(self, **given: ValidationResult) -> dict[str, Callable[[], object]]:
        return {message: _Outcome(given[name]).get for name, message in self._messages.items()}


class _Outcome:
    """The result of a validator in the form of a schema: `validate` raises its message."""

    def __init__(self, result: ValidationResult) -> None:
        self._result = result

    def get(self) -> object:
        return True if self._result.passes else self

    def validate(self, _value: object, **_options: object) -> None:
        raise ValueError(self._result.message)
