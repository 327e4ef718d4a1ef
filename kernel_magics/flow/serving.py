"""Serving: a request compiled to one callable, which can be pickled like its flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any

from kernel_magics.engine.graph.plan import make_plan
from kernel_magics.engine.run.compiled import Request, compile_plan
from kernel_magics.flow.flow import Extra, Fitted, Flow, Outputs
from kernel_magics.flow.request import decided, lenient

Compiled = Callable[..., dict[str, Any]]


def compiled(
    flow: Flow, outputs: Outputs, params: Mapping[str, object], fitted: Fitted | None, extra: Extra = "raise"
) -> Compiled:
    """The compiled form of a request; see `Dataflow.compile`."""
    recipe = flow, outputs, params, fitted, extra
    flow, params = decided(flow, params)
    flow.expect({}, params, {})
    lenient(flow, {}, extra)
    given = {**flow.config, **params}
    chosen, stored = flow.deciding(given), flow.stored(fitted)
    wanted = flow.wanted(outputs)
    plan = make_plan(flow.graph, wanted, flow.sources | given.keys() | stored.keys(), chosen)
    flow.expect_stored(plan, stored)
    deciding = {
        key for step in plan.steps for node in flow.graph.nodes[step.node.name] for key, _ in node.when
    }
    defaults = {**flow.defaults(plan), **given}
    fixed = {**stored, **{name: chosen[name] for name in deciding & chosen.keys()}}
    function = compile_plan(Request(plan, flow.calls(), defaults, fixed, extra == "ignore"))
    assert isinstance(function, FunctionType)
    return callable_of(function, (recipe[0], tuple(wanted), *recipe[2:]))


def callable_of(function: FunctionType, recipe: tuple[Any, ...]) -> Compiled:
    """The function as an instance of a class of its own, because pickle cannot take a generated function.

    The class calls it as a static method, which costs no forwarding of arguments.
    """
    kind = type("CompiledFlow", (_Compiled,), {"__call__": staticmethod(function), "__module__": __name__})
    made: Compiled = kind(function, recipe)
    return made


class _Compiled:
    """A compiled request.

    Args:
        recipe: the arguments of `compiled` that make it again.
    """

    def __init__(self, function: FunctionType, recipe: tuple[Any, ...]) -> None:
        self._recipe = recipe
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self.__kwdefaults__ = function.__kwdefaults__
        self.__wrapped__ = function  # whose signature and source `inspect` shows

    def __reduce__(self) -> tuple[Callable[..., Compiled], tuple[Any, ...]]:
        return compiled, self._recipe

    def __repr__(self) -> str:
        return f"<compiled flow: {self.__doc__}>"
