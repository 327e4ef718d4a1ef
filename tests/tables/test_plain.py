"""Plain values on a command line are converted to their type, or one message names the type."""

from __future__ import annotations

import array
import collections.abc
import datetime
import decimal
import enum
import math
import pathlib
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, NewType

import numpy as np
import pandas as pd
import pytest

from kernel_magics.engine.errors import UsageError
from kernel_magics.tables.plain import expected_type, from_text, type_of, type_text


class Mode(enum.Enum):
    """A choice."""

    FAST = "fast"
    SLOW = 2


@dataclass
class Window:
    """A structure."""

    days: int
    name: str = "x"


class Pair(NamedTuple):
    """Another one."""

    left: int
    right: list[float]


Euro = NewType("Euro", float)
RIGHT: list[tuple[str, Any, Any]] = [
    ("false", bool, False), ("Yes", bool, True), ("0", bool, False), ("on", bool, True),
    ("1.10", str, "1.10"), ("true", str, "true"), ("[1]", str, "[1]"), ("x.csv", str, "x.csv"),
    ("7", int, 7), ("-3", int, -3), ("1e3", float, 1000.0), ("2", float, 2.0), ("inf", float, float("inf")),
    ("2024-01-31", datetime.date, datetime.date(2024, 1, 31)),
    ("2024-01-31", pd.Timestamp, pd.Timestamp("2024-01-31")),
    ("2024-01-31T10:00+01:00", datetime.datetime, datetime.datetime.fromisoformat("2024-01-31T10:00+01:00")),
    ("7 days", pd.Timedelta, pd.Timedelta("7 days")), ("1 day, 2:00:00", datetime.timedelta, datetime.timedelta(1, 7200)),
    ("1.10", decimal.Decimal, decimal.Decimal("1.10")), ("/tmp/x", pathlib.Path, pathlib.Path("/tmp/x")),
    ("FAST", Mode, Mode.FAST), ("fast", Mode, Mode.FAST), ("2", Mode, Mode.SLOW),
    ("a,b", list[str], ["a", "b"]), ("1,2", list[int], [1, 2]), ("1", list[int], [1]), ("[1, 2]", list[float], [1.0, 2.0]),
    ("['a']", list[str], ["a"]), ("", list[int], []), ("1,2", tuple[int, ...], (1, 2)), ("(1, 'a')", tuple[int, str], (1, "a")),
    ("a,b", set[str], {"a", "b"}), ('{"a": 1}', dict[str, float], {"a": 1.0}), ('{"1": "x"}', dict[int, str], {1: "x"}),
    ('{"days": 3}', Window, Window(3)), ("[1, [2]]", Pair, Pair(1, [2.0])), ('{"a": {"days": 1}}', dict[str, Window], {"a": Window(1)}),
    ("none", int | None, None), ("4", int | None, 4), ("x", str | None, "x"), ("3", int | str, 3), ("x", int | str, "x"),
    ("b", Literal["a", "b"], "b"), ("2", Literal[1, 2], 2), ("3", Euro, 3.0), ("3", Annotated[int, "count"], 3),
    ("3", Any, 3), ("abc", Any, "abc"), ("true", Any, True), ("3", np.float64, np.float64(3)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "expected"), RIGHT)
def test_a_text_becomes_the_type(text: str, kind: Any, expected: Any) -> None:
    """Words of truth, numbers, dates, enums, lists, structures, choices; a text stays one."""
    found = from_text("p", text, kind)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("false", np.bool_, np.False_),
        ("-inf", np.float32, np.float32("-inf")),
        ("Infinity", float, math.inf),
        ("1,2", collections.deque[int], collections.deque([1, 2])),
        ("a,b", collections.abc.Set[str], {"a", "b"}),
        ("1,2", collections.abc.Sequence[int], [1, 2]),
        ('{"a": 1}', collections.OrderedDict[str, int], collections.OrderedDict(a=1)),
        ('{"a": 2}', collections.Counter, collections.Counter("aa")),
        ('{"a": 1}', collections.abc.Mapping[str, int], {"a": 1}),
        ("90", datetime.timedelta, datetime.timedelta(seconds=90)),
    ],
)
def test_a_class_is_kept_and_no_text_is_taken_for_true(text: str, kind: Any, expected: Any) -> None:
    """The kind: classes that take any text, or are a list or dict of another class than Python's own."""
    found = from_text("p", text, kind)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("kind", [type, slice, type[int], array.array, collections.defaultdict])
