"""Definitions and uses of a name are found across cells by Python's scopes, not by the letters of the text."""

import pytest

from kernel_magics.assist import definition, name_at, uses
from tests.assist.books import at, book

INPUTS = "%%inputs\nx: int = 1\ny: int = 2"

TABLE = {  # the places of x are those behind a `|`
    "a bare body": "%%node a\n|x + y + |x",
    "parameters": "%%node\ndef a(|x, y):\n    return |x + y",
    "keyword-only parameters": "%%node\ndef a(*, |x: int = 3):\n    return |x",
    "an attribute is no use": "%%node a\ny.x + |x.x",
    "a keyword argument is no use": "%%node a\ndict(x=|x)",
    "a string is no use": "%%node a\n'x' + |x",
    "a comment is no use": "%%node a\n|x  # x",
    "a local variable": "%%node a\nx = 1\nx + y",
    "assigned after it was read": "%%node a\n|x = |x + 1\n|x",
    "augmented": "%%node a\n|x += 1\n|x",
    "a comprehension's variable": "%%node a\n[x for x in y] + [|x for z in |x]",
    "the first iterable of a comprehension": "%%node a\n[x for x in |x]",
    "a walrus binds around the comprehension": "%%node a\n[x := z for z in y]\nx",
    "a lambda's parameter": "%%node a\n(lambda x, z=|x: x)(y) + (lambda: |x)()",
    "a nested function": "%%node a\ndef f(x):\n    return x\n\ndef g():\n    return |x\nf(g())",
    "a nested function's local": "%%node a\ndef f():\n    x = 1\n    return x\nf() + |x",
    "a class body": "%%node a\nclass A:\n    z = |x\n    def f(self):\n        return |x\nA",
    "a class body reads before it binds": "class A:\n    x = |x\n    z = x",
    "a walrus in a comprehension is the body's": "%%node a\nw = |x\n[|x := z for z in y]\nw + |x",
    "methods skip their class": "%%node a\nclass A:\n    x = 1\n    z = x\n    def f(self):\n        return |x\nA",
    "a caught exception": "%%node a\ntry:\n    y\nexcept ValueError as x:\n    print(x)\ny",
    "a pattern": "%%node a\nmatch y:\n    case [x]:\n        z = x\n    case _:\n        z = 1\nz",
    "an f-string": "%%node a\nf'{|x} x {|x!r:>{|x}}'",
    "behind letters of two bytes": "%%node a\n'é', |x, 'é', |x",
    "a query": "%%node a\ny.query('a > @|x and x > 1')",
    "the local of a query": "%%node a\nx = 1\ny.query('a > @x')",
    "a check": "%%check |x\n|x > y  # x",
    "a shorthand": '%%node a --check "rows == |x"\ny',
    "texts in a rule": """%%node a --check "rows == |x" --check "value in {'x'}" --warn '"x" < value'\ny""",
    "no rule of a column": '%%node a --check "x: not_null"\ny',
    "a variant": "%%node a --when |x=1\ny",
    "a tag": "%%node a --tag x=1\n|x",
    "a family's loop variable": "%%node a_{x} --for x=1,2\nx + y",
    "other inputs know no inputs": "%%inputs\nz: int = x",
    "the setup knows no inputs": "%%setup\ndef f():\n    return x",
    "an ordinary cell": "print(|x)\nx_ = |x",
    "an ordinary cell's own variable": "x = 1\nprint(x)",
    "IPython's syntax": "%time z = |x\n!ls x\nw = !ls {x}\n|x?",
    "a cell magic of Python": "%%time\n|x + 1",
    "a cell magic of something else": "%%bash\nx",
    "our line magics": "%lineage |x\n%dag |x --upstream |x --height 3\n%compute y |x --force\n%impact |x",
    "a path, and names behind it": "%export x\n%export feats.py |x y --skip-failed",
    "half-typed": "%%node a\n|x\ny +",
}


@pytest.mark.parametrize("case", TABLE)
def test_places(case: str) -> None:
    """Exactly the marked places are uses of the input."""
    marked = TABLE[case]
    parts = marked.split("|")
    texts = ["".join(parts[:number]) for number in range(1, len(parts))]
    expected = [(text.count("\n"), len(text.rpartition("\n")[2])) for text in texts]
    document = book(INPUTS, "".join(parts))
    found = [place for place in uses(document, "x") if place.cell == "b"]
    assert [(place.span.start.line, place.span.start.column) for place in found] == expected
    assert all(place.span.end.column - place.span.start.column == 1 for place in found)


