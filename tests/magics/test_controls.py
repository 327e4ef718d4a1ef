"""`%dataflow controls`: a widget for each param, by its type, range and choices; moving it computes what depends on it."""

from __future__ import annotations

import json

from tests.magics.kernel import Kernel

PARAMS = (
    "%%params\ndays: int = 7  # 1..30\nshare: float = 0.5  # 0 .. 1\nplan: Literal['a', 'b'] = 'a'\n"
    "deep: bool = False\nname: str = 'x'\nlimits: list = [1, 2]\ncount: int = 40  # 1..30 is usual"
)
WRITTEN = """
from kernel_magics.magics import controls
texts = []
def take(workspace, edits, ids):
    texts.extend(edit.text for edit in edits({ids[0]: PARAMS}))
controls.edit_cells = take
box.children[-1].children[0].click()
"""
KINDS = "print([(type(w).__name__, w.description) for w in box.children[:-1]])"


def test_each_type_has_its_control(kernel: Kernel) -> None:
    """A slider for a range that holds the value, choices for a Literal, none for what no control can say."""
    kernel.run("%%setup\nfrom typing import Literal", "s")
    kernel.run(PARAMS, "p")
    kernel.run("%%node n\n(days, share, plan, deep, name, limits, count)", "n")
    kernel.run("box = get_ipython().run_line_magic('dataflow', 'controls')", "c")
    assert kernel.run(KINDS, "k").text.strip() == (
        "[('IntSlider', 'days'), ('FloatSlider', 'share'), ('Dropdown', 'plan'), ('Checkbox', 'deep'), "
        "('Text', 'name'), ('IntText', 'count')]"
    )
    assert kernel.run("box.children[0].max, box.children[2].options", "k").text == "(30, ('a', 'b'))"


def test_a_moved_control_computes_what_depends_on_it(kernel: Kernel) -> None:
    """And nothing else; the cell that shows it, run again, takes the values back; without a page none is written."""
    kernel.run("%%params\ndays: int = 7  # 1..30\nrate: float = 2.0", "p")
    kernel.run("%%node total\ndays * rate", "n")
    kernel.run("%%node other\nrate + 1", "o")
    shown = "box = get_ipython().run_line_magic('dataflow', 'controls')"
    kernel.run(shown, "c")
    done = kernel.run("box.children[0].value = 9\nprint(box.children[-1].children[1].value)", "m")
    assert done.status == "ok", done.error
    assert "param &#x27;days&#x27; is 9" in done.text or "param 'days' is 9" in done.text
    assert json.loads(kernel.run("[total, other]", "r").text) == [18.0, 3.0]
    kernel.run("box.children[1].value = 3.0", "m")
    assert json.loads(kernel.run("[total, other]", "r").text) == [27.0, 4.0]
    kernel.run("box.children[-1].children[0].click()", "w")
    assert "no page can write it" in kernel.run("print(box.children[-1].children[1].value)", "r").text
    kernel.run(shown, "c")
    assert json.loads(kernel.run("[total, other]", "r").text) == [14.0, 3.0]


DATES = (
    "%%params\nfirst: datetime.date = datetime.date(2024, 1, 5)  # 2024-01-01..2024-12-31\n"
    "as_of: pd.Timestamp = pd.Timestamp('2024-03-01')\n"
    "at: pd.Timestamp = pd.Timestamp('2024-03-01 12:30')  # 2024-01-01..2024-12-31\n"
    "then: datetime.datetime = datetime.datetime(2024, 1, 1)\n"
    "exact: pd.Timestamp = pd.Timestamp('2024-03-01 12:30:00.5')\n"
    "zoned: pd.Timestamp = pd.Timestamp('2024-03-01', tz='UTC')\nbare = pd.Timestamp('2024-03-01')"
)


def test_dates_have_calendars(kernel: Kernel) -> None:
    """A day or a moment, in its range; the value has the type of the param; none where it would be rounded."""
    kernel.run("%%setup\nimport datetime\nimport pandas as pd", "s")
    kernel.run(DATES, "p")
    kernel.run("%%node n\n(first, as_of, at, then, exact, zoned, bare)", "n")
    kernel.run("box = get_ipython().run_line_magic('dataflow', 'controls')", "c")
    assert kernel.run(KINDS, "k").text.strip() == (
        "[('DatePicker', 'first'), ('DatePicker', 'as_of'), ('NaiveDatetimePicker', 'at'), "
        "('NaiveDatetimePicker', 'then')]"
    )
    limits = kernel.run("print(box.children[0].min, box.children[0].max, box.children[2].max)", "k").text
    assert limits.strip() == "2024-01-01 2024-12-31 2024-12-31 00:00:00"
    moved = "import datetime as d\nbox.children[{}].value = {}"
    kernel.run(moved.format(0, "d.date(2024, 2, 3)"), "m")
    kernel.run(moved.format(1, "d.date(2024, 2, 4)"), "m")
    kernel.run(moved.format(2, "d.datetime(2024, 2, 5, 6, 7)"), "m")
    kernel.run(moved.format(3, "None"), "m")
    assert kernel.run("print(n[:4])", "r").text.strip() == (
        "(datetime.date(2024, 2, 3), Timestamp('2024-02-04 00:00:00'), Timestamp('2024-02-05 06:07:00'), "
        "datetime.datetime(2024, 1, 1, 0, 0))"
    )
    kernel.run(f"PARAMS = {DATES!r}", "w")
    kernel.run(WRITTEN, "w")
    assert kernel.run("print(texts)", "r").text.strip() == (
        "[\"datetime.date.fromisoformat('2024-02-03')\", \"pd.Timestamp('2024-02-04')\", "
        "\"pd.Timestamp('2024-02-05T06:07:00')\"]"
    )


def test_without_a_param_there_is_nothing_to_control(kernel: Kernel) -> None:
    """One error that says what controls are for."""
    kernel.run("%%inputs\nx: int = 1", "i")
    assert "DB310 no param has a control." in kernel.run("%dataflow controls", "c").error
