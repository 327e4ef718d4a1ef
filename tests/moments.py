"""The instructions at which Python looks for signals, and where Ctrl-C can come: functions begin, loops repeat, calls end."""

from __future__ import annotations

import functools
import opcode
from types import CodeType

_CALLS = {number for name, number in opcode.opmap.items() if name.startswith("CALL")}
BLOCKS = ("__enter__", "__exit__")  # the functions that begin and end `with` blocks
_CHECKS = {opcode.opmap[name] for name in ("RESUME", "JUMP_BACKWARD") if name in opcode.opmap}


@functools.cache
def moments(code: CodeType) -> frozenset[int]:
    """Their offsets in a code."""
    found, after_call = set(), False
    raw = code.co_code
    for offset in range(0, len(raw), 2):
        number = raw[offset]
        if number == 0:  # room of the interpreter's own
            continue
        if after_call or number in _CHECKS:
            found.add(offset)
        after_call = number in _CALLS
    return frozenset(found)
