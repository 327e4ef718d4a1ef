"""Each error states what is wrong, where, and what to do; and the dataflow is unchanged."""

import pickle
import re
from dataclasses import replace

import pytest

from kernel_magics.engine.errors import DataflowError, NodeError, did_you_mean, quoted
from kernel_magics.engine.graph.module import link_modules
from kernel_magics.engine.graph.plan import waiting_error
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.run.check import CheckResult, check_error
from kernel_magics.engine.run.event import Failed, Finished
from tests.engine.driver import Notebook, notebook, source
from tests.recorded import check_recorded

BEFORE = [
    "%%setup\nimport math\nRATE = 2\ndef helper(x):\n    return 1 / x",
    "%%inputs\nclicks: int = 10\nviews: int = 0",
    "%%params\nregion: str = 'US'",
    "%%node spend\nclicks * RATE",
    "%%node price --when region=US\nspend * 2",
    "%%check spend\nspend > 0",
]

BAD_CELLS = {
    "DB101 syntax error": ["%%node a\nx = 1\ny = = 3"],
    "DB101 an open bracket": ["%%node a\nx = (1,\ny = 2"],
    "DB101 wrong indentation": ["%%node a\nif x:\ny = 2"],
    "DB101 return": ["%%node a\nreturn clicks"],
    "DB101 yield": ["%%node a\nyield clicks"],
    "DB101 in a setup cell": ["%%setup\nx = = 3"],
    "DB102 shell": ["%%node a\n!ls -l"],
    "DB102 shell, assigned": ["%%node a\nfiles = !ls\nfiles"],
    "DB102 timing": ["%%node a\n%time a = clicks"],
    "DB102 timing of a cell": ["%%node a\n%%time\nclicks"],
    "DB102 other magic": ["%%node a\nx = clicks\n%matplotlib inline\nx"],
    "DB102 help": ["%%node a\nclicks?"],
    "DB103 keyword": ["%%node class\n1"],
    "DB103 builtin": ["%%node sum\n1"],
    "DB103 not a name": ["%%node 2nd\n1"],
    "DB103 with a dash": ["%%node a-b\n1"],
    "DB103 private": ["%%node _a\n1"],
    "DB103 builtin as an input": ["%%node\ndef a(input):\n    return input"],
    "DB103 builtin in inputs": ["%%inputs\nlist: int = 3"],
    "DB103 builtin as a function": ["%%node\ndef max(a):\n    return a"],
    "DB103 family gives no name": ["%%node lag_{k} --for k=a-b,c\nclicks * k"],
    "DB104 unknown option": ["%%node a --fro k=1\n1"],
    "DB104 option of another magic": ["%%check spend --lazy\nspend > 0"],
    "DB104 no value": ["%%node a --tag\n1"],
    "DB104 not key=value": ["%%node a --tag owner\n1"],
    "DB104 a loop without values": ["%%node a_{k} --for k=\n1"],
    "DB104 a condition without a value": ["%%node a --when region\n1"],
    "DB104 cache": ["%%node a --cache moon\n1"],
    "DB104 open quote": ["%%node a --tag owner='ads\n1"],
    "DB104 name on inputs": ["%%inputs a\na = 1"],
    "DB104 check without a node": ["%%check\nspend > 0"],
    "DB104 check of two": ["%%check a b\nspend > 0"],
    "DB104 test without a node": ["%%test\nassert 1"],
    "DB104 variant of functions": ["%%node --when region=US\ndef a():\n    return 1"],
    "DB105 nothing": ["%%node\n# nothing"],
    "DB105 only helpers": ["%%node\ndef _a():\n    return 1"],
    "DB105 import": ["%%node\nimport os\ndef a():\n    return 1"],
    "DB105 class": ["%%node\nclass A:\n    pass"],
    "DB105 statement": ["%%node\nx = 1\ndef a():\n    return x"],
    "DB105 await in setup": ["%%setup\nx = await load()"],
    "DB105 await in inputs": ["%%inputs\nx: int = await load()"],
    "DB105 no input": ["%%inputs\n# later"],
    "DB105 no param": ["%%params\n'later'"],
    "DB105 code in params": ["%%params\nw: int = 1\nprint(w)"],
    "DB105 default of a param": ["%%params\na = 1\nb = a * 2"],
    "DB105 statement in a check": ["%%check spend\nx = spend\nx > 0"],
    "DB105 assignment in a condition": ["%%check spend\n(x := spend) > 0"],
    "DB105 await in a condition": ["%%check spend\nawait spend"],
    "DB105 no condition": ["%%check spend\n# later"],
    "DB105 no test": ["%%test spend\n# later"],
    "DB106 star": ["%%node a\nfrom math import *\npi"],
    "DB106 star in setup": ["%%setup\nfrom math import *"],
    "DB107 args": ["%%node\ndef a(*values):\n    return values"],
    "DB107 kwargs": ["%%node\ndef a(x, **options):\n    return x"],
    "DB108 empty": ["%%node a\n"],
    "DB108 no value": ["%%node a\nfor x in [1]:\n    pass"],
    "DB108 two candidates": ["%%node a\na = clicks\na + 1"],
    "DB108 a function": ["%%node a\ndef a(clicks):\n    return clicks"],
    "DB108 an output is missing": ["%%node lo, hi\nlo = 1"],
    "DB109 a notebook variable": ["%%node\ndef a():\n    return df"],
    "DB109 an input": ["%%node\ndef a():\n    return clicks"],
    "DB109 a well-known module": ["%%node\ndef a(clicks: pd.Series):\n    return clicks"],
    "DB109 display": ["%%node\ndef a(clicks):\n    display(clicks)"],
    "DB109 a typing error": ["%%node\ndef a(clicks):\n    return clicks * RAET"],
    "DB109 a helper's": ["%%node\ndef _h():\n    return df\ndef a():\n    return _h()"],
    "DB110 no values for a loop": ["%%node lag_{k}\nclicks"],
    "DB110 the loop is not in the name": ["%%node lag --for k=1,7\nclicks * k"],
    "DB110 uses without for": ["%%node a --uses spend\nspend"],
    "DB110 twice the same name": ["%%node a, a\na = 1"],
    "DB113 an item of a setup constant": ["%%setup\nBOX = {}", "%%node a\nBOX['a'] = clicks\nclicks"],
    "DB113 a method": [
        "%%setup\nBOX = {'a': []}",
        "%%node\ndef a(clicks):\n    BOX['a'].append(clicks)\n    return 1",
    ],
    "DB113 in a helper": [
        "%%setup\nBOX = []",
        "%%node\ndef _b():\n    BOX.pop()\ndef a(clicks):\n    return _b()",
    ],
    "DB113 in place": ["%%setup\nBOX = 1", "%%node a\nBOX.fillna(0, inplace=True)\nclicks"],
    "DB111 global": ["%%node a\nglobal x\nx = 1\nx"],
    "DB111 locals": ["%%node a\nlocals()"],
    "DB111 a builtin is assigned": ["%%node a\nx = max(clicks, 1)\nmax = x\nmax"],
    "DB111 setup name is assigned": ["%%node a\nRATE = RATE + 1\nRATE"],
    "DB201 two cells": ["%%node spend\n1"],
    "DB201 an input and a node": ["%%inputs\nspend: int = 3"],
    "DB201 twice in a cell": ["%%node\ndef a():\n    return 1\ndef a():\n    return 2"],
    "DB201 a helper twice": [
        "%%node\ndef _h(): return 1\ndef a(): return _h()",
        "%%node\ndef _h(): return 2\ndef b(): return _h()",
    ],
    "DB201 setup and node": ["%%node RATE\n3"],
    "DB201 node and setup": ["%%setup\nspend = 3"],
    "DB201 node and variant": ["%%node price\n3"],
    "DB202 itself": ["%%node total\ntotal + clicks"],
    "DB202 two cells": ["%%node b\nc + 1", "%%node c\nb + 1"],
    "DB202 three cells, one edited": ["%%node b\nclicks", "%%node c\nb", "%%node d\nc", "=%%node b\nd"],
    "DB204 overlapping variants": ["%%node price --when region=US\n3"],
    "DB204 different params": ["%%node price --when country=DE\n3"],
    "DB206 a node chooses": ["%%node tax --when spend=20\n3"],
    "DB206 a chooser becomes a node": ["%%node tax --when vat=20\n3", "%%node vat\n20"],
    "DB305 setup fails": ["%%setup\nx = 1\ny = helper(0)"],
    "DB305 setup has no such name": ["%%setup\ny = clicks"],
    "DB305 inputs fail": ["%%inputs\ny: int = helper(0)"],
    "DB305 inputs know no inputs": ["%%inputs\ny: int = clicks"],
    "DB305 no value": ["%%inputs\nif RATE > 5:\n    y = 1"],
    "DB305 exits": ["%%setup\nraise SystemExit(3)"],
    "DB304 an input can be read once": ["%%inputs\ny = iter([1])"],
}


