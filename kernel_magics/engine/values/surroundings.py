"""The surroundings are what a process keeps for all code in it: folder, environment, options, randomness."""

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
    """One thing that a process keeps.

    Attributes:
        read: what it is now; equal while it is the same.
        put: makes it that again.
    """

    read: Callable[[], Any]
    put: Callable[[Any], object]


RANDOM: Final = "random state"
"""Part of the name of each probe that is slow to read."""


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


PLAIN: Final[Mapping[str, Probe]] = {
    "the working folder": Probe(_folder, lambda before: os.chdir(before)),
    "the environment": Probe(_environment, _set_environment),
    "the locale": Probe(
        lambda: locale.setlocale(locale.LC_ALL), lambda before: locale.setlocale(locale.LC_ALL, before)
    ),
    "the decimal context": Probe(_decimals, _set_decimals),
    "the recursion limit": Probe(sys.getrecursionlimit, sys.setrecursionlimit),
    "the path of imports": Probe(lambda: list(sys.path), _set_path),
    f"Python's {RANDOM}": Probe(_random, lambda before: random.setstate(pickle.loads(before))),
}


def settings() -> str:
    """How Python is set, as far as values can depend on it."""
    zone = os.environ.get("TZ", "")
    return f"{locale.setlocale(locale.LC_ALL)} {_decimals()} {zone}"


class Surroundings:
    """What the surroundings are at a moment.

    Args:
        probes: of libraries, beside Python's own.
    """

    def __init__(self, probes: Mapping[str, Probe]) -> None:
        self._probes = {**PLAIN, **probes}
        self._quick = [name for name in self._probes if RANDOM not in name]
        self._before = {name: probe.read() for name, probe in self._probes.items()}

    def changed(self, random: bool) -> list[str]:
        """What is another now.

        Args:
            random: whether random state is looked at, too.
        """
        return list(self._changed(self._probes if random else self._quick))

    def undo(self, names: Collection[str]) -> None:
        """Make these what they were."""
        for name in names:
            self._probes[name].put(self._before[name])

    def accept(self, names: Collection[str]) -> None:
        """Take these as they are now."""
        self._before.update((name, self._probes[name].read()) for name in names)

    def _changed(self, names: Collection[str]) -> Iterator[str]:
        for name in names:
            if self._probes[name].read() != self._before[name]:
                yield name
