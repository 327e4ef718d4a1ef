"""Whether a condition of a check holds.

The text of this module, below its imports, is part of exported tests and packages: it uses Python only.
"""

import contextlib
from collections.abc import Callable
from typing import Any


def holds(test: Callable[[], Any], subject: Any) -> bool:
    """Whether a condition of a check holds: a boolean, booleans, or a schema that accepts `subject`."""
    with contextlib.suppress(Exception):
        outcome = test()
        held = truth(outcome)
        if held is None and hasattr(type(outcome), "validate"):
            outcome.validate(subject)
            return True
        return held is True
    return False


def truth(outcome: Any) -> bool | None:
    """Whether a boolean is true, or every one of several is; None for what is neither.

    A truth that is missing (NA, None among booleans) is not true, as a comparison with NaN is not.
    """
    if isinstance(outcome, bool):
        return outcome
    if type(outcome).__name__ == "NAType":
        return False
    if hasattr(outcome, "as_py"):  # a scalar of Arrow
        return truth(outcome.as_py())
    if not hasattr(outcome, "__array__"):
        return None
    cells = outcome.__array__()
    if cells.dtype == bool:
        return bool(cells.all())
    if cells.dtype != object:
        return True if cells.shape[1:] == (0,) else None  # a frame without columns
    if not cells.size and not all(_may_be_truth(kind) for kind in _kinds(outcome)):
        return None  # what another sample would show: it holds no truths
    found = [_truth_of_cell(cell) for cell in cells.reshape(-1).tolist()]
    return None if None in found else all(found)


def _kinds(outcome: Any) -> list[object]:
    """The types of the columns of an outcome without rows."""
    kinds: Any = getattr(outcome, "dtypes", None)
    if kinds is None:
        kinds = getattr(getattr(outcome, "schema", outcome), "types", None)
    if isinstance(kinds, list) or hasattr(kinds, "tolist"):
        return list(kinds)
    return [getattr(outcome, "dtype", getattr(outcome, "type", "object"))]


def _may_be_truth(kind: object) -> bool:
    text = str(getattr(getattr(kind, "categories", None), "dtype", kind)).lower()
    return "bool" in text or text in ("object", "null")


def _truth_of_cell(cell: Any) -> bool | None:
    missing = cell is None or (isinstance(cell, float) and str(cell) == "nan")
    return False if missing else truth(cell)
