"""Completion: the names and words that fit at the cursor, in incomplete cells, too."""

import pytest

from kernel_magics.assist import complete
from tests.assist.books import at, book

CELLS = [
    "%%setup\nimport pandas as pd\n\ndef helper(x):\n    '''Help with x.'''\n    return x",
    "%%inputs\nclicks: pd.Series = 1  # how many\nviews: int = 2",
    "%%params\nregion: str = 'US'",
    "%%node ctr --check not_null\n# The rate.\nclicks / views",
    "%%node first, second\nfirst = ctr\nsecond = helper(ctr) + views",
    "%%node\ndef last(first, views):\n    return first",
]

TABLE = {
    "a prefix": ("%%node x\nclicks / vi|", ["views"]),
    "everything": (
        "%%node x\n|",
        ["ctr", "first", "second", "last", "clicks", "views", "region", "pd", "helper"],
    ),
    "capitals do not matter": ("%%node x\nCLI|", ["clicks"]),
    "behind an open bracket": ("%%node x\nsum([cli|", ["clicks"]),
    "below a broken line": ("%%node x\ny = = 3\ncli|", ["clicks"]),
    "below a quote that is never closed": ("%%node x\ny = 'it\ncli|", ["clicks"]),
    "the middle of a word": ("%%node x\ncl|xy + 1", ["clicks"]),
    "not behind a dot": ("%%node x\nclicks.vi|", []),
    "not in a string": ("%%node x\n'vi|'", []),
    "not in a long string": ("%%node x\n'''\nvi|", []),
    "not in a comment": ("%%node x\n1  # vi|", []),
    "in the field of an f-string": ("%%node x\nf'{vi|}'", ["views"]),
    "not in the text of an f-string": ("%%node x\nf'{1} vi|'", []),
    "behind the @ of a query": ("%%node x\nctr.query('a > @vi|')", ["views"]),
    "behind the @ of a query by keyword": ("%%node x\nctr.query(expr='a > @vi|')", ["views"]),
    "not elsewhere in a query": ("%%node x\nctr.query('vi|')", []),
    "not behind an @ of other texts": ("%%node x\nprint('@vi|')", []),
    "not where a name is made up": ("%%node x\ndef vi|", []),
    "not in an import": ("%%node x\nimport vi|", []),
    "parameters of a def": ("%%node\ndef x(vi|", ["views"]),
    "parameters on a line of their own": ("%%node\ndef x(\n    clicks,\n    vi|", ["views"]),
    "the body of a def knows its parameters": (
        "%%node\ndef x(views):\n    return |",
        ["views", "pd", "helper"],
    ),
    "setup knows setup": ("%%setup\nhel|", ["helper"]),
    "inputs know no nodes": ("%%inputs\nz = ct|", []),
    "a check": ("%%check ctr\nct|", ["ctr"]),
    "a test": ("%%test ctr\nassert ct|", ["ctr"]),
    "an ordinary cell": ("print(ct|", ["ctr"]),
    "an ordinary cell has the setup's names from the kernel": ("print(hel|", []),
    "cell magics": ("%%no|", ["node"]),
    "before a magic's name": ("%|%node x", []),
    "line magics": ("%co|", ["compute"]),
    "options": ("%%node x --w|", ["--warn", "--where", "--when"]),
    "options of a check": ("%%check ctr --|", ["--warn"]),
    "places to keep a value": ("%%node x --cache |", ["memory", "disk", "off"]),
    "places behind an equals sign": ("%%node x --cache=d|", ["disk"]),
    "params choose variants": ("%%node x --when |", ["region="]),
    "rules of checks": ("%%node x --check n|", ["not_null"]),
    "no names for a new node": ("%%node c|", []),
    "the node of a check": ("%%check c|", ["ctr", "clicks"]),
    "the node of a test": ("%%test la|", ["last"]),
    "names to compute": ("%compute ctr la|", ["last"]),
    "names behind an option": ("%dag --upstream la|", ["last"]),
    "options of a line magic": ("%dag --st|", ["--static"]),
    "words of the dataflow": ("%dataflow l|", ["lazy"]),
    "a line magic below other code": ("x = 1\n%lineage fir|", ["first"]),
}


@pytest.mark.parametrize("case", TABLE)
def test_items(case: str) -> None:
    """At each cursor exactly these items are offered, in this order."""
    text, expected = TABLE[case]
    text, line, column = at(text)
    found = complete(book(*CELLS, text), "g", line, column)
    assert [item.text for item in found.items] == expected


def test_no_cycle() -> None:
    """What is downstream of the cell's own nodes is not offered: it would make a cycle."""
    text, line, column = at("%%node ctr\n|")
    cells = [*CELLS[:3], text, *CELLS[4:]]
    found = [item.text for item in complete(book(*cells), "d", line, column).items]
    assert found == ["clicks", "views", "region", "pd", "helper"]


def test_no_cycle_while_broken() -> None:
    """The same in a cell that is not valid Python: the names on its line are its own."""
    text, line, column = at("%%node ctr\nclicks +\n|")
    cells = [*CELLS[:3], text, *CELLS[4:]]
    found = [item.text for item in complete(book(*cells), "d", line, column).items]
    assert found == ["clicks", "views", "region", "pd", "helper"]


def test_an_item_says_what_it_is() -> None:
    """An item has its kind, its type, one line of its document, and the cell that defines it."""
    text, line, column = at("%%node x\ncl|icks")
    found = complete(book(*CELLS, text), "g", line, column).to_json()
    assert found == {
        "start": {"line": 1, "column": 0},
        "end": {"line": 1, "column": 6},
        "items": [
            {
                "text": "clicks",
                "kind": "input",
                "type": "pd.Series",
                "doc": "how many",
                "cell": "b",
                "label": "[2]",
            }
        ],
    }


def test_helpers_have_their_docstring() -> None:
    """Names of the setup are described by their docstring or their statement."""
    text, line, column = at("%%node x\n|")
    items = {item.text: item for item in complete(book(*CELLS, text), "g", line, column).items}
    assert (items["helper"].doc, items["pd"].doc) == ("Help with x.", "import pandas as pd")


def test_inputs_that_nodes_wait_for() -> None:
    """In `%%inputs` the names are offered that nodes need and nothing defines."""
    text, line, column = at("%%inputs\nco|")
    found = complete(book("%%node a\ncost + 1", text), "b", line, column)
    assert [(item.text, item.doc) for item in found.items] == [("cost", "needed by a")]
