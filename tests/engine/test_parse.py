"""Each form of a cell becomes the text of a function, and nothing that was written in it is lost."""

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.run.runtime import shipped_text
from kernel_magics.engine.source.cell import is_ours, read_cell
from kernel_magics.engine.source.mapped import MappedSource, Signature, annotate, docstring, indent, text_of
from tests.engine.driver import source
from tests.recorded import check_recorded

SETUP = "%%setup\nimport math\nRATE = 0.5\nasync def load(n):\n    return n\ndef deco(f):\n    return f"

FORMS = {
    "bare expression": "%%node ctr\nclicks / views",
    "bare assignment": "%%node ctr\ntotal = clicks + views\nctr = clicks / total",
    "annotated assignment": "%%node ctr\nctr: float = clicks / views  # a share",
    "assigned before the end": "%%node ctr\nctr = clicks\nif ctr > views:\n    ctr = views",
    "ends with its name": "%%node ctr\nctr = clicks\nctr",
    "ends with print": "%%node ctr\nctr = clicks / views\nprint(ctr)",
    "comment as docstring": '%%node ctr\n# Clicks per view.\n# Second line with """ and \\d.\n\nclicks / views',
    "string as docstring": '%%node ctr\n"""Clicks\n   per view."""\nclicks / views',
    "a string is the value": '%%node greeting\n"hello"',
    "reads itself in a function": "%%node total\ntotal = 0\nfor x in xs:\n    total += x\ntotal",
    "setup names": "%%node area\nmath.pi * r * RATE",
    "input order": "%%node z\nb + a * b - c",
    "await": "%%node got\nawait load(n)",
    "function in a body": "%%node z\ndef inner(x):\n    return x + shift\nmax(inner(v) for v in values)",
    "multi-line string": '%%node text\nhead = """a\n  b\n"""\nhead + f"""\n  {name!r:>{width}}\n"""',
    "continuation": "%%node z\na + \\\n  b + \\\n    c",
    "brackets over lines": "%%node z\n[\n  a,  # first\n\n  b,\n]",
    "continuation at the end": "%%node z\nz = a \\\n\n",
    "semicolons": "%%node z\nx = a; y = b; x + y;",
    "assignment behind a semicolon": "%%node z\nx = a; z = x * 2  # twice",
    "unicode": "%%node größe\nhöhe * 'äöü→🎉' ; größe = höhe * breite",
    "tabs": "%%node z\nif a:\n\tz = 1\nelse:\n\tz = 2",
    "windows lines": "%%node z\r\nx = a\r\nx + 1\r\n",
    "two outputs": "%%node lo, hi\n# Both ends.\nlo = min(xs)\nhi = max(xs)",
    "four outputs": "%%node a, b, c, d\na = b = c = d = x",
    "family": "%%node lag_{k} --for k=1,7\n# Sales {k} days ago.\nsales.shift(k) * RATE",
    "family of texts": "%%node {city}_x --for city=ny,sf\ntable[city]",
    "product family": "%%node m_{k}_{w} --for k=1,2 --for w=3,4\nsales * k + w",
    "family that reads siblings": "%%node grow_{k} --for k=1,7 --uses lag_{k}\nlag_k - k * sales",
    "family with an alias": "%%node grow_{k} --for k=1,7 --uses last=lag_{k}\nlast - sales",
    "family that awaits": "%%node got_{k} --for k=1,2\nawait load(k)",
    "variant": "%%node price --when region=US\nnet * 1.1",
    "variant with several outputs": "%%node a, b --when region=US\na = x\nb = y",
    "variant of a family": "%%node p_{k} --for k=1,2 --when region=US\nx * k",
    "functions": "%%node\n# Above.\ndef a(x: int, y=2) -> int:\n    '''Doc.'''\n    return x + y\n\n\n@deco\ndef b(a, *, c): return a",
    "async function": "%%node\nasync def got(n):\n    return await load(n)",
    "helpers": "%%node\ndef _h(x):\n    return _g(x)\ndef _g(x):\n    return x\ndef a(x):\n    return _h(x)",
    "recursion": "%%node\ndef fact(n):\n    return 1 if n < 2 else n * fact(n - 1)",
    "check": "%%check ctr\nctr >= 0  # never negative\n(ctr <\n 1)\nctr == ctr; ctr is not None\nctr >= 0  # never negative",
    "check against another": "%%check ctr --warn\nctr < limit * RATE",
}


