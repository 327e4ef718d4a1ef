"""Judging compares verdicts with labels: what is called safe and is not, and what is safe and was missed."""

from __future__ import annotations

import copy
import inspect
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from kernel_magics.nature.learn import learn
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.subject import Subject
from kernel_magics.nature.verdict import Verdict
from tests.nature.labels import NEVER, SHOP_KEYS, Function, Label, sensors, shop

KEYS: Mapping[str, tuple[str, ...]] = {"shop": SHOP_KEYS, "sensors": ("sensor", "time")}
TIMES: Mapping[str, tuple[str, ...]] = {"shop": ("day",), "sensors": ("time",)}


@dataclass(frozen=True)
class Mistake:
    """A verdict that differs from the label.

    Attributes:
        unsafe: called safe, and is not.
    """

    name: str
    trait: str
    unsafe: bool
    verdict: Verdict

    def __str__(self) -> str:
        kind = "FALSE SAFE" if self.unsafe else "missed"
        seen = f"{self.verdict.why} [{self.verdict.sample}] {self.verdict.span or ''}"
        return f"{kind} {self.name}: {self.trait}: {seen}"


def world(name: str) -> pd.DataFrame:
    """The sample of a world."""
    return shop() if name == "shop" else sensors()


def nature_of(label: Label, table: pd.DataFrame, seed: int = 0) -> Nature:
    """The nature of a labelled function of a table, or of some of its columns."""
    names = [name for name in inspect.signature(label.function).parameters if not name.startswith("_")]
    inputs = {name: table if name == "df" else table[name] for name in names}
    keys, times = KEYS[label.world], TIMES[label.world]
    function = _as_new(label.function)
    beside = {} if "df" in names else {name: table[name] for name in dict.fromkeys([*keys, *times])}
    return learn(Subject(function, seconds=60), Sample(inputs, beside, keys, times), seed)


def _as_new(function: Function) -> Function:
    """The function as it was before any call: one of the zoo keeps values in a default."""
    code, name, closure = function.__code__, function.__name__, function.__closure__
    return types.FunctionType(code, function.__globals__, name, copy.deepcopy(function.__defaults__), closure)


def mistakes(label: Label, nature: Nature) -> Iterator[Mistake]:
    """Where the verdicts differ from the label."""
    for trait, true, verdict in verdicts(label, nature):
        if true != (verdict.holds is True):
            yield Mistake(label.name, trait, not true, verdict)


def verdicts(label: Label, nature: Nature) -> Iterator[tuple[str, bool, Verdict]]:
    """Each trait with what is true of it and what was found."""
    yield "deterministic", label.stable, nature.deterministic
    if not label.stable:
        return
    yield "row-wise", label.row, nature.row_wise
    for key in KEYS[label.world]:
        yield f"by {key}", key in label.keys, nature.keys[key]
    found = nature.point_in_time if not nature.point_in_time or nature.same_rows else nature.same_rows
    yield "point-in-time", label.pit, found
    if not label.pit or not found or label.row:
        return
    span = nature.look_back.span or 0
    if label.look is not None:
        yield (
            "look-back",
            label.look < NEVER and (not nature.look_back or span >= label.look),
            nature.look_back,
        )
    rows = nature.look_back_rows
    if not nature.look_back and label.look == NEVER:
        yield "look-back in rows", label.rows < NEVER and (not rows or (rows.span or 0) >= label.rows), rows
