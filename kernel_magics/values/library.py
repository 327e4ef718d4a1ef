"""Values of libraries: pandas, NumPy, Polars and Arrow types in addition to the standard library's."""

import contextlib
import functools
import importlib
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import xxhash

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.values.picture import ATTRIBUTES, Way
from kernel_magics.engine.values.surroundings import Probe
from kernel_magics.engine.values.value import MISSING, Failing, Parts, PlainValues, Values
from kernel_magics.values.condition import truth
from kernel_magics.values.reading import axes, detach, is_dear, kept, lendable, reads_only
from kernel_magics.values.surroundings import heard, library_probes, library_settings

HANDLERS: Final = {
    "pandas": "kernel_magics.values.pandas_",
    "numpy": "kernel_magics.values.numpy_",
    "polars": "kernel_magics.values.polars_",
    "pyarrow": "kernel_magics.values.arrow_",
}
"""The handlers of a library's types, by the root of the module that defines such a type."""


@functools.singledispatch
def copied(value: object, values: Values) -> object:
    """An isolated copy of `value`; MISSING for an unregistered type."""
    return MISSING


direct: Final[dict[type, Callable[[Any, Values], object]]] = {}
"""Copies of types that hold other values only in cells: most arguments, made without a traversal."""


@functools.singledispatch
def parts(value: object, values: Values) -> Parts | None:
    """The parts of `value`; None for an unregistered type."""
    return None


@functools.singledispatch
def way(value: object, values: Values) -> Way | None:
    """How a value is looked at for changes in its place; an estimator by its attributes, others are not."""
    return ATTRIBUTES if hasattr(type(value), "fit") else None


@functools.singledispatch
def bare(value: object) -> object:
    """A bare column of the numbers of `value`; MISSING for an unregistered type."""
    return MISSING


_MET: Final[set[type]] = set()


def meet(kind: type) -> None:
    """Import, once, the handlers for a type and for the library types that it derives from."""
    if kind in _MET:
        return
    for base in kind.__mro__:
        handler = HANDLERS.get(base.__module__.partition(".")[0])
        if handler is not None:
            importlib.import_module(handler)  # noqa: TID251  # by library
    # other types may be classes of a cell, which must not be kept alive
    if kind.__module__.partition(".")[0] in HANDLERS:
        _MET.add(kind)


class LibraryValues(PlainValues):
    """Values of any type. A library's handlers are imported for its first value, never before."""

    hasher = staticmethod(xxhash.xxh3_128)  # at the speed of memory; sha256 is twenty times slower

    def __init__(self) -> None:
        self._guards = _Guards()

    def __reduce__(self) -> tuple[Any, ...]:
        """In another process, the guards are those of that process."""
        return type(self), ()

    def isolate(self, value: object) -> object:
        """See `PlainValues.isolate`."""
        copy = direct.get(type(value))
        if copy is None:
            return super().isolate(value)
        try:
            return copy(value, self)
        except RecursionError:  # only for object columns inside object columns
            return value

    def reads_only(self, function: Callable[..., object]) -> bool:
        """See `PlainValues.reads_only`."""
        return reads_only(function)

    def lendable(self, value: object) -> bool:
        """See `PlainValues.lendable`."""
        return lendable(value)

    def lends(self, function: Callable[..., object], given: Sequence[object]) -> bool:
        """See `PlainValues.lends`."""
        return any(map(is_dear, given)) and all(map(lendable, given)) and reads_only(function)

    def handed_on(self, value: object) -> Sequence[object]:
        """See `PlainValues.handed_on`."""
        return axes(value)

    def detach(self, value: object) -> None:
        """See `PlainValues.detach`."""
        detach(value)

    def kept(self, value: object, given: Sequence[object]) -> object:
        """See `PlainValues.kept`."""
        return kept(value, given, self.isolate)

    def copied(self, value: object) -> object:
        """See `PlainValues.copied`."""
        meet(type(value))
        return copied.dispatch(type(value))(value, self)  # `__class__` of a foreign object may fail

    def owned(self, value: object) -> object:
        """See `PlainValues.owned`: an array that a model fills while it predicts is no view."""
        fresh: Any = self.copied(value)
        numpy: Any = sys.modules.get("numpy")
        if numpy is None or not issubclass(type(value), numpy.ndarray):  # others run code
            return fresh
        given: Any = value
        return fresh.copy() if given.flags.writeable and not fresh.flags.writeable else fresh

    def parts(self, value: object) -> Parts | None:
        """See `PlainValues.parts`."""
        meet(type(value))
        return parts.dispatch(type(value))(value, self)

    def truth(self, outcome: object) -> bool | None:
        """See `Values.truth`."""
        return truth(outcome)

    def failing(self, outcome: object, value: object, names: Sequence[str]) -> Failing | None:
        """See `Values.failing`."""
        if not (hasattr(outcome, "__array__") or hasattr(outcome, "failure_cases")):
            return super().failing(outcome, value, names)
        from kernel_magics.values.failing import failing_rows  # noqa: PLC0415  # needs pandas

        return failing_rows(outcome, value, names)

    def bare(self, value: object) -> object:
        """See `Values.bare`."""
        if type(value).__module__.partition(".")[0] != "pandas":
            return MISSING
        meet(type(value))
        return bare(value)

    def way(self, value: object) -> Way | None:
        """See `PlainValues.way`."""
        meet(type(value))
        return way(value, self)

    def heard(self, refuse: Callable[[str], None]) -> contextlib.AbstractContextManager[None]:
        """See `PlainValues.heard`."""
        return heard(refuse)

    def settings(self) -> str:
        """See `PlainValues.settings`."""
        return f"{super().settings()} {library_settings()}"

    def surroundings(self) -> Mapping[str, Probe]:
        """See `PlainValues.surroundings`."""
        return dict(library_probes())

    def guard(self) -> contextlib.AbstractContextManager[None]:
        """Turn a chained assignment, which pandas loses with only a warning, into an error in node code."""
        return self._guards.hold()


_UNGUARDED: Final = contextlib.nullcontext()


class _Guards:
    """Warning filters belong to the process, so nodes in several threads share one change of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._holders: set[object] = set()
        self._filters = contextlib.ExitStack()

    def hold(self) -> contextlib.AbstractContextManager[None]:
        pandas = sys.modules.get("pandas")
        warning = getattr(getattr(pandas, "errors", None), "ChainedAssignmentError", None)
        return _UNGUARDED if warning is None else self._hold(warning)

    @bracket
    def _hold(self, warning: type[Warning]) -> Iterator[None]:
        holder = object()
        try:
            with self._lock:
                if not self._holders:
                    self._filters.enter_context(warnings.catch_warnings())
                    warnings.simplefilter("error", warning)
                self._holders.add(holder)
            yield
        finally:
            with self._lock:
                self._holders.discard(holder)
                if not self._holders:
                    self._filters.close()


def snapshot(value: object, values: Values) -> Way:
    """The way of a value whose copies are cheap, because writes to it go to new memory from then on."""
    kept = values.isolate(value)
    return Way(lambda now: (values.equal(kept, now),), inside=False, by_value=True)
