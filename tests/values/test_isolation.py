"""Isolation: whatever a reader does to its copy, the original is unchanged."""

import contextlib
import copy
import dataclasses
import threading
import types
import warnings
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given

from kernel_magics.engine.values.value import PlainValues
from kernel_magics.values import VALUES
from tests.examples import examples
from tests.values.generators import values
from tests.values.writes import barrage


def attack(value):
    """Do everything to a fresh isolated copy each time; return the writes that changed the original."""
    before = VALUES.digest(value)
    leaks = []
    for position, write in enumerate(barrage(value)):
        reader = VALUES.isolate(value)
        assert VALUES.equal(reader, value)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with contextlib.suppress(Exception):  # many do not fit the dtype
                write(reader)
        if VALUES.digest(value) != before:
            leaks.append(position)
    return leaks


@examples(100)
@given(values)
def test_no_write_reaches_the_original(value):
    """A barrage of in-place operations on isolated copies never changes the original."""
    assert attack(value) == []


OBJECTS = {
    "lists in cells": pd.Series([[1], [2, 3]]),
    "a frame with lists in cells": pd.DataFrame({"a": [1, 2], "b": [[1], {"k": [1]}]}),
    "arrays in cells": pd.Series([np.arange(3), np.arange(2)]),
    "pandas arrays in a frame": pd.DataFrame({"a": pd.array([1, 2], dtype="Int64")}),
    "categories in a frame": pd.DataFrame({"a": pd.Categorical(["x", "y"])}),
    "an object array": np.array([[1], {"a": [2]}, None], dtype=object),
    "frames in a dict": {"train": pd.DataFrame({"a": [1.0, 2.0]}), "test": (pd.Series([1.0, 2.0]),)},
}


@pytest.mark.filterwarnings("ignore")  # of operations that pandas means to drop
@pytest.mark.parametrize("value", OBJECTS.values(), ids=OBJECTS)
def test_objects_inside_are_isolated_too(value):
    """Mutable objects in cells and containers are copied with the value."""
    assert attack(value) == []
    before = VALUES.digest(value)
    reader = VALUES.isolate(value)
    cells = reader.values() if isinstance(reader, dict) else np.asarray(reader, dtype=object).reshape(-1)
    for cell in cells:
        for write in barrage(cell):
            try:
                write(cell)
            except Exception:
                continue
    assert VALUES.digest(value) == before


def test_an_index_can_be_renamed_by_its_reader():
    """The names of an index belong to the reader's copy, of every kind of index."""
    for index in [
        pd.RangeIndex(3, name="a"),
        pd.date_range("2026-01-01", periods=3, freq="D", name="a"),
        pd.MultiIndex.from_tuples([(1, 2)], names=["a", "b"]),
        pd.CategoricalIndex(["x"], name="a"),
    ]:
        before = VALUES.digest(index)
        reader = VALUES.isolate(index)
        assert VALUES.equal(reader, index)
        reader.names = ["changed"] * reader.nlevels
        assert VALUES.digest(index) == before


def test_isolation_of_frames_copies_no_data():
    """A reader's frame, Series or array shares the memory of the original."""
    frame = pd.DataFrame({"a": np.arange(1000.0)})
    assert np.shares_memory(frame["a"].to_numpy(), VALUES.isolate(frame)["a"].to_numpy())
    array = np.arange(1000.0)
    assert np.shares_memory(array, VALUES.isolate(array))
    with pytest.raises(ValueError, match="read-only"):
        VALUES.isolate(array)[0] = 1


def test_a_reader_cannot_resize_an_array():
    """NumPy resizes a read-only array that owns its memory, and crashes on an empty one of objects."""
    for array in [np.arange(3.0), np.array([[1], None], dtype=object), np.array([], dtype=object)]:
        with pytest.raises(ValueError, match="resize"):
            VALUES.isolate(array).resize(5, refcheck=False)


def test_immutable_values_are_shared():
    """What cannot change is handed out as it is."""
    table, frame = pa.table({"a": [1]}), pl.DataFrame({"a": [1]})
    for value in [
        1,
        "a",
        (1, ("b", 2.0)),
        frozenset({1}),
        pd.Timestamp("2026"),
        pd.NA,
        pd.NaT,
        table,
        np.float64(1),
        len,
    ]:
        assert VALUES.isolate(value) is value
    reader = VALUES.isolate(frame)
    reader[0, "a"] = 9
    assert frame["a"].to_list() == [1]


