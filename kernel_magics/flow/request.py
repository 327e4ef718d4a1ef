"""A request is what a caller wants of a flow: outputs, and the values to compute them from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.run.program import Program
from kernel_magics.engine.run.verdicts import Checks
from kernel_magics.flow.flow import Extra, Fitted, Flow, Outputs, not_given

Given = Mapping[str, object] | None


class Prepared(NamedTuple):
    """A request whose names are known and whose plan is made; nothing has run.

    Attributes:
        flow: the flow for the params that decorators read.
        given: the values given, by name.
        wanted: the names of the outputs.
    """

    flow: Flow
    program: Program
    given: Mapping[str, object]
    wanted: list[str]

    def slots(self) -> list[object]:
        """The slots of the plan, its sources filled in."""
        return self.flow.slots(self.program.plan, self.given)

    def reads(self) -> list[str]:
        """The inputs that the plan reads, and that are not given."""
        plan = self.program.plan
        names = {plan.names[slot] for slot in plan.sources} - self.given.keys()
        return [name for name in self.flow.inputs if name in names]

    def lacking(self) -> list[str]:
        """The inputs that the plan reads, and that have no value."""
        return [name for name in self.reads() if not self.flow.has_sample(name)]


def prepare(
    flow: Flow,
    outputs: Outputs,
    inputs: Given = None,
    params: Given = None,
    overrides: Given = None,
    *,
    checks: Checks = "raise",
    fitted: Fitted | None = None,
    extra: Extra = "raise",
) -> Prepared:
    """Make the plan of a request, as `Dataflow.run` describes it.

    Raises:
        UsageError: a name is unknown (DB306, DB308), or an option (DB001).
        WaitingError: something needed is not defined (DB203).
    """
    flow, params = decided(flow, params)
    if extra != "raise":
        inputs = _lenient(flow, inputs or {}, extra)
    flow.expect(inputs or {}, params, overrides or {})
    stored = flow.stored(fitted)
    given = {**flow.config, **stored, **(inputs or {}), **params, **(overrides or {})}
    wanted = flow.wanted(outputs)
    program = flow.program(tuple(wanted), given, checks != "off")
    flow.expect_stored(program.plan, stored)
    return Prepared(flow, program, given, wanted)


def decided(flow: Flow, params: Given) -> tuple[Flow, Mapping[str, object]]:
    """The flow for the params that decorators of its modules read, and the other params."""
    deciding = {name: value for name, value in params.items() if flow.decides(name)} if params else {}
    if not deciding:
        return flow, params or {}
    rest = {name: value for name, value in (params or {}).items() if name not in deciding}
    return flow.configured(deciding), rest


def _lenient(flow: Flow, inputs: Mapping[str, object], extra: Extra) -> Mapping[str, object]:
    """The inputs without those that the flow does not have.

    Raises:
        UsageError: DB001 for another word than `raise` and `ignore`.
    """
    if extra not in ("raise", "ignore"):
        raise UsageError(
            "DB001", f"extra={extra!r} has no meaning.", hint='write extra="raise" or extra="ignore".'
        )
    return flow.without_extra(inputs) if extra == "ignore" else inputs


def validate(prepared: Prepared) -> None:
    """Refuse a request whose inputs are not all given.

    Raises:
        RunError: DB306.
    """
    lacking = prepared.lacking()
    if lacking:
        raise not_given([prepared.flow.inputs[name] for name in lacking], prepared.flow.unset)
