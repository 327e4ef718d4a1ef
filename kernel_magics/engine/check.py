"""A check is a node whose value says which conditions held."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kernel_magics.engine.errors import CheckError


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a check: its message, whether it held, and the numbers behind it."""

    message: str
    held: bool
    detail: str = ""


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


def evaluate(
    subject: str, severity: str, value: object, conditions: Mapping[str, Callable[[], object]]
) -> CheckResult:
    """Evaluate every condition; one that raises counts as failed and hides no other."""
    return CheckResult(
        subject, severity, tuple(_condition(message, test, value) for message, test in conditions.items())
    )


def check_error(result: CheckResult, name: str, cell: str) -> CheckError:
    """The error DB302 for a check that did not hold."""
    failed = "; ".join(
        f"{condition.message}{f' ({condition.detail})' if condition.detail else ''}"
        for condition in result.failed
    )
    place = f" (check in cell {cell})" if cell else ""
    escape = "" if result.severity == "warn" else f"; `%%check {result.subject} --warn` only warns"
    return CheckError(
        "DB302",
        f"'{result.subject}' fails {len(result.failed)} of {len(result.conditions)} conditions{place}: "
        f"{failed}.",
        hint=f"correct '{result.subject}' or its inputs{escape}.",
        cells=[cell] if cell else [],
    )


def _condition(message: str, test: Callable[[], object], value: object) -> Condition:
    try:
        outcome = test()
        validate = getattr(outcome, "validate", None)
        if callable(validate) and not isinstance(outcome, bool):
            return _schema(message, validate, value)
        return _truth(message, outcome)
    except Exception as error:
        return Condition(message, False, f"{type(error).__name__}: {error}")


def _schema(message: str, validate: Callable[..., object], value: object) -> Condition:
    """A pandera schema (or anything else that has `validate(value)`)."""
    try:
        validate(value, lazy=True)
    except TypeError:
        validate(value)
    except Exception as error:
        return Condition(message, False, " ".join(str(error).split())[:300])
    return Condition(message, True)


def _truth(message: str, outcome: object) -> Condition:
    """A truth value, or one for each row."""
    if isinstance(outcome, bool) or not hasattr(outcome, "all"):
        return Condition(message, bool(outcome))
    total, good = outcome, outcome
    for _ in range(3):  # a DataFrame's all() gives a Series, whose all() gives a scalar
        if not hasattr(total, "all"):
            break
        total = total.all()
    held = bool(total)
    rows = len(good) if hasattr(good, "__len__") else 0
    if held or not rows or len(getattr(good, "shape", ())) != 1:
        return Condition(message, held)
    failing = rows - int(sum(bool(item) for item in good) if rows < 1000 else good.sum())  # type: ignore[attr-defined]
    return Condition(message, held, f"{failing} of {rows} rows")
