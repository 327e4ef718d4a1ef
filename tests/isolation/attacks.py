"""The attacks, as tables: what is attacked, how, and what has to come of it.

`stopped`: nobody else sees anything of it, or it is an error. `told`: it is undone, and a line names the node.
`documented`: others may see it; the guide's table has a row for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["stopped", "told", "documented"]


@dataclass(frozen=True)
class Attack:
    """One attack.

    Attributes:
        body: what it does; `v` is the value.
        value: how the value is made.
        look: what others see of it.
        by: who does it: a node, or an ordinary cell.
        row: the row of the guide's table, for a documented one.
        undo: puts the process back for other tests.
    """

    name: str
    body: str
    value: str = "1"
    look: str = "repr(v)"
    by: str = "node"
    outcome: Outcome = "stopped"
    row: str = ""
    undo: str = ""


FORCED = "memory that is made writeable by force"
BEHIND = "memory behind an object of a library"
SHARED = "what cannot be copied"
PROCESS = "other state of the process"
CODE = "functions of Python or of a library that are replaced"
MODULES = "variables of modules beside the notebook"
CACHES = "what is called a cache"
LIBRARY = "objects of other libraries in the setup"
UNWATCHED = "runs outside a kernel"

_PLAIN = {  # name: (value, attack, look)
    "append to a list": ("[1, 2]", "v.append(9)", ""),
    "assign to an item": ("[1, 2]", "v[0] = 9", ""),
    "delete an item": ("[1, 2]", "del v[0]", ""),
    "sort in place": ("[2, 1]", "v.sort()", ""),
    "reverse in place": ("[2, 1]", "v.reverse()", ""),
    "clear": ("[2, 1]", "v.clear()", ""),
    "extend by +=": ("[2, 1]", "w = v\nw += [3]", ""),
    "assign to a slice": ("[2, 1]", "v[:] = []", ""),
    "a list inside a list": ("[[1], [2]]", "v[0].append(9)", ""),
    "a list far inside": ("{'a': [{'b': [1]}]}", "v['a'][0]['b'].append(9)", ""),
    "a list inside a tuple": ("([1],)", "v[0].append(9)", ""),
    "the same list twice": ("[w := [1], w]", "v[0].append(9)", ""),
    "a key of a dict": ("{'a': 1}", "v['b'] = 2", ""),
    "pop a key": ("{'a': 1}", "v.pop('a')", ""),
    "setdefault": ("{'a': 1}", "v.setdefault('b', 2)", ""),
    "update": ("{'a': 1}", "v.update(b=2)", ""),
    "|= of a dict": ("{'a': 1}", "w = v\nw |= {'b': 2}", ""),
    "add to a set": ("{1}", "v.add(2)", ""),
    "-= of a set": ("{1}", "w = v\nw -= {1}", ""),
    "a bytearray": ("bytearray(b'ab')", "v[0] = 0", ""),
    "extend a bytearray": ("bytearray(b'ab')", "v.extend(b'c')", ""),
    "an array": ("__import__('array').array('i', [1])", "v.append(2)", ""),
    "a deque": ("collections.deque([1])", "v.appendleft(2)", ""),
    "rotate a deque": ("collections.deque([1, 2])", "v.rotate()", ""),
    "an ordered dict": ("collections.OrderedDict(a=1, b=2)", "v.move_to_end('a')", ""),
    "a counter": ("collections.Counter('ab')", "v.subtract('a')", ""),
    "a default dict that is only read": ("collections.defaultdict(list)", "v['new']", ""),
    "a chain of dicts": ("collections.ChainMap({'a': 1})", "v['b'] = 2", ""),
    "a namespace": ("types.SimpleNamespace(a=1)", "v.a = 2", ""),
    "a mapping proxy": ("types.MappingProxyType({'a': [1]})", "v['a'].append(2)", ""),
    "items of a dict": ("{'a': [1]}.items()", "list(v)[0][1].append(2)", ""),
    "values of a dict": ("{'a': [1]}.values()", "list(v)[0].append(2)", ""),
    "a view of bytes": ("memoryview(bytearray(b'ab'))", "v[0] = 0", "bytes(v)"),
    "a stream inside": ("[io.StringIO('abc')]", "v[0].read()", "v[0].read()"),
    "an object's attribute": ("Plain()", "v.items = 9", "v.items"),
    "an object's list": ("Plain()", "v.items.append(9)", "v.items"),
    "an object's new attribute": ("Plain()", "v.more = 9", "sorted(vars(v))"),
    "an object's attributes as a dict": ("Plain()", "vars(v).clear()", "sorted(vars(v))"),
    "slots": ("Slots()", "v.items.append(9)", "v.items"),
    "a dataclass": ("Data([1])", "v.items.append(9)", "v.items"),
    "a dataclass with slots": ("SlotData([1])", "v.items.append(9)", "v.items"),
    "a frozen dataclass": ("Frozen([1])", "object.__setattr__(v, 'items', 9)", "v.items"),
    "a named tuple's list": ("Pair([1], 2)", "v.left.append(9)", "v.left"),
    "a list with attributes": ("Listing([1])", "v.append(9)", "list(v)"),
    "a dict with attributes": ("Mapping(a=1)", "v['b'] = 9", "dict(v)"),
    "an object that copies itself": ("Copies()", "v.items.append(9)", "v.items"),
    "a bound method's object": ("Plain().items.append", "v(9)", "v.__self__"),
    "a random generator": ("random.Random(0)", "v.random()", "v.random()"),
    "an exception's arguments": ("ValueError([1])", "v.args[0].append(9)", "v.args"),
    "itself inside": ("loop()", "v.append(9)", "len(v)"),
}
_UNCOPIED = {  # readers get them as they are: they are undone, or computed again
    "an iterator inside": ("[iter([1, 2, 3])]", "list(v[0])", "v[0].__length_hint__()"),
    "a generator inside": ("[(n for n in 'abc')]", "next(v[0])", "v[0].gi_frame.f_lasti"),
    "a list around a function": (
        "(lambda n: lambda: n.append(1) or len(n))([])",
        "v()",
        "repr(v.__closure__[0].cell_contents)",
    ),
    "an attribute of a function": ("labelled()", "v.label = 9", "v.label"),
    "a default of a function": ("lambda n=[]: n.append(1) or len(n)", "v()", "repr(v.__defaults__)"),
    "a function in a dict": (
        "{'f': (lambda n: lambda: n.append(1))([])}",
        "v['f']()",
        "repr(v['f'].__closure__[0].cell_contents)",
    ),
    "tables of a database": (
        "sqlite3.connect(':memory:')",
        "v.execute('create table t (a)')",
        "v.execute('select count(*) from sqlite_master').fetchone()",
    ),
    "rows of a database": (
        "database()",
        "v.execute('insert into t values (1)')",
        "v.execute('select count(*) from t').fetchone()",
    ),
}
_ARRAYS = {
    "write to an array": ("np.arange(3)", "v[0] = 9", ""),
    "+= of an array": ("np.arange(3)", "w = v\nw += 1", ""),
    "sort an array": ("np.array([2, 1])", "v.sort()", ""),
    "fill an array": ("np.arange(3)", "v.fill(9)", ""),
    "resize an array": ("np.arange(3)", "v.resize(5)", ""),
    "put": ("np.arange(3)", "np.put(v, 0, 9)", ""),
    "copyto": ("np.arange(3)", "np.copyto(v, 9)", ""),
    "out=": ("np.arange(3)", "np.add(v, 1, out=v)", ""),
    "the shape of an array": ("np.arange(4)", "v.shape = (2, 2)", ""),
    "shuffle an array": ("np.arange(9)", "np.random.default_rng(0).shuffle(v)", ""),
    "a view of a view": ("np.arange(3)", "v[1:][0] = 9", ""),
    "a view of bytes of an array": ("np.arange(3)", "v.view('u1')[0] = 9", ""),
    "a memoryview of an array": ("np.arange(3)", "memoryview(v)[0] = 9", ""),
    "an array of objects": ("np.array([[1], None], dtype=object)", "v[0].append(9)", ""),
    "fields of an array": ("np.zeros(2, dtype=[('a', 'i4')])", "v['a'][0] = 9", ""),
    "a masked array": ("np.ma.array([1, 2], mask=[0, 1])", "v.mask[0] = True", ""),
    "a matrix": ("np.asmatrix([[1, 2]])", "v[0, 0] = 9", ""),
    "an array in a list": ("[np.arange(3)]", "v[0][0] = 9", ""),
    "an array in an object": ("Data(np.arange(3))", "v.items[0] = 9", "v.items.tolist()"),
    "a generator of NumPy": ("np.random.default_rng(0)", "v.random()", "v.random()"),
}
_FRAMES = {
    "a new column": ("frame()", "v['c'] = 9", "v.to_dict()"),
    "loc": ("frame()", "v.loc[0, 'a'] = 9", "v.to_dict()"),
    "iloc": ("frame()", "v.iloc[0, 0] = 9", "v.to_dict()"),
    "at": ("frame()", "v.at[0, 'a'] = 9", "v.to_dict()"),
    "a column's item": ("frame()", "c = v['a']\nc.iloc[0] = 9", "v.to_dict()"),
    "inplace sort": ("frame()", "v.sort_values('b', inplace=True)", "v.to_dict()"),
    "inplace drop": ("frame()", "v.drop(columns='a', inplace=True)", "v.to_dict()"),
    "inplace rename": ("frame()", "v.rename(columns={'a': 'z'}, inplace=True)", "v.to_dict()"),
    "insert": ("frame()", "v.insert(0, 'z', 9)", "v.to_dict()"),
    "pop a column": ("frame()", "v.pop('a')", "v.to_dict()"),
    "update a frame": ("frame()", "v.update(pd.DataFrame({'a': [9, 9]}))", "v.to_dict()"),
    "eval in place": ("frame()", "v.eval('c = a + b', inplace=True)", "v.to_dict()"),
    "names of columns": ("frame()", "v.columns = ['x', 'y']", "v.to_dict()"),
    "the index": ("frame()", "v.index = [7, 8]", "v.to_dict()"),
    "the name of the index": ("frame()", "v.index.name = 'n'", "v.index.name"),
    "attributes of a frame": ("frame()", "v.attrs['x'] = 1", "v.attrs"),
    "values": ("frame()", "v.values[0, 0] = 9", "v.to_dict()"),
    "to_numpy": ("frame()", "v['a'].to_numpy()[0] = 9", "v.to_dict()"),
    "a list in a cell": ("pd.DataFrame({'a': [[1], [2]]})", "v['a'].iloc[0].append(9)", "v.to_dict()"),
    "a Series": ("pd.Series([1, 2])", "v.iloc[0] = 9", "v.tolist()"),
    "a Series by mask": ("pd.Series([1, 2])", "v[v > 1] = 0", "v.tolist()"),
    "the name of a Series": ("pd.Series([1, 2])", "v.name = 'x'", "v.name"),
    "a categorical": ("pd.Series(['a', 'b'], dtype='category')", "v.iloc[0] = 'b'", "v.tolist()"),
    "a nullable array": ("pd.Series([1, None], dtype='Int64')", "v.array[0] = 9", "v.tolist()"),
    "a group-by's frame": ("frame().groupby('b')", "o = v.obj\no['a'] = 9", "v.sum().to_dict()"),
    "a window's frame": ("frame().rolling(1)", "o = v.obj\no['a'] = 9", "v.sum().to_dict()"),
    "an index's names": ("pd.MultiIndex.from_tuples([(1, 2)])", "v.names = ['a', 'b']", "list(v.names)"),
    "a polars frame": ("pl.DataFrame({'a': [1, 2]})", "v[0, 'a'] = 9", "v.to_dict(as_series=False)"),
    "a polars column": (
        "pl.DataFrame({'a': [1, 2]})",
        "v.insert_column(0, pl.Series('b', [1, 2]))",
        "v.to_dict(as_series=False)",
    ),
    "a polars series": ("pl.Series([1, 2])", "v[0] = 9", "v.to_list()"),
    "extend a polars series": ("pl.Series([1, 2])", "v.extend(pl.Series([3]))", "v.to_list()"),
}
_VALUES = {**_PLAIN, **_UNCOPIED, **_ARRAYS, **_FRAMES}

_BEHIND = (
    Attack("ufunc.at", "np.add.at(v, 0, 9)", "np.arange(3)", outcome="documented", row=FORCED),
    Attack(
        "an array forced to be writeable",
        "v.flags.writeable = True\nv[0] = 9",
        "np.arange(3)",
        outcome="documented",
        row=FORCED,
    ),
    Attack("the base of an array", "v.base[0] = 9", "np.arange(3)", outcome="documented", row=FORCED),
    Attack(
        "memory by its address",
        "ctypes.memset(v.ctypes.data, 1, 8)",
        "np.arange(3)",
        outcome="documented",
        row=FORCED,
    ),
    Attack(
        "the array of a Series",
        "v.array[0] = 9",
        "pd.Series([1.0, 2.0])",
        "v.tolist()",
        outcome="documented",
        row=BEHIND,
    ),
    Attack(
        "the array of an index",
        "np.asarray(v.index)[0] = 9",
        "pd.Series([1], index=[5])",
        "v.index.tolist()",
        outcome="documented",
        row=BEHIND,
    ),
    Attack(
        "a sparse array's values",
        "v.array.sp_values[0] = 9",
        "pd.Series(pd.arrays.SparseArray([0, 1]))",
        "v.tolist()",
        outcome="documented",
        row=BEHIND,
    ),
    Attack(
        "an object in a polars cell",
        "v[0].append(9)",
        "pl.Series('o', [[1], [2]], dtype=pl.Object)",
        "v.to_list()",
        outcome="documented",
        row=BEHIND,
    ),
    Attack(
        "an Arrow array over a bytearray",
        "memoryview(v.buffers()[1])[0] = 9",
        "pa.Array.from_buffers(pa.int64(), 1, [None, pa.py_buffer(bytearray(8))])",
        "v.to_pylist()",
        outcome="documented",
        row=BEHIND,
    ),
    Attack(
        "a function with a cache",
        "v(1)",
        "functools.lru_cache(lambda k: k)",
        "v.cache_info().currsize",
        outcome="documented",
        row=CACHES,
    ),
)

SETUP = """%%setup
import array
import collections
import contextlib
import ctypes
import dataclasses
import decimal
import functools
import gc
import io
import itertools
import locale
import logging
import os
import random
import signal
import socket
import sqlite3
import sys
import types
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa

class Plain:
    def __init__(self):
        self.items = [1]
class Slots:
    __slots__ = ("items",)
    def __init__(self):
        self.items = [1]
@dataclasses.dataclass
class Data:
    items: object
@dataclasses.dataclass(slots=True)
class SlotData:
    items: object
@dataclasses.dataclass(frozen=True)
class Frozen:
    items: object
class Pair(collections.namedtuple("Pair", "left right")):
    pass
class Listing(list):
    pass
class Mapping(dict):
    pass
class Copies:
    def __init__(self, items=(1,)):
        self.items = list(items)
    def __deepcopy__(self, memo):
        return Copies(self.items)
def loop():
    made = [1]
    made.append(made)
    return made
def frame():
    return pd.DataFrame({"a": [2, 1], "b": [1, 2]})
def labelled():
    def f():
        return 1
    f.label = 0
    return f
def database():
    made = sqlite3.connect(":memory:")
    made.execute("create table t (a)")
    return made
"""

_STATE = {  # statements of the setup, the attack, what another node sees
    "a list by an alias": ("W = [1]", "w = W\nw.append(9)", "len(W)"),
    "a list by a loop": ("W = [[1]]", "for w in W:\n    w.append(9)", "W[0]"),
    "a list by unpacking": ("W = ([1], 2)", "w, _ = W\nw.append(9)", "W[0]"),
    "a list by a comprehension": ("W = [1]", "[w.append(9) for w in [W]]", "len(W)"),
    "a list by an argument": ("W = [1]\ndef push(w):\n    w.append(9)", "push(W)", "len(W)"),
    "a list by a method's name": ("W = [1]", "getattr(W, 'app' + 'end')(9)", "len(W)"),
    "a list by the class": ("W = [1]", "list.append(W, 9)", "len(W)"),
    "a list by operator": ("W = [1]\nimport operator", "operator.setitem(W, 0, 9)", "W[0]"),
    "a list by a default": ("W = [1]", "f = lambda w=W: w.append(9)\nf()", "len(W)"),
    "a list by heapq": ("import heapq\nW = [1]", "heapq.heappush(W, 0)", "W"),
    "a list by bisect": ("import bisect\nW = [1]", "bisect.insort(W, 0)", "W"),
    "a list by shuffle": ("W = list(range(9))", "random.Random(1).shuffle(W)", "W"),
    "a dict by an alias": ("W = {}", "w = W\nw[1] = 2", "len(W)"),
    "a dict by |=": ("W = {}", "w = W\nw |= {1: 2}", "len(W)"),
    "a default dict that is read": ("W = collections.defaultdict(int)", "W['x']", "len(W)"),
    "an object by its method": (
        "class C:\n    n = 0\n    def up(self):\n        self.n += 1\nC1 = C()",
        "C1.up()",
        "C1.n",
    ),
    "an object by setattr": ("P1 = Plain()", "setattr(P1, 'items', 9)", "P1.items"),
    "an object by its dict": ("P1 = Plain()", "p = P1.__dict__\np['items'] = 9", "P1.items"),
    "an object with slots": ("S1 = Slots()", "s = S1.items\ns.append(9)", "S1.items"),
    "a class attribute": ("class C:\n    rate = 1", "c = C\nc.rate = 9", "C.rate"),
    "a class's list": ("class C:\n    seen = []", "c = C.seen\nc.append(9)", "C.seen"),
    "a class's method": (
        "class C:\n    def f(self):\n        return 1",
        "c = C\nc.f = lambda self: 9",
        "C().f()",
    ),
    "a class by __init_subclass__": (
        "class C:\n    kinds = []\n    def __init_subclass__(cls):\n        C.kinds.append(cls.__name__)",
        "type('D', (C,), {})",
        "C.kinds",
    ),
    "a helper's global": ("N = 0\ndef up():\n    global N\n    N += 1", "up()", "N"),
    "a helper's default": (
        "def keep(x, acc=[]):\n    acc.append(x)\n    return len(acc)",
        "keep(1)",
        "keep(1)",
    ),
    "a helper's keyword default": (
        "def keep(x, *, acc=[]):\n    acc.append(x)\n    return len(acc)",
        "keep(1)",
        "keep(1)",
    ),
    "a helper's attribute": (
        "def keep():\n    keep.n = getattr(keep, 'n', 0) + 1\n    return keep.n",
        "keep()",
        "keep()",
    ),
    "a closure's list": (
        "def make():\n    acc = []\n    return lambda: acc.append(1) or len(acc)\nkeep = make()",
        "keep()",
        "keep()",
    ),
    "a closure's number": (
        "def make():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n        return n\n    return up\nkeep = make()",
        "keep()",
        "keep()",
    ),
    "a decorator that counts": (
        "def counted(f):\n    calls = []\n    @functools.wraps(f)\n    def g(*a):\n        calls.append(a)\n        return len(calls)\n    return g\n@counted\ndef h(x):\n    return x",
        "h(1)",
        "h(1)",
    ),
    "a partial's list": (
        "keep = functools.partial(lambda a, x: a.append(x) or len(a), [])",
        "keep(1)",
        "keep(1)",
    ),
    "a callable object": (
        "class K:\n    n = 0\n    def __call__(self):\n        self.n += 1\n        return self.n\nkeep = K()",
        "keep()",
        "keep()",
    ),
    "a property that counts": (
        "class K:\n    n = 0\n    @property\n    def up(self):\n        self.n += 1\n        return self.n\nK1 = K()",
        "K1.up",
        "K1.up",
    ),
    "a helper's code": ("def h():\n    return 1", "h.__code__ = (lambda: 9).__code__", "h()"),
    "a helper's defaults": ("def h(a=1):\n    return a", "f = h\nf.__defaults__ = (9,)", "h()"),
    "an iterator": ("W = iter([1, 2, 3])", "next(W)", "next(W)"),
    "a generator": ("W = (n for n in range(9))", "next(W)", "next(W)"),
    "a count": ("W = itertools.count()", "next(W)", "next(W)"),
    "a cycle": ("W = itertools.cycle([1, 2])", "next(W)", "next(W)"),
    "an enumeration": ("W = enumerate('abc')", "next(W)", "next(W)"),
    "a stream": ("W = io.StringIO('abc')", "W.read(1)", "W.read(1)"),
    "a random generator": ("W = random.Random(0)", "W.random()", "W.random()"),
    "a generator of NumPy": ("W = np.random.default_rng(0)", "W.random()", "W.random()"),
    "an old generator of NumPy": ("W = np.random.RandomState(0)", "W.rand()", "W.rand()"),
    "an array": ("W = np.arange(3)", "w = W\nw[0] = 9", "W.tolist()"),
    "an array by out=": ("W = np.arange(3)", "np.add(W, 1, out=W)", "W.tolist()"),
    "a frame by an alias": ("W = frame()", "w = W\nw['c'] = 9", "list(W)"),
    "a frame by a helper": ("W = frame()\ndef add(f):\n    f['c'] = 9", "add(W)", "list(W)"),
    "a Series": ("W = pd.Series([1, 2])", "w = W\nw.iloc[0] = 9", "W.tolist()"),
    "a polars frame": ("W = pl.DataFrame({'a': [1, 2]})", "w = W\nw[0, 'a'] = 9", "W['a'].to_list()"),
    "an array of objects": ("W = np.array([[1], None], dtype=object)", "w = W[0]\nw.append(9)", "W.tolist()"),
    "a bytearray": ("W = bytearray(b'a')", "w = W\nw.append(1)", "bytes(W)"),
    "a view of bytes": ("B = bytearray(b'a')\nW = memoryview(B)", "w = W\nw[0] = 0", "bytes(B)"),
    "a connection": (
        "import sqlite3\nW = sqlite3.connect(':memory:')\nW.execute('create table t (a)')",
        "W.execute('insert into t values (1)')",
        "W.execute('select count(*) from t').fetchone()",
    ),
    "an estimator": (
        "class Fit:\n    def fit(self):\n        self.coef_ = 1\nW = Fit()",
        "W.fit()",
        "hasattr(W, 'coef_')",
    ),
    "a name that is deleted": ("N = 1\ndef gone():\n    global N\n    del N", "gone()", "N"),
    "a name that is new": (
        "def new():\n    global M\n    M = 1\ndef known():\n    return 'M' in globals()",
        "new()",
        "known()",
    ),
}
_LEFT = (
    Attack(
        "a dict that is called a cache",
        "memo(1)",
        "_cache = {}\ndef memo(x):\n    _cache[x] = x\n    return x",
        "len(_cache)",
        "setup",
        "documented",
        CACHES,
    ),
    Attack(
        "a cached function",
        "keep(1)",
        "@functools.lru_cache\ndef keep(x):\n    return x",
        "keep.cache_info().currsize",
        "setup",
        "documented",
        CACHES,
    ),
    Attack(
        "a library's object",
        "W.setLevel(10)",
        "W = logging.getLogger('dagbook-attack')",
        "W.level",
        "setup",
        "documented",
        LIBRARY,
        undo="import logging\nlogging.getLogger('dagbook-attack').setLevel(0)",
    ),
)

_TOLD = {
    "the folder": "os.chdir('/')",
    "a new variable": "os.environ['DAGBOOK_A'] = '1'",
    "a variable that is gone": "os.environ.pop('DAGBOOK_HERE')",
    "a variable by putenv and the mapping": "os.environ.update(DAGBOOK_HERE='9')",
    "the locale": "locale.setlocale(locale.LC_ALL, 'C.UTF-8')",
    "the precision of decimals": "decimal.getcontext().prec = 3",
    "the rounding of decimals": "decimal.getcontext().rounding = 'ROUND_UP'",
    "the recursion limit": "sys.setrecursionlimit(3000)",
    "the path of imports": "sys.path.insert(0, '/nowhere')",
    "the seed of Python": "random.seed(3)",
    "the seed of NumPy": "np.random.seed(3)",
    "errors of NumPy": "np.seterr(all='raise')",
    "printing of NumPy": "np.set_printoptions(precision=2)",
    "an option of pandas": "pd.set_option('display.max_rows', 3)",
    "an option of pandas by attribute": "o = pd.options.display\no.precision = 2",
}
_SILENT = (
    Attack(
        "a builtin",
        "b = sys.modules['builtins']\nb.bin = lambda x: 9",
        look="bin(2)",
        outcome="documented",
        row=CODE,
        undo="import builtins\nbuiltins.bin = KEPT['bin']",
    ),
    Attack(
        "a function of a library",
        "n = sys.modules['numpy']\nn.sqrt = abs",
        look="np.sqrt(4)",
        outcome="documented",
        row=CODE,
        undo="import numpy\nnumpy.sqrt = KEPT['sqrt']",
    ),
    Attack(
        "a method of a library's class",
        "setattr(pd.Series, 'dagbook_attack', 9)",
        look="hasattr(pd.Series, 'dagbook_attack')",
        outcome="documented",
        row=CODE,
        undo="import pandas\ndel pandas.Series.dagbook_attack",
    ),
    Attack(
        "a filter of warnings",
        "warnings.simplefilter('error')",
        look="len(warnings.filters)",
    ),
    Attack(
        "the level of the root logger",
        "logging.getLogger().setLevel(7)",
        look="logging.getLogger().level",
        outcome="documented",
        row=PROCESS,
        undo="import logging\nlogging.getLogger().setLevel(30)",
    ),
    Attack(
        "the default timeout",
        "socket.setdefaulttimeout(7)",
        look="socket.getdefaulttimeout()",
        outcome="documented",
        row=PROCESS,
        undo="import socket\nsocket.setdefaulttimeout(None)",
    ),
    Attack(
        "the collector of garbage",
        "gc.disable()",
        look="gc.isenabled()",
        outcome="documented",
        row=PROCESS,
        undo="import gc\ngc.enable()",
    ),
    Attack(
        "a handler of signals",
        "signal.signal(signal.SIGUSR1, signal.SIG_IGN)",
        look="str(signal.getsignal(signal.SIGUSR1))",
        outcome="documented",
        row=PROCESS,
        undo="import signal\nsignal.signal(signal.SIGUSR1, signal.SIG_DFL)",
    ),
    Attack(
        "a module in sys.modules",
        "sys.modules['dagbook_attack'] = sys",
        look="'dagbook_attack' in sys.modules",
        outcome="documented",
        row=PROCESS,
        undo="import sys\nsys.modules.pop('dagbook_attack', None)",
    ),
)

_OWN = {  # the node's own cell
    "a default": "%%node\ndef attack(v, acc=[]):\n    acc.append(v)\n    return len(acc)",
    "a keyword default": "%%node\ndef attack(v, *, acc={}):\n    acc[len(acc)] = v\n    return len(acc)",
    "a private function's default": "%%node\ndef _keep(x, acc=[]):\n    acc.append(x)\n    return len(acc)\n\ndef attack(v):\n    return _keep(v)",
    "its own attribute": "%%node\ndef attack(v):\n    attack.n = getattr(attack, 'n', 0) + 1\n    return attack.n",
    "a private function's attribute": "%%node\ndef _keep():\n    _keep.n = getattr(_keep, 'n', 0) + 1\n    return _keep.n\n\ndef attack(v):\n    return _keep()",
}

VALUES = [
    Attack(
        f"{name}, by {'a node' if by == 'node' else 'an ordinary cell'}", body, value, look or "repr(v)", by
    )
    for name, (value, body, look) in _VALUES.items()
    for by in ("node", "cell")
    if not (by == "cell" and name in ("a view of bytes",))
] + list(_BEHIND)
STATE = [
    Attack(f"{name} of the setup", body, value, look, "setup") for name, (value, body, look) in _STATE.items()
] + list(_LEFT)
PROCESSES = [Attack(name, body, outcome="told") for name, body in _TOLD.items()] + list(_SILENT)
OWN = _OWN
UNWATCHED_VALUES = frozenset(f"{name}, by a node" for name in _UNCOPIED)
"""What a node does to these is seen where no kernel watches it."""
