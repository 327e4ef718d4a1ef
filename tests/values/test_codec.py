"""Records: values as readable JSON, and exactly back."""

import collections
import dataclasses
import datetime
import enum
import json
import math
import pathlib
import re
import subprocess
import sys
import threading
import types
import uuid
import zoneinfo
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_iris

from kernel_magics.export.examples.runner import difference
from kernel_magics.values import VALUES
from kernel_magics.values import decode as decode_module
from kernel_magics.values.codec import Unsupported, decode, encode
from tests.examples import examples
from tests.values.generators import keys, polars_tables, values

BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
DAYS = pd.date_range("2026-03-28", periods=3, freq="D", tz="Europe/Berlin", name="day")

READABLE = [
    ([1, 2.5, "a", True, None], [1, 2.5, "a", True, None]),
    ({"a": {"b": 1}}, {"a": {"b": 1}}),
    ((1, 2), {"tuple": [1, 2]}),
    ({1: "x"}, {"dict": [[1, "x"]]}),
    ({"tuple": 1}, {"dict": [["tuple", 1]]}),
    ({3, 1, 2}, {"set": [1, 2, 3]}),
    (math.nan, {"float": "nan"}),
    (-math.inf, {"float": "-inf"}),
    (Decimal("1.10"), {"decimal": "1.10"}),
    (datetime.date(2026, 1, 31), {"date": "2026-01-31"}),
    (
        datetime.datetime(2026, 1, 31, 12, tzinfo=BERLIN),
        {"datetime": "2026-01-31T12:00:00", "tz": "Europe/Berlin"},
    ),
    (
        datetime.datetime(2026, 1, 31, tzinfo=datetime.UTC),
        {"datetime": "2026-01-31T00:00:00", "tz": 0},
    ),
    (np.float32(0.1), {"scalar": 0.1, "dtype": "float32"}),
    (np.array([1.0, np.nan, np.inf]), {"array": [1.0, None, "inf"], "dtype": "float64"}),
    (np.zeros((2, 1), "i4"), {"array": [0, 0], "dtype": "int32", "shape": [2, 1]}),
    (
        pd.Series([1.0, 2.0, None], name="spend"),
        {"series": [1.0, 2.0, None], "dtype": "float64", "name": "spend"},
    ),
    (pd.Series([1, None], dtype="Int64"), {"series": [1, None], "dtype": "Int64"}),
    (
        pd.Series(["a"], index=pd.to_datetime(["2026-01-31"])),
        {"series": ["a"], "dtype": "str", "index": {"index": ["2026-01-31"], "dtype": "datetime64[us]"}},
    ),
    (
        DAYS[:2],
        {
            "index": ["2026-03-28T00:00:00+01:00", "2026-03-29T00:00:00+01:00"],
            "dtype": "datetime64[us, Europe/Berlin]",
            "name": "day",
            "freq": "D",
        },
    ),
    (
        pd.DataFrame({"day": [1, 2], "spend": [1.5, None]}),
        {
            "frame": {
                "day": {"values": [1, 2], "dtype": "int64"},
                "spend": {"values": [1.5, None], "dtype": "float64"},
            },
            "rows": 2,
        },
    ),
]


@pytest.mark.parametrize(("value", "record"), READABLE, ids=range(len(READABLE)))
def test_records_are_readable(value, record):
    """A record looks as a person would write it."""
    assert encode(value) == record
    assert VALUES.equal(decode(json.loads(json.dumps(record))), value)


def attributed(attrs):
    column = pd.Series([1.0])
    column.attrs = attrs
    return column