def functions(text: str) -> list[str]:
    """The texts that a cell puts into the module, helpers first."""
    graph = Graph().put(parse_cell(source("setup", SETUP)), parse_cell(source("cell", text)))
    found: list[str] = []
    for node in graph.owned["cell"]:
        found += [helper.text.source for helper in node.helpers if helper.text.source not in found]
        found.append(shipped_text(graph, node).source)
    return found


def test_every_form_becomes_the_function_that_is_recorded() -> None:
    """The text of the functions of each kind of cell, as the module will hold it."""
    parts = []
    for name, text in FORMS.items():
        parts.append(
            f"### {name}\n{textwrap.indent(text.replace(chr(13), '␍'), '    | ', lambda row: True)}\n\n"
            + "\n\n".join(functions(text))
        )
    check_recorded("cells.txt", "\n\n\n".join(parts) + "\n")


@pytest.mark.parametrize("name", FORMS)
def test_every_function_is_python(name: str) -> None:
    """Each text is one statement, a function, for Python's own compiler."""
    for text in functions(FORMS[name]):
        (statement,) = ast.parse(text).body
        assert isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        compile(text, name, "exec")


@pytest.mark.parametrize("name", [name for name in FORMS if "string" in name or name == "unicode"])
def test_strings_are_what_the_cell_says(name: str) -> None:
    """Every string constant of a bare body is unchanged in its function, whatever the indentation."""
    body = FORMS[name].split("\n", 1)[1]
    written = {n.value for n in ast.walk(ast.parse(body)) if isinstance(n, ast.Constant)}
    shipped = {
        n.value
        for text in functions(FORMS[name])
        for n in ast.walk(ast.parse(text))
        if isinstance(n, ast.Constant)
    }
    docs = {value for value in written if isinstance(value, str) and value.startswith("Clicks")}
    assert written - docs <= shipped


def test_what_a_definition_knows() -> None:
    """Docstrings, types, tags and options reach the node."""
    cells = [
        "%%node n --tag owner=ads --tag 'note=two words' --cache disk --lazy --fitted\n'''Doc.'''\nn: list[int] = [x]",
        "%%inputs\nx: int = 1  # the x\ny = [\n  1,\n]\n_hidden = 2\nimport os",
        "%%params\nw: float = 0.5  # weight",
        "%%node\n# Above it.\ndef f(x) -> 'int': return x",
    ]
    graph = Graph().put(*(parse_cell(source(str(i), text)) for i, text in enumerate(cells)))
    n = graph.node("n")
    assert (n.doc, n.type, n.cache, n.lazy, n.fitted) == ("Doc.", "list[int]", "disk", True, True)
    assert n.tags == {"owner": "ads", "note": "two words"}
    assert [(i.name, i.kind, i.type, i.value, i.doc, i.line) for i in graph.owned["1"]] == [
        ("x", "input", "int", "1", "the x", 2),
        ("y", "input", "", "[\n  1,\n]", "", 3),
    ]
    w = graph.node("w")
    assert (w.kind, w.type, w.value, w.doc) == ("param", "float", "0.5", "weight")
    assert (graph.node("f").doc, graph.node("f").type) == ("Above it.", "'int'")


def test_each_line_of_a_function_knows_its_line_in_the_cell() -> None:
    """A text keeps the origin of its lines across docstrings, headers and added returns."""
    cell = parse_cell(
        source("1", "%%node z\n'''Doc\nover lines.'''\nx = '''a\nb'''\n\nz = x\nif a:\n    z = a")
    )
    text = Graph().put(cell).node("z").text
    assert text is not None
    numbered = {row.strip(): line for row, line in zip(text.source.split("\n"), text.lines, strict=True)}
    assert numbered["x = '''a"] == 4
    assert numbered["b'''"] == 5
    assert numbered["z = x"] == 7
    assert numbered["z = a"] == 9
    assert numbered["return z"] == 9


SNIPPETS = st.lists(
    st.sampled_from(
        [
            "x = 1",
            "x = '''a\n  b\n'''",
            'y = f"""\n{x}\n  {x!r:>{3}}\n"""',
            "if x:\n    y = '''\n  z'''\n    w = 2",
            "z = [\n1,\n  '''\n q''',\n]",
            "# comment",
            "",
            "def f(a):\n\n    return '''\n\n'''",
            "b = 1 + \\\n2",
            "t = 'a' \\\n'''\nb'''",
            "s = rb'''\n\\\n'''",
            "with open(x) as h: pass",
        ]
    ),
    min_size=1,
    max_size=6,
)


