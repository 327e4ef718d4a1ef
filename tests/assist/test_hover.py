"""What is known of a name, of a cell, and of the cells that must run first."""

from kernel_magics.assist import inspect, needs
from tests.assist.books import at, book

CELLS = [
    "%%setup\nimport pandas as pd",
    "%%setup\ndef rate(x, y):\n    '''One by the other.'''\n    return x / y",
    "%%inputs\nclicks: pd.Series = 1  # how many\nviews: int = 2",
    '%%node ctr --check not_null --warn "value < 1"\n# The rate.\n#\n# Of all clicks.\nrate(clicks, views)',
    "%%check ctr\nctr >= 0  # never negative\nctr <= 1",
    "%%node high, low\nhigh = ctr + 1\nlow = ctr - 1",
    "%%test ctr\nassert ctr(1, 2) == 0.5",
    "high + 1",
    "# nothing of ours",
]


def test_hover_of_a_node() -> None:
    """A node has its signature, document, inputs, consumers, checks and tests, and what the session saw."""
    document = book(*CELLS)
    seen = {"ctr": {"state": "fresh", "seconds": 0.5, "type": "float", "summary": "0.5"}}
    hover = inspect(document, "e", 1, 1, seen)
    assert hover is not None
    data = hover.to_json()
    assert [item["name"] for item in data["inputs"]] == ["clicks", "views"]
    assert [(item["name"], item["label"]) for item in data["consumers"]] == [("high", "#6"), ("low", "#6")]
    assert [(item["severity"], item["conditions"]) for item in data["checks"]] == [
        ("fail", ["not_null"]),
        ("warn", ["value < 1"]),
        ("fail", ["ctr >= 0  # never negative", "ctr <= 1"]),
    ]
    assert [item["cell"] for item in data["tests"]] == ["g"]
    assert (data["start"], data["end"]) == ({"line": 1, "column": 0}, {"line": 1, "column": 3})
    assert data["seen"] == seen["ctr"]
    assert data["markdown"].split("\n\n") == [
        "```python\nctr(clicks, views)\n```",
        "node in #4",
        "The rate.",
        "Of all clicks.",
        "`fresh`, `float`, `0.5`",
        "from `clicks` [3], `views` [3]",
        "feeds `high` #6, `low` #6",
        "checks:\n- `not_null`\n- `value < 1`\n- `ctr >= 0  # never negative`\n- `ctr <= 1`",
    ]


def test_markup_in_values_is_shown_as_it_is() -> None:
    """Neither a document nor a value nor a condition can bring HTML or break out of its marks."""
    document = book("%%node a\n# <b>bold</b> & more\n1", "%%check a\na == '`<i>``'")
    hover = inspect(document, "a", 0, 8, {"a": {"summary": "<script>`x`</script>"}})
    assert hover is not None
    assert hover.markdown.split("\n\n")[2:] == [
        "&lt;b>bold&lt;/b> &amp; more",
        "``<script>`x`</script>``",
        "checks:\n- ```a == '`<i>``'```",
    ]


def test_hover_of_other_things() -> None:
    """Inputs, helpers, imports, outputs, magics and options have a word, too; plain code has none."""
    for text, expected in {
        "%%node x\nclicks|": "input clicks: pd.Series = 1",
        "%%node x\nrate|(1, 2)": "setup def rate(x, y):",
        "%%node x\npd|.NA": "setup import pandas as pd",
        "%%node x\nlow|": "value low(ctr)",
        "%%no|de x\n1": "magic ",
        "%%node x --la|zy\n1": "option ",
        "%lin|eage ctr": "magic ",
        "%lineage ct|r": "value ctr(clicks, views)",
        "%%node x\nclicks.views| + (": "None",
        "%%node x\nviews| + (": "input views: int = 2",
        "%%node x\ny = 1|": "None",
        "y = 1\ny|": "None",
    }.items():
        text, line, column = at(text)
        hover = inspect(book(*CELLS, text), "j", line, column)
        assert (f"{hover.kind} {hover.signature}" if hover else "None") == expected, text


def test_hover_of_a_name_that_nothing_defines() -> None:
    """An unknown name has no hover."""
    assert inspect(book("%%node x\nveiws"), "a", 1, 2) is None
    assert inspect(book("%%node x\nveiws"), "nowhere", 1, 2) is None


def test_needs() -> None:
    """A cell needs the cells that define its inputs, and the setup cells that they use, in order."""
    document = book(*CELLS)
    assert {cell.id: "".join(needs(document, cell.id)) for cell in document.cells} == {
        "a": "",
        "b": "",
        "c": "a",
        "d": "abc",
        "e": "abcd",
        "f": "abcd",
        "g": "abcd",
        "h": "abcdf",
        "i": "",
    }


def test_needs_in_any_order() -> None:
    """Cells may be written in any order; what is needed comes in an order that can run."""
    document = book("%%node c\nb", "%%node b\na", "%%params\na: int = 1", "%%node d --when a=1\nc")
    assert needs(document, "d") == ("c", "b", "a")


def test_needs_of_cells_that_read_each_other() -> None:
    """Two cells may read each other's nodes, as long as the nodes make no cycle."""
    document = book("%%node\ndef a():\n    return 1\n\ndef c(b):\n    return b", "%%node b\na", "print(c)")
    assert needs(document, "c") == ("a", "b")
    assert needs(document, "a") == ("b",)


def test_needs_of_a_broken_cell() -> None:
    """What can be read of a half-typed cell is needed, too."""
    document = book("%%inputs\na: int = 1", "%%node b\nx = a\nx +", "%%node c\nb")
    assert (needs(document, "b"), needs(document, "c")) == (("a",), ("a", "b"))