def test_tests_call_functions() -> None:
    """In a test node names are functions, and keywords of their calls are the names of inputs."""
    text = "x = 3\nassert a(x=x) == b(x=1, y=dict(x=2))\na.x"
    document = book(INPUTS, "%%node a\nx", f"%%test a\n{text}")
    found = [(place.span.start.line, place.span.start.column, place.role) for place in uses(document, "x")]
    assert found == [(1, 0, "read"), (2, 9, "keyword")]
    found = [(place.span.start.line, place.span.start.column, place.role) for place in uses(document, "a")]
    assert found == [(0, 7, "line"), (2, 7, "read"), (3, 0, "read")]


def test_families() -> None:
    """A member is defined by the template of its family, and read through templates of siblings."""
    document = book(
        "%%node lag_{k} --for k=1,2\nlag_k = k\nlag_k",
        "%%node sum_{j} --for j=1 --uses lag_{j}\nlag_j + lag_2",
        "%%node mean_{j} --for j=2 --uses old=lag_{j}\nold",
    )
    assert definition(document, "lag_2") == definition(document, "lag_{k}")
    first = [(place.cell, place.name, place.role) for place in uses(document, "lag_1", definitions=True)]
    assert first == [
        ("a", "lag_{k}", "definition"),
        ("a", "lag_k", "write"),
        ("a", "lag_k", "read"),
        ("b", "lag_{j}", "line"),
        ("b", "lag_j", "read"),
    ]
    second = [(place.cell, place.name) for place in uses(document, "lag_2")]
    assert second == [("a", "lag_k"), ("a", "lag_k"), ("b", "lag_2"), ("c", "lag_{j}"), ("c", "old")]


def test_outputs_of_one_cell() -> None:
    """Each of several outputs is defined where it stands on the line."""
    document = book(INPUTS, "%%node a, b\na = x\nb = a + y")
    place = definition(document, "b")
    assert place is not None
    assert (place.cell, place.span.start.line, place.span.start.column) == ("b", 0, 10)
    assert [(item.span.start.line, item.role) for item in uses(document, "a")] == [(1, "write"), (2, "read")]


def test_names_of_the_setup() -> None:
    """Setup names are defined by their statement and read by setup, nodes, inputs and checks."""
    document = book(
        "%%setup\nimport numpy as np\n\ndef twice(x):\n    return np.add(x, x)",
        "%%inputs\nx: int = twice(2)",
        "%%node a\ntwice(x)",
        "%%check a\na > twice(1)",
    )
    place = definition(document, "twice")
    assert place is not None
    assert (place.cell, place.span.start.line, place.span.start.column) == ("a", 3, 4)
    assert [place.cell for place in uses(document, "twice")] == ["b", "c", "d"]
    assert [place.span.start.line for place in uses(document, "np")] == [4]
    assert [place.cell for place in uses(document, "x")] == ["c"]


def test_name_at_the_cursor() -> None:
    """The name under the cursor is known at its first letter, behind its last one, and nowhere else."""
    for text, expected in {
        "%%node a\n|x + 1": "x",
        "%%node a\nx| + 1": "x",
        "%%node a\nx + |1": None,
        "%%node |a\nx": "a",
        "%%node a\ny = 1\ny| + x": None,
        "%%no|de a\nx": None,
    }.items():
        text, line, column = at(text)
        place = name_at(book(INPUTS, text), "b", line, column)
        assert (place.name if place else None) == expected, text


def test_nothing_defines_it() -> None:
    """An unknown name has uses and no definition; a name that is nowhere has neither."""
    document = book("%%node a\nveiws + 1")
    assert definition(document, "veiws") is None
    assert [place.cell for place in uses(document, "veiws")] == ["a"]
    assert (definition(document, "nobody"), uses(document, "nobody")) == (None, ())


def test_json() -> None:
    """A place as the front end gets it; columns count the line of the magic, and letters as one each."""
    place = definition(book("\n%%node é, x\né = x = '😀'"), "x")
    assert place is not None
    assert place.to_json() == {
        "name": "x",
        "cell": "a",
        "label": "[1]",
        "start": {"line": 1, "column": 10},
        "end": {"line": 1, "column": 11},
        "role": "definition",
    }