def refused(cells: list[str]) -> DataflowError:
    """The error of the last of these cells, run in a notebook of its own."""
    book = notebook(*BEFORE)
    for number, text in enumerate(cells[:-1], start=7):
        book.run(str(number), text)
    with pytest.raises(DataflowError) as caught:
        book.run("9", cells[-1].removeprefix("="))
    return caught.value


def after(cells: list[str]) -> tuple[str, bool]:
    """The error of the last of these cells, and whether the dataflow is unchanged; `=` edits the first."""
    book = notebook(*BEFORE)
    for number, text in enumerate(cells[:-1], start=7):
        book.run(str(number), text)
    graph, memos = book.session.graph, dict(book.session.memos)
    states, namespace = book.session.states(), dict(book.session.runtime.namespace)
    id = "7" if cells[-1].startswith("=") else str(6 + len(cells))
    with pytest.raises(DataflowError) as caught:
        book.run(id, cells[-1].removeprefix("="))
    same = (
        book.session.graph is graph
        and book.session.memos == memos
        and book.session.states() == states
        and dict(book.session.runtime.namespace).keys() == namespace.keys()
    )
    return "\n".join(caught.value.lines()), same


@pytest.mark.parametrize("name", BAD_CELLS)
def test_a_cell_with_an_error_changes_nothing(name: str) -> None:
    """The error has the expected code, and graph, memos and states are the ones from before."""
    text, same = after(BAD_CELLS[name])
    assert f"\n{name[:5]} " in f"\n{text}"
    assert same


