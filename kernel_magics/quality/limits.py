"""Limits of drift from a baseline, beyond which a run warns or fails.

A TOML file beside the module, `features.drift.toml`, may hold others than these:

    [default]
    psi = { warn = 0.1, fail = 0.25 }    # population stability index
    ks = { warn = 0.1, fail = 0.3 }      # Kolmogorov-Smirnov distance
    nulls = { warn = 0.05, fail = 0.2 }  # change of the null rate
    new = { warn = 0.0, fail = 0.05 }    # share of rows with categories that the baseline has not
    rows = {}                            # logarithm of the ratio of rows: 0.7 is half or twice as many

    [nodes.temperature]                  # a node's own
    psi = { warn = 0.5 }                 # what is left out is no limit: this one never fails

    [nodes."weather.temp"]               # a column's own

Where there is no such file, a baseline or a run of fewer than 100 rows only warns.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError, did_you_mean

Pair = tuple[float, float]

DEFAULTS: Final[Mapping[str, Pair]] = {
    "psi": (0.1, 0.25),
    "ks": (0.1, 0.3),
    "nulls": (0.05, 0.2),
    "new": (0.0, 0.05),
    "rows": (math.inf, math.inf),
}


@dataclass(frozen=True)
class Limits:
    """Limits by measure, for all, and for the nodes and columns that have their own."""

    default: Mapping[str, Pair] = field(default_factory=lambda: DEFAULTS)
    own: Mapping[str, Mapping[str, Pair]] = field(default_factory=dict)

    def of(self, node: str, column: str, measure: str) -> Pair:
        """The limits of a measure: for a warning, and for a failure of the run."""
        for key in (f"{node}.{column}", node):
            if measure in self.own.get(key, {}):
                return self.own[key][measure]
        return self.default[measure]


def read_limits(path: Path) -> Limits:
    """The limits of a file.

    Raises:
        SourceError: DB403 when it cannot be read, DB407 when something in it is not a limit.
    """
    try:
        data = tomllib.loads(ordinary.read_text(path))
    except OSError as error:
        raise SourceError(
            "DB403", f"cannot read '{path}': {error.strerror}.", hint="check the path."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SourceError("DB407", f"'{path}' is not valid TOML: {error}.", hint="correct it.") from None
    unknown = next((key for key in data if key not in ("default", "nodes")), None)
    if unknown is not None:
        raise _wrong(path, f"there is no table '{unknown}'", "use [default] and [nodes.NAME].")
    own = data.get("nodes", {})
    if not isinstance(own, dict):
        raise _wrong(path, "'nodes' is no table", "write [nodes.NAME].")
    default = {**DEFAULTS, **_table(path, "default", data.get("default", {}))}
    return Limits(default, {name: _table(path, f"nodes.{name}", table) for name, table in own.items()})


def _table(path: Path, name: str, table: Any) -> dict[str, Pair]:
    if not isinstance(table, dict):
        raise _wrong(path, f"'{name}' is no table", f"write [{name}].")
    found: dict[str, Pair] = {}
    for measure, pair in table.items():
        if measure not in DEFAULTS:
            hint = did_you_mean(measure, DEFAULTS) or f"there are {', '.join(DEFAULTS)}."
            raise _wrong(path, f"there is no measure '{measure}' ([{name}])", hint)
        if (
            not isinstance(pair, dict)
            or not set(pair) <= {"warn", "fail"}
            or not all(map(_is_limit, pair.values()))
        ):
            raise _wrong(
                path,
                f"the limits of '{measure}' ([{name}]) cannot be read",
                f"write {measure} = {{ warn = 0.1, fail = 0.3 }}.",
            )
        found[measure] = (float(pair.get("warn", math.inf)), float(pair.get("fail", math.inf)))
    return found


def _is_limit(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


def _wrong(path: Path, problem: str, hint: str) -> SourceError:
    return SourceError("DB407", f"'{path}': {problem}.", hint=hint)