EXACT = {
    "signed zero": -0.0,
    "complex": complex(1, math.nan),
    "bytes": b"\x00a",
    "range": range(0, 9, 2),
    "frozenset": frozenset({1.5, "a", None}),
    "fold": datetime.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=BERLIN),
    "time": datetime.time(1, 2, 3, 4),
    "timedelta": datetime.timedelta(-1, 2, 3),
    "offset": datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=-3.5))),
    "odd offset": datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(seconds=1, microseconds=5))),
    "empty array": np.zeros((2, 0)),
    "0-d array": np.array(5),
    "object array": np.array([1, "a", None, [2]], dtype=object),
    "text array": np.array(["a", "bcd"]),
    "moments": np.array(["2026-01", "NaT"], "M8[M]"),
    "durations": np.array([1, "NaT"], "m8[s]"),
    "complex array": np.array([1 + 2j, complex(math.nan, -0.0)]),
    "big-endian": np.array([1.0], ">f8"),
    "large integers": pd.Series([2**62 + 1, None], dtype="Int64"),
    "unsigned": pd.Series([2**64 - 1], dtype="uint64"),
    "Float64": pd.Series([1.5, None, math.inf], dtype="Float64"),
    "Float32": pd.Series([0.1, None], dtype="Float32"),
    "boolean": pd.Series([True, None], dtype="boolean"),
    "string": pd.Series(["a", None], dtype="string"),
    "object column": pd.Series([1, "a", True, 1.5, None, math.nan, pd.NA], dtype=object),
    "categories": pd.Series(pd.Categorical(["a", None], categories=["b", "a"], ordered=True)),
    "numbers as categories": pd.Series(pd.Categorical([1, 2])),
    "nanoseconds": pd.Series([pd.Timestamp("2026-01-01 00:00:00.123456789")]),
    "seconds": pd.Series(pd.to_datetime(["2026-01-01", None])).astype("datetime64[s]"),
    "clock change": pd.Series(pd.date_range("2026-10-25", periods=5, freq="h", tz="Europe/Berlin")),
    "fixed offset": pd.Series(pd.to_datetime(["2026-01-01T00:00+05:00"])),
    "timedeltas": pd.Series(pd.to_timedelta([1, None], unit="s")),
    "periods": pd.Series(pd.period_range("2026-01", periods=2, freq="M")),
    "multi-index": pd.Series([1, 2], index=pd.MultiIndex.from_product([["a"], [1, 2]], names=["x", None])),
    "range with a step": pd.Series([1, 2], index=pd.RangeIndex(4, 0, -2, name="r")),
    "tuple as a name": pd.Series([1], name=("a", 1)),
    "attrs": attributed({"unit": "EUR", "since": datetime.date(2026, 1, 1)}),
    "no columns": pd.DataFrame(index=[1, 2]),
    "no rows": pd.DataFrame({"a": pd.Series([], dtype="datetime64[ns]")}),
    "duplicate columns": pd.DataFrame([[1, 2.5]], columns=["a", "a"]),
    "numbered columns": pd.DataFrame([[1, 2.5]]),
    "frame with objects": pd.DataFrame({"a": [[1], {"k": (2,)}], "b": ["x", None]}, index=["r", "s"]),
    "multi-index columns": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", 1), ("a", 2)])),
    "gaps": [pd.NaT, pd.NA, None],
    "timestamp": pd.Timestamp("2026-10-25 01:30", tz="UTC").tz_convert("Europe/Berlin"),
    "duration": pd.Timedelta("1s"),
    "period": pd.Period("2026Q1"),
    "interval": pd.Interval(1, 2.5, "left"),
    "intervals": pd.Series(pd.interval_range(0, 3)),
    "bins": pd.cut(pd.Series([1, 2, 3]), [0, 1, 5]),
    "an index of intervals": pd.IntervalIndex.from_breaks([0.0, 1.0, 2.0], closed="left"),
    "sparse": pd.arrays.SparseArray([0, 1]),
    "an array of categories": pd.Categorical(["a", None]),
    "texts as an array": pd.Series(["a", None]).unique(),
    "moments as an array": pd.Series(pd.to_datetime(["2026-01-01", None])).unique(),
    "durations as an array": pd.array(np.array([1, "NaT"], "m8[s]")),
    "month ends": pd.offsets.MonthEnd(2),
    "dates as objects": pd.Series([datetime.date(2026, 1, 1), Decimal("1.10"), pd.Period("2026Q1")]),
    "ordered dict": collections.OrderedDict({1: "a"}),
    "counter": collections.Counter("aab"),
    "default dict": collections.defaultdict(list, {1: [2]}),
    "deque": collections.deque([1, (2,)], 5),
    "namespace": types.SimpleNamespace(a=1),
    "bytearray": bytearray(b"a"),
    "slice": slice(1, None),
    "fraction": Fraction(1, 3),
    "uuid": uuid.UUID(int=7),
    "path": pathlib.Path("a/b"),
    "pattern": re.compile("a+", re.IGNORECASE),
    "zones": [datetime.UTC, BERLIN],
    "a dict that looks like a record": {"shared": "part 1", "instance of": "X"},
    "categories of Polars": pl.Series("c", ["a", "b", None], dtype=pl.Categorical),
    "an enum of Polars": pl.Series("e", ["a", None], dtype=pl.Enum(["a", "b"])),
    "nanoseconds of Polars": pl.Series("t", [1, None], dtype=pl.Datetime("ns")),
    "structs of Polars": pl.Series("s", [{"a": datetime.date(2026, 1, 1), "b": [1]}, None]),
    "no columns of Polars": pl.DataFrame(),
    "arrays of Polars": pl.Series("v", [[1, 2]], dtype=pl.Array(pl.Int64, 2)),
    "long integer": 10**30,
    "surrogate": "\ud800",
}


