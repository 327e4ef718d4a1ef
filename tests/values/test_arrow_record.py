"""Records of Arrow values, masked arrays and arrays of records: readable, exact, and compared in exported tests."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kernel_magics.export.examples.runner import difference
from kernel_magics.values import VALUES
from kernel_magics.values.codec import Unsupported, decode, encode

pa = pytest.importorskip("pyarrow")

EXACT = [
    pa.table({"a": [1, None], "b": ["x", None], "c": [[1], None]}),
    pa.table({"d": pa.array(["a", "b", "a"]).dictionary_encode()}),
    pa.table({"a": [1]}).replace_schema_metadata({"by": "hand"}),
    pa.Table.from_pandas(pd.DataFrame({"a": [1]}, index=["x"])),
    pa.table({}),
    pa.RecordBatch.from_pydict({"a": [1, 2]}),
    pa.array([1.5, float("nan"), None]),
    pa.array([{"a": 1, "b": "x"}, None]),
    pa.table({"m": pa.array([[("a", 1)], [], None, [("b", None)]], pa.map_(pa.string(), pa.int64()))}),
    pa.array([[[(1, {"x": [2.5]})]]], pa.list_(pa.map_(pa.int8(), pa.struct({"x": pa.list_(pa.float64())})))),
    pa.array([1, None], pa.timestamp("ns", tz="Europe/Berlin")),
    pa.array([[datetime.datetime(2024, 1, 1)]]),
    pa.array([datetime.date(2024, 1, 1), None]),
    pa.array([datetime.time(1, 2)]),
    pa.array([datetime.timedelta(1)], pa.duration("s")),
    pa.array([Decimal("1.10")]),
    pa.array([b"x"]),
    pa.array([], pa.large_string()),
    pa.chunked_array([["a"], ["b", None]]),
    pa.chunked_array([], pa.int8()),
    pa.scalar(3),
    pa.scalar(None, pa.string()),
    np.ma.MaskedArray([1.0, 2.0, 3.0], mask=[False, True, False]),
    np.ma.MaskedArray([[1, 2]], mask=False, fill_value=7),
    np.array([(1, 2.5), (2, np.nan)], dtype=[("a", "i4"), ("b", "f8")]),
    np.array([[(1, np.datetime64("2024-01-01"))]], dtype=[("a", "i4"), ("b", "M8[D]")]),
]


@pytest.mark.parametrize("value", EXACT, ids=lambda value: type(value).__name__)
def test_back_from_json(value: Any) -> None:
    """An equal value of the same type comes back, and a test sees no difference."""
    back = decode(json.loads(json.dumps(encode(value))))
    assert type(back) is type(value)
    assert VALUES.equal(back, value)
    assert difference(back, value) == ""


@pytest.mark.parametrize(
    ("value", "record"),
    [
        (pa.table({"a": [1, None]}), {"arrow table": {"a": {"arrow array": [1, None], "type": "int64"}}}),
        (pa.chunked_array([["x"], ["y"]]), {"arrow chunked": ["x", "y"], "type": "string"}),
        (pa.scalar(2), {"arrow scalar": [2], "type": "int64"}),
    ],
)
def test_a_record_is_readable(value: Any, record: object) -> None:
    """Cells with the names of their types."""
    assert encode(value) == record


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (pa.table([[1], [2]], names=["a", "a"]), "two columns of one name"),
        (
            pa.table({"a": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int8(), keys_sorted=True))}),
            "map<.*column 'a'",
        ),
        (pa.schema([("a", pa.int8())]), "pa.Schema"),
        (np.array([((1, 2),)], dtype=[("a", [("b", "i4"), ("c", "i4")])]), "np.ndarray"),
    ],
)
def test_what_has_no_record(value: Any, reason: str) -> None:
    """It is refused with the type, and with the column that is the reason."""
    with pytest.raises(Unsupported, match=reason):
        encode(value)


@pytest.mark.parametrize(
    ("value", "other", "told"),
    [
        (pa.table({"a": [1]}), pa.table({"a": [2]}), "[0] ['a'] int 2 instead of 1"),
        (pa.table({"a": [1]}), pa.table({"b": [1]}), "schema"),
        (pa.array([1]), pa.array([2]), "[0] 2 instead of 1"),
        (pa.chunked_array([[1]]), pa.chunked_array([[1.0]]), "type"),
        (np.ma.MaskedArray([1, 2], [False, True]), np.ma.MaskedArray([1, 2]), "mask: row (1,)"),
        (np.ma.MaskedArray([1, 2]), np.ma.MaskedArray([1, 3]), "row (1,): 3 instead of 2"),
        (pa.array([0.1 + 0.2]), pa.array([0.3]), ""),
    ],
)
def test_a_difference_is_told(value: Any, other: Any, told: str) -> None:
    """With its place; a rounding of floats is none."""
    found = difference(other, value)
    assert found.startswith(told.replace("int 2", "2")) if told else found == ""


def test_maps_are_compared_by_their_pairs() -> None:
    """Whatever their offsets; a pair more, in another map, or with another value is a difference."""
    kind = pa.map_(pa.string(), pa.int64())
    maps = pa.array([[("a", 1)], [], None, [("b", None)]], kind)
    same = pa.array([[("z", 0)], [("a", 1)], [], None, [("b", None)]], kind).slice(1)
    assert VALUES.equal(maps, same)
    assert VALUES.digest(maps) == VALUES.digest(same)
    for other in (
        pa.array([[("a", 1)], [], None, [("b", 2)]], kind),
        pa.array([[("a", 1), ("b", None)], [], None, []], kind),
        pa.array([[("a", 1)], None, [], [("b", None)]], kind),
    ):
        assert not VALUES.equal(maps, other)
    assert VALUES.equal(maps.slice(2, 0), pa.array([], kind))
