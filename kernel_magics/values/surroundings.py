"""The surroundings in libraries: options of pandas, error handling and random state of NumPy."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable, Iterator
from typing import Any, Final

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.run.recorder import CLOCK
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
        yield (
            "pandas's options",
            Probe(_Copied(options), lambda before: _set_options(pandas, options, before)),
        )


@bracket
def heard(refuse: Callable[[str], None]) -> Iterator[None]:
    """Call `refuse` when pandas reads the clock, and when NumPy's random state is used, within."""
    numpy: Any = sys.modules.get("numpy")
    moment: Any = getattr(sys.modules.get("pandas"), "Timestamp", None)
    state = pickle.dumps(numpy.random.get_state()) if hasattr(numpy, "random") else b""
    names = [name for name in ("now", "today", "utcnow") if moment is not None and name in vars(moment)]
    before = {name: vars(moment)[name] for name in names}
    try:
        for name in names:
            setattr(moment, name, _told(getattr(moment, name), refuse))
        yield
    finally:
        for name, function in before.items():
            setattr(moment, name, function)
        if state and pickle.dumps(numpy.random.get_state()) != state:
            refuse(RANDOM)


def _told(function: Callable[..., Any], refuse: Callable[[str], None]) -> Callable[..., Any]:
    def read(*args: Any, **kwargs: Any) -> Any:
        refuse(CLOCK)
        return function(*args, **kwargs)

    return read


_ERRORS: Final = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


def library_settings() -> str:
    """The settings of the loaded libraries that differ from the defaults."""
    numpy: Any = sys.modules.get("numpy")
    found: dict[str, Any] = {}
    if hasattr(numpy, "geterr"):
        found |= {name: value for name, value in numpy.geterr().items() if value != _ERRORS.get(name)}
        options = numpy.get_printoptions()
        found |= {name: value for name, value in options.items() if value != _PRINTED.get(name)}
    config: Any = sys.modules.get("pandas._config.config")
    known = getattr(config, "_registered_options", {})
    for name, value in _leaves(getattr(config, "_global_config", {})):
        if name in known and value != known[name].defval:
            found[name] = value
    return repr(sorted((name, repr(value)) for name, value in found.items()))


_PRINTED: Final[dict[str, Any]] = {
    "precision": 8,
    "threshold": 1000,
    "edgeitems": 3,
    "linewidth": 75,
    "suppress": False,
    "nanstr": "nan",
    "infstr": "inf",
    "sign": "-",
    "formatter": None,
    "floatmode": "maxprec",
    "legacy": False,
    "override_repr": None,
}


def _given(function: Callable[..., object]) -> Callable[[dict[str, Any]], object]:
    return lambda before: function(**before)


def _numpy_random(module: Any) -> Probe:
    return Probe(
        lambda: pickle.dumps(module.get_state()), lambda before: module.set_state(pickle.loads(before))
    )


def _set_options(pandas: Any, options: dict[str, Any], before: dict[str, Any]) -> None:
    now = dict(_leaves(options))
    for name, value in _leaves(before):
        if now[name] != value:
            pandas.set_option(name, value)


class _Copied:
    """Returns a copy of nested dicts: the same copy as long as they are equal to it."""

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
