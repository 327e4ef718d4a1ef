"""The language of the rules: what it says, what missing evidence does to it, and all that it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.registry.expression import Facts, Unreadable, read_expression

HOLDS = {
    'tests == "passed"': True,
    "tests != 'failed'": True,
    "checks.failed == 0": True,
    "checks.failed > 0": False,
    "auc >= champion.auc - 0.005": True,
    "0 <= psi < 0.2": True,
    "0 <= psi < 0.1": False,
    "not checks.failed > 0 and psi < 0.2": True,
    "psi > 1 or checks.failed == 0": True,
    "-psi < +0": True,
    "exists": True,
    "not exists": False,
    "exists == exists": True,
}
UNKNOWN = (
    "absent > 0",
    "not absent > 0",
    "absent == absent",
    "absent > 0 and psi < 0.2",
    "absent > 0 or psi > 0.2",
    "absent - 1 < 5",
    "tests > 0",
    "tests + 1 > 0",
    "exists > 0",
    "exists == 1",
    "psi",
    "tests",
    "not psi",
    "1e308 + 1e308 > 0",
    "checks > 0",
)
FACTS: Facts = {
    "tests": "passed",
    "checks.failed": 0,
    "auc": 0.8,
    "champion.auc": 0.804,
    "psi": 0.15,
    "exists": True,
}
REFUSED = (
    "",
    "f(x)",
    "x.y()",
    "x[0]",
    "[1, 2] == x",
    "x in y",
    "x is y",
    "lambda: x",
    "(x := 1) == 1",
    "x if y else z",
    "f'{x}' == 'a'",
    "x * 2 > 1",
    "x ** 2 > 1",
    "x / 0 > 1",
    "~x",
    "1j == 1j",
    "b'a' == x",
    "None == x",
    "True",
    "... == x",
    "await x",
    "x = 1",
    "x; y",
    "import os",
    "(x).y.z()",
    "'a'.upper == 1",
    "1 .real == 1",
    "*x",
    "x @ y",
    "{} == x",
    "{x for x in y}",
    "1e999 > x",
    "x\0",
    "x == '\\d'",
    "(" * 300 + "x" + ")" * 300,
    "not " * 200 + "x",
    "x" * 2000,
    "9" * 900 + "." + "e" + "9",
)


@pytest.mark.parametrize("text", HOLDS)
def test_what_holds(text: str) -> None:
    """Comparisons, chains of them, and, or, not, sums, truths."""
    assert read_expression(text).holds(FACTS) is HOLDS[text]


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_is_not_known_does_not_hold(text: str) -> None:
    """Nor does its opposite: missing evidence, values of different kinds, sums that are no numbers."""
    assert read_expression(text).holds(FACTS) is None


@pytest.mark.parametrize("text", REFUSED)
def test_nothing_else_is_read(text: str) -> None:
    """Each is refused with a reason, and none is executed."""
    with pytest.raises(Unreadable, match=r".+"):
        read_expression(text)


def test_names_in_order() -> None:
    """Those that it reads, once each, with their dots."""
    assert read_expression("b.c > 1 and a > b.c - d").names == ("b.c", "a", "d")


NAMES = st.sampled_from(["a", "b.c", "d"])
VALUES = st.one_of(st.integers(-3, 3), st.floats(allow_nan=False), st.text("xy", max_size=2), st.booleans())
NUMBERS = st.integers(0, 3).map(str) | st.floats(0, 10).map(repr)
OPERANDS = st.recursive(
    NAMES | NUMBERS | st.text("xy", max_size=2).map(repr),
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-"), inner) | inner.map("-{}".format)
    ),
    max_leaves=4,
)
CONDITIONS = st.recursive(
    st.builds("{} {} {}".format, OPERANDS, st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), OPERANDS)
    | NAMES,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | inner.map("not ({})".format)
    ),
    max_leaves=6,
)


@given(CONDITIONS, st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES))
def test_more_evidence_never_turns_what_is_known(text: str, facts: Facts, more: Facts) -> None:
    """What holds with missing evidence holds whatever that evidence says, and what fails fails."""
    expression = read_expression(text)
    known = expression.holds(facts)
    assert known is None or expression.holds({**more, **facts}) is known
    assert read_expression(f"not ({text})").holds(facts) is (None if known is None else not known)


@given(CONDITIONS, st.dictionaries(NAMES, st.integers(-3, 3), min_size=3))
def test_it_means_what_python_means(text: str, facts: Facts) -> None:
    """With all evidence, a condition that is known has Python's value."""
    known = read_expression(text).holds(facts)
    values = {"a": facts["a"], "d": facts["d"], "b": type("B", (), {"c": facts["b.c"]})}
    if known is not None and "'" not in text:  # Python does not compare numbers with texts
        assert bool(eval(text, {}, values)) is known


@given(st.text() | st.text("abc.()[]=<>!&|'\"0123456789 \n+-*/:,{}lnotradi", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never another error; what is read has only names of the text."""
    try:
        expression = read_expression(text)
    except Unreadable:
        return
    known = expression.holds({})
    assert known is None or expression.holds({"a": 1, "b": True}) is known
    assert read_expression(expression.text).names == expression.names


CODE = st.sampled_from(
    [
        "__import__('os')",
        "a.__class__()",
        "print",
        "(a)",
        "a.b",
        "exec('1')",
        "1",
        "'x'",
        "[a]",
        "a[0]",
        "lambda: a",
    ]
)


@given(
    st.lists(CODE, min_size=1, max_size=4),
    st.sampled_from([" == ", " and ", " + ", " if a else ", ", ", "."]),
)
def test_calls_never_run(parts: list[str], between: str) -> None:
    """Pieces of Python in any order are no condition as soon as one of them calls, indexes or makes something."""
    text = between.join(parts)
    try:
        read_expression(text)
    except Unreadable:
        return
    assert not set("([,:{") & set(text.replace("(a)", "a"))
