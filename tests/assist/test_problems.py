"""Problems are found before anything runs, are placed at their name, and have fixes."""

import warnings
from dataclasses import replace

import pytest

from kernel_magics.assist import DocumentCell, Problem, apply, problems
from kernel_magics.engine.message import Message
from tests.assist.books import book, told
from tests.recorded import check_recorded

INPUTS = "%%inputs\nclicks: int = 1\nviews: int = 2"

BOOKS = {
    "an unknown name": [INPUTS, "%%node ctr\nclicks / veiws + veiws"],
    "an unknown name, without inputs": ["%%node ctr\nclicks"],
    "an unknown name that an ordinary cell computes": ["data = sorted([2, 1])\nlater = data", "%%node top\ndata[0]"],
    "an unknown name that needs other variables": ["data = sorted(other)", "%%node top\ndata[0]"],
    "an import, a function and a constant of ordinary cells": [
        "import numpy as np\n\ndef double(x):\n    return 2 * x\nRATE = 3",
        "%%setup\nimport math",
        "%%inputs\nclicks: int = 1",
        "%%node a\nnp.sum(double(clicks)) * RATE",
    ],
    "what Python and IPython bring": ["%%setup\nprint(__file__, __name__, display)"],
    "a function that needs other variables": ["FACTOR = 2\ndef double(v):\n    return v * FACTOR", "%%node a\ndouble(1)"],
    "statements that share a line": ["import numpy as np; RATE = 3", "%%node a\nnp.abs(RATE)"],
    "cells that know the setup alone": [
        "%%setup\nLIMIT = len(data)", "data = [1]", "%%inputs\na: pd.Series = data\nb: int = LIMTI", "%%node c\na + b",
        "%%params\nd: int = c",
    ],
    "a well-known import": [INPUTS, "%%node a\npd.Series([clicks, views])"],
    "what the notebook defines for itself": [
        "import secrets as tokens\ndef double(x):\n    return x + helper\nclass Pair:\n    pass\nsize = 3",
        "%%node a\ndouble(tokens.token_hex(size)), Pair()", "%%node b\nmath.pi + stats.norm(Counter())",
    ],
    "a variable assigned on some paths": [INPUTS, "%%node a\nif clicks:\n    size = views\nsize"],
    "parameters": [INPUTS, "%%node\ndef ctr(clicks, veiws=None):\n    return clicks\n\ndef x(veiws):\n    return veiws"],
    "in a query": [INPUTS, "%%node a\nviews.query('x > @click')"],
    "assignments to names of the dataflow": [
        "%%setup\nimport numpy as np\nRATE = 3\ndef double(x):\n    return 2 * x * RATE * np.e",
        "%%params\nwindow: int = 2\nsize = 4", "%%node area\nwindow * double(size)",
        "window = 5\nprint(window)\nwindow = 6", "size = 5\nother = 1", "for area in range(3):\n    pass", "import os as area",
        "del window", "def double(y):\n    return y", "import numpy as np\nRATE = 3\nsquares = [area for area in 'ab']",
        "%%capture\nimport pandas as np; RATE = 4", "with open('x') as window, open('y') as area:\n    size += 1",
        "# Parameters\nwindow = 3\narea = 2", "if (size := 3):\n    from a import area",
    ],
    "columns that a sample does not have": [
        "%%setup\nimport pandas as pd", "%%inputs\nads = pd.DataFrame({'day': [1], 'clicks': [3]})",
        "%%node a\nads['dya'] + ads.clciks", "%%node b\nads.groupby('dy').agg({'clicsk': 'sum'}).sort_values('x')",
    ],
    "below comments and other magics": ["# said\n%%time\n\n%%inputs\nclicks: int = 1", "# said\n%%capture\n%%node a\nclikcs", "%%timeit\n%%node b\n1"],
    "a sibling of a family": ["%%node lag_{k} --for k=1,2\nk", "%%node sum_{k} --for k=1,3 --uses lag_{k}\nlag_k"],
    "a variant's param": ["%%node price --when region=US\n1"],
    "a check": [INPUTS, "%%node ctr\nclicks / views", "%%check crt\ncrt > 0", "%%check ctr\nctr < limit"],
    "a shorthand": [INPUTS, '%%node ctr --check "rows == click"\nclicks / views'],
    "a test": [INPUTS, "%%node ctr\nclicks / views", "%%test ctr\nassert crt(1, 2) == 3"],
    "line magics": ["%%node ctr\n1", "%lineage crt\n%compute ctr"],
    "duplicates": ["%%node a\n1", "%%node\ndef b():\n    return 1\n\ndef a(b):\n    return a(b)"],
    "a duplicate of the setup": ["%%setup\ndef rate(x):\n    return x", "%%node rate\nrate = 3\nrate"],
    "two of one cell": ["%%node\ndef a():\n    return 1\ndef a():\n    return 2"],
    "overlapping variants": [
        "%%params\nregion: str = 'US'",
        "%%node a --when region=US\n1",
        "%%node a --when region=US\n2",
    ],
    "a variant whose line is half-typed": [
        "%%params\nregion: str = 'US'",
        "%%node a --when region=US\n1",
        "%%node a --when regi\n2",
    ],
    "a cycle": ["%%node a\nc + 1", "%%node b\na + 1", "%%node c\nx = b\nx"],
    "a cycle of one": ["%%node a\na + 1"],
    "unused": [INPUTS, "%%params\nrate: int = 3", "%%node a\nclicks", "views + 1"],
    "unused, before any node": [INPUTS],
    "used in a half-typed cell": [INPUTS, "%%node a\nclicks + views +"],
    "globals of functions": [
        "%%setup\ndef helper(x):\n    return x",
        INPUTS,
        "%%node\ndef a():\n    return hepler(views)\n\ndef b(clicks: int):\n    return np.abs(clicks) + size\n\n"
        "def c(views=1):\n    return clicks",
        "size = 4",
    ],
    "syntax": ["%%node a\nx = 1\ny = = 3", "%%node b\nx = (1,", "%%node c\nreturn 3", "%%setup\nif x:\npass"],
    "IPython": ["%%node a\nx = 1\n!ls -l\nx"],
    "names": ["%%node class\n1", "%%node sum\n1", "%%node a-b\n1", "%%inputs\nlist: int = 1", "%%node\ndef f(id):\n    return id"],
    "lines": ["%%node a --fro k=1\n1", "%%node a --cache moon\n1", "%%node a --tag 'x\n1", "%%check\n1", "%%inputs a\na = 1"],
    "empty cells": ["%%node", "%%node a\n", "%%inputs\n", "\n\n%%check a\n# nothing", "%%test a"],
    "values": ["%%node a\nfor x in y:\n    pass", "%%node a, b\na = 1", "%%node c\nc = 1\nc + 1"],
    "hazards": ["%%setup\nRATE = [3]", "%%node a\nglobal x\n1", "%%node b\nRATE.append(1)\nRATE", "%%node c\nRATE = RATE + [1]\nRATE"],
    "imports and constants in a cell of functions": [
        "%%node\ndef a():\n    return math.pi\n\nimport math", "%%node\nRATES = [\n    1,\n]\n\ndef b():\n    return RATES",
    ],
    "a star": ["%%setup\nfrom math import *"],
    "a broken check": ["%%node a --check \"what ever\"\n1"],
}  # fmt: skip


