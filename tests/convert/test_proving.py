"""What running both notebooks shows: hidden changes, second names, values that are not the same."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernel_magics.convert import Conversion, convert
from kernel_magics.convert.proving import Proven, _Ran, prove
from kernel_magics.convert.reading import Learnt
from kernel_magics.convert.report import in_the_dataflow
from kernel_magics.convert.shell import _without_now
from kernel_magics.convert.worker import state_of
from kernel_magics.engine.errors import SourceError
from kernel_magics.values import VALUES
from tests.convert.books import given, reasons, texts
from tests.convert.machine import ask, shown_by_flow, shown_by_plain

LOAD = "import pandas as pd\ndf = pd.DataFrame({'a': [1, None, 3], 'b': [4, 5, 6]})"


def proven(*cells: str) -> Proven:
    """The conversion of these cells with its proof; what both notebooks print is compared, too."""
    done = prove(given(*cells), ask, "n.ipynb")
    assert shown_by_flow(done.conversion.cells) == shown_by_plain(given(*cells))
    return done


def nodes(conversion: Conversion) -> list[str]:
    """The cells that became nodes."""
    return [cell.source for cell in conversion.cells if cell.role == "node"]


def test_every_value_is_compared() -> None:
    """Inputs, params and nodes are equal to the variables of the ordinary notebook."""
    done = proven(
        LOAD, "k = 2", "df = df.dropna()\nm = df.a.mean() * k", "df['c'] = df.b + m", "print(df.c.sum())"
    )
    assert done.equal == ("df_raw", "k", "df_complete", "m", "df")
    assert not done.opaque
    assert not done.refuted


def test_a_change_that_no_text_shows_is_learnt() -> None:
    """A method that changes its object is detected in the run, and makes a new version."""
    cells = (
        "class Box:\n    def __init__(self):\n        self.items = []\n\n    def take(self, x):\n        self.items.append(x)",
        "box = Box()",
        "box.take(3)",
        "print(box.items)",
    )
    assert nodes(proven(*cells).conversion) == [
        "%%node box_new\nbox_new = Box()",
        "%%node box\nbox = copy.deepcopy(box_new)\nbox.take(3)\nbox",
    ]


def test_a_function_that_changes_its_argument() -> None:
    """`mark(df)` changes the frame of the caller; the node changes a copy."""
    cells = (LOAD, "def mark(frame):\n    frame['h'] = 1", "print(df.shape)", "mark(df)", "print(df.shape)")
    assert nodes(proven(*cells).conversion) == ["%%node df\ndf = df_raw.copy(deep=False)\nmark(df)\ndf"]


def test_two_names_for_one_value() -> None:
    """Behind `other = df` both names follow every change, as they do in the ordinary notebook."""
    done = proven(LOAD, "other = df", "other['c'] = 1", "print(df.shape, other.shape)")
    assert texts(done.conversion)[1:] == [
        "%%node df\ndf = df_raw.copy(deep=False)\ndf['c'] = 1",
        "print(df.shape, df.shape)",
    ]
    assert reasons(done.conversion) == ["[2] `other = df` is left out: both names mean one value"]


def test_a_value_inside_another_one() -> None:
    """A list in a dict that is changed through the list: what hangs together stays ordinary, and right."""
    done = proven(
        "items = [1]\nitems.append(0)",
        "d = {'k': items}",
        "items.append(2)",
        "print(d, items)",
        "n = 3 * 4\nprint(n)",
    )
    assert nodes(done.conversion) == []
    assert "[3] changes 'd' under another name: make a copy" in "\n".join(reasons(done.conversion))


def test_what_gives_another_value_stays_ordinary() -> None:
    """A node whose value differs is given up, with all that needs it; the rest stays proven."""
    counter = "import itertools\ncount = itertools.count()\ndef tick():\n    return next(count)"
    done = proven(
        counter,
        "first = [tick()]\nprint(first)",
        "second = [tick(), tick()]",
        "total = sum(first + second)",
        "print(total)",
        LOAD,
        "m = df.b.sum()",
        "print(m)",
    )
    assert "m" in done.equal
    assert set(nodes(done.conversion)) == {"%%node m\nm = df.b.sum()"}


def test_a_loss_that_pandas_only_warns_of() -> None:
    """A chained assignment does nothing in pandas 3: the cell stays, the report says so, and the frame converts."""
    done = prove(
        given(LOAD, "df['a'].fillna(0, inplace=True)", "n = df.a.isna().sum()", "print(n)"), ask, "n.ipynb"
    )
    assert "changes a copy, and so nothing (copy-on-write)" in "\n".join(reasons(done.conversion))
    assert done.equal == ("df", "n")


def test_a_helper_whose_data_changes_between_its_calls() -> None:
    """A function that reads a variable with several values gets it as a parameter, and is still right."""
    done = proven(
        LOAD,
        "limit = df.a.max()\ndef few():\n    return df.b[df.b < limit + 2]",
        "n = len(few())",
        "limit = limit + 1",
        "m = len(few())",
        "print(n, m)",
    )
    assert {"limit_of_df", "n", "limit", "m"} <= {*done.equal}


def test_classes_of_the_notebook_are_the_same_in_both_runs() -> None:
    """Instances of the notebook's own classes are compared like other values."""
    done = proven(
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int",
        "p = P(3)\nq = [P(1), p]",
        "print(p, q)",
    )
    assert done.equal == ("p", "q")
    assert not done.opaque


