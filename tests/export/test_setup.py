"""What the setup changes travels with what uses it: into the module, and into what makes a value stale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from kernel_magics.engine.source.cell import read_cell
from tests.export.notebooks import export, make_session, run_python

ACCESSOR = """class Geo:
    def __init__(self, series):
        self.series = series

    def area(self):
        return int(self.series.sum())"""
REGISTRY = """HANDLERS = {}


def handles(name):
    def wrap(function):
        HANDLERS[name] = function
        return function
    return wrap


@handles("plus")
def plus(x):
    return x + 1"""
REGISTRY_OBJECT = """class Registry(dict):
    def __call__(self, function):
        self[function.__name__] = function
        return function


HANDLERS = Registry()


@HANDLERS
def _plus(x):
    return x + 1"""
FILL = "CODES = {}\ndef fill(into, count):\n    for i in range(count):\n        into[i] = i * i\n    return count\n"
BASE = "class Base:\n    known = []\n    def __init_subclass__(cls):\n        {}.known.append(cls.__name__)\n"
KIND = "import functools\n@functools.singledispatch\ndef kind(x):\n    return 'other'\n"

CASES = {
    "a loop that fills a constant": (
        "CODES = {}\nfor i, c in enumerate('abc'):\n    CODES[c] = i",
        "CODES['c'] + len(s)",
        "4",
    ),
    "implementations of a generic function": (
        f"{KIND}@kind.register\ndef _(x: int):\n    return 'int'",
        "kind(len(s))",
        "int",
    ),
    "implementations by type": (
        f"{KIND}@kind.register(int)\ndef of_int(x):\n    return 'int'",
        "kind(len(s))",
        "int",
    ),
    "an accessor": (f"@pd.api.extensions.register_series_accessor('geo')\n{ACCESSOR}", "s.geo.area()", "3"),
    "an accessor by a call": (
        f"{ACCESSOR}\n\n\npd.api.extensions.register_series_accessor('land')(Geo)",
        "s.land.area()",
        "3",
    ),
    "a method of a library's class": ("pd.Series.twice = lambda self: int(2 * self.sum())", "s.twice()", "6"),
    "a method set by name": (
        "setattr(pd.Series, 'thrice', lambda self: int(3 * self.sum()))",
        "s.thrice()",
        "9",
    ),
    "a registry filled by a decorator": (REGISTRY, "HANDLERS['plus'](len(s))", "3"),
    "a registry that is the decorator": (REGISTRY_OBJECT, "HANDLERS['_plus'](len(s))", "3"),
    "an assignment that takes out of a constant": (
        "QUEUE = [5, 6]\nFIRST = QUEUE.pop(0)",
        "QUEUE[0] + len(s)",
        "8",
    ),
    "a block that fills a constant": (
        "import io\nTABLE = {}\nwith io.StringIO('a b') as text:\n    TABLE.update(dict.fromkeys(text.read().split()))",
        "[*TABLE] + [len(s)]",
        "['a', 'b', 2]",
    ),
    "two ways to bind a name": (
        "USE = {}\ntry:\n    import no_such_library as fast\n    USE['fast'] = True\n"
        "except ImportError:\n    fast = None\n    USE['fast'] = False",
        "USE['fast'], len(s)",
        "(False, 2)",
    ),
    "a second name": (
        "BASE = [1]\nALIAS = BASE\nfor n in (2, 3):\n    ALIAS.append(n)",
        "sum(BASE) + len(s)",
        "8",
    ),
    "a function that fills what it is given": (f"{FILL}COUNT = fill(CODES, 4)", "CODES[3] + len(s)", "11"),
    "a function that fills a constant": (
        f"{FILL.replace('(into, count)', '(count)').replace('into[', 'CODES[')}COUNT = fill(4)",
        "CODES[3] + len(s)",
        "11",
    ),
    "a class that knows its subclasses": (
        f"{BASE.format('Base')}class One(Base):\n    pass",
        "Base.known + [len(s)]",
        "['One', 2]",
    ),
    "a class that knows them by itself": (
        f"{BASE.format('cls')}class One(Base):\n    pass",
        "Base.known + [len(s)]",
        "['One', 2]",
    ),
}


@pytest.fixture(autouse=True)
def series() -> Iterator[None]:
    """What a setup adds to the class of pandas goes with its test."""
    before = dir(pd.Series)
    yield
    for name in set(dir(pd.Series)).difference(before):
        delattr(pd.Series, name)
        pd.Series._accessors.discard(name)


@pytest.mark.filterwarnings("ignore:registration of accessor")
@pytest.mark.parametrize("case", CASES)
def test_what_the_setup_changes_is_in_the_module(case: str, tmp_path: Path) -> None:
    """The exported function gives what the notebook gives, although it names the changed value alone."""
    setup, node, expected = CASES[case]
    inputs = "%%inputs\ns: pd.Series = pd.Series([1, 2])"
    done = export(
        tmp_path, f"%%setup\nimport pandas as pd\n{setup}", inputs, f"%%node value\n{node}", run=False
    )
    code = "import pandas as pd, features\nprint(features.value(pd.Series([1, 2])))"
    ran = run_python(code, tmp_path)
    assert ran.stdout.strip() == expected, done.text + ran.stderr


@pytest.mark.parametrize(
    "setup",
    [
        "import functools\n@functools.lru_cache\ndef one(x):\n    return x\n@functools.lru_cache\ndef two(x):\n    return x",
        "def timed(f):\n    return lambda *a: f(*a)\n@timed\ndef one(x):\n    return x\n@timed\ndef two(x):\n    return x",
        "RATES = {}\ndef one(x):\n    return x\nfor two in 'ab':\n    RATES[two] = one(2)",
    ],
)
def test_what_only_looks_like_a_change_stays_out(setup: str, tmp_path: Path) -> None:
    """Decorators that change nothing, and loops that fill something else, bring nothing into the module."""
    done = export(tmp_path, f"%%setup\n{setup}", "%%inputs\na: int = 1", "%%node b\none(a)", run=False)
    assert "one(a)" in done.text
    assert "two" not in done.text


def test_an_edit_of_what_fills_a_constant_makes_its_readers_stale() -> None:
    """A loop of the setup counts as code of the constant that it fills."""
    session = make_session(
        "%%setup\nCODES = {}\nfor c in 'abc':\n    CODES[c] = 1", "%%node n\nsum(CODES.values())"
    )
    list(session.compute())
    assert session.value("n") == 3
    edited = read_cell("%%setup\nCODES = {}\nfor c in 'abc':\n    CODES[c] = 2", "cell-1", "[1]")
    assert edited is not None
    session.register(edited)
    assert session.states()["n"] == "stale"
    list(session.compute())
    assert session.value("n") == 6