def test_recorded() -> None:
    """Messages, the places underlined, and what each fix makes of the cells are those on record."""
    parts = []
    for title, texts in BOOKS.items():
        document = book(*texts)
        parts.append(f"### {title}\n{told(document, problems(document))}\n")
    check_recorded("assist_problems.txt", "\n".join(parts))


@pytest.mark.parametrize("title", BOOKS)
def test_nothing_is_read_from_a_text(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Place, names and fixes of a problem do not depend on the text of its message."""
    expected = [_without_words(item) for item in problems(book(*BOOKS[title]))]
    monkeypatch.setattr(Message, "render", lambda *_, **__: "no words")
    assert [_without_words(item) for item in problems(book(*BOOKS[title]))] == expected


def _without_words(item: Problem) -> Problem:
    return replace(item, message="", hint="")


@pytest.mark.parametrize("title", BOOKS)
def test_fixes_help(title: str) -> None:
    """After any fix its problem is solved, and there is no new syntax error."""
    document = book(*BOOKS[title])
    for item in problems(document):
        for fix in item.fixes:
            after = problems(apply(document, fix.edits))
            same = [one for one in after if _key(one) == _key(item)]
            assert not same, fix.title
            codes = {one.code for one in problems(document)}
            assert not [one for one in after if one.code == "DB101" and "DB101" not in codes], fix.title


def _key(item: Problem) -> tuple[str, str, str]:
    return item.code, item.place.name, item.place.cell


def test_of_one_cell() -> None:
    """For one cell, only the problems in it are returned."""
    document = book("%%node a\nb +", "%%node c\nx", "%%node c\ny")
    one = [item for id in "abc" for item in problems(document, id)]
    assert one == list(problems(document))
    assert [item.place.cell for item in problems(document, "b")] == ["b", "b"]
    assert problems(document, "nowhere") == ()


def test_variables_of_the_kernel() -> None:
    """A name that the notebook's variables have gets a hint how to declare it."""
    document = book("%%node a\nspend + 1")
    (item,) = problems(document, outside={"spend": "variable"})
    assert item.hint == "'spend' is a notebook variable; declare it in %%inputs: `spend = …`."


def test_what_to_select_after_a_fix() -> None:
    """A fix gives what to select afterwards: the sample to fill in, in an old cell or a new one."""
    for texts, cell in ((["%%inputs\na: int = 1\n", "%%node x\na + b"], "a"), (["%%node x\nb"], "new-1")):
        document = book(*texts)
        fix = next(fix for item in problems(document) for fix in item.fixes if fix.kind == "inputs")
        after = apply(document, fix.edits)
        assert fix.cursor is not None
        where = fix.cursor.span
        row = after.readings[fix.cursor.cell or "new-1"].rows[where.start.line]
        assert (fix.cursor.cell or "new-1", row[where.start.column : where.end.column]) == (cell, "...")


def test_json() -> None:
    """A problem as the front end gets it."""
    document = book(INPUTS, "%%node ctr\nclicks / veiws")
    data = next(item for item in problems(document) if item.code == "DB203").to_json()
    fixes = data.pop("fixes")
    assert data == {
        "code": "DB203",
        "severity": "error",
        "message": "'ctr' needs 'veiws', which nothing defines.",
        "hint": "did you mean 'views'? Otherwise declare it in %%inputs.",
        "name": "veiws",
        "cell": "b",
        "label": "[2]",
        "start": {"line": 1, "column": 9},
        "end": {"line": 1, "column": 14},
        "cells": ["b"],
    }
    assert fixes[0] == {
        "title": "Rename to 'views'",
        "kind": "rename",
        "edits": [
            {
                "kind": "replace",
                "cell": "b",
                "start": {"line": 1, "column": 9},
                "end": {"line": 1, "column": 14},
                "text": "views",
            }
        ],
        "cursor": {"cell": "b", "start": {"line": 1, "column": 9}, "end": {"line": 1, "column": 14}},
    }


def test_nothing_is_printed() -> None:
    """Python's own warnings about doubtful code are suppressed while it is typed."""
    doubtful = "'\\d' is 3"
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        compile(doubtful, "", "exec")
        number = len(said)
        document = book(f"%%node a\n{doubtful}", doubtful)
        problems(document.edit([DocumentCell("c", "code", f"%%node b\n{doubtful} + a")]))
    assert number == len(said) > 0
