"""Claims are the natures that exported tests check, with rows of the sample for these tests."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from kernel_magics.engine.graph.private import private_marks
from kernel_magics.export.examples.parts import nature_problem
from kernel_magics.export.examples.store import Store
from kernel_magics.export.module.checksum import BLANK, write_hash
from kernel_magics.nature.nature import Nature
from kernel_magics.nature.natures import Natures, node_sample
from kernel_magics.nature.sample import Sample
from kernel_magics.nature.shorten import shortened
from kernel_magics.nature.subject import undisturbed
from kernel_magics.nature.world import World
from kernel_magics.values.codec import Unsupported

ROWS, KEYS, STEPS = 60, 4, 14
"""The largest numbers of recorded rows, keys and moments of a sample."""

Claim = dict[str, Any]


def claims_text(world: World, natures: Natures) -> str:
    """The claims as a JSON file beside the tests; "" when there are none.

    A claim is left out if the recorded rows cannot refute it. Nothing is recorded where inputs are private.
    """
    if private_marks(world.graph):  # what is computed from a private column may tell it, under any name
        return ""
    store = Store()
    nodes = {}
    for name, found in natures.items():
        record = _recorded(world, name, found.own, natures, store)
        if record:
            nodes[name] = record
    if not nodes:
        return ""
    text = json.dumps({"hash": BLANK, "nodes": nodes, "values": store.values}, indent=1, allow_nan=False)
    return write_hash(f"{text}\n")


def _recorded(
    world: World, name: str, nature: Nature, natures: Natures, store: Store
) -> dict[str, Any] | None:
    """What is recorded of a node; None when nothing is."""
    node = world.node(name)
    keys = tuple(dict.fromkeys(key for found in natures.values() for key in found.own.keys))
    if node is None or node.is_async or not _anything(nature):
        return None
    sample = shortened(node_sample(world, name, keys), STEPS, rows=ROWS, keys=KEYS)
    given = dict(sample.inputs)
    claims: dict[str, Claim] = {}
    with undisturbed():
        for title, claim in _claims(sample, nature):
            try:
                held = nature_problem(world.function(node), given, claim) == ""
            except Exception:  # the user's code may raise anything on few rows: nothing is claimed then
                held = False
            if held:
                claims[title] = claim
    if not claims:
        return None
    try:
        labels = {each: store.keep_record(each, store.encoded(value), name) for each, value in given.items()}
    except Unsupported:
        return None
    return {"function": node.function, "given": labels, "claims": claims}


def _anything(nature: Nature) -> bool:
    return bool(nature.row_wise or nature.point_in_time or any(nature.keys.values()))


def _claims(sample: Sample, nature: Nature) -> Iterator[tuple[str, Claim]]:
    """What is claimed: a node that is row-wise by itself is so by every key and at every time."""
    alone = bool(nature.row_wise) and not nature.whole
    if nature.row_wise:
        rows = {
            table: _parts(len(group))
            for group in sample.groups
            for table in group.tables
            if table in nature.carrier and table in sample.inputs
        }
        yield from _claim("row-wise", "parts", rows)
    for key, verdict in nature.keys.items():
        if verdict and not alone and key not in sample.time_names.values():
            yield from _claim(f"by {key}", "parts", _codes(sample, key))
    if nature.point_in_time and not alone and sample.times:
        moments = {
            table: np.searchsorted(sample.steps, times).tolist()
            for place, times in sample.times.items()
            if not pd.isna(times).any()
            for table in sample.groups[place].tables
            if table in sample.inputs
        }
        if len(moments) == sum(
            name in sample.inputs for p in sample.times for name in sample.groups[p].tables
        ):
            yield from _claim("point-in-time", "past", moments)


def _parts(rows: int) -> list[int]:
    """Three parts of unlike rows: the first third, and every second one of the rest."""
    at = np.arange(rows)
    return np.where(at < rows // 3, 0, 1 + at % 2).tolist()  # type: ignore[no-any-return]


def _claim(title: str, kind: str, rows: Mapping[str, list[int]]) -> Iterator[tuple[str, Claim]]:
    if rows and len({code for codes in rows.values() for code in codes}) > 1:
        yield title, {"kind": kind, "rows": dict(rows)}


def _codes(sample: Sample, key: str) -> dict[str, list[int]]:
    """The number of the key's value in each row of the inputs that have it."""
    known = {value: number for number, value in enumerate(sample.key_values(key))}
    found: dict[str, list[int]] = {}
    for place in sample.having(key):
        axis = sample.axis(sample.groups[place], key)
        for table in sample.groups[place].tables:
            if axis is not None and table in sample.inputs:
                found[table] = [known[None if pd.isna(value) else value] for value in axis]
    return found
