"""Names are compared with Python itself: what it looks up when a snippet runs equals `reads`."""

import ast
import subprocess
import sys
import textwrap

import pytest

from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.source.references import body_names, definition_reads, read_names
from tests.engine.judge import hazards_of, run_function, run_module, values_of
from tests.engine.snippets import SNIPPETS, Snippet

RUNNABLE = [snippet for snippet in SNIPPETS if sys.version_info >= snippet.since]
IDS = [snippet.source.replace("\n", "|")[:60] for snippet in RUNNABLE]


@pytest.mark.parametrize("snippet", RUNNABLE, ids=IDS)
def test_reads_are_what_the_table_says(snippet: Snippet) -> None:
    """The reads of each snippet, without builtins, are the expected ones in the expected order."""
    reads = body_names(snippet.source).reads
    assert tuple(name for name in reads if name not in builtin_names()) == tuple(snippet.reads.split())


@pytest.mark.parametrize("snippet", RUNNABLE, ids=IDS)
def test_python_looks_up_what_is_read(snippet: Snippet) -> None:
    """Run at module level, Python looks up exactly the reads; fewer only if the snippet gives the reason."""
    module, error = run_module(snippet.source, values_of(snippet))
    names = body_names(snippet.source)
    assert error is None or (snippet.why and isinstance(error, NameError | ValueError)), error
    assert module.seen - (builtin_names() if snippet.hazard else set()) <= set(names.reads)
    if not snippet.why:
        assert module.seen >= set(names.reads) - builtin_names()
    if error is None and "import *" not in snippet.source:
        assert set(module.bindings()) <= set(names.binds)
        if not snippet.why:
            assert set(module.bindings()) == set(names.binds)


@pytest.mark.parametrize("snippet", RUNNABLE, ids=IDS)
def test_function_form_binds_the_same(snippet: Snippet) -> None:
    """As a function of its reads a body binds the same and looks up only builtins, or it is a hazard."""
    hazards = hazards_of(snippet.source)
    if snippet.hazard:
        assert any(snippet.hazard in f"{item.what}: {item.hint}" for item in hazards), hazards
        return
    assert hazards == []
    params = [name for name in body_names(snippet.source).reads if name not in builtin_names()]
    module, error = run_module(snippet.source, values_of(snippet))
    inside, bindings, inside_error = run_function(snippet.source, params, values_of(snippet))
    assert inside.seen <= builtin_names()
    assert isinstance(inside_error, type(error)), inside_error
    if error is None:
        expected = module.bindings()
        assert {name: value for name, value in bindings.items() if name in expected} == expected
        assert set(bindings) - set(expected) <= set(params)


def test_enough_snippets() -> None:
    """The table has its intended length, and no snippet occurs in it twice."""
    sources = [snippet.source for snippet in SNIPPETS]
    assert len(sources) == len(set(sources)) >= 120


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x):\n    return x + k", "k"),
        ("def f(x):\n    return f(x - 1)", "f"),
        ("def f(x):\n    f = 1\n    return f", ""),
        (
            "@deco(n)\ndef f(x: T = start, *, y=stop) -> R:\n    return x, free, len",
            "deco n start stop T R free len",
        ),
        ("async def f(x):\n    async with a(x) as b:\n        return [await c(d) async for d in b]", "a c"),
        ("def f():\n    def g():\n        return lambda: deep\n    return g", "deep"),
        ("def f():\n    global n\n    n += 1", "n"),
        ("def f():\n    global n\n    n = 1", ""),
        (
            "class A(Base, key=word):\n    x = y\n    def m(self): return A, x, super()",
            "Base word y A x super",
        ),
        ("f = lambda x, y=start: f(x) + k", "start f k"),
        ("lambda x: x + k", "k"),
        ("def f(x):\n    '''Text.'''\n    return f'{x:{w}}' + f\"\"\"{g('''a\nb''')}\"\"\"", "w g"),
        ("def f(x):\n    class A:\n        x = x\n        y = z\n    return A", "x z"),
        ("def f():\n    class A:\n        def m(self): return __k\n    return A", "_A__k"),
        ("def f(x):\n    match x:\n        case P(y=v) if v > lim:\n            return v", "P lim"),
        ("def f(x):\n    del x\n    x\n    del g", ""),
        ("def f(t):\n    return t.query('v > @rate(1) and w < @t')", "rate"),
        ("def up():\n    nonlocal n\n    n += 1\n    return n", "n"),
        ("def f(xs):\n    return f\"{sep.join(xs + ['\xa0'])}\"", "sep"),
    ],
)
def test_definition_reads(source: str, expected: str) -> None:
    """A function's globals are what its code looks up outside itself, at any place in the function."""
    assert definition_reads(ast.parse(source).body[0]) == tuple(expected.split())


@pytest.mark.parametrize(
    ("source", "reads", "binds"),
    [
        ("import a.b, c as d", "", "a d"),
        ("def f(x=k): return f(g)", "k g", "f"),
        ("LIMITS = {k: v for k, v in base.items()}", "base", "LIMITS"),
        ("if flag:\n    x = 1\nelse:\n    y = 2", "flag", "x y"),
        ("try:\n    import fast\nexcept ImportError as e:\n    fast = None", "ImportError", "fast"),
        ("for i in xs:\n    t = i\n    del t", "xs", "i"),
        ("del old", "old", ""),
        ("try:\n    x = f()\n    raise ValueError\nexcept ValueError:\n    y = 1", "f ValueError", "x y"),
        (
            "match x:\n    case n if n > 5:\n        raise OSError\n    case _:\n        r = 1",
            "x OSError",
            "n r",
        ),
        ("def f():\n    global made\n    made = 1", "", "f made"),
        ("def f():\n    global made\n    import math as made", "", "f made"),
    ],
)
def test_statement_names(source: str, reads: str, binds: str) -> None:
    """The names that one statement of a setup cell reads and binds."""
    names = read_names([ast.parse(source).body[0]])
    assert (names.reads, names.binds) == (tuple(reads.split()), tuple(binds.split()))


@pytest.mark.parametrize(
    ("source", "awaits"),
    [
        ("await x", True),
        ("[y async for y in x]", True),
        ("[await y for y in x]", True),
        ("f'{await x}'", True),
        ("async for y in x: pass", True),
        ("async with x: pass", True),
        ("if a:\n    b = {k: await v for k, v in x}", True),
        ("if False:\n    await x", True),
        ("(y for y in await x)", True),
        ("(await y for y in x)", False),
        ("(y async for y in x)", False),
        ("async def f():\n    await x\n    return [y async for y in x]", False),
        ("x", False),
    ],
)
def test_awaits(source: str, awaits: bool) -> None:
    """Only what waits at the top level makes the body asynchronous; making a generator does not wait."""
    assert body_names(source).awaits is awaits
    wrapped = "def f():\n" + textwrap.indent(source, "    ")
    if awaits:
        with pytest.raises(SyntaxError):
            compile(wrapped, "<sync>", "exec")
        wrapped = "async " + wrapped
    compile(wrapped, "<function>", "exec")


def test_builtins_are_those_of_a_plain_interpreter() -> None:
    """The builtins are those of an isolated interpreter, whatever a kernel added to or took from them."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import builtins; print(*dir(builtins))"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert builtin_names() == set(done.stdout.split())


def test_a_long_sum_is_no_problem() -> None:
    """A chain of operators nearly as long as Python's own limit is walked."""
    assert body_names(" + ".join(["a"] * 900)).reads == ("a",)
