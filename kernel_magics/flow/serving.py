"""Serving: a request compiled to one callable, which can be pickled like its flow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from kernel_magics.engine.run.compiled import Request, compile_plan
from kernel_magics.flow.flow import Extra, Fitted, Flow, Outputs
from kernel_magics.flow.request import prepare

if TYPE_CHECKING:
    from kernel_magics.flow.one_row import OneRow

Compiled = Callable[..., dict[str, Any]]


def compiled(
    flow: Flow,
    outputs: Outputs,
    params: Mapping[str, object],
    fitted: Fitted | None,
    extra: Extra = "raise",
    sample: Mapping[str, object] | None = None,
) -> Compiled:
    """The compiled form of a request; see `Dataflow.compile`."""
    asked = prepare(flow, outputs, params=params, checks="off", fitted=fitted, extra=extra)
    own, plan = asked.flow, asked.program.plan
    chosen, stored = own.deciding(asked.given), own.stored(fitted)
    deciding = {
        key for step in plan.steps for node in own.graph.nodes[step.node.name] for key, _ in node.when
    }
    fixed = {**stored, **{name: chosen[name] for name in deciding & chosen.keys()}}
    defaults = {**own.defaults(plan), **asked.given}
    request = Request(plan, own.calls(), defaults, fixed, extra == "ignore")
    function = compile_plan(request)
    assert isinstance(function, FunctionType)
    recipe = (flow, tuple(asked.wanted), params, fitted, extra, sample)
    if sample is None:
        return _callable_of(function, recipe, None)
    from kernel_magics.flow.one_row import one_row, rows_of  # noqa: PLC0415  # imports pandas

    return _callable_of(function, recipe, one_row(request, rows_of(sample), function))


def _callable_of(function: FunctionType, recipe: tuple[Any, ...], one: OneRow | None) -> Compiled:
    """The function as an instance of a class of its own, because pickle cannot take a generated function.

    The class calls it as a static method, which costs no forwarding of arguments.
    """
    called = staticmethod(function if one is None else one.__call__)
    kind = type("CompiledFlow", (_Compiled,), {"__call__": called, "__module__": __name__})
    made: Compiled = kind(function, recipe, one)
    return made


class _Compiled:
    """A compiled request.

    Args:
        recipe: the arguments of `compiled` that make it again.

    Attributes:
        one_row: how one row is computed without pandas; None where that was not asked for, or no input is a
            table of pandas.
    """

    def __init__(self, function: FunctionType, recipe: tuple[Any, ...], one_row: OneRow | None) -> None:
        self._recipe = recipe
        self.one_row = one_row
        self.__name__, self.__doc__ = function.__name__, function.__doc__
        self.__kwdefaults__ = function.__kwdefaults__
        self.__wrapped__ = function  # whose signature and source `inspect` shows

    def __reduce__(self) -> tuple[Callable[..., Compiled], tuple[Any, ...]]:
        return compiled, self._recipe

    def __repr__(self) -> str:
        return f"<compiled flow: {self.__doc__}>"