def test_cells_that_only_ipython_can_run() -> None:
    """What an IPython line assigns is no node; what needs it stays ordinary."""
    done = prove(
        given("files = !ls", "n = len(files)", "print(n)", LOAD, "m = df.b.sum()", "print(m)"), ask, "n"
    )
    assert done.equal == ("df", "m")
    assert reasons(done.conversion)[0] == "[1] IPython syntax stays: files = !ls"


def test_a_notebook_that_is_partly_a_dataflow() -> None:
    """Cells of a dataflow run as such; the ordinary ones beside them are converted and proven."""
    done = prove(
        given(
            "%load_ext kernel_magics",
            "%%setup\nimport pandas as pd",
            "%%inputs\nx = pd.Series([1, 2])",
            "%%node y\nx * 2",
            "z = y + 1",
            "print(z.sum())",
        ),
        ask,
        "n",
    )
    assert done.equal == ("z",)
    assert nodes(done.conversion) == ["%%node y\nx * 2", "%%node z\nz = y + 1"]


def test_a_notebook_that_fails() -> None:
    """An error of the notebook itself is reported with its cell."""
    with pytest.raises(SourceError) as caught:
        prove(given("x = [1]", "y = x[5]", "print(y)"), ask, "n.ipynb")
    assert caught.value.code == "DB421"
    assert caught.value.cells == ("[2]",)


def test_hidden_state_makes_another_value() -> None:
    """A function that counts its calls cannot be called in a node; what calls it and readers are given up."""
    done = proven(
        "def tick(seen=[]):\n    seen.append(1)\n    return len(seen)",
        "first = [tick()]",
        "print(tick(), first)",
        "last = [tick()]",
        "total = sum(last)",
        "print(total)",
    )
    assert done.equal == ()
    assert done.refuted == {
        name: f"as a node it fails: '{name}' changes 'tick' of the setup, which other nodes read, too."
        for name in ("first", "last")
    }
    assert reasons(done.conversion)[-1] == "[5] it needs 'last' of cell [4], which stays ordinary"


def test_an_object_of_a_library_that_a_method_changes() -> None:
    """What `config.read_string(…)` did is detected, although such objects cannot be compared."""
    done = proven(
        "from configparser import ConfigParser",
        "config = ConfigParser()",
        "config.read_string('[a]\\nx = 1')",
        "print(config['a']['x'])",
    )
    assert nodes(done.conversion)[-1].startswith("%%node config\nconfig = copy.deepcopy(config_new)")
    assert done.opaque == {} or set(done.opaque or {}) <= {"config", "config_new"}