@pytest.mark.parametrize("value", EXACT.values(), ids=EXACT)
def test_records_are_exact(value):
    """A value comes back equal, to the last bit and attribute, and its record is always the same."""
    record = encode(value)
    text = json.dumps(record, allow_nan=False)
    assert VALUES.equal(decode(json.loads(text)), value)
    assert json.dumps(encode(decode(json.loads(text)))) == text


class Mode(enum.Enum):
    FAST = 1
    SLOW = "slow"


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


class Level(enum.IntEnum):
    LOW = 1


@dataclasses.dataclass
class Span:
    first: Any
    rest: Any = dataclasses.field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.first = [self.first]


@dataclasses.dataclass(frozen=True, slots=True)
class Window:
    days: Any


class Pair(NamedTuple):
    low: Any
    high: Any = 0


def module() -> types.ModuleType:
    """A module that knows these classes: some by their names, some by others, some through a module it imports."""
    home, helpers = types.ModuleType("home"), types.ModuleType("helpers")
    helpers.Window, helpers.Level = Window, Level
    home.Mode, home.Rights, home.Span, home.Couple, home.helpers = Mode, Rights, Span, Pair, helpers
    return home


HOME = module()
members = st.sampled_from([*Mode, *Rights, Rights.READ | Rights.WRITE, Level.LOW])
recordable = st.recursive(
    st.one_of(values, polars_tables(), members),
    lambda inner: st.one_of(
        st.builds(Span, inner, inner),
        st.builds(Window, inner),
        st.builds(Pair, inner, inner),
        st.lists(inner, max_size=3),
        st.dictionaries(keys, inner, max_size=3),
    ),
    max_leaves=4,
)
unrecordable = st.sampled_from([object(), len, threading.Event(), pl.col("a"), (x for x in "a")])


@examples(300)
@given(recordable)
def test_every_generated_value_survives_the_round_trip(value):
    """What the generators produce is supported, and comes back equal: also instances of a module's classes."""
    record = json.loads(json.dumps(encode(value, HOME), allow_nan=False))
    assert VALUES.equal(decode(record, HOME), value)


WRAPPERS = {
    "[0]": lambda value: [value],
    "['k']": lambda value: {"k": value},
    ".days": Window,
    ".low": Pair,
    "column 'm'[1]": lambda value: pd.DataFrame({"a": [1, 2], "m": pd.Series([1, value], dtype=object)}),
    "[1]": lambda value: (1, value),
}


@examples(100)
@given(unrecordable, st.lists(st.sampled_from(sorted(WRAPPERS)), max_size=3))
def test_the_refusal_names_the_element_that_is_the_reason(value, path):
    """However deep it is, a part that no record can hold is named by its type and its place."""
    with pytest.raises(Unsupported) as alone:
        encode(value, HOME)
    whole = value
    for wrapper in reversed(path):
        whole = WRAPPERS[wrapper](whole)
    with pytest.raises(Unsupported) as caught:
        encode(whole, HOME)
    assert (caught.value.kind, caught.value.place) == (alone.value.kind, "".join(path))


def test_a_column_that_comes_back_different_is_the_reason():
    """A column whose record gives another value is named, too."""
    odd = pl.DataFrame({"a": [1], "o": pl.Series([[1]]).cast(pl.List(pl.Datetime("ns")))})
    with pytest.raises(Unsupported, match="in column 'o'"):
        encode(odd)


def test_decoding_runs_no_code_of_a_class():
    """An instance gets its fields as they were: nothing checks or converts them again."""
    made = decode({"instance of": "Span", "fields": {"first": 1, "rest": 2}}, HOME)
    assert (made.first, made.rest) == (1, 2)
    for name in ("helpers", "Event", "helpers.Event.is_set"):
        HOME.Event = threading.Event
        with pytest.raises(LookupError):
            decode({"instance of": name, "fields": {}}, HOME)


