"""Rewrites before a conversion: each computes and shows the same, and lets more of the notebook convert."""

from __future__ import annotations

import pytest

from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.prepare import prepare
from kernel_magics.convert.proving import Proven, prove
from tests.convert.books import given, reasons, texts
from tests.convert.machine import ask

FRAMES = "import pandas as pd\ntrain = pd.DataFrame({'s': ['m', 'f']})\ntest = pd.DataFrame({'s': ['f']})"


def prepared(*cells: str) -> list[str]:
    """The cells of a notebook after the rewrites that its text allows."""
    return [cell.source for cell in prepare(given(*cells))]


def proven(*cells: str) -> Proven:
    """The conversion of these cells with its proof."""
    return prove(given(*cells), ask, "n.ipynb")


def test_a_loop_over_frames_becomes_its_body_for_each() -> None:
    """The kind: one step for several frames; in a list of its own, in a list with a name, with a comment."""
    loop = "for d in {}:\n    # short\n    d['s'] = d['s'].str[:1]"
    unrolled = [
        "# short\ntrain['s'] = train['s'].str[:1]\n# short\ntest['s'] = test['s'].str[:1]",
    ]
    assert prepared(FRAMES, loop.format("[train, test]"))[1:] == unrolled
    assert prepared(FRAMES, "both = (train, test)", loop.format("both"))[1:] == ["", *unrolled]


@pytest.mark.parametrize(
    "loop",
    [
        "for d in [train, test]:\n    if len(d) > 1:\n        break\n    d['s'] = 1",
        "for d in [train, test]:\n    print(d)",
        "for d in [train, test]:\n    d['s'] = 1\nprint(d)",
        "for d in [train, test]:\n    d = d.dropna()",
        "for d in [train, train]:\n    d['s'] = 1",
        "for d in [train, test]:\n    d['s'] = 1\n    last = d\nlast.head()",
        "both = [train, test]\ntrain = train.copy()\nfor d in both:\n    d['s'] = 1",
        "for d in [train, test]:\n    d['s'] = 1\nelse:\n    print(1)",
    ],
)
def test_other_loops_stay(loop: str) -> None:
    """A loop that ends early, changes nothing, leaves a value behind, or goes over other objects stays."""
    assert prepared(FRAMES, loop) == [FRAMES, loop]


def test_a_function_that_assigns_a_variable_gets_it_as_a_parameter() -> None:
    """`global t` with `return t`, or without it and called for its effect, is `t = f(t)`."""
    step = "def add():\n    global t\n    t['r'] = t['a'] * 2\n    return t"
    cells = ("import pandas as pd\nt = pd.DataFrame({'a': [1]})", step, "t = add()", "t['r'].sum()")
    assert prepared(*cells)[1:3] == ["def add(t):\n    t['r'] = t['a'] * 2\n    return t", "t = add(t)"]
    effect = "def add():\n    global t\n    t = t.assign(r=1)"
    assert prepared(cells[0], effect, "add()", "t.r")[1:3] == [
        "def add(t):\n    t = t.assign(r=1)\n    return t",
        "t = add(t)",
    ]


def test_a_function_that_reads_data_gets_it_as_a_parameter() -> None:
    """Variables that a function reads are given at each call, also by other functions."""
    cells = (
        "import pandas as pd\nt = pd.DataFrame({'a': [1, 2]})",
        "def top(n=1):\n    return t['a'].nlargest(n)\ndef best():\n    return top(1).max()",
        "a = top(n=2).sum() + top().max()",
        "print(best())",
    )
    assert prepared(*cells)[1:] == [
        "def top(t, n=1):\n    return t['a'].nlargest(n)\ndef best(t):\n    return top(t, 1).max()",
        "a = top(t, n=2).sum() + top(t).max()",
        "print(best(t))",
    ]
    done = proven(*cells, "a")
    assert "a" in done.equal


@pytest.mark.parametrize(
    "cells",
    [
        ("def add():\n    global t\n    t = t + 1\n    return 5", "x = add()"),
        ("def add():\n    global t, u\n    t = 1\n    u = 2", "add()"),
        ("def add():\n    return t + 1", "x = list(map(add, []))"),
        ("def add(f):\n    global t\n    t = 1", "x = [add(1)]"),
        ("import functools\n@functools.cache\ndef add():\n    return t + 1", "x = add()"),
        ("def add():\n    return t if t else add()", "x = add()"),
        ("def add():\n    return t + 1", "%timeit add()", "x = add()"),
    ],
)
def test_other_functions_stay(cells: tuple[str, ...]) -> None:
    """A function that returns something else, assigns two variables, or is handed on stays as it is."""
    book = ("t = len('abc')\nt += 1\nu = 0", *cells, "t = 3")
    assert prepared(*book) == list(book)