def test_a_second_name_stays_when_the_first_means_something_else() -> None:
    """The old value is kept under its second name, apart from the new one."""
    done = proven("items = [1]\nold = items\nitems.append(2)\nitems = [0]", "print(items, old)")
    assert nodes(done.conversion) == ["%%node items\nitems = [1]\nitems.append(2)\nitems"]


def test_two_names_within_one_cell() -> None:
    """In a node's body, too, the old value is kept under its second name beside the new one under the first."""
    done = proven(
        LOAD, "a = df.copy()\nb = a\na['c'] = 1\na = a.head(1)\nout = (len(a), b.shape)", "print(out)"
    )
    assert nodes(done.conversion) == [
        "%%node out\na_2 = df.copy()\na_2['c'] = 1\na = a_2.head(1)\nout = (len(a), a_2.shape)"
    ]


def test_ordinary_cells_of_a_dataflow() -> None:
    """Where there are nodes already, an ordinary cell that changes its copy of one changes nothing else."""
    cells = (
        "%load_ext kernel_magics",
        "%%node x\n[1, 2]",
        "x.append(3)\nlen(x)",
        "best = max(x)\nbest",
        "y = x + [5]",
        "print(y, x)",
    )
    done = prove(given(*cells), ask, "n")
    assert nodes(done.conversion) == ["%%node x\n[1, 2]", "%%node y\ny = x + [5]"]
    assert shown_by_flow(done.conversion.cells) == "3\n2\n[1, 2, 5] [1, 2]\n"


def test_where_imports_are_found_is_said_before_them(tmp_path: Path) -> None:
    """`sys.path.append` stands among the imports; a setup that fails all the same leaves the notebook alone."""
    (tmp_path / "neighbour_of_test.py").write_text("def double(x):\n    return 2 * x\n")
    cells = (
        f"import sys\nsys.path.append({str(tmp_path)!r})\nfrom neighbour_of_test import double",
        "x = [1, 2]\ny = double(x)",
        "print(y)",
    )
    try:
        assert nodes(proven(*cells).conversion) == ["%%node y\nx = [1, 2]\ny = double(x)"]
    finally:
        sys.path[:] = [path for path in sys.path if path != str(tmp_path)]
        sys.modules.pop("neighbour_of_test", None)


def test_a_setup_that_fails() -> None:
    """A helper that cannot be defined in a clean process stays ordinary, with what calls it."""

    def failing(request: Mapping[str, Any]) -> dict[str, Any]:
        if any("def f(" in cell[4] for cell in request.get("cells", ())):
            return {"values": {}, "errors": {}, "failure": "no f here"}
        return ask(request)

    cells = ("def f(x):\n    return x + 1", "y = f(1)", "print(y)", "z = len([1, 2, 3])", "print(z)")
    done = prove(given(*cells), failing, "n")
    assert done.equal == ("z",)
    assert "[2] it calls 'f' of cell [1], which stays ordinary" in reasons(done.conversion)


def test_figures_end_with_their_cell() -> None:
    """As in a notebook, a plot of one cell is not drawn on what an earlier cell left open."""
    done = prove(
        given(
            "import matplotlib.pyplot as plt",
            "fig, ax = plt.subplots()\nassert len(plt.get_fignums()) == 1",
            "assert plt.get_fignums() == []\nn = 1",
            "m = n + 1",
            "print(m)",
        ),
        ask,
        "n.ipynb",
    )
    assert "m" in done.equal


def test_a_failing_cell_with_more_statements_keeps_the_others() -> None:
    """What stands below a failure in its cell never ran, and so says nothing of the values above."""
    done = prove(given(LOAD, "m = df.a.mean()", "m.nothing\nn = m + df.b.sum()", "print(m)"), ask, "n.ipynb")
    assert done.equal == ("df", "m")
    assert not done.refuted


