"""Everything a cell can contain has a decided behaviour: what the module holds of it, or why it is refused."""

import ast
import io
import tokenize
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import DataflowError
from kernel_magics.export.module.exported import Exported
from kernel_magics.export.module.hints import make_hints
from kernel_magics.export.module.module import make_module
from tests.examples import examples
from tests.export.notebooks import Export, export, make_session

SETUP = """%%setup
import asyncio
import contextlib
import functools
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

Column = pd.Series
Sizes = dict[str, int]


def twice(function):
    @functools.wraps(function)
    def inner(*args, **given):
        return 2 * function(*args, **given)  # the decorator

    return inner


@dataclass
class Point:
    x: int  # across

    def doubled(self):
        return Point(2 * self.x)
"""
INPUTS = "%%inputs\nframe: pd.DataFrame = pd.DataFrame({'a': [1.0, 2.0, 4.0]})\nx: int = 1"


@dataclass(frozen=True)
class Kept:
    """A cell that is exported: its node, and lines of the node's function."""

    what: str
    cell: str
    node: str
    lines: tuple[str, ...]
    note: str = ""


KEPT = (
    Kept("a copy that is changed", "%%node widened\nwide = frame.copy()\nwide['b'] = 2 * wide['a']\nwide", "widened",
         ('wide["b"] = 2 * wide["a"]', "return wide")),
    Kept("its own name as the last line", "%%node named\nnamed = frame['a'] + 1\nnamed", "named",
         ('named = frame["a"] + 1', "return named")),
    Kept("a print as the last line", "%%node printed\nprinted = x + 1\nprint('seen', printed)", "printed",
         ('print("seen", printed)', "return printed")),
    Kept("a print on the way", "%%node told\nprint('so far', x)\nx + 1", "told", ('print("so far", x)',)),
    Kept("a statement that ends with a semicolon", "%%node quiet\ny = x + 1; y * 2;", "quiet", ("return y * 2",)),
    Kept("a loop that builds many features", "%%node lags\nparts = {}\nfor k in (1, 2):\n"
         "    parts[f'lag_{k}'] = frame['a'].shift(k)  # one column each\npd.DataFrame(parts)", "lags",
         ('parts[f"lag_{k}"] = frame["a"].shift(k)  # one column each',)),
    Kept("a family", "%%node times_{k} --for k=1,2\n# k fold\nx * k  # here", "times_2", ("return _times_k(x, k=2)",)),
    Kept("try, except, finally", "%%node tried\ntry:\n    y = 1 / (x - x)\nexcept ZeroDivisionError as error:\n"
         "    # never mind\n    y = str(error)\nfinally:\n    done = True\ny if done else None", "tried",
         ("except ZeroDivisionError as error:", "# never mind", "finally:")),
    Kept("a closure", "%%node closed\ndef adder(n):\n    return lambda y: y + n\n\nadd = adder(x)\nadd(1)", "closed",
         ("def adder(n):", "return lambda y: y + n", "return add(1)")),
    Kept("a local name that shadows a builtin", "%%node summed\nsum = 0\nfor each in [x, 2]:\n    sum += each\nsum",
         "summed", ("sum = 0", "return sum")),
    Kept("a relative path", "%%node found\nPath('data/words.txt').exists()", "found",
         ('Path("data/words.txt").exists()',), "'found' in cell {} reads files"),
    Kept("a large literal", f"%%node squares\n{ {n: n * n for n in range(400)} }", "squares", ("399: 159201,",)),
    Kept("top-level await", "%%node slept\nawait asyncio.sleep(0)\nx + 1", "slept", ("await asyncio.sleep(0)",)),
    Kept("an async function", "%%node\nasync def later(x):\n    await asyncio.sleep(0)\n    return x", "later",
         ("await asyncio.sleep(0)",)),
    Kept("a lambda kept as the value", "%%node chosen\nlambda y: y + x", "chosen", ("return lambda y: y + x",),
         "'chosen' is not compared"),
    Kept("a decorator of the setup", "%%node\n@twice\ndef decorated(x):\n    return x + 1", "decorated",
         ("@_twice", "return x + 1")),
    Kept("a decorator of a library", "%%node\n@functools.lru_cache\ndef cached(x):\n    return x + 1", "cached",
         ("@functools.lru_cache",)),
    Kept("a class of the setup", "%%node point\nPoint(x).doubled().x", "point", ("return Point(x).doubled().x",)),
    Kept("a class inside a body", "%%node local\nclass Pair:\n    def __init__(self, a):\n        self.a = a\n\nPair(x).a",
         "local", ("class Pair:", "return Pair(x).a")),
    Kept("type aliases", "%%node\ndef aliased(frame: pd.DataFrame) -> Column:\n    return frame['a']\n\n\n"
         "def sizes(x) -> Sizes:\n    return {'x': x}", "aliased", ('return frame["a"]',)),
    Kept("nested functions", "%%node nested\ndef step(y):\n    # half\n    def half(z):\n        return z / 2\n"
         "    return half(y)\n\nstep(x)", "nested", ("# half", "def half(z):", "return step(x)")),
    Kept("starred assignment and call", "%%node spread\nfirst, *rest = [x, 2, 3]\nmax(first, *rest)", "spread",
         ("first, *rest = [x, 2, 3]", "return max(first, *rest)")),
    Kept("keyword-only and optional inputs", "%%node\ndef keyed(x, *, absent=None):\n    return x if absent is None else 0",
         "keyed", ("return x if absent is None else 0",)),
    Kept("unicode names", "%%node größe\nδ = x * 2\nδ", "größe", ("δ = x * 2", "return δ")),
    Kept("a very long cell", "%%node long\ns_0 = x\n" + "\n".join(f"s_{n} = s_{n - 1} + {n}  # {n}" for n in range(1, 300))
         + "\ns_299", "long", ("s_298 = s_297 + 298  # 298", "return s_299")),
    Kept("a with statement", "%%node guarded\nwith contextlib.suppress(ValueError):\n    y = int('7')  # seven\ny + x",
         "guarded", ('y = int("7")  # seven',)),
    Kept("match", "%%node kind\nmatch x:\n    case 1:\n        y = 'one'\n    case _:\n        y = 'many'\ny", "kind",
         ("match x:", "case _:")),
    Kept("an assignment in an expression", "%%node walrus\n(half := x / 2) + half", "walrus", ("return (half := x / 2) + half",)),
    Kept("f-strings in f-strings", "%%node text\nf'{x:>{x + 3}} {f\"{x}\"}'", "text", ("return f",)),
    Kept("strings over lines", "%%node lines\n'''\nfirst\n    second\n''' + str(x)", "lines", ("first", "    second")),
    Kept("an import in a body", "%%node root\nimport math\nmath.sqrt(x)", "root", ("import math", "return math.sqrt(x)")),
    Kept("del", "%%node deleted\ny = x\nz = y + 1\ndel y\nz", "deleted", ("del y", "return z")),
    Kept("assert", "%%node asserted\nassert x > 0, 'x'\nx", "asserted", ('assert x > 0, "x"',)),
    Kept("blank lines between parts", "%%node parts\ny = x\n\n# second part\nz = y\n\nz", "parts",
         ("y = x\n\n    # second part\n    z = y\n\n    return z",)),
    Kept("a comment behind the last line", "%%node ended\nx + 1\n# the end", "ended", ("return x + 1\n    # the end",)),
)  # fmt: skip