def test_the_wording_of_every_refusal() -> None:
    """The message for each bad cell, recorded whole."""
    parts = []
    for name, cells in BAD_CELLS.items():
        shown = "\n".join(f"    | {row}" for row in cells[-1].removeprefix("=").split("\n"))
        parts.append(f"### {name[6:]}\n{shown}\n{after(cells)[0]}")
    check_recorded("errors_cells.txt", "\n\n".join(parts) + "\n")


FAILING = {
    "a bare body": "%%node a\nx = clicks\n\nx / views",
    "a function": "%%node\ndef a(clicks, views=1):\n    '''Doc.'''\n    return clicks / views",
    "behind a long string": "%%node a\nx = '''\n\n'''\n1 / views",
    "a helper of the setup": "%%node a\nhelper(views)",
    "a helper of the cell": "%%node\ndef _h(x):\n    return 1 / x\n\ndef a(views):\n    return _h(views)",
    "a family": "%%node a_{k} --for k=1,2\nx = k\n\nx / views",
    "a nested function": "%%node a\ndef f(x):\n    return 1 / x\nf(views)",
    "without text": "%%node a\nif clicks:\n    raise ValueError\na = 1",
    "with several lines of text": "%%node a\nif clicks:\n    raise ValueError('first\\nsecond')\na = 1",
    "that cannot say what it is": "%%node a\nclass E(Exception):\n    def __str__(self): raise TypeError\nif clicks:\n    raise E\na = 1",
    "from another": "%%node a\ntry:\n    1 / views\nexcept ZeroDivisionError as e:\n    raise KeyError('views') from e\na = 1",
    "an exit": "%%node a\nif clicks:\n    raise SystemExit(2)\na = 1",
    "an assertion": "%%node a\nassert clicks < views, 'too many'\na = 1",
    "a recursion": "%%node\ndef a(clicks):\n    return a(clicks + 1)",
    "a generator": "%%node\ndef a(clicks):\n    yield clicks",
    "an async generator": "%%node\nasync def a(clicks):\n    yield clicks",
    "a map": "%%node a\nmap(str, [clicks])",
    "a check that gives no conditions": "%%check spend\nspend.missing\nspend > 1000  # a lot\nspend > 0",
}


def test_the_wording_of_every_failure() -> None:
    """The message for a failed node: the user's own lines, the message, the inputs; nothing of ours."""
    parts = []
    for name, cell in FAILING.items():
        book = notebook(*BEFORE)
        changed = book.session.register(source("7", cell))
        events = list(book.session.compute(book.session.stale_after(changed)))
        errors = [event.error for event in events if isinstance(event, Failed)]
        results = [event.value for event in events if isinstance(event, Finished)]
        checks = [result for result in results if isinstance(result, CheckResult) and not result.held]
        errors += [check_error(result, CellRef("7", "[7]")) for result in checks]
        assert errors, name
        lines = errors[0].lines()
        parts.append(f"### {name}\n" + "\n".join(f"    | {row}" for row in cell.split("\n")))
        parts[-1] += "\n" + "\n".join(lines)
        assert not any("kernel_magics" in row for row in lines)
    text = re.sub(r"… \d+ more", "… N more", "\n\n".join(parts))
    check_recorded("errors_nodes.txt", text + "\n")


