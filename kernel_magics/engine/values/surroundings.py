"""The surroundings are the process's state that all code shares: folder, environment, options, randomness."""

from __future__ import annotations

import decimal
import locale
import os
import pickle
import random
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Probe:
    """One part of the process's state.

    Attributes:
        read: returns the present state; equal while it is unchanged.
        put: restores a state.
    """

    read: Callable[[], Any]
    put: Callable[[Any], object]


RANDOM: Final = "random state"
"""A part of the names of probes that are slow to read."""


def _environment() -> dict[bytes, bytes]:
    return dict(os.environ._data)  # type: ignore[attr-defined]  # to decode the rest takes 30 µs


def _set_environment(before: dict[bytes, bytes]) -> None:
    names = {os.fsdecode(name): os.fsdecode(value) for name, value in before.items()}
    for name in os.environ.keys() - names.keys():
        del os.environ[name]
    os.environ.update(names)


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return ""


def _decimals() -> tuple[int, str]:
    context = decimal.getcontext()
    return context.prec, context.rounding


def _set_decimals(before: tuple[int, str]) -> None:
    context = decimal.getcontext()
    context.prec, context.rounding = before


def _set_path(before: list[str]) -> None:
    sys.path[:] = before


def _random() -> bytes:
    return pickle.dumps(random.getstate())


def _streams() -> tuple[object, object, object]:
    return sys.stdin, sys.stdout, sys.stderr


def _set_streams(before: tuple[Any, Any, Any]) -> None:
    sys.stdin, sys.stdout, sys.stderr = before


PLAIN: Final[Mapping[str, Probe]] = {
    "the working folder": Probe(_folder, lambda before: os.chdir(before)),
    "the environment": Probe(_environment, _set_environment),
    "the locale": Probe(
        lambda: locale.setlocale(locale.LC_ALL), lambda before: locale.setlocale(locale.LC_ALL, before)
    ),
    "the decimal context": Probe(_decimals, _set_decimals),
    "the recursion limit": Probe(sys.getrecursionlimit, sys.setrecursionlimit),
    "the path of imports": Probe(lambda: list(sys.path), _set_path),
    "where texts are printed": Probe(_streams, _set_streams),
    f"Python's {RANDOM}": Probe(_random, lambda before: random.setstate(pickle.loads(before))),
}


def settings() -> str:
    """Settings of Python on which values can depend."""
    zone = os.environ.get("TZ", "")
    return f"{locale.setlocale(locale.LC_ALL)} {_decimals()} {zone}"


class Surroundings:
    """The surroundings at one moment.

    Args:
        probes: of libraries, in addition to Python's own.
    """

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = {**PLAIN, **probes}
        self._quick = [name for name in self._probes if RANDOM not in name]
        self._before = {name: probe.read() for name, probe in self._probes.items()}

    def changed(self, random: bool) -> list[str]:
        """The names of what has changed.

        Args:
            random: whether to compare random state, too.
        """
        return list(self._changed(self._probes if random else self._quick))

    def undo(self, names: Collection[str]) -> None:
        """Restore these."""
        for name in names:
            self._probes[name].put(self._before[name])

    def accept(self, names: Collection[str]) -> None:
        """Record the present state of these."""
        self._before.update((name, self._probes[name].read()) for name in names)

    def _changed(self, names: Collection[str]) -> Iterator[str]:
        for name in names:
            if self._probes[name].read() != self._before[name]:
                yield name
