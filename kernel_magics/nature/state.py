"""State is what a function keeps between calls; with it, one probe can affect the next one."""

from __future__ import annotations

import pickle
from typing import Any

from kernel_magics.nature.code import Function, held_by
from kernel_magics.values import VALUES


class State:
    """The containers and objects that a function can change, as they are now."""

    def __init__(self, function: Function | None) -> None:
        self._held = held_by(function) if function is not None else {}
        self._before = {name: _digest(value) for name, value in self._held.items()}

    def changed(self) -> str:
        """The name of one that has changed since; "" when none has."""
        for name, value in self._held.items():
            if self._before[name] != _digest(value):
                return f"'{name}'" if " " not in name else name
        return ""


def _digest(value: Any) -> str | None:
    found = VALUES.digest(value)
    if found is not None:
        return found
    try:
        return VALUES.digest(pickle.dumps(value, protocol=5))
    except Exception:  # an object that cannot be pickled is assumed unchanged
        return None