def test_null_bytes_are_an_error_of_the_cell() -> None:
    """A byte that Python cannot read is reported, and shown as a sign."""
    text, same = after(["%%node a\n'\0'"])
    assert "DB101 cell [7] is not" in text
    assert "\0" not in text
    assert same


def test_a_failure_deep_in_an_expression_names_its_line() -> None:
    """The line is that of the code that failed, not that of the statement around it."""
    book = notebook(*BEFORE)
    book.run("7", "%%node a\n[\n    1 / v\n    for v in [views]\n]")
    assert "failed on line 3 of cell [7]" in "\n".join(book.error("a"))


def test_the_wording_of_what_is_missing() -> None:
    """What is missing, who needs it, and how to get it: a typing error, a notebook variable, a variant."""
    book = notebook(
        *BEFORE,
        "%%node ctr\nclicks / veiws",
        "%%node x\nctr + veiws",
        "%%node y\nprice",
        "%%node z\nif clicks > 9:\n    size = 'big'\nsize",
    )
    graph = book.session.graph
    found: list[DataflowError] = [
        waiting_error(graph, "veiws"),
        waiting_error(replace(graph, outside=lambda: {"veiws": "variable"}), "veiws"),
        waiting_error(graph, "nobody"),
        waiting_error(graph, "size"),
        waiting_error(graph, "price", {"region": "FR"}),
        waiting_error(graph, "price", {}),
    ]
    for names in (["ctr"], ["x", "spend"], ["nothing"]):
        with pytest.raises(DataflowError) as caught:
            book.compute(*names)
        found.append(caught.value)
    assert {error.code for error in found} == {"DB203"}
    check_recorded("errors_waiting.txt", "\n\n".join("\n".join(error.lines()) for error in found) + "\n")


def test_the_wording_of_modules() -> None:
    """A module that is no dataflow is refused like cells are."""
    modules = {
        "syntax": "def a(:\n    pass",
        "cycle": "def a(b):\n    return b\ndef b(a):\n    return a",
        "twice": "def a():\n    return 1\ndef a():\n    return 2",
    }
    parts = []
    for name, text in modules.items():
        with pytest.raises(DataflowError) as caught:
            link_modules([(text, "features.py")])
        parts.append(f"### {name}\n" + "\n".join(caught.value.lines()))
    check_recorded("errors_modules.txt", "\n\n".join(parts) + "\n")


def test_an_error_crosses_process_borders() -> None:
    """Pickling keeps the class and every attribute."""
    error = NodeError(
        "DB301",
        ("it failed", CellRef("a", "[1]").on(3), "."),
        hint="try",
        names=["x"],
        path=["x", "y"],
        frames=["  here"],
    )
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is NodeError
    assert (again.lines(), str(again)) == (error.lines(), str(error))
    assert vars(again) == vars(error)


def test_ipython_shows_the_lines_and_no_traceback() -> None:
    """IPython displays the lines for the user."""
    error = DataflowError("DB201", "twice.", hint="rename one.")
    assert error._render_traceback_() == ["DB201 twice.", "Hint: rename one."]


def test_names_in_messages() -> None:
    """Names are quoted and joined as in a sentence; a guess is made only for close names."""
    assert quoted(["a"]) == "'a'"
    assert quoted(["a", "b", "c"]) == "'a', 'b' and 'c'"
    assert quoted([]) == "nothing"
    assert did_you_mean("veiws", ["views", "clicks"]) == "did you mean 'views'?"
    assert did_you_mean("zebra", ["views"]) == ""


def test_a_second_notebook_knows_nothing_of_the_first() -> None:
    """Errors of one session leave no trace in another."""
    notebook(*BEFORE)
    assert Notebook().session.graph.names() == []


def test_an_error_says_which_line_it_is_about() -> None:
    """Every message that names a line of its cell carries the number, too, for those who show the place."""
    for name, cells in BAD_CELLS.items():
        error = refused(cells)
        said = re.search(r"\bline (\d+)", error.message)
        if said and error.code.startswith("DB1"):
            assert error.line == int(said[1]), name