def test_a_name_of_a_branch_that_did_not_run() -> None:
    """`except: url = …` binds nothing where the file is there; the input has the frame alone."""
    loads = "try:\n    t = pd.DataFrame({'a': [1, 2]})\nexcept OSError:\n    url = 'there'\n    t = pd.read_csv(url)"
    more = loads.replace("t =", "u =")
    done = proven("import pandas as pd", loads, "m = t.a.sum()", more, "n = u.a.sum() + m", "print(m, n)")
    assert done.equal == ("t", "m", "u", "n")


class _Results:
    """Results as libraries give them: asking for the summary keeps something, as does fitting."""

    def __init__(self) -> None:
        self.table: object = None

    def summary(self) -> str:
        """The text; what was computed for it stays in the object."""
        self.table, self.diagnosis = [1, 2], {"a": 1}
        return "two rows"

    def fit(self) -> _Results:
        """Learn something."""
        self.coef_ = 2.0
        return self

    def guess(self) -> float:
        """A draw that no text of the notebook shows."""
        return np.random.random()

    def __reduce_ex__(self, protocol: object) -> Any:
        return _Results, (), vars(self)


@pytest.mark.parametrize("asks", ["print(r.summary())", "r.summary()", "text = 1\nr.summary()"])
def test_a_query_that_keeps_what_it_computed_changes_nothing(asks: str) -> None:
    """`print(results.summary())` shows, and the object is the same for all that read it."""
    makes = "from tests.convert.test_proving import _Results\nr = _Results()\nk = 3"
    conversion = proven(makes, asks, "m = r.table is None\nn = k + 1", "print(n)").conversion
    assert "r_1" not in "".join(cell.source for cell in conversion.cells)
    assert any(cell.role == "display" and "r.summary()" in cell.source for cell in conversion.cells)


@pytest.mark.parametrize("fits", ["r.fit()", "print(r.fit())"])
def test_fitting_changes_the_model(fits: str) -> None:
    """What fitting learnt is another version, whether it is shown or not."""
    makes = "from tests.convert.test_proving import _Results\nr = _Results()"
    done = prove(given(makes, fits, "m = r.coef_ * 2", "print(m)"), ask, "n.ipynb")
    assert "m" in done.equal


def test_a_list_of_frames_that_nothing_reads_again() -> None:
    """The frames in a list may change by their own names once the list has been read for the last time."""
    done = proven(
        LOAD + "\nother = df.copy()\nboth = [df, other]\nprint(len(both))",
        "df['c'] = df.b * 2",
        "other['c'] = other.b * 3",
        "total = df.c.sum() + other.c.sum()",
        "print(total)",
    )
    assert "total" in done.equal


def test_the_present_time_is_no_difference() -> None:
    """A summary with the time of day shows another one in each run."""
    clock = "import time\nprint('at', time.strftime('%H:%M:%S'), m)"
    done = prove(given(LOAD, "m = df.b.sum()", clock), ask, "n.ipynb")
    assert done.equal == ("df", "m")
    assert not done.refuted


def test_a_clock_that_is_behind_shows_the_present_time() -> None:
    """In the first milliseconds of a second, `strftime` may still give the second before; earlier ones are kept."""
    start = float(int(time.time()))
    late, earlier = (time.strftime("%H:%M:%S", time.localtime(start - back)) for back in (1, 2))
    assert _without_now(f"{late} {earlier}", start + 0.002) == f"now {earlier}"


def test_the_share_counts_cells_that_compute() -> None:
    """A cell that fails while it only shows computes nothing."""
    done = prove(given(LOAD, "m = df.b.sum()", "df.nothing", "print(m)"), ask, "n.ipynb")
    assert in_the_dataflow(done.conversion) == (2, 2)


def test_what_a_hidden_draw_shows_is_another_in_each_run() -> None:
    """A model without a seed draws where no text says so: what its cell shows is no expectation."""
    makes = "from tests.convert.test_proving import _Results\nr = _Results()"
    ran = _Ran.of(given(makes, "g = r.guess()\ng", "g * 2", "1 + 1"), ask)
    assert ran.shown.keys() == {"c1", "c4"}


