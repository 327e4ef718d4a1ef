"""A check is a node whose value lists the conditions that held and, for the others, the failing rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kernel_magics.engine.errors import CheckError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.message import CellRef, Message
from kernel_magics.engine.run.comparison import comparison
from kernel_magics.engine.run.failure import describe, first_line
from kernel_magics.engine.values.value import MISSING, Failing, Values

__all__ = [
    "CheckResult",
    "Condition",
    "Failing",
    "Unsuited",
    "all_errors",
    "check_error",
    "evaluate",
    "quick_result",
]


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a check: its message, whether it held, the numbers compared, the failing rows.

    Attributes:
        stated: False if the outcome is neither true nor false, such as a list; the condition does not hold
            then.
    """

    message: str
    held: bool
    detail: str = ""
    failing: Failing | None = None
    stated: bool = True


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The value of a check node."""

    subject: str
    severity: str
    conditions: tuple[Condition, ...]

    @property
    def held(self) -> bool:
        """True when every condition held."""
        return all(condition.held for condition in self.conditions)

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions that did not hold."""
        return tuple(condition for condition in self.conditions if not condition.held)


class Unsuited(Exception):
    """A condition used a bare column for something other than a comparison."""


_WORDS = frozenset({"all", "mean", "isna", "notna", "hasattr"})  # the methods of a bare column, and `hasattr`


def quick_result(
    node: Node, function: Callable[..., object], value: object, values: Values
) -> CheckResult | None:
    """A fast path of `evaluate`: the result if the conditions only compare a column and all hold, else None.

    The value need not be isolated.
    """
    bare = values.bare(value) if _uses_only(function, ()) else MISSING
    if bare is MISSING:
        return None
    try:
        tests: Any = function(bare)
        if not all(_uses_only(test, _WORDS) and _all_true(test()) for test in tests.values()):
            return None
    except Exception:  # `evaluate` reports the reason if the condition itself fails
        return None
    held = tuple(Condition(message, True) for message in tests)
    return CheckResult(node.subject, node.severity or "fail", held)


def _uses_only(function: object, words: Collection[str]) -> bool:
    """True when a function's code uses only these names, none of which its module defines."""
    code, known = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    return code is not None and all(name in words and name not in known for name in code.co_names)


def evaluate(
    node: Node, value: object, conditions: Mapping[str, Callable[[], object]], values: Values
) -> CheckResult:
    """Evaluate every condition of a check node; one that raises counts as failed and does not hide the
    others.

    If an outcome is neither true nor false, the code is wrong, not the data: the severity is then always
    "fail".
    """
    found = tuple(_condition(message, test, value, node, values) for message, test in conditions.items())
    severity = (node.severity or "fail") if all(condition.stated for condition in found) else "fail"
    return CheckResult(node.subject, severity, found)


def check_error(result: CheckResult, cell: CellRef) -> CheckError:
    """The error DB302 for a check that did not hold."""
    failed = "; ".join(
        f"{condition.message}{f' ({condition.detail})' if condition.detail else ''}"
        for condition in result.failed
    )
    escape = "" if result.severity == "warn" else f"; `%%check {result.subject} --warn` only warns"
    hint = f"correct '{result.subject}' or its inputs{escape}."
    if not all(condition.stated for condition in result.failed):
        hint = "a condition is true or false, or booleans; correct the check."
    return CheckError(
        "DB302",
        (
            f"'{result.subject}' fails {len(result.failed)} of {len(result.conditions)} conditions",
            cell.aside("check in "),
            f": {failed}.",
        ),
        hint=hint,
        names=[result.subject],
    )


def all_errors(errors: Sequence[CheckError]) -> CheckError:
    """One error for all failed checks of a run (at least one), so that none hides another."""
    if len(errors) == 1:
        return errors[0]
    parts = Message.of(f"{len(errors)} checks do not hold:")
    for error in errors:
        parts += Message.of("\n  ") + error.message_parts
    return CheckError(
        "DB302",
        parts,
        hint="correct these values or their inputs; `%%check NAME --warn` only warns.",
        names=[name for error in errors for name in error.names],
    )


def _condition(
    message: str, test: Callable[[], object], value: object, node: Node, values: Values
) -> Condition:
    try:
        outcome = test()
        held = values.truth(outcome)
        schema = type(outcome)  # a frame has columns as attributes, and Arrow's arrays validate themselves
        if held is None and hasattr(schema, "validate") and not hasattr(schema, "__array__"):
            return _schema(message, outcome.validate, value, values)  # type: ignore[attr-defined]
        if held is None:
            return Condition(message, False, _no_condition(outcome), stated=False)
        if held:
            return Condition(message, True)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return Condition(message, False, f"{type(error).__name__}: {first_line(error)}")
    try:  # an error of a foreign type must not hide that the condition does not hold
        failing = values.failing(outcome, value, _texts(test))
        detail = failing.text() if failing else comparison(message, test, node.text)
    except Exception:
        return Condition(message, False)
    return Condition(message, False, detail, failing)


def _schema(message: str, validate: Callable[..., object], value: object, values: Values) -> Condition:
    """Validate a value with a pandera schema (or any other object with `validate(value)`)."""
    try:
        try:
            validate(value, lazy=True)
        except TypeError:
            validate(value)
    except Exception as error:
        failing = values.failing(error, value, ())
        text = failing.text() if failing else " ".join(str(error).split())[:300]
        return Condition(message, False, text, failing)
    return Condition(message, True)


def _all_true(outcome: Any) -> bool:
    """The truth of an outcome of comparisons of a bare column."""
    return outcome if isinstance(outcome, bool) else outcome.all() is True


def _no_condition(outcome: object) -> str:
    """Why an outcome is neither true nor false, and what to write instead."""
    name = getattr(outcome, "__name__", "")
    if callable(outcome) and name:
        what, call = ("method", f".{name}()") if hasattr(outcome, "__self__") else ("function", f"{name}(…)")
        return f"this is no condition but a {what} that is not called: write `{call}`"
    if isinstance(outcome, list | tuple | set | frozenset | dict):
        return f"this is no condition but {describe(outcome)}: write one condition on each line"
    dtype = f" of {outcome.dtype}" if hasattr(outcome, "dtype") else ""
    return f"this is no condition but {describe(outcome)}{dtype}: compare it with something"


def _texts(test: Callable[[], object]) -> tuple[str, ...]:
    """The strings in a condition's code, such as the names of columns."""
    code = getattr(test, "__code__", None)
    constants = getattr(code, "co_consts", ())
    flat = [part for item in constants for part in (item if isinstance(item, tuple) else (item,))]
    return tuple(part for part in flat if isinstance(part, str))
