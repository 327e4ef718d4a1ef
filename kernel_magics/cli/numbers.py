"""Numbers of options: what is no port, no count and no time is refused where it is read."""

from __future__ import annotations

import argparse
import math


def port(text: str) -> int:
    """A port of this machine; 0 lets the system choose one."""
    number = _whole(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"a port is 0 to 65535, not {text}")
    return number


def count(text: str) -> int:
    """A number of rows or bytes: at least one."""
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"it must be at least 1, not {text}")
    return number


def seconds(text: str) -> float:
    """A time: more than nothing, and not for ever."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"it must be a number of seconds above 0, not '{text}'")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number") from None
