"""The choice among trials: few examples that together detect every small bug which any trial detects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from kernel_magics.engine.run.cost import Cost
from kernel_magics.export.examples.limits import TooSlow, memory_limit
from kernel_magics.export.examples.trial import Trial

ALWAYS: Final = {"full": ("empty", "gaps"), "sibling": (), "thin": ()}
"""What is always recorded beside the sample, by the effort for a function."""
_WITHOUT_MUTANTS: Final = ("first rows", "empty", "gaps", "zeros", "out of order", "fuzz")
_SLOW: Final = 0.3
"""The cost of one call in seconds above which no mutants are tried."""
_MUTANT_SECONDS: Final = 1.0
_NODE_SECONDS: Final = 8.0
"""The cost of all trials of a function."""


def choose(
    function: Callable[..., Any],
    kept: Sequence[Trial],
    trials: Iterable[Trial],
    mutants: Iterable[Callable[..., Any]],
    effort: str,
    take: Callable[[Trial], bool],
) -> None:
    """Choose the trials to record, in a good order for the reader.

    Args:
        kept: what is recorded already.
        take: records a trial; False when it cannot be.
    """
    cost = Cost()
    known, rest = list(kept), list(trials)
    slow = any(trial.seconds > _SLOW for trial in kept)
    wanted = _WITHOUT_MUTANTS if slow else ALWAYS[effort]
    for trial in [trial for trial in rest if trial.label in wanted]:
        rest.remove(trial)
        if cost.seconds < _NODE_SECONDS and take(trial):
            known.append(trial)
    if slow:
        return
    with memory_limit():
        for mutant in mutants:
            if cost.seconds > _NODE_SECONDS:
                return
            if any(_notices(trial, function, mutant) for trial in known):
                continue
            found = next((trial for trial in rest if _notices(trial, function, mutant)), None)
            if found is not None:
                rest.remove(found)
                if take(found):
                    known.append(found)


def _notices(trial: Trial, function: Callable[..., Any], mutant: Callable[..., Any]) -> bool:
    """True when a trial distinguishes a mutant from its function; exceeding the time limit counts, too."""
    try:
        trial.outcome(function)
    except TooSlow:
        return False
    try:
        return trial.notices(function, mutant, _MUTANT_SECONDS)
    except (TooSlow, MemoryError):
        return True