def test_a_seed_moves_to_the_draw_that_it_seeds() -> None:
    """Across cells, when nothing draws in between; else it stays where it is."""
    head = "import numpy as np\nnp.random.seed(3)"
    assert prepared(head, "n = 4", "x = np.random.rand(n)") == [
        "import numpy as np",
        "n = 4",
        "np.random.seed(3)\nx = np.random.rand(n)",
    ]
    same = (head, "print(np.random.rand(2))", "x = np.random.rand(3)")
    assert prepared(*same) == list(same)


def test_a_branch_for_another_python_goes() -> None:
    """The kind: conditions on `sys.version_info`; the branch that runs stays, whichever it is."""
    branch = "if sys.version_info < (3, 0):\n    raw = unicode(raw)\nelse:\n    raw = raw.upper()"
    assert prepared("import sys\nraw = 'a'", branch) == ["import sys\nraw = 'a'", "raw = raw.upper()"]
    assert prepared("import sys\nraw = 'a'", "if sys.version_info[0] >= 3: raw += 'b'; raw += 'c'")[1] == (
        "raw += 'b'\nraw += 'c'"
    )


def test_the_code_of_a_view_goes_to_its_readers() -> None:
    """The kind: objects that look at other data: groups, windows, resamplers; nodes hold none of them."""
    for view, result in (
        ("t.groupby('k')['a']", "g.mean()"),
        ("t['a'].rolling(2)", "g.sum()"),
        ("t['a'].expanding()", "g.max()"),
    ):
        done = proven(
            "import pandas as pd\nt = pd.DataFrame({'k': ['x', 'y', 'x'], 'a': [1.0, 4.0, 9.0]})",
            f"g = {view}",
            f"m = {result}",
            "m",
        )
        assert texts(done.conversion)[1:] == [f"%%node m\ng = {view}\nm = {result}", "m"]
        assert not done.opaque


def test_a_call_inside_a_text_gets_its_arguments() -> None:
    """The kind: calls in f-strings, several in a line, beside letters that take two bytes."""
    cells = (
        "t = 'ab' * len('x')",
        "def few(k=0):\n    return len(t) + k",
        "print(f'{few():>4}' f\"é {few(1)!r} {few()}\")",
        "t = 'c'",
    )
    assert prepared(*cells)[2] == "print(f'{few(t):>4}' f\"é {few(t, 1)!r} {few(t)}\")"


def test_a_view_of_a_value_that_changes_later_stays() -> None:
    """The code of a view is not repeated where it would see another value."""
    done = proven(
        "import pandas as pd\nt = pd.DataFrame({'k': ['x', 'y', 'x'], 'a': [1.0, 4.0, 9.0]})",
        "g = t.groupby('k')['a']",
        "t = t[t.a > 2]",
        "m = g.mean()",
        "m",
    )
    assert not any("g = t.groupby" in text and "m = g.mean()" in text for text in texts(done.conversion))


def test_a_random_value_is_an_input() -> None:
    """Draws are data from outside: with their seed where they have one, never a node."""
    helper = "import numpy as np\nimport pandas as pd\ndef rows(n):\n    return pd.DataFrame({'a': np.random.rand(n)})"
    for seed in ("", "np.random.seed(1)\n"):
        done = proven(helper, f"{seed}t = rows(5)", "t['b'] = t['a'] * 2", "m = t['b'].mean()", "m")
        assert texts(done.conversion)[0] == f"%%inputs\n{seed}t_raw = rows(5)"
        assert done.equal == ("t_raw", "t", "m")


def test_a_draw_that_needs_data_says_which_function_draws() -> None:
    """It stays ordinary, with the way out; what does not need it converts."""
    done = proven(
        "import pandas as pd\nfrom numpy.random import default_rng\nt = pd.Series([1.0, 4.0])",
        "def draw(x):\n    return x.iloc[default_rng().choice(2, size=1)]",
        "picked = draw(t)",
        "picked.sum()",
        "m = t.mean()",
        "m",
    )
    assert done.equal == ("t", "m")
    assert "'draw' draws random numbers" in "\n".join(reasons(done.conversion))