@given(SNIPPETS)
def test_indenting_changes_no_meaning(rows: list[str]) -> None:
    """Indented code is the same code, its strings included."""
    code = "\n".join(rows)
    moved = indent(text_of(code)).source
    inside = ast.parse(f"if True:\n    pass\n{moved}").body[0]
    assert isinstance(inside, ast.If)
    assert ast.dump(ast.Module(inside.body[1:], [])) == ast.dump(ast.Module(ast.parse(code).body, []))
    assert moved.count("\n") == code.count("\n")


NAMES = st.sampled_from(["a", "b", "größe", "c"])


@given(
    st.lists(st.tuples(NAMES, st.booleans(), st.booleans()), max_size=4, unique_by=lambda item: item[0]),
    st.booleans(),
    st.booleans(),
    st.dictionaries(NAMES, st.sampled_from(["int", "dict[str, list[int]]", "'Später'"])),
    st.dictionaries(NAMES, st.sampled_from(["1", "'ü)'", "(2, 3)"])),
    st.sampled_from(["", "float"]),
    st.sampled_from(["(", "(  # why)\n    "]),
)
def test_annotating_adds_hints_and_defaults_only(
    params: list[tuple[str, bool, bool]],
    returns: bool,
    asynchronous: bool,
    hints: dict[str, str],
    defaults: dict[str, str],
    result: str,
    opening: str,
) -> None:
    """The header gets the signature's hints and defaults where Python allows it; existing hints and the body stay."""
    with_default = False
    written = []
    for name, hinted, given_default in params:
        with_default = with_default or given_default
        written.append(f"{name}{': bool' if hinted else ''}{' = 0' if with_default else ''}")
    header = f"{'async ' if asynchronous else ''}def f{opening}{', '.join(written)}){' -> str' if returns else ''}:"
    text = text_of(f"{header}\n    return '''ü\n)'''  # end")
    changed = annotate(text, Signature(hints, defaults, result))
    before, after = ast.parse(text.source).body[0], ast.parse(changed.source).body[0]
    assert isinstance(before, ast.FunctionDef | ast.AsyncFunctionDef)
    assert isinstance(after, type(before))
    assert ast.dump(before.body[0]) == ast.dump(after.body[0])
    assert changed.source.count("\n") == text.source.count("\n")
    assert (
        ast.unparse(after.returns) == ("str" if returns else result)
        if after.returns
        else not (returns or result)
    )
    found = {arg.arg: ast.unparse(arg.annotation) for arg in after.args.args if arg.annotation}
    assert found == {n: "bool" if h else hints[n] for n, h, _ in params if h or n in hints}
    values = [ast.unparse(value) for value in after.args.defaults]
    names = [arg.arg for arg in after.args.args]
    for name, value in zip(names[len(names) - len(values) :], values, strict=True):
        assert value == defaults.get(name, "0")
    open_names = names[: len(names) - len(values)]
    assert not open_names or open_names[-1] not in defaults


@given(st.text(st.one_of(st.sampled_from('"\\\n \t'), st.characters())))
def test_any_text_can_be_a_docstring(text: str) -> None:
    """A docstring reads back as the text it was made from, whatever signs it holds."""
    literal = docstring(text)
    value = ast.literal_eval(literal)
    compile(f"def f():\n    {literal}\n".encode(), "text", "exec")
    assert [row.strip() for row in value.strip().split("\n")] == [
        row.strip() for row in text.strip().split("\n")
    ]


def test_annotate_wants_a_function() -> None:
    """Only a function has a header."""
    with pytest.raises(TypeError, match="not a function"):
        annotate(MappedSource("x = 1", (1,)), Signature(returns="int"))


def test_a_cell_that_is_none_of_ours() -> None:
    """Ordinary cells and other magics are left alone."""
    assert read_cell("x = 1", "1", "[1]") is None
    assert read_cell("%%time\nx = 1", "1", "[1]") is None
    assert is_ours("\n\n%%node a\n1")
    assert not is_ours("%%nodes a")


def test_deep_nesting_is_an_error_not_a_crash() -> None:
    """Python's own limit is reported as the cell's error."""
    with pytest.raises(DataflowError, match=r"too deeply|not valid Python"):
        parse_cell(source("1", "%%node a\n" + "(" * 5000 + "1" + ")" * 5000))