def test_a_class_that_no_text_makes_is_refused(kind: Any) -> None:
    """The kind: classes that make something of a text that nobody meant, or nothing."""
    for text in ("int", '{"a": 1}', "[1, 2]"):
        with pytest.raises(UsageError, match="must be"):
            from_text("p", text, kind)


WRONG: list[tuple[str, Any, str, str]] = [
    ("maybe", bool, "must be bool, which 'maybe' is not", "p=true"),
    ("3.5", int, "must be int, which '3.5' is not", "p=VALUE"),
    ("true", int, "must be int", ""),
    ("1e400", float, "must be float, which '1e400' is not", "p=VALUE"),
    ("-1e300", np.float32, "must be float32, which '-1e300' is not", "p=VALUE"),
    ("1e400", list[float], "must be list[float]", ""),
    ("x", int | None, "must be int | None", ""),
    ("31.1.2024", datetime.date, "must be date", "p=2026-01-31"),
    ("soon", pd.Timestamp, "must be Timestamp", "p=2026-01-31"),
    ("NaT", pd.Timestamp, "must be Timestamp", ""),
    ("soon", datetime.timedelta, "must be timedelta", "p=90 for seconds"),
    ("maybe", np.bool_, "must be bool", ""),
    ("x", Mode, "must be Mode", "one of FAST, SLOW"),
    ("c", Literal["a", "b"], "must be Literal['a', 'b']", "one of a, b"),
    ("1,x", list[int], "must be list[int], which '1,x' is not ([1] must be int)", "p=a,b"),
    ("[1", list[int], "neither JSON nor a literal of Python", ""),
    ("1,2,3", tuple[int, int], "it has 3 members, not 2", ""),
    ('{"day": 3}', Window, "it has no field 'day'", ""),
    ('{"days": "x"}', Window, ".days must be int", ""),
    ("{}", Window, "missing 1 required positional argument: 'days'", ""),
    ('{"a": [{"days": "x"}]}', dict[str, list[Window]], "['a'][0].days must be int", ""),
]


@pytest.mark.parametrize(("text", "kind", "message", "hint"), WRONG)
def test_what_is_not_of_the_type(text: str, kind: Any, message: str, hint: str) -> None:
    """The message has the type, the text and the part that is wrong, the hint a form to write."""
    with pytest.raises(UsageError) as caught:
        from_text("p", text, kind)
    assert caught.value.code == "DB321"
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "int"), ([1, 2.0], "list[float]"), ([], "list"), ({"a": [1]}, "dict[str, list[int]]"),
        ([1, None], "list[int | None]"), ((1, "a"), "tuple[int, str]"), ([Window(1)], "list[Window]"),
        ({1, "a"}, "set[Any]"), (None, "Any"), (pd.Timestamp(0), "Timestamp"),
    ],
)  # fmt: skip
def test_the_type_of_a_value(value: Any, text: str) -> None:
    """It names members as far as they are alike."""
    assert type_text(type_of(value)) == text


def test_a_hint_and_a_sample_together() -> None:
    """The hint gives the type, a bare `list` leaves the members to the sample, and None gives nothing."""
    assert expected_type(int | None, None) == int | None
    assert expected_type(list, ["a"]) == list[str]
    assert expected_type(None, 1.5) is float
    assert expected_type(float, 1) is float
    assert expected_type(None, None) is Any
