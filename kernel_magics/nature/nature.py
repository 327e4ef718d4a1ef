"""A nature is what a node's value depends on: its row, its key, the past up to its time, or everything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kernel_magics.nature.verdict import Verdict, unknown

NOT_TRIED = unknown("it was not tried")


@dataclass(frozen=True, slots=True)
class Nature:
    """The verdicts on one node.

    Attributes:
        shape: which rows its value has: "rows of df", "some rows of df", "rows by store", or what else it is.
        carrier: tables whose rows it has.
        row_wise: each row of the value depends on the same row of the inputs.
        whole: tables that are handed over whole where it is row-wise, because they have other rows.
        keys: for each key, whether the value depends on the rows with the same key only.
        having: for each key, the tables whose rows have it; what is tried by key has all others whole.
        point_in_time: no value changes when rows after its time change or are missing.
        same_rows: which rows there are does not depend on later ones either.
        look_back: how much of the past gives the same new rows, as a length of time.
        look_back_rows: the same as a number of rows, of each key where it is key-wise.
        order: rows may come in any order.
        deterministic: the same inputs give the same value.
        calls: how often the node ran.
        seconds: CPU time that it took.
        notes: what could not be tried.
    """

    shape: str = ""
    carrier: tuple[str, ...] = ()
    row_wise: Verdict = NOT_TRIED
    whole: tuple[str, ...] = ()
    keys: Mapping[str, Verdict] = field(default_factory=dict)
    having: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    point_in_time: Verdict = NOT_TRIED
    same_rows: Verdict = NOT_TRIED
    look_back: Verdict = NOT_TRIED
    look_back_rows: Verdict = NOT_TRIED
    order: Verdict = NOT_TRIED
    deterministic: Verdict = NOT_TRIED
    calls: int = 0
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def by(self, key: str) -> bool:
        """True when the rows may be split by a key."""
        return bool(self.keys.get(key))

    @property
    def scope(self) -> str:
        """What has to be together: `row`, `key` (of each key that holds), `whole` or `not known`."""
        if self.row_wise:
            return "row"
        if any(self.keys.values()):
            return "key"
        verdicts = [self.row_wise, *self.keys.values()]
        return "not known" if any(verdict.holds is None for verdict in verdicts) else "whole"

    def to_json(self) -> dict[str, Any]:
        """The verdicts by name, as `dagbook nature --json` prints them."""
        return {
            "scope": self.scope,
            "shape": self.shape,
            "row_wise": self.row_wise.to_json(),
            "key_wise": {key: verdict.to_json() for key, verdict in self.keys.items()},
            "point_in_time": self.point_in_time.to_json(),
            "same_rows": self.same_rows.to_json(),
            "look_back": self.look_back.to_json(),
            "look_back_rows": self.look_back_rows.to_json(),
            "order_independent": self.order.to_json(),
            "deterministic": self.deterministic.to_json(),
            "whole_tables": list(self.whole),
            "calls": self.calls,
            "seconds": round(self.seconds, 3),
            "notes": list(self.notes),
        }
