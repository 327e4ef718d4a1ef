"""The world outside a notebook: what setup and inputs cells read, and Ctrl-C after a number of calls."""

import itertools

rate = 1
sample = 4
calls_left: int | None = None
numbers = itertools.count()


def reset() -> None:
    """The world as it is before a notebook runs."""
    global rate, sample, calls_left
    rate, sample, calls_left = 1, 4, None


def number() -> int:
    """Another one each time."""
    return next(numbers)


def tick() -> None:
    """One call of user code; the interrupted one raises."""
    global calls_left
    if calls_left is not None:
        calls_left -= 1
        if calls_left < 0:
            calls_left = None
            raise KeyboardInterrupt