FIT = "import numpy as np\nX = np.arange(12.0).reshape(6, 2)\ny = np.array([0, 1, 0, 1, 0, 1])"


def test_a_draw_that_affects_nothing_is_no_draw() -> None:
    """`SVC().fit(…)` takes a number of NumPy's generator that its result does not depend on: it is a node."""
    cells = ("from sklearn.svm import SVC", FIT, "svc = SVC()\nsvc.fit(X, y)", "print(svc.predict(X))")
    assert nodes(proven(*cells).conversion)[-1] == "%%node svc\nsvc = SVC()\nsvc.fit(X, y)\nsvc"


def test_a_draw_that_no_text_shows() -> None:
    """A model without a seed stays ordinary, even if what it is used for is the same by chance."""
    cells = (
        "from sklearn.linear_model import SGDClassifier",
        FIT,
        "sgd = SGDClassifier(max_iter=3, tol=None)\nsgd.fit(X, y)\nsize = len(sgd.predict(X))",
        "total = size + 1",
    )
    done = proven(*cells)
    assert nodes(done.conversion)[-1] == "%%node total\ntotal = size + 1"
    assert "draws random numbers" in reasons(done.conversion)[0]


def test_what_a_last_line_displays_stays_on_show() -> None:
    """A call that changes its object and gives something else shows that again, on the value before."""
    cells = ("stack = [1, 2, 3]\nprint(len(stack))", "stack.pop()", "stack.pop()", "print(stack)")
    assert texts(proven(*cells).conversion)[-5:] == [
        "%%node stack_2\nstack_2 = stack_first.copy()\nstack_2.pop()\nstack_2",
        "stack_first.pop()",
        "%%node stack\nstack = stack_2.copy()\nstack.pop()\nstack",
        "stack_2.pop()",
        "print(stack)",
    ]


def test_the_order_of_draws_decides_their_numbers() -> None:
    """Where one draw behind a seed stays ordinary, the others do, too; what follows is in the dataflow."""
    cells = (
        "import numpy as np\nnp.random.seed(0)\na = np.random.rand(4)\nb = np.random.rand(4)\nc = np.random.rand(4)",
        "part = b[:2]\npart[0] = 9",
        "print(b.round(3), c.round(3))",
        "d = c + 1",
        "print(d.round(3))",
    )
    assert nodes(proven(*cells).conversion) == ["%%node d\nd = c + 1"]


def test_a_cell_that_awaits_is_a_node() -> None:
    """A node may await, as a cell of Jupyter does."""
    helper = "import asyncio\nasync def later(x):\n    await asyncio.sleep(0)\n    return x * 2"
    done = prove(given(LOAD, helper, "u = await later(df.b)", "u.max()"), ask, "n.ipynb")
    assert nodes(done.conversion) == ["%%node u\nu = await later(df.b)"]
    assert done.equal == ("df", "u")


def test_the_change_that_would_bring_most() -> None:
    """The hint names the cell whose value others only need, and why it stays ordinary."""
    cells = given(LOAD, "x = df.a + 1", "y = x + 1", "z = y + 1", "w = df.b + 1\nprint(w)", "print(z)")
    hint = convert(cells, Learnt({}, {2: "it is odd: mend it"})).hint
    assert hint == "cell [2] keeps 2 more cells ordinary: it is odd: mend it"


def test_a_notebook_that_converts_has_no_hint() -> None:
    """Where nothing stays ordinary, or only what nothing needs, no change would bring more."""
    assert proven(LOAD, "df = df.dropna()", "print(df.a.sum())").conversion.hint == ""


def test_what_a_failing_cell_left_is_read_below() -> None:
    """The rest of a cell that fails did not run, so that the value before is what the cells below show."""
    cells = (LOAD, "df = df['missing']\ndf.sort_values('a', inplace=True)", "print(df.b.sum())")
    done = prove(given(*cells), ask, "n.ipynb")
    assert texts(done.conversion)[-1] == "print(df.b.sum())"


