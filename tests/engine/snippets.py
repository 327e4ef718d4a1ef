"""Snippets: bare bodies, each with the names that they read from outside; Python judges the table."""

from dataclasses import dataclass

BRANCH = "only one of the branches runs"
LAZY = "the nested function is not called"
RAISES = "it stops with a NameError, as it should"
TEXT = "pandas looks up the names in the text"
DEFERRED = "the annotations may be evaluated later or never (Python 3.14)"


@dataclass(frozen=True, slots=True)
class Snippet:
    """A source and what is expected of it."""

    source: str
    reads: str  # without builtins, in order
    given: str = ""  # values that must be real, as keyword arguments
    why: str = ""  # why running it cannot show every read
    hazard: str = ""  # part of the expected hazard: the function form cannot behave the same
    since: tuple[int, int] = (3, 11)


S = Snippet
SNIPPETS = [
    # feature code as people write it
    S("clicks / views", "clicks views"),
    S("ctr = clicks / views\nctr.fillna(0)", "clicks views"),
    S("sales.rolling(window, min_periods=1).mean()", "sales window"),
    S("df = orders.copy()\ndf['net'] = df['gross'] - df['tax']\ndf", "orders"),
    S("df['net'] = df['gross'] - tax", "df tax"),
    S("import datetime as dt\ndt.date.fromisoformat(when)", "when", given="when='2024-01-01'"),
    S("from math import log1p, sqrt as root\nlog1p(x) + root(y)", "x y", given="x=1.0, y=4.0"),
    S("import os.path\nos.path.join(folder, 'a')", "folder", given="folder='f'"),
    S("import os.path as p\np.basename(path)", "path", given="path='a/b'"),
    S("lo, hi = series.quantile(0.1), series.quantile(0.9)\nseries.clip(lo, hi)", "series"),
    S("(a, *rest), b = pairs\n[a, b, rest, c]", "pairs c", given="pairs=((1, 2, 3), 4)"),
    S("mask = (age > low) & (age < high)\nscore[mask]", "age low high score"),
    S("trips.query('dist > @far and mail != \"a@b\" and @far > @near')", "trips far near", why=TEXT),
    S("far = 3\ntrips.eval('d = dist > @far')", "trips"),
    S("trips.query(expr='dist > @far')", "trips far", why=TEXT),
    S("base.query('select * from t where mail like \"%@example.com\" and n > @far')", "base far", why=TEXT),
    S("trips.query(f'dist > @far + {near}')", "trips near far", why=TEXT),
    S(
        "far_only = lambda t, near: t.query('dist > @far and dist > @near')\nfar_only(trips, 1)",
        "far trips",
        why=TEXT,
    ),
    S("weekend = day.dt.dayofweek.isin({5, 6})\n~weekend", "day"),
    S(
        "total = 0\nfor row in rows:\n    total += row * weight\ntotal",
        "rows weight",
        given="rows=[1, 2], weight=3",
    ),
    S("for row in rows:\n    last = row\nlast", "rows"),
    S(
        "for row in rows:\n    if row > 1:\n        continue\n    last = row\nlast",
        "rows",
        given="rows=[1, 2]",
    ),
    S(
        "joined = left.merge(right, on=keys, how='left')\njoined.drop(columns=[*extra])",
        "left right keys extra",
    ),
    S("frame.assign(day=lambda d: d['ts'].dt.day, z=offset)", "frame offset"),
    S("frame.pipe(lambda d, n=top: d.head(n) + shift)", "frame top shift", why=LAZY),
    S("(lambda d, n=top: [d, n, shift])(frame)", "top shift frame"),
    S("{'mean': x.mean(), 'std': x.std(), **extra}", "x extra", given="x=Any('x'), extra={'a': 1}"),
    S(
        "out = {}\nfor name, column in columns.items():\n    out[name] = column.sum()\nout",
        "columns",
        given="columns={'a': Any('a')}",
    ),
    S(
        "parts = [part.strip() for part in text.split(sep) if part]\nlen(parts)",
        "text sep",
        given="text='a,b', sep=','",
    ),
    S(
        "f'{label}: {value:{width}.{digits}f} {value!r}'",
        "label value width digits",
        given="label='a', value=1.5, width=8, digits=2",
    ),
    S("f'{x=} {y:>{w}}'", "x y w", given="x=1, y=2, w=3"),
    S("f'{total / n:.2f}'", "total n", given="total=3.0, n=2"),
    S("with open_db(url) as (con, cur):\n    rows = cur.fetch(query)\nrows", "open_db url query"),
    S("with lock:\n    value = counter\nvalue", "lock counter"),
    S("with a() as x, b(x) as y:\n    z = x + y\nz", "a b"),
    S("with box() as shelf[key], box() as place.attr:\n    pass", "box shelf key place"),
    S("from contextlib import suppress\nwith suppress(ValueError):\n    raise ValueError\nafter", "after"),
    S(
        "if region == 'US':\n    rate = us\nelse:\n    rate = eu\nprice * rate",
        "region us eu price",
        why=BRANCH,
    ),
    S("if flag:\n    rate = 1\nprice * rate", "flag price rate", why=BRANCH),
    S(
        "if flag:\n    rate = 1\nelif other:\n    rate = 2\nelse:\n    raise ValueError\nrate",
        "flag other",
        why=BRANCH,
    ),
    S("if flag:\n    rate = 1\nelif other:\n    rate = 2\nrate", "flag other rate", why=BRANCH),
    S("rate = a if flag else b\nrate", "flag a b", why=BRANCH),
    S("x = x.fillna(0)\nx", "x"),
    S("x += step\nx", "x step"),
    S("total: float = 0.0\ntotal", "", why=DEFERRED),
    S("x: int\nx + 1", "x"),
    S("x: Kind = y\nx", "y Kind", why=DEFERRED),
    S("box.size: Kind = y", "y box Kind", why=DEFERRED),
    S("box[key]: Kind", "box key Kind", why=DEFERRED),
    S("'''A docstring.'''\n# comment\na + b", "a b"),
    S("text = '''one\n  two'''\ntext + tail", "tail", given="tail='!'"),
    S("assert frame.ok, message\nframe", "frame message", why=BRANCH),
    S(
        "import statistics as stat\nx = sorted(values)\nstat.mean(x[cut:])",
        "values cut",
        given="values=[1, 2], cut=1",
    ),
    S(
        "rows = sorted(rows, key=lambda r: (r[by], r))[:limit]\nrows",
        "rows by limit",
        given="rows=[(1,), (0,)], by=0, limit=1",
    ),
    S("max(a, b) - min(a, b)", "a b", given="a=1, b=2"),
    S("(df\n    .groupby(by)\n    .agg(total=('x', fn)))", "df by fn"),
    # assignment targets
    S("d[k] = v", "v d k"),
    S("a.b = v", "v a"),
    S("a.b.c[i:j, k].d = v", "v a i j k"),
    S("d[k] += v", "d k v"),
    S("a.n -= v", "a v"),
    S("x = d[x] = v", "v d"),
    S("d[x] = x = v", "v d x"),
    S("a = b = c = v\n(a, b, c)", "v"),
    S("[a, (b, *c)] = v\n(a, b, c)", "v", given="v=[1, (2, 3)]"),
    S("for d[k] in xs:\n    pass", "xs d k"),
    S("for i, (j, box.v) in xs:\n    pass\n(i, j)", "xs box", given="xs=[(1, (2, 3))]"),
    S("a, b = b, a", "b a"),
    S("x = 1\nx = x + y", "y", given="y=1"),
    # del
    S("del frame['a']", "frame"),
    S("del frame.a, frame[key]", "frame key"),
    S("x = 1\ndel x\ny", "y"),
    S("x = 1\ndel x\nx", "", why=RAISES),
    S("del x", "x"),
    S("del x\nx", "x", why=RAISES),
    S("if flag:\n    del x\nx", "flag x", why=RAISES),
    S("x = 1\ndel x\nx = y\nx", "y"),
    S("for i in xs:\n    t = i\n    del t\ni", "xs"),
    # walrus
    S("(n := len(xs)) + n", "xs", given="xs=[1]"),
    S("if (m := find(text)) and m.ok:\n    found = m.group\nm", "find text"),
    S("if text and (m := find(text)):\n    found = m.group()\nother", "text find other"),
    S("if text and (m := find(text)):\n    found = m.group()\nm", "text find m", why=BRANCH),
    S("if not (text and (m := find(text))):\n    raise ValueError\nm", "text find"),
    S("if not text or (m := find(text)) is None:\n    m2 = 0\nelse:\n    m2 = m\nm2", "text find"),
    S("[y := f(x), y ** 2]", "f x"),
    S("[y for x in xs if (y := f(x))]\ny", "xs f"),
    S("any((hit := x) > 1 for x in xs)\nhit", "xs", given="xs=[2]"),
    S(
        "while (chunk := read(n)):\n    last = chunk\nlast",
        "read n",
        given="n=3, read=lambda n, it=iter([1, 0]): next(it)",
    ),
    S("a < (b := c) < (d := e)\n(b, d)", "a c e d", why=BRANCH),
    S("x = (y := z) if flag else w\ny", "flag z w y", why=BRANCH),
    S("f(a, k=(b := c), *b)", "f a b c", given="f=lambda *a, **k: a, a=1, b=[2], c=[3]"),
    S("d[(i := 0)] = i", "i d"),
    # loops
    S("for x in xs:\n    if x:\n        hit = x\n        break\nhit", "xs hit", why=BRANCH),
    S("for x in xs:\n    if x:\n        hit = x\n        break\nelse:\n    hit = None\nhit", "xs"),
    S("for x in xs:\n    first = x\n    break\nfirst", "xs"),
    S("for x in xs:\n    raise ValueError\nafter", "xs after", given="xs=[]"),
    S("while True:\n    got = pull()\n    if got:\n        break\ngot", "pull"),
    S(
        "while True:\n    if done():\n        hit = 1\n        break\n    step = 2\n(hit, step)",
        "done",
        given="done=lambda it=iter([0, 1]): next(it)",
    ),
    S(
        "while cond():\n    n = step\nelse:\n    end = n\n(n, end)",
        "cond step",
        given="cond=lambda it=iter([1, 0]): next(it)",
    ),
    S("for x in xs:\n    print(y)\n    y = x", "xs y"),
    S("for x in xs:\n    for z in x:\n        best = z\nbest", "xs", given="xs=[[1]]"),
    S("for x in x:\n    pass\nx", "x"),
    S("while n < limit:\n    n += 1\nn", "n limit", given="n=0, limit=2"),
    S("if False:\n    never\nshown", "shown"),
    S("size = len(xs)\nif False:\n    len = 3\nsize", "xs", hazard="read as the builtin", given="xs=[1]"),
    # try
    S("try:\n    import json\nexcept ImportError:\n    json = None\njson.dumps(x)", "x", given="x=1"),
    S("try:\n    v = risky(x)\nexcept KeyError:\n    v = default\nv", "risky x default", why=BRANCH),
    S("try:\n    v = risky(x)\nexcept KeyError:\n    log()\nv", "risky x log v", why=BRANCH),
    S("try:\n    v = {}[x]\nexcept KeyError as e:\n    v = e.args\nv", "x", given="x=1"),
    S("try:\n    {}[x]\nexcept KeyError as e:\n    pass\ne", "x e", given="x=1", why=RAISES),
    S(
        "try:\n    a = f()\nexcept OwnError:\n    raise\nelse:\n    b = a\nfinally:\n    close()\nb",
        "f OwnError close",
        why=BRANCH,
    ),
    S("try:\n    a = f()\nfinally:\n    a.close()", "f a", why=BRANCH),
    S("try:\n    pass\nfinally:\n    z = 1\nz", ""),
    S(
        "try:\n    raise OwnError\nexcept (OwnError, other) as err:\n    n = 1\nn",
        "OwnError other",
        given="other=TypeError",
    ),
    S("try:\n    v = f()\nexcept* ValueError as group:\n    v = 0\nv", "f"),
    S(
        "for x in xs:\n"
        "    try:\n"
        "        v = f(x)\n"
        "    except ValueError:\n"
        "        continue\n"
        "    out = v\n"
        "out",
        "xs f",
    ),
    S("e = 1\ntry:\n    raise ValueError\nexcept ValueError as e:\n    pass\nf", "f"),
    # match
    S(
        "match kind:\n    case 'a':\n        v = one\n    case _:\n        v = two\nv",
        "kind one two",
        why=BRANCH,
    ),
    S("match kind:\n    case 'a':\n        v = one\nv", "kind one v", why=BRANCH),
    S(
        "match pair:\n    case (a, *b):\n        out = a\n    case other:\n        out = other\nout",
        "pair",
        given="pair=(1, 2)",
        why=BRANCH,
    ),
    S(
        "match p:\n"
        "    case Point(x=0, y=why) if why > cut:\n"
        "        r = why\n"
        "    case {'k': v, **rest}:\n"
        "        r = rest\n"
        "    case Color.RED | Color.BLUE:\n"
        "        r = 1\n"
        "    case _:\n"
        "        r = None\n"
        "r",
        "p Point cut Color",
        given="p=Point(0, 2), Point=Point, cut=1",
        why=BRANCH,
    ),
    S(
        "match d:\n    case {'k': v, **rest}:\n        pass\n    case _:\n        v = rest = None\n(v, rest)",
        "d",
        given="d={'k': 1, 'j': 2}",
    ),
    S("match d:\n    case {Key.x: v}:\n        pass\nKey", "d Key", given="d={1: 2}, Key=Point(1, 2)"),
    S(
        "match x:\n"
        "    case int() | str() as whole:\n"
        "        pass\n"
        "    case [first, *_]:\n"
        "        whole = first\n"
        "    case _:\n"
        "        raise TypeError\n"
        "whole",
        "x",
        given="x=3",
        why=BRANCH,
    ),
    S(
        "match x, y:\n    case a, b:\n        s = a + b\n    case _:\n        s = 0\ns",
        "x y",
        given="x=1, y=2",
    ),
    S(
        "match x:\n    case n if n > 5:\n        r = 1\n    case _:\n        r = n\nr",
        "x n",
        given="x=1",
        why="Python binds the capture of the guard that failed",
    ),
    S(
        "match x:\n    case None | (1 | -2.5) | 'a' 'b':\n        y = 1\n    case (z):\n        y = z\ny",
        "x",
        given="x=9",
    ),
    # comprehensions
    S("x = [x for x in x]", "x"),
    S("[x for x in xs if x > cut]", "xs cut", given="xs=[1, 2], cut=1"),
    S("[(x, y) for x in xs for y in x.parts if y != skip]", "xs skip"),
    S("{k: v * k2 for k, v in d.items()}", "d k2", given="d={'a': 2}, k2=3"),
    S("{f(x) for x in xs}", "xs f"),
    S("[(y := x) for x in xs if x > cut]\ny", "xs cut y", given="xs=[1], cut=0", why=BRANCH),
    S("[x for x in xs if False]\nafter", "xs after"),
    S("list(f(x) for x in xs)", "xs f"),
    S("gen = (x * k for x in xs)\nk = 2", "xs k", why="a generator runs when it is consumed"),
    S("[[y for y in x] for x in xs]", "xs"),
    S("[y for x in [z for z in xs] for y in [x, w]]", "xs w"),
    S("[x for x, box.v in pairs]", "pairs box", given="pairs=[(1, 2)]"),
    S("[i for i in range(n)]\ni", "n i", given="n=2"),
    S("[lambda: x + k for x in xs][0]()", "xs k", given="xs=[1], k=2"),
    S("[f(lambda z: z + x + k) for x in xs]", "xs f k", why=LAZY),
    S("[x for x in xs if x and (lambda q=x: q in ok)()]", "xs ok"),
    S("sum(x for row in rows for x in row)", "rows", given="rows=[[1], [2]]"),
    S("total = {k: sum(v for v in vs) for k, vs in groups.items()}", "groups", given="groups={1: [2]}"),
    # functions and lambdas
    S("def scale(v):\n    return v * k\nscale(x)", "k x"),
    S("def scale(v):\n    return v * k\nk = 2\nscale(x)", "x", given="x=1"),
    S("def scale(v, by=k):\n    return v * by\nk = 2\nscale(x)", "k x"),
    S(
        "@cached(size)\ndef f(a, *args, b=one, **kw):\n    return a, args, kw, b, free\nf",
        "cached size one free",
        why=LAZY,
    ),
    S(
        "def f(a: A, /, b: B = c, *d: D, e: E = g, **h: H) -> R:\n    pass\nf",
        "c g A B D E H R",
        why=DEFERRED,
    ),
    S("def fact(n):\n    return 1 if n < 2 else n * fact(n - 1)\nfact(n)", "n", given="n=3"),
    S("def outer():\n    def inner():\n        return deep\n    return inner()\nouter()", "deep"),
    S(
        "def outer():\n"
        "    v = 1\n"
        "    def inner():\n"
        "        nonlocal v\n"
        "        v += step\n"
        "        return v\n"
        "    return inner()\n"
        "outer()",
        "step",
        given="step=1",
    ),
    S("def f():\n    x = 1\n    return [x + y for y in ys]\nf()", "ys", given="ys=[1]"),
    S("def f():\n    import re as r\n    return r, s\nf()", "s"),
    S(
        "def f():\n    try:\n        pass\n    except ValueError as e:\n        return e\n    return g\nf()",
        "g",
    ),
    S("def even(n): return n == 0 or odd(n - 1)\ndef odd(n): return n and even(n - 1)\neven(4)", ""),
    S("f = lambda: later\nlater = 1\nf()", ""),
    S("f = lambda a, *b, c=d, **e: (a, b, c, e, g)\nf(1)", "d g"),
    S("def gen():\n    yield from source\nlist(gen())", "source"),
    S("def f(x):\n    del x\n    return y\nf(1)", "y"),
    S(
        "def f(x):\n    x: Local = 1\n    return x\nf(1)",
        "Local",
        why="local annotations are never evaluated",
    ),
    S("count = 0\ndef up():\n    global count\n    count += 1\nup()\ncount", "", hazard="nonlocal"),
    S("def up():\n    global count\n    count += 1\nup()", "count", hazard="nonlocal", given="count=1"),
    S(
        "def put():\n    global made\n    made = source\nput()\nmade",
        "source made",
        hazard="nonlocal",
        why="whether the function ran is not known",
    ),
    S("global x\nx = y", "y", hazard="delete it"),
    S("sum = sum(xs)\nsum", "xs", hazard="read as the builtin", given="xs=[1]"),
    S("if flag:\n    id = key\nid", "flag key", hazard="read as the builtin"),
    S("f = lambda v: max(v)\nmax = f(xs)\nmax", "xs", hazard="only later", given="xs=[1]"),
    S("max: int\nmax(xs)", "xs", hazard="read as the builtin", given="xs=[1]"),
    S(
        "from math import *\nsqrt(x)",
        "sqrt x",
        hazard="import the names",
        given="x=4",
        why="the star binds names",
    ),
    S("x = 1\nsorted(locals())", "", hazard="locals"),
    S("eval('1 + 1')", "", hazard="eval"),
    S("eval('a + 1', {'a': b})", "b", given="b=1"),
    S("vars(thing)", "thing", given="thing=Point(1, 2)"),
    S("from __future__ import annotations\nx", "x", hazard="__future__"),
    # classes
    S("class Box:\n    size = n\n    double = size * 2\nBox.double", "n", given="n=2"),
    S(
        "class Box(Base, metaclass=Meta, flag=on):\n    pass",
        "Base Meta on",
        given="Base=Point, Meta=Meta, on=1",
    ),
    S("class Box:\n    size = 1\n    def get(self):\n        return size\nBox().get()", "size"),
    S("class Box:\n    xs = items\n    ys = [x for x in xs]\nBox.ys", "items", given="items=[1]"),
    S("class Box:\n    k = 1\n    ys = [x * k for x in items]\nBox.ys", "items k", given="items=[1], k=3"),
    S("class Box:\n    x = x", "x", hazard="class body reads 'x'"),
    S("x = 1\nclass Box:\n    x = x\nBox.x", "", hazard="class body reads 'x'"),
    S("class Box:\n    x = 1\n    del x\n    y = x", "x", hazard="class body reads 'x'"),
    S(
        "class Box:\n    if flag:\n        x = 1\n    y = x",
        "flag x",
        hazard="class body reads 'x'",
        why=BRANCH,
    ),
    S("class Box:\n    int = int\nBox.int", ""),
    S("def f():\n    class Box:\n        x = x\n    return Box.x\nf()", "x", hazard="class body reads 'x'"),
    S(
        "class Box:\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.kind = __class__\n"
        "Box().kind is Box",
        "",
    ),
    S(
        "class Box:\n    __hidden = 1\n    def get(self):\n        return __secret\nBox().get()",
        "_Box__secret",
    ),
    S("class Box:\n    class Inner:\n        v = w\n    u = Inner.v\nBox.u", "w"),
    S("class Box:\n    v = 1\n    class Inner:\n        u = v", "v"),
    S("class Box:\n    named = __qualname__ != ''\n    place = __module__\nother", "other"),
    S("@register\nclass Box:\n    field: Kind = start\nBox", "register start Kind", why=DEFERRED),
    S("class Box:\n    make = lambda self, n=limit: (n, free)\nBox().make()", "limit free"),
    S("class Node:\n    def copy(self):\n        return Node()\ntype(Node().copy()).__name__", ""),
    S(
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: float = zero\nP(1).y",
        "zero",
        given="zero=0.0",
    ),
    # asynchronous code
    S("value = await fetch(url)\nvalue", "fetch url"),
    S("async for row in stream:\n    last = row\nlast", "stream"),
    S("async with session() as s:\n    body = s.text\nbody", "session"),
    S("[x async for x in stream if x]", "stream"),
    S("[await f(x) for x in xs]", "xs f"),
    S("async def get(u):\n    return await fetch(u)\nawait get(url)", "fetch url"),
    S("gen = (x async for x in stream)\nk", "stream k"),
    # newer Python
    S("type Pair[T] = tuple[T, Other]\nPair", "Other", why=LAZY, since=(3, 12)),
    S(
        "def first[T: Bound](xs: list[T]) -> T:\n    return xs[0], T, free\nfirst",
        "Bound free",
        why=LAZY,
        since=(3, 12),
    ),
    S(
        "class Stack[T](Base):\n    top: T\n    def get(self) -> T:\n        return T\nStack",
        "Base",
        why=LAZY,
        since=(3, 12),
    ),
    S("f'{d['k']}{'\\n'.join(xs)}'", "d xs", given="d={'k': 1}, xs=['a']", since=(3, 12)),
    # odd corners
    S("...", ""),
    S("class Box:\n    size\n    del size", "size", hazard="class body reads 'size'", why=RAISES),
    S("id = 3\nclass Box:\n    id = id\nBox.id", "", hazard="class body reads 'id'"),
    S("class Box:\n    raise ValueError(x)\nnever", "x", given="x=1", why=RAISES),
    S("if a or not (b and (m := c)):\n    r = 1\nelse:\n    r = m\nr", "a b c", why=BRANCH),
    S("assert text and (m := find(text)), message\nm", "text find message", why=BRANCH),
    S("for x in xs:\n    y = x\n    continue\ny", "xs"),
    S("for x in xs:\n    y = x\n    break\nelse:\n    y = none\ny", "xs none", why=BRANCH),
    S("match x:\n    case 1 | _:\n        y = 1\ny", "x"),
    S("x if True else never", "x"),
    S("False and never\nshown", "shown"),
    S("__name__\n__file__", "__file__"),
    S("not a or b", "a b"),
    S("a and b or c", "a b c", why=BRANCH),
    S("a[b:c:d, ...]", "a b c d"),
    S("f(*a, **b)", "f a b", given="f=dict, a=[], b={}"),
    S("{**a, b: c, 'k': [*d]}", "a b c d", given="a={}, b=1, c=2, d=[]"),
    S("print(a, file=out, end=b'x'.decode())", "a out", given="out=__import__('io').StringIO()"),
    S("raise ValueError(x) from y\nnever", "x y", given="x=1, y=None", why=RAISES),
    S("(yes if (a := b) else no)\na", "b yes no", why=BRANCH),
    S("λ = π * 2\nλ", "π"),
    S("f = lambda: f\nf() is f", ""),
    S("(lambda v: f'{v:{k}}')(1)", "k", given="k=3"),
]