def test_a_failing_cell_stays_alone() -> None:
    """A cell that fails stays with what needs it; the rest converts, and the note has the error."""
    done = proven(
        "import pandas as pd\nt = pd.DataFrame({'a': [1.0, 4.0], 'g': ['x', 'y']})",
        "bad = t.groupby('nope').sum()",
        "worse = bad + 1",
        "v = t.groupby('g')['a'].mean()",
        "v.max()",
    )
    assert done.equal == ("t", "v")
    assert "[2] it fails: KeyError: 'nope'" in reasons(done.conversion)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("u = t * 2\nu.max()\n;", "u"),
        ("%%capture\nu = t * 2", "u"),
        ("%%time\nu = t * 2", "u"),
        ("from math import *\nu = t * sqrt(4)", "u"),
        ("u = t * 2\n%matplotlib inline", "u"),
    ],
)
def test_what_only_ipython_runs_is_run(cell: str, name: str) -> None:
    """The kind: syntax of IPython in a cell that computes; the proof runs it as Jupyter does."""
    done = proven("import pandas as pd\nt = pd.Series([1.0, 4.0])", cell, f"v = {name}.sum()", "v")
    assert {"t", name, "v"} <= {*done.equal}


def test_a_result_that_is_only_cached_is_no_change() -> None:
    """The kind: queries of objects that remember a result; each stays a query."""
    done = proven(
        "import numpy as np\nfrom scipy import sparse\na = np.array([[0, 1], [2, 0]])",
        "m = sparse.csr_matrix(a)",
        "m.sum()\nm.has_canonical_format",
        "n = m.sum() + 1",
        "n",
    )
    assert [cell.names for cell in done.conversion.cells if cell.role == "node"] == [("a",), ("m",), ("n",)]


def test_an_in_place_method_of_a_column_changes_nothing() -> None:
    """With copy-on-write the frame stays, which the report says, and the frame has one version."""
    done = proven(
        "import pandas as pd\na = pd.DataFrame({'x': [1.0, 90.0]})",
        "a['x'].clip(upper=5, inplace=True)\na['x'].max()",
        "u = a['x'].sum()",
        "u",
    )
    assert done.equal == ("a", "u")
    assert "changes a copy, and so nothing" in "\n".join(reasons(done.conversion))


def test_a_cell_that_would_show_something_else_stays_right() -> None:
    """The written notebook runs as a whole: a setting of an imported object reaches its library."""
    book = [
        GivenCell("a", "code", "import decimal\nimport pandas as pd\nt = pd.Series([1.0, 4.0])"),
        GivenCell("b", "code", "u = t * 2"),
        GivenCell("c", "code", "decimal.getcontext().prec = 3\nprint(decimal.Decimal(1) / 3, u.sum())"),
    ]
    done = prove(book, ask, "n.ipynb")
    assert done.equal == ("t", "u")
    assert done.conversion.cells[-1].source == book[-1].source


SPEND = (
    "def spend():\n    return pd.Series([10.0, 20.0])\n\n"
    "def mean_spend(spend):\n    return spend.mean()\n\n"
    "def centred(spend, mean_spend):\n    return spend - mean_spend"
)


def test_functions_whose_parameters_name_others_are_nodes() -> None:
    """As Hamilton has them: the functions stay as they are, and calls become the names of their values."""
    calls = ("s = spend()\nc = centred(s, mean_spend(s))", "print(c.sum(), mean_spend(spend=spend()))")
    for first, cell in (("import pandas as pd", SPEND), ("x = 1", f"import pandas as pd\n{SPEND}")):
        done = proven(first, cell, *calls)
        assert "%%node\n" + SPEND.replace("\n\n", "\n\n\n") in texts(done.conversion)
        assert texts(done.conversion)[-1] == "print(centred.sum(), mean_spend)"


@pytest.mark.parametrize(
    "calls",
    [
        ("s = spend() * 2\nc = centred(s, mean_spend(s))", "print(c.sum())"),
        ("s = spend()\ns[0] = 5", "print(s)"),
        ("print(list(map(centred, [1, 2], [3, 4])))",),
        ("print(centred(1, 2))",),
    ],
)
def test_functions_that_get_other_values_are_helpers(calls: tuple[str, ...]) -> None:
    """Where a call gives another value than the function of the parameter's name, the notebook stays."""
    assert prepared("import pandas as pd", SPEND, *calls) == ["import pandas as pd", SPEND, *calls]


def test_a_function_that_assigns_other_variables_stays_with_them() -> None:
    """A counter and the function that counts: neither is torn from the other, and the notebook shows the same."""
    done = proven(
        "import pandas as pd\nt = pd.Series([1.0, 4.0])\ncounter = len(t)",
        "def bump():\n    global counter\n    counter += 1\n    return 2 * counter",
        "x = bump() + bump()",
        "u = t * 2",
        "print(u.sum(), x, counter)",
    )
    assert done.equal == ("t", "u")
    assert "'bump' assigns 'counter': let it return the new value" in "\n".join(reasons(done.conversion))


def test_a_failed_assignment_leaves_the_old_value() -> None:
    """Behind an assignment that failed its name means what it meant before, in nodes and in what is shown."""
    done = proven(
        "import pandas as pd\nt = pd.Series([1, 4])", "t = t.nope", "u = t.sum()", "print(u, t.max())"
    )
    assert {"t", "u"} <= {*done.equal}
    assert texts(done.conversion)[-1] == "print(u, t.max())"


