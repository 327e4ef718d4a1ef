"""A function only asks an argument when its code calls methods of prediction on it and does nothing else."""

from __future__ import annotations

import dis
import itertools
from collections.abc import Callable
from types import FunctionType
from typing import Final

_ASKED: Final = frozenset(
    {"predict", "predict_proba", "predict_log_proba", "decision_function", "score_samples"}
)
_LOADS: Final = frozenset({"LOAD_FAST", "LOAD_FAST_BORROW"})


def only_asks(function: Callable[..., object], name: str) -> bool:
    """True when a plain function uses a parameter only to call its methods of prediction.

    Then it needs no copy of a fitted model. The code is inspected, not run; in doubt the answer is False.
    """
    if type(function) is not FunctionType or name in function.__code__.co_cellvars:
        return False
    code = function.__code__
    if name not in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]:
        return False
    steps = list(dis.get_instructions(code))
    for step, after in itertools.pairwise(steps):
        named = step.argval if isinstance(step.argval, tuple) else (step.argval,)
        if "FAST" not in step.opname or name not in named:
            continue
        if step.opname not in _LOADS or after.opname not in ("LOAD_METHOD", "LOAD_ATTR"):
            return False
        if after.argval not in _ASKED:
            return False
    return True
