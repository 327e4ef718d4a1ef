"""Hazards: what cannot work in a function is found, with its line and a way out; nothing else is."""

import pytest

from kernel_magics.engine.source.hazards import rebound
from kernel_magics.engine.source.references import body_names
from tests.engine.judge import hazards_of


def test_names_that_are_read_and_assigned() -> None:
    """A body may not assign what it reads as a global; its other names become parameters, but not in a class."""
    source = "class Box:\n    x = x\nrate += 1\nf = lambda: size\nsize = 1"
    assert [item.line for item in hazards_of(source)] == [2]
    found = rebound(body_names(source))
    assert [(item.line, item.name, item.late) for item in found] == [(3, "rate", False), (4, "size", True)]
    assert [item.hazard().what for item in found] == [
        "'rate' is read as the setup's and assigned, too",
        "the function reads 'size', which is assigned only later",
    ]


@pytest.mark.parametrize(
    ("source", "line", "text"),
    [
        ("a\nif b:\n    return a", 3, "end with the value"),
        ("a\nyield a", 2, "collect the values"),
        ("def f():\n    return [eval(x)]", 2, "use the names themselves"),
        ("def f():\n    globals()['x'] = 1", 2, "use the names themselves"),
        ("x = 1\n\ndef f():\n    global x\n    x = 2", 4, "write 'nonlocal x'"),
        ("nonlocal x", 1, "delete it"),
        ("f = lambda names=locals(): names", 1, "use the names themselves"),
    ],
)
def test_hazards_say_where_and_what_instead(source: str, line: int, text: str) -> None:
    """Each hazard names its line and what to write instead."""
    [found] = hazards_of(source)
    assert found.line == line
    assert text in found.hint
    assert found.pieces[0] in source.split("\n")[line - 1]


@pytest.mark.parametrize(
    "source",
    [
        "def f():\n    return sorted(locals())",
        "def f():\n    yield x",
        "model.eval()",
        "df.eval('a + b')",
        "vars(x), dir(x), exec(x, {})",
        "def eval(text):\n    return text\neval(x)",
        "def sum(xs):\n    return xs and sum(xs[1:])",
        "count = 0\ndef up():\n    nonlocal count\n    count += 1\nup()",
    ],
)
def test_no_false_hazards(source: str) -> None:
    """What works in a function as well is no hazard."""
    assert hazards_of(source) == []
