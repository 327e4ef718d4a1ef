"""Equality and digests: strict, and of one mind."""

import copy
import dataclasses
import datetime
import enum
import functools
import math
import os
import subprocess
import sys
import types
import zoneinfo
from collections import OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal

import pytest
from hypothesis import given

from kernel_magics.engine.values.value import PlainValues
from kernel_magics.values import VALUES
from tests.examples import examples
from tests.values.generators import values

Pair = namedtuple("Pair", "a b")
Colour = enum.Enum("Colour", "RED BLUE")


@dataclasses.dataclass
class Point:
    x: object
    y: object = 0


@dataclasses.dataclass
class OtherPoint:
    x: object
    y: object = 0


BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
NOON = datetime.datetime(2026, 1, 1, 12)

PLAIN_DIFFERENCES = [
    (1, True),
    (1, 1.0),
    (1, "1"),
    (0, False),
    (0.0, -0.0),
    (0j, -0j),
    ("a", b"a"),
    (b"a", bytearray(b"a")),
    (None, False),
    ([1], (1,)),
    ([1], [True]),
    ([1.0], [1]),
    ([0.0], [-0.0]),
    ([], ()),
    ([[]], [()]),
    ([[1], [2]], [[1, 2]]),
    (["ab", "c"], ["a", "bc"]),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({"a": [1], "b": [2]}, {"b": [2], "a": [1]}),
    ({1: "x"}, {True: "x"}),
    ({"a": 1}, OrderedDict(a=1)),
    ({1}, {1.0}),
    ({1}, frozenset({1})),
    ({(1,)}, {(True,)}),
    (defaultdict(int, a=1), defaultdict(list, a=1)),
    (deque([1], 2), deque([1], 3)),
    (range(0, 3, 2), range(0, 4, 2)),
    (Decimal("1.0"), Decimal("1.00")),
    (NOON, NOON.replace(tzinfo=datetime.UTC)),
    (NOON.replace(tzinfo=BERLIN), NOON.replace(hour=11, tzinfo=datetime.UTC)),
    (NOON.replace(tzinfo=zoneinfo.ZoneInfo("UTC")), NOON.replace(tzinfo=datetime.UTC)),
    (NOON, NOON.replace(fold=1)),
    (NOON, NOON.date()),
    (Colour.RED, Colour.BLUE),
    (Colour.RED, 1),
    (Point(1), Point(True)),
    (Point(1), OtherPoint(1)),
    (Pair(1, 2), (1, 2)),
    (Pair(1, [2]), Pair(1, [2.0])),
    (slice(1), slice(1, None, 1)),
    (int, float),
    (types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)),
    (10**5000, 10**5000 + 1),
    ([10**5000], [10**5000 + 1]),
]


@pytest.mark.parametrize(("a", "b"), PLAIN_DIFFERENCES, ids=range(len(PLAIN_DIFFERENCES)))
def test_plain_differences(a, b):
    """Values that any reader could distinguish are neither equal nor have the same digest."""
    for one, other in [(a, b), ([a], [b]), ({"k": [a]}, {"k": [b]})]:
        assert not VALUES.equal(one, other)
        assert not PlainValues().equal(one, other)
        assert VALUES.digest(one) != VALUES.digest(other)
        assert VALUES.equal(one, one)


@examples(150)
@given(values)
def test_a_copy_is_equal_and_digested_alike(value):
    """Equality is reflexive and survives a deep copy, and so does the digest."""
    twin = copy.deepcopy(value)
    assert VALUES.equal(value, value)
    assert VALUES.equal(value, twin)
    assert VALUES.digest(value) == VALUES.digest(twin) is not None


@examples(300)
@given(values, values)
def test_equal_exactly_when_digested_alike(a, b):
    """Two values are equal exactly when their digests are, in both directions."""
    assert VALUES.equal(a, b) == VALUES.equal(b, a) == (VALUES.digest(a) == VALUES.digest(b))


def test_unknown_values_are_never_equal():
    """An object with unknown content is not equal even to itself, as it may have changed meanwhile."""

    class Model:
        def __eq__(self, other):
            return True

    model = Model()
    for value in (model, [model], {"m": model}, iter([1]), functools.partial(print)):
        assert not VALUES.equal(value, value)
        assert VALUES.digest(value) is None


def test_functions_are_equal_by_identity_only():
    """A function has no content to compare, so only the very same one is equal, and none has a digest."""
    assert VALUES.equal([len, math.sqrt, copy], [len, math.sqrt, copy])
    assert not VALUES.equal(lambda: 1, lambda: 1)
    assert VALUES.digest(len) is None


def test_a_class_defined_again_is_another_class():
    """An instance of a notebook's class differs from one of the class that replaced it."""

    def define():
        @dataclasses.dataclass
        class Row:
            a: int

        return Row

    first, second = define(), define()
    assert VALUES.equal(first(1), first(1))
    assert VALUES.digest(first(1)) == VALUES.digest(first(1))
    assert not VALUES.equal(first(1), second(1))
    assert VALUES.digest(first(1)) != VALUES.digest(second(1))
    assert VALUES.digest(first) != VALUES.digest(second)


def test_dataclass_with_more_than_its_fields_is_unknown():
    """An attribute beside the fields would be missed, so that such an instance is not compared."""
    point = Point(1)
    point.note = "seen"
    assert VALUES.digest(point) is None
    assert not VALUES.equal(point, point)


def nested(depth, kind=list):
    value = kind()
    for _ in range(depth):
        value = kind([value]) if kind is not dict else {"k": value}
    return value


@pytest.mark.parametrize("kind", [list, tuple, dict])
def test_deep_nesting(kind):
    """Values nested deeper than Python recurses are compared, digested and isolated all the same."""
    a, b, other = nested(5_000, kind), nested(5_000, kind), nested(5_001, kind)
    assert VALUES.equal(a, b)
    assert not VALUES.equal(a, other)
    assert VALUES.digest(a) == VALUES.digest(b) != VALUES.digest(other)
    assert VALUES.equal(VALUES.isolate(a), a)


def test_deeply_nested_sets_are_unknown_rather_than_a_crash():
    """Only sets in sets recurse; past the limit they count as changed."""
    value = nested(5_000, frozenset)
    assert VALUES.digest(value) is None
    assert not VALUES.equal(value, nested(5_000, frozenset))


def test_cycles_are_unknown():
    """A value that contains itself is neither equal nor digested."""
    a: list = [1]
    a.append({"self": a})
    assert VALUES.digest(a) is None
    assert not VALUES.equal(a, a)


def test_shared_children_are_visited_once():
    """A value with 2 ** 60 paths but 60 objects is digested, compared and isolated at once."""
    a, b = [[1]], [[1]]
    for _ in range(60):
        a, b = [a, a], [b, b]
    assert VALUES.equal(a, b)
    assert VALUES.digest(a) == VALUES.digest(b)
    twin = VALUES.isolate(a)
    assert twin[0] is twin[1] is not a[0]


def test_digest_is_the_same_in_every_process():
    """Neither hash randomisation nor ids get into a digest."""
    code = (
        "import pandas as pd, datetime; from kernel_magics.values import VALUES;"
        "print(VALUES.digest([{'a', 'b', ('c', 1)}, datetime.date, pd.DataFrame({'a': ['x', None]})]))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(texts) == 1
    assert len(texts.pop().strip()) == 32
