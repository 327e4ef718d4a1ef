"""A bracket is a `with` block that is never left open, and never ends late, wherever an interrupt stops it.

A generator of `contextlib.contextmanager` stays suspended if Ctrl-C comes between its `yield` and the block,
or as the block ends. Python runs what stands behind the `yield` when it collects the garbage: cells later,
over all that happened since. A bracket ends at once; `whole` ends what an interrupt of an end left open.
"""

from __future__ import annotations

import atexit
import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import ContextDecorator, suppress
from types import TracebackType
from typing import Any, Final, Generic, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")
C = TypeVar("C", bound=Callable[..., Any])

_OPEN: Final[list[Bracket[Any]]] = []
"""Those that began and did not end, of all threads, the innermost last."""
atexit.register(_OPEN.clear)  # they end while the modules that they need are still there


def bracket(function: Callable[P, Iterator[T]]) -> Callable[P, Bracket[T]]:
    """Make a function with one `yield` one that gives a bracket, whose block runs at the `yield`.

    It is used as `contextlib.contextmanager` is.
    """

    @functools.wraps(function)
    def make(*args: P.args, **kwargs: P.kwargs) -> Bracket[T]:
        return Bracket(lambda: function(*args, **kwargs))

    return make


class Bracket(ContextDecorator, Generic[T]):
    """A block to be entered once; as a decorator, a block around each call."""

    def __init__(self, make: Callable[[], Iterator[T]]) -> None:
        self._make = make
        self._steps: Any = make()
        self.thread = threading.get_ident()

    def _recreate_cm(self) -> Bracket[T]:
        return Bracket(self._make)

    def __enter__(self) -> T:
        self.thread = threading.get_ident()
        _OPEN.append(self)
        try:
            return cast(T, next(self._steps))
        except BaseException:  # also an interrupt just after `yield`
            self.end()
            raise

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        try:
            if error is None:
                next(self._steps, None)
                return False
            try:
                self._steps.throw(error)
            except StopIteration as stop:
                return stop is not error
            except BaseException as raised:
                of_block = isinstance(error, StopIteration) and raised.__cause__ is error
                if raised is not error and not of_block:
                    raise
                error.__traceback__ = trace
            return False
        finally:
            self.end()

    def end(self) -> None:
        """Run what stands behind `yield`, if it has not run."""
        try:
            self._steps.close()
        finally:
            with suppress(ValueError):
                _OPEN.remove(self)


def whole(function: C) -> C:
    """A function at whose end no bracket is open that was opened in it."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        thread = threading.get_ident()
        before = [each for each in _OPEN if each.thread == thread]
        try:
            return function(*args, **kwargs)
        finally:
            while left := [each for each in _OPEN if each.thread == thread and each not in before]:
                left[-1].end()

    return cast(C, run)