REFUSED = {
    "a display-only last line": ("%%node a\na = frame['a']\na.head()", "DB108", "two candidates"),
    "a plot as the last line": ("%%node a\na = frame['a']\na.plot()", "DB108", "two candidates"),
    "the name of a builtin": ("%%node max\nx + 1", "DB103", "is a builtin"),
    "a class as a node": ("%%node\nclass Thing:\n    pass", "DB105", "class 'Thing' is no node"),
    "star-args": ("%%node\ndef a(x, *args):\n    return x", "DB107", "'*args'"),
    "positional-only inputs": ("%%node\ndef a(x, /):\n    return x", "DB107", "by position only"),
    "keyword star-args": ("%%node\ndef a(x, **more):\n    return x", "DB107", "'**more'"),
    "global": ("%%node a\nglobal counter\ncounter = x\ncounter", "DB111", "'global counter'"),
    "a magic": ("%%node a\n%time y = x\ny", "DB102", "IPython syntax"),
    "a shell command": ("%%node a\nfiles = !ls\nlen(files)", "DB102", "IPython syntax"),
    "nothing but a comment": ("%%node a\n# later", "DB108", "gives no value"),
    "a return": ("%%node a\nreturn x", "DB101", ""),
    "an unfinished line": ("%%node a\nx +", "DB101", ""),
    "a generator": ("%%node a\n(n for n in range(x))", "", ""),
}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """One module of all cells that are exported, proven and tested."""
    return export(tmp_path_factory.mktemp("cells"), SETUP, INPUTS, *(case.cell for case in KEPT))


