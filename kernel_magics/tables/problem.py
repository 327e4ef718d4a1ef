"""A problem is what a person can put right about a file or a value: here, an error of the dataflow."""

from __future__ import annotations

from typing import Final

from kernel_magics.engine.errors import DataflowError, RunError, SourceError, UsageError

Problem = DataflowError
_KINDS: Final = {"DB002": UsageError, "DB003": DataflowError, "DB307": RunError, "DB321": UsageError}


def problem(code: str, message: str, hint: str) -> Exception:
    """The error with this code, of the class that it has elsewhere."""
    return _KINDS.get(code, SourceError)(code, message, hint=hint)
