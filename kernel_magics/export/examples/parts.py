"""Running a node on parts of its rows: what they give must be what all rows give there.

The text of this module stands beside exported tests, so it uses pytest's environment only.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.values.decode import decode

_NEAR = 1e-9  # how far numbers may be apart, as a share of the largest of their column
_MOMENTS = 8  # at most so many moments are tried as the end of the past


class Natures:
    """The natures that the nodes of a module were found to have.

    Args:
        document: `nodes` with their claims, and `values` given to them by label.
        module: the module.
    """

    def __init__(self, document: Mapping[str, Any], module: Any) -> None:
        self._nodes: Mapping[str, Any] = document["nodes"]
        self._values = document["values"]
        self._module = module

    @classmethod
    def beside(cls, tests: str, module: Any) -> "Natures":
        """The natures in the JSON file beside a test file."""
        return cls(json.loads(Path(tests).with_suffix(".natures.json").read_text(encoding="utf-8")), module)

    @property
    def claims(self) -> list[tuple[str, str]]:
        """Each node with each of its claims."""
        return [(name, claim) for name, node in self._nodes.items() for claim in node["claims"]]

    def report(self, name: str, claim: str) -> str:
        """What is wrong with a claim, for a person; "" when it holds."""
        node = self._nodes[name]
        given = {key: decode(self._values[label], self._module) for key, label in node["given"].items()}
        problem = nature_problem(getattr(self._module, node["function"]), given, node["claims"][claim])
        return "" if problem == "" else f"{name} is not {claim} any more: {problem}"


def nature_problem(
    function: Callable[..., Any], given: Mapping[str, Any], claim: Mapping[str, Any]
) -> str | None:
    """What is wrong with a claim about a node; "" when nothing is, None where nothing can be compared.

    Args:
        claim: its `kind`, and `rows`: for each input that is cut, the part (or the moment) of each row.
    """
    rows = {name: np.asarray(codes) for name, codes in claim["rows"].items()}
    codes = np.unique(np.concatenate(list(rows.values())))
    whole = function(**_cut(given, {}))
    if claim["kind"] == "parts":
        parts = [function(**_cut(given, {name: own == code for name, own in rows.items()})) for code in codes]
        return _joined_problem(whole, parts)
    found: list[str | None] = []
    for code in codes[np.unique(np.linspace(0, len(codes) - 2, _MOMENTS).astype(int))]:
        masks = {name: own <= code for name, own in rows.items()}
        problem = _past_problem(whole, function(**_cut(given, masks)), list(masks.values()))
        found.append(f"when rows after moment {code} are left out, {problem}" if problem else problem)
    return next(filter(None, found), None if all(each is None for each in found) else "")


def _cut(given: Mapping[str, Any], masks: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs with only some rows of those that have a mask."""
    return {name: value[masks[name]] if name in masks else _own(value) for name, value in given.items()}


def _own(value: Any) -> Any:
    return value.copy() if isinstance(value, pd.DataFrame | pd.Series | np.ndarray) else value


def _joined_problem(whole: Any, parts: list[Any]) -> str | None:
    """How joined parts differ from the whole; rows without labels of their own may come in another order."""
    if isinstance(whole, dict | list | tuple):
        keys = list(whole) if isinstance(whole, dict) else range(len(whole))
        return _first_found([_joined_problem(whole[key], [part[key] for part in parts]) for key in keys])
    if isinstance(whole, np.ndarray):
        joined, wanted = _sorted(np.concatenate(parts)), _sorted(whole)
        return _cells_problem(joined, wanted)
    if isinstance(whole, pd.Index):
        joined_index = parts[0].append(parts[1:])
        return _cells_problem(joined_index.sort_values(), whole.sort_values())
    if not isinstance(whole, pd.DataFrame | pd.Series):
        return None
    joined = pd.concat([part for part in parts if len(part)] or parts)
    if len(joined) != len(whole):
        return f"all rows give {len(whole)} rows, the parts {len(joined)}"
    if whole.index.is_unique and joined.index.isin(whole.index).all() and joined.index.is_unique:
        return _cells_problem(joined.loc[whole.index], whole)
    if whole.index.equals(pd.RangeIndex(len(whole))):
        return _cells_problem(_sorted(joined.to_numpy()), _sorted(whole.to_numpy()))
    return _cells_problem(joined.sort_index(kind="stable"), whole.sort_index(kind="stable"))


def _past_problem(whole: Any, past: Any, masks: list[Any]) -> str | None:
    """How the value for the past differs from the past of the value for all rows."""
    if isinstance(whole, dict | list | tuple):
        keys = list(whole) if isinstance(whole, dict) else range(len(whole))
        return _first_found([_past_problem(whole[key], past[key], masks) for key in keys])
    if not isinstance(whole, pd.DataFrame | pd.Series | pd.Index | np.ndarray):
        return None
    for mask in masks:
        if len(whole) == len(mask):
            return (
                _cells_problem(past, whole[mask]) if len(past) == mask.sum() else f"{len(past)} rows are left"
            )
    if isinstance(whole, np.ndarray | pd.Index) or not (whole.index.is_unique and past.index.is_unique):
        return None
    both = past.index[past.index.isin(whole.index)]
    return _cells_problem(past.loc[both], whole.loc[both]) if len(both) else None


def _first_found(found: list[str | None]) -> str | None:
    return next(filter(None, found), None if all(each is None for each in found) else "")


def _sorted(cells: Any) -> Any:
    """Rows of cells in an order of their own."""
    rows = pd.DataFrame(cells)
    return rows.sort_values(list(rows.columns), key=lambda column: column.map(str)).to_numpy()


def _cells_problem(actual: Any, wanted: Any) -> str:
    """The first cell that differs, missing ones being equal; types of numbers do not count."""
    if isinstance(wanted, pd.DataFrame):
        if list(actual.columns) != list(wanted.columns):
            return f"columns {list(actual.columns)} instead of {list(wanted.columns)}"
        pairs = [(actual.iloc[:, n], wanted.iloc[:, n]) for n in range(len(wanted.columns))]
        return next(filter(None, (_cells_problem(*pair) for pair in pairs)), "")
    x, y = np.asarray(actual).ravel(), np.asarray(wanted).ravel()
    if len(x) != len(y):
        return f"{len(x)} cells instead of {len(y)}"
    gone = np.asarray(pd.isna(x)), np.asarray(pd.isna(y))
    both = ~gone[0] & ~gone[1]
    same = gone[0] == gone[1]
    if x.dtype.kind in "biuf" and y.dtype.kind in "biuf":
        old, new = x[both].astype(float), y[both].astype(float)
        near = _NEAR * np.max(np.abs(new[np.isfinite(new)]), initial=0.0)
        same[both] = np.isclose(old, new, rtol=_NEAR, atol=near)
    else:
        same[both] = [bool(np.all(one == other)) for one, other in zip(x[both], y[both], strict=True)]
    if same.all():
        return ""
    place = int(np.argmin(same))
    where = f"row {wanted.index[place]}" if isinstance(wanted, pd.Series) else f"cell {place}"
    return f"{where} is {x[place]} instead of {y[place]}"