@pytest.mark.parametrize("case", KEPT, ids=lambda case: case.what)
def test_what_a_cell_may_contain(exported: Export, case: Kept) -> None:
    """The lines are in the node's function, whose value in the clean process is the notebook's."""
    tree = ast.parse(exported.text)
    functions = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    function = functions[case.node]
    first = min(function.lineno, *(item.lineno for item in function.decorator_list), function.lineno)
    behind = [node.lineno for node in tree.body if node.lineno > function.lineno]
    text = "\n".join(exported.text.split("\n")[first - 1 : (min(behind) - 1) if behind else None])
    for line in case.lines:
        assert line in text
    notes = "\n".join(exported.report.notes())
    cell = f"[{KEPT.index(case) + 3}]"
    if case.note:
        assert case.note.format(cell) in notes
    else:
        assert f"'{case.node}'" not in notes


def test_every_cell_is_proven(exported: Export) -> None:
    """All but those that a note names have the notebook's value in a clean process."""
    noted = sum(bool(case.note) for case in KEPT)
    assert exported.report.proven == exported.report.nodes - noted
    assert exported.report.tests is not None


@pytest.mark.parametrize("what", REFUSED)
def test_what_a_cell_must_not_contain(tmp_path: Path, what: str) -> None:
    """One error with the cell, the place and a way out; nothing is written."""
    cell, code, words = REFUSED[what]
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, SETUP, INPUTS, cell)
    assert caught.value.code.startswith(code or "DB3")
    assert words in caught.value.message
    assert caught.value.hint
    assert list(tmp_path.iterdir()) == []


def test_an_input_changed_in_place_stays_as_it_was(tmp_path: Path) -> None:
    """The notebook isolates inputs; a module does if the code shows the change, otherwise the export stops."""
    changing = "%%node changed\npd.DataFrame.__setitem__(frame, 'b', frame['a'] * 2)\nframe"
    alone = export(tmp_path, SETUP, INPUTS, changing)
    assert any("changes its input 'frame' in place" in note for note in alone.report.notes())
    with pytest.raises(DataflowError, match="changes its input 'frame' in place") as caught:
        export(tmp_path, SETUP, INPUTS, changing, "%%node columns\nlist(frame.columns)")
    assert caught.value.code == "DB501"


STATEMENTS = (
    ("y = x",),
    ("if x:", "    y = 2", "else:", "    y = 3"),
    ("for k in range(2):", "    y = k", "    y += 1"),
    ("def inner(a):", "    b = a", "    return b"),
    ("with open('f') as file:", "    y = file"),
    ("try:", "    y = 1", "except ValueError:", "    y = 2"),
    ("y = [", "    1,", "    2,", "]"),
    ("text = '''a", "  b # no comment", "'''"),
    ("y = (x +", "    1)"),
)
NOTES = st.sampled_from(["", "", "  # note {}", "above"])


@st.composite
def bodies(draw: st.DrawFn) -> str:
    """A body with comments beside, above and below its lines."""
    rows: list[str] = []
    number = 0
    for statement in draw(st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=4)):
        for row in statement:
            number += 1
            note = draw(NOTES)
            inside = "'''" in row or "no comment" in row
            if note == "above" and not inside:
                rows.append(f"{' ' * (len(row) - len(row.lstrip()))}# above {number}")
            rows.append(row + (note.format(number) if note != "above" and not inside else ""))
        if draw(st.booleans()):
            rows.append("")
    rows.append(
        draw(st.sampled_from(["y", "y  # the value", "y\n# the end", "(\n    # in brackets\n    y\n)"]))
    )
    return "\n".join(rows)


def comments(source: str) -> Counter[str]:
    """The comments of Python source."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


@given(bodies())
@examples(40)
def test_no_comment_of_a_body_is_lost(body: str) -> None:
    """Each comment is in the module, as a comment or, at the top of a body, as the docstring."""
    cells = (
        "%%inputs\nx: int = 1",
        f"%%node a, b\n{body}\na = b = 1",
        f"%%node c_{{k}} --for k=1,2\nk\n{body}",
    )
    graph = make_session(*cells).graph
    text = make_module(Exported.of(graph), "nb.ipynb", make_hints(graph, {})).text
    found = comments(text)
    docs = "\n".join(
        ast.get_docstring(node) or "" for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)
    )
    for comment, count in comments(body).items():
        in_docs = docs.count(comment.lstrip("# "))
        assert found[comment] + bool(in_docs) >= 2 * count, comment