def test_an_import_below_the_cell_that_lacks_it() -> None:
    """A cell fails as the import is further down: in the setup, at the top, the import would mend it."""
    done = proven(
        LOAD,
        "n = sqrt(16)",
        "from math import sqrt",
        "m = df.b.sum()",
        "print(m)",
    )
    assert "[3] cell [2] fails without it: move it above that cell" in reasons(done.conversion)
    assert "m" in done.equal


def test_the_last_result_needs_a_name() -> None:
    """IPython's `_` means what a cell above showed, which no cell of a dataflow can read."""
    done = prove(given(LOAD, "m = df.b.sum()\nm", "top = _ + 1", "print(top)"), ask, "n")
    assert "[3] it reads '_', the result that a cell above shows: give that a name" in reasons(
        done.conversion
    )


class Touchy:
    """An object of which no attribute can be asked, as of the keys of a file of arrays."""

    def __getattribute__(self, name: str) -> Any:
        raise AttributeError(name)


def test_an_object_that_cannot_be_asked_takes_nothing_with_it() -> None:
    """An object that fails when its class is asked for stays alone; all else converts."""
    done = proven(
        "from tests.convert.test_proving import Touchy\na = [1]", "t = Touchy()", "b = a * 2\nprint(b)"
    )
    assert {"a", "b"} <= {*done.equal}


def test_what_the_last_cell_displayed_is_no_second_name() -> None:
    """`_` is bound by a loop here; that IPython binds it to what a cell displays makes no alias of it."""
    done = proven(
        "import pandas as pd\nt = pd.DataFrame({'a': [1, 2]})\nt",
        "t['b'] = t.a * 2",
        "n = 0\nfor _ in range(3):\n    n += 1",
        "print(n, t.b.sum())",
    )
    assert {"t", "n"} <= {*done.equal}
    assert not [note for note in done.conversion.notes if "another name" in note.message]


@pytest.mark.parametrize(
    ("model", "imports"),
    [
        ("KNeighborsClassifier(1)", "from sklearn.neighbors import KNeighborsClassifier"),
        ("DecisionTreeClassifier(random_state=0)", "from sklearn.tree import DecisionTreeClassifier"),
    ],
)
def test_a_prediction_is_no_change_of_the_model(model: str, imports: str) -> None:
    """The compiled trees of models count their calls, and have anything between their fields: they are compared."""
    done = proven(
        f"{imports}\nimport numpy as np\nX = np.arange(20.0).reshape(10, 2)\ny = [0, 1] * 5",
        f"m = {model}\nm.fit(X, y)",
        "p = m.predict(X)",
        "print(p, m.score(X, y))",
    )
    assert {"m", "p"} <= {*done.equal}
    assert not done.opaque


@pytest.mark.parametrize(
    "last",
    ["d.set_index('s', inplace=True)\nx = d.n * 2", "d = t.head(1)\nx = d.n * 2"],
)
def test_a_name_means_what_the_notebook_leaves_under_it(last: str) -> None:
    """A value that only its own cell reads is a value of the dataflow, if its name would else mean an earlier one."""
    makes = "import pandas as pd\nt = pd.DataFrame({'s': ['a', 'b'], 'n': [1, 2]})"
    done = proven(makes, "d = t.query('n > 0')\nd.head()", "w = d.n.sum()", last, "print(w, x)")
    claims = [claim for claim in done.conversion.claims if claim.node == "d"]
    assert claims
    assert all(claim.after for claim in claims)
    assert "d" in done.equal
    named = [name for name in done.equal if name.startswith("d_")]
    assert len(named) == 1


class Holder:
    """An object whose parts are made anew whenever they are asked for."""

    __slots__ = ("held",)

    def __init__(self, held: object) -> None:
        self.held = held


def test_the_state_of_an_object_tells_each_of_its_parts() -> None:
    """Objects that differ in their last part have different states, though their parts exist for a moment only."""
    states = [state_of(VALUES, [Holder(Holder(1)), Holder(Holder(last))]) for last in (2, 3, 2)]
    assert states[0] != states[1]
    assert states[0] == states[2]
