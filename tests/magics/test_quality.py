"""`%impact` and `%suggest` in a real kernel."""

from __future__ import annotations

from tests.magics.kernel import Kernel
from tests.magics.test_kernel import INPUTS


def test_impact_says_what_an_edit_changed(kernel: Kernel) -> None:
    """After an edit `%impact` shows before and after, as text and HTML; without an edit, a notice."""
    kernel.run(INPUTS, "a")
    kernel.run("%%node ctr\nclicks / views", "b")
    kernel.run("%%node percent\nctr * 100", "c")
    assert "nothing was edited yet" in kernel.run("%impact", "d").text
    kernel.run("%%node ctr\nclicks / views / 2", "b")
    result = kernel.run("%impact", "d")
    assert "'ctr' edited: 2 changed" in result.text
    assert "200 → 100" in result.text
    assert "dagbook-impact" in result.html
    assert "DB308 the dataflow has no 'nowhere'" in kernel.run("%impact nowhere", "d").error


def test_suggest_drafts_the_next_cell(kernel: Kernel) -> None:
    """The draft arrives as the next cell; for a node without a value, or without a reason, there is a notice."""
    kernel.run("%%setup\nimport pandas as pd", "s")
    kernel.run("%%inputs\nx = pd.Series(range(50), dtype=float)", "a")
    kernel.run("%%node y\nx * 2", "b")
    result = kernel.run("%suggest y", "c")
    assert result.next_input.startswith(
        "%%check y\ny.dropna() >= 0  # never negative\ny.index.equals(x.index)"
    )
    assert "drafted 5 conditions for 'y'" in result.text
    assert "`%suggest x` has no check yet" in result.text
    assert kernel.run(result.next_input, "d").status == "ok"
    kernel.run("%%node z\nnothing", "e")
    assert "DB310 'z' has no value to learn from" in kernel.run("%suggest z", "c").error
    kernel.run("%%node odd\nobject()", "f")
    assert "DB310" in kernel.run("%suggest odd", "c").error