def test_a_display_that_a_change_gave_is_said() -> None:
    """The last line changes a value and displays it: the node's preview shows it, and the report says so."""
    push = "def push(values):\n    values.append(1)\n    return values"
    done = proven(f"import pandas as pd\n{push}", "items = [len('ab')]\npush(items)", "n = len(items)", "n")
    assert {"items", "n"} <= {*done.equal}
    assert "[2] what its last line displayed is shown by the preview of its node only" in reasons(
        done.conversion
    )


def test_a_loop_over_frames_with_a_continued_line_and_a_text() -> None:
    """The body's statement may continue further left than it began, and hold a text of several lines."""
    loop = (
        "for d in [a, b]:\n    d['x'] = d['x'].replace([1, 2,\\\n \t3], 4)\n    d['y'] = '''p\n    q'''\n"
        "    d['z'] = d['x'] * 2"
    )
    cells = ("import pandas as pd", "a = pd.DataFrame({'x': [1, 5]})\nb = pd.DataFrame({'x': [2, 6]})", loop)
    done = proven(*cells, "m = a.z.sum() + b.z.sum()", "print(m, a.y[0])")
    assert "m" in done.equal


def test_a_global_that_is_only_read_is_data() -> None:
    """`global t` in a function that only reads `t` says nothing: it gets `t` as a parameter."""
    load = "import pandas as pd\nt = pd.DataFrame({'a': [1, 2, 3]})"
    halves = "def halves():\n    global t\n    return t[:1], t[1:]"
    cells = prepared(
        load,
        "def grow():\n    global t\n    t['b'] = 1\n    return t",
        "t = grow()",
        halves,
        "x, y = halves()",
    )
    assert cells[2:] == ["t = grow(t)", "def halves(t):\n    return t[:1], t[1:]", "x, y = halves(t)"]


def test_what_the_function_of_a_node_prints_is_shown_by_the_node() -> None:
    """A step that reports what it did becomes a node, although it prints; its cell still displays the value."""
    load = "import pandas as pd\nt = pd.DataFrame({'a': [1, 2, 3]})"
    step = "def grow(x):\n    print('grown')\n    return x.assign(b=1)"
    done = proven(load, step, "t = grow(t)\nt", "t.shape")
    assert texts(done.conversion)[-3:] == ["%%node t\nt = grow(t_raw)", "t", "t.shape"]


@pytest.mark.parametrize(
    "array", ["t.values", "t[['a', 'b']].to_numpy()", "np.asarray(t[['a', 'b']])"], ids=lambda text: text[:10]
)
def test_an_array_of_a_table_that_changes_is_a_copy(array: str) -> None:
    """The array of a table of two parts can be written to, that of the same table from a file cannot."""
    load = "import numpy as np\nimport pandas as pd\nt = pd.DataFrame({'a': [1.0, 2.0]})\nt.insert(0, 'b', [3.0, 4.0])"
    done = proven(load, f"x = {array}  # parts\nx[0, 0] = 9", "y = x.sum()")
    assert [cell.source for cell in done.conversion.cells if cell.role == "node"][-2:] == [
        f"%%node x\nx = {array}.copy()  # parts\nx[0, 0] = 9",
        "%%node y\ny = x.sum()",
    ]
    assert not done.refuted


def test_other_arrays_stay_views() -> None:
    """An array that nothing changes is no copy, nor is one of an array, whose changes its owner shows."""
    cells = (
        "import numpy as np\nimport pandas as pd\nt = pd.DataFrame({'a': [1.0, 2.0]})\nb = np.zeros(2)",
        "x = t.values",
        "v = np.asarray(b)\nv[0] = 9",
        "y = x.sum() + b.sum()",
    )
    assert ".copy()" not in "".join(
        cell.source for cell in proven(*cells).conversion.cells if cell.role == "node" and "x" in cell.names
    )
    assert all("np.asarray(b).copy()" not in cell.source for cell in proven(*cells).conversion.cells)


def test_a_rewrite_that_would_fail_leaves_the_others() -> None:
    """A seed whose cell fails above it did not run, so that it moves nowhere; functions get their parameters."""
    cells = (
        "import numpy as np\nitems = [1, 2]",
        "def extend(k):\n    global items\n    items = items + [k]\n    return items",
        "print(missing)\nimport random\nrandom.seed(4)",
        "a = np.random.default_rng().normal(size=3)",
        "items = extend(3)",
        "n = sum(items)",
    )
    made = [name for cell in proven(*cells).conversion.cells if cell.role == "node" for name in cell.names]
    assert made[-1] == "n"