def test_uncopyable_objects_are_handed_through():
    """Generators, modules, locks, files, functions and classes are shared, also inside containers."""
    lock = threading.Lock()
    generator = (number for number in [1])
    with open(__file__) as file:
        for value in [
            generator,
            types,
            lock,
            file,
            len,
            test_immutable_values_are_shared,
            int,
        ]:
            assert VALUES.isolate(value) is value
            assert VALUES.isolate([value])[0] is value
    assert next(generator) == 1


class Model:
    """A notebook's class."""

    def __init__(self):
        self.weights = [1, 2]
        self.frame = pd.DataFrame({"a": [1.0]})
        self.lock = threading.Lock()
        self.me = self


def test_an_object_may_write_into_its_own_arrays():
    """A model fills its arrays while it predicts; those of the original stay, and views outside stay so."""
    model = types.SimpleNamespace(work=np.zeros(3), inner=types.SimpleNamespace(list=[np.zeros(2)]))
    model.inner.model = model
    reader = VALUES.isolate({"model": model, "given": np.ones(2)})
    reader["model"].work[:] = 5
    reader["model"].inner.list[0][:] = 6
    assert reader["model"].inner.model is reader["model"]
    assert (model.work.sum(), model.inner.list[0].sum()) == (0, 0)
    assert not reader["given"].flags.writeable


@dataclasses.dataclass(frozen=True, slots=True)
class Slotted:
    """An instance without a __dict__."""

    items: list


Pair = namedtuple("Pair", "a b")


def test_instances_are_copied_with_what_they_hold():
    """Attributes are isolated, cycles are kept, and only what has no copy is shared."""
    model = Model()
    reader = VALUES.isolate(model)
    reader.weights.append(3)
    reader.frame["b"] = 1
    assert (model.weights, list(model.frame)) == ([1, 2], ["a"])
    assert reader.me is reader
    assert reader.lock is model.lock
    slotted = Slotted([1])
    VALUES.isolate(slotted).items.append(2)
    assert slotted.items == [1]


@pytest.mark.parametrize(
    "value",
    [
        OrderedDict(a=[1]),
        defaultdict(list, a=[1]),
        Counter("aab"),
        deque([[1]], 3),
        Pair([1], 2),
        types.SimpleNamespace(a=[1]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_containers_of_the_standard_library(value):
    """Subclasses of the built-in containers keep their type and content, and share nothing."""
    before = VALUES.digest(value)
    reader = PlainValues().isolate(value)
    assert PlainValues().equal(reader, value)
    inner = (
        next(iter(reader.values()))
        if isinstance(reader, dict)
        else reader.a
        if hasattr(reader, "a")
        else reader[0]
    )
    if isinstance(inner, list):
        inner.append(9)
    assert VALUES.digest(value) == before
    assert reader is not value


def test_cycles_are_kept():
    """A value that contains itself is copied once, and the copy contains itself."""
    a: list = [1]
    a.append({"self": (a,)})
    b = VALUES.isolate(a)
    assert b is not a
    assert b[1]["self"][0] is b


def test_original_survives_its_reader_being_deep_copied():
    """A reader's deep copy is writeable, as people expect of a copy."""
    reader = copy.deepcopy(VALUES.isolate(np.arange(3)))
    reader[0] = 9
    assert reader[0] == 9


@pytest.mark.parametrize(
    "lazy",
    [pd.DataFrame({"a": [1, 1], "b": [1, 2]}).groupby("a"), pd.DataFrame({"b": [1.0, 2.0]}).rolling(1)],
    ids=["groupby", "rolling"],
)
def test_group_bys_and_windows_have_a_frame_of_their_own(lazy):
    """What a reader writes into `.obj` is not in the frame that others aggregate."""
    before = lazy.sum()
    own = VALUES.isolate(lazy).obj
    own["b"] = 9
    pd.testing.assert_frame_equal(lazy.sum(), before)


def test_a_dict_whose_keys_are_its_attributes():
    """A copy of such an object, as statsmodels' data sets are, has the attributes, too, and they are its own."""

    class Record(dict):
        def __init__(self, **items):
            super().__init__(items)
            self.__dict__ = self

    record = Record(data=[1, 2])
    copied = VALUES.isolate(record)
    assert copied.data == [1, 2]
    copied.data.append(3)
    assert record["data"] == [1, 2]
    assert copied["data"] is copied.data