def test_other_classes_are_refused():
    """A class that the module does not know, and an instance that holds more than its fields, have no record."""

    @dataclasses.dataclass
    class Hidden:
        a: int

    with pytest.raises(Unsupported, match="Hidden"):
        encode(Hidden(1), HOME)
    more = Span(1)
    more.extra = 1
    with pytest.raises(Unsupported, match="Span"):
        encode(more, HOME)


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (object(), "object"),
        (threading.Event(), "threading.Event"),
        (len, "collections.abc.Callable"),
        ([1, {2: iter([])}], "collections.abc.Iterator"),
        (np.zeros(1, [("a", [("b", "i4")])]), "np.ndarray"),
        (pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False), "pd.DataFrame"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_unsupported_values_are_named(value, name):
    """What a record cannot hold exactly is refused with the name of its type, never stored approximately."""
    with pytest.raises(Unsupported, match=f"^{name}"):
        encode(value)


def test_decoding_needs_nothing_of_the_project(tmp_path):
    """The decoder's file works alone, beside exported tests, with pandas and NumPy only."""
    text = Path(decode_module.__file__).read_text()
    assert "kernel_magics" not in text
    (tmp_path / "decode.py").write_text(text)
    record = json.dumps(encode(pd.DataFrame({"a": [1.5, None], "b": ["x", "y"]}, index=DAYS[:2])))
    code = f"""
import json, sys
sys.path.insert(0, '.')
import decode
print(decode.decode(json.loads({record!r})).shape)
assert not any(name.startswith('kernel_magics') for name in sys.modules)
"""
    command = [sys.executable, "-I", "-c", code]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("(2, 2)", "")


def test_importing_values_imports_no_library():
    """Handlers are imported when the first value of their library is met, and not before."""
    code = (
        "import sys; from kernel_magics.values import VALUES; VALUES.isolate({1: [2]}); VALUES.digest([2]);"
        "heavy = {'pandas', 'numpy', 'polars', 'pyarrow'}; assert not heavy & set(sys.modules);"
        "import numpy; VALUES.digest(numpy.zeros(1)); assert heavy & set(sys.modules) == {'numpy'}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def drawn(generator: Any) -> Any:
    """A generator after a draw."""
    generator.normal()
    return generator


@pytest.mark.parametrize(
    "value",
    [
        drawn(np.random.RandomState(3)),
        drawn(np.random.default_rng(3)),
        np.random.Generator(np.random.MT19937(3)),
        load_iris(),
        load_iris(as_frame=True),
    ],
    ids=["old", "new", "other bits", "data set", "frames"],
)
def test_what_is_equal_to_itself_only(value: Any) -> None:
    """Generators come back with their state, data sets with their parts; the comparison of examples sees both."""
    back = decode(json.loads(json.dumps(encode(value))))
    assert type(back) is type(value)
    assert difference(back, value) == ""
    if isinstance(value, dict):
        back.target[0] += 1
    else:
        back.normal()
    assert difference(back, value) != ""


@pytest.mark.parametrize("name", ["texts as an array", "moments as an array", "an array of categories"])
def test_arrays_of_pandas_are_compared_by_their_members(name: str) -> None:
    """The kind: `.unique()`, `pd.cut`; two equal ones do not differ, and another member is a difference."""
    value = EXACT[name]
    assert difference(value.copy(), value) == ""
    assert "row 0" in difference(value[::-1], value)


def test_a_lazy_frame_is_recorded_by_what_it_gives() -> None:
    """Lazy again when it is read; other rows are a difference; one of many rows is not computed whole."""
    lazy = pl.LazyFrame({"a": [1, 2, None], "b": ["x", "", "y"]})
    record = encode(lazy.filter(pl.col("a") > 1))
    assert record == {
        "polars lazy frame": {
            "a": {"values": [2], "dtype": "Int64"},
            "b": {"values": [""], "dtype": "String"},
        }
    }
    back = decode(json.loads(json.dumps(record)))
    assert type(back) is pl.LazyFrame
    assert difference(lazy.filter(pl.col("a") == 2), back) == ""
    assert difference(lazy.head(1), back) == "column 'a': row 0: 1 instead of 2"
    with pytest.raises(Unsupported, match=r"pl\.LazyFrame that fails with ColumnNotFoundError"):
        encode(lazy.select("c"))
    with pytest.raises(Unsupported, match=r"pl\.LazyFrame of more than 1000 rows"):
        encode(pl.LazyFrame({"a": range(1001)}))
