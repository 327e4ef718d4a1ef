"""The surroundings that libraries keep: options of pandas, error handling and random state of NumPy."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any

from kernel_magics.engine.values.surroundings import RANDOM, Probe


def library_probes() -> Iterator[tuple[str, Probe]]:
    """Probes of the libraries that are loaded."""
    numpy: Any = sys.modules.get("numpy")
    pandas: Any = sys.modules.get("pandas")
    if hasattr(numpy, "geterr"):
        yield "NumPy's error handling", Probe(numpy.geterr, _given(numpy.seterr))
        yield "NumPy's print options", Probe(numpy.get_printoptions, _given(numpy.set_printoptions))
    if hasattr(numpy, "random"):
        yield f"NumPy's {RANDOM}", _numpy_random(numpy.random)
    options = getattr(sys.modules.get("pandas._config.config"), "_global_config", None)
    if pandas is not None and isinstance(options, dict):
        yield "pandas's options", Probe(_Copied(options), lambda before: _set_options(pandas, before))


def _given(function: Callable[..., object]) -> Callable[[dict[str, Any]], object]:
    return lambda before: function(**before)


def _numpy_random(module: Any) -> Probe:
    return Probe(
        lambda: pickle.dumps(module.get_state()), lambda before: module.set_state(pickle.loads(before))
    )


def _set_options(pandas: Any, before: dict[str, Any]) -> None:
    for name, value in _leaves(before):
        if pandas.get_option(name) != value:
            pandas.set_option(name, value)


class _Copied:
    """Gives nested dicts as they are now: the same copy as long as they are equal to it."""

    def __init__(self, source: dict[str, Any]) -> None:
        self._source, self._copy = source, copy.deepcopy(source)

    def __call__(self) -> dict[str, Any]:
        if self._source != self._copy:
            self._copy = copy.deepcopy(self._source)
        return self._copy


def _leaves(options: dict[str, Any], inside: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in options.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{inside}{name}.")
        else:
            yield f"{inside}{name}", value
