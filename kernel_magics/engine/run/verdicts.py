"""Verdicts collect the results of a run's checks; when all have run, those of severity fail raise."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Literal

from kernel_magics.engine.errors import CheckError, DataflowError
from kernel_magics.engine.message import CellRef, Message
from kernel_magics.engine.run.check import CheckResult, all_errors, check_error

Checks = Literal["raise", "warn", "off"]


class Verdicts:
    """Collects the results of one run's checks.

    Args:
        cell_of: which cell defines a check, by its name.
        checks: whether one of severity fail raises in the end, or warns like the others.
    """

    def __init__(self, cell_of: Callable[[str], CellRef], checks: Checks) -> None:
        self._cell_of, self._checks = cell_of, checks
        self._failed: list[CheckError] = []
        self._warned: list[CheckError] = []

    def __call__(self, name: str, result: CheckResult) -> None:
        """Add a result."""
        if not result.held:
            stops = self._checks == "raise" and result.severity == "fail"
            (self._failed if stops else self._warned).append(check_error(result, self._cell_of(name)))

    def finish(self, error: DataflowError | None = None) -> None:
        """End the run: warn for checks that only warn, raise for the others.

        Args:
            error: the error that ended the run early; checks that failed before it are added to its message,
                since they may show the reason.

        Raises:
            CheckError: DB302, for all checks together.
            DataflowError: `error`.
        """
        for one in self._warned:
            warnings.warn(str(one), stacklevel=3)  # the line that started the run
        if error is not None and self._failed:
            for one in self._failed:
                error.add(Message.of("\n  before that, ") + one.message_parts)
        if error is not None:
            raise error
        if self._failed:
            raise all_errors(self._failed)
