"""A validator tells Apache Hamilton whether a check's conditions hold.

The text of this module, below its imports, is part of modules that are exported for Hamilton; Dagbook itself
imports it nowhere. What judges one condition comes from `values/condition.py`.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import Any

from hamilton.data_quality.base import DataValidator, ValidationResult

from kernel_magics.values.condition import holds

# -- shipped from here on

_Tests = Mapping[str, Callable[[], object]]


class Conditions(DataValidator):  # type: ignore[misc]
    """Every condition of a check holds: of `check` called with the node's value, else of those it returns."""

    def __init__(self, importance: str, check: Callable[[Any], _Tests] | None = None) -> None:
        super().__init__(importance)
        self._check = check

    def applies_to(self, datatype: Any) -> bool:
        return True

    def description(self) -> str:
        return f"the conditions of {self._check.__name__}" if self._check else "the conditions returned"

    @classmethod
    def name(cls) -> str:
        return "conditions"

    def validate(self, dataset: Any) -> ValidationResult:
        tests: _Tests = dataset if self._check is None else self._check(dataset)
        failed = [message for message, test in tests.items() if not holds(test, dataset)]
        return ValidationResult(not failed, "; ".join(failed) or "every condition holds")


def judged(subject: str) -> Callable[[Callable[..., _Tests]], Callable[..., _Tests]]:
    """Let a check that is a node of its own judge its conditions, which may be schemas, on `subject`."""

    def decorate(check: Callable[..., _Tests]) -> Callable[..., _Tests]:
        @functools.wraps(check)
        def wrapper(*args: Any, **given: Any) -> _Tests:
            value = inspect.signature(check).bind(*args, **given).arguments[subject]
            return {
                message: functools.partial(holds, test, value)
                for message, test in check(*args, **given).items()
            }

        return wrapper

    return decorate
