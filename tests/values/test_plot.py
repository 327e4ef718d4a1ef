"""Plots: figures of matplotlib and their parts are handed to readers as they are."""

from __future__ import annotations

import matplotlib.figure
import pandas as pd
import pytest
from matplotlib import pyplot as plt

from kernel_magics.engine.values.plot import holds_plot
from kernel_magics.values import VALUES

MAKERS = {
    "a figure": plt.figure,
    "a figure that pyplot does not know": matplotlib.figure.Figure,
    "axes": lambda: pd.Series([1.0, 2.0]).plot(),
    "an array of axes": lambda: plt.subplots(2, 2)[1],
    "a histogram": lambda: plt.hist([1.0, 2.0]),
    "lines": lambda: plt.plot([1, 2]),
    "in a dict": lambda: {"chart": plt.figure()},
}


@pytest.mark.parametrize("name", MAKERS)
def test_a_reader_gets_the_plot_itself(name: str) -> None:
    """The kind: a copy of a figure is one figure more, which is drawn below the cell, or fails to be drawn."""
    plt.close("all")
    made = MAKERS[name]()
    before = plt.get_fignums()
    fresh = VALUES.isolate(made)
    VALUES.equal(made, fresh)
    VALUES.digest(made)
    assert plt.get_fignums() == before
    assert holds_plot(made)
    for number in before:
        plt.figure(number).canvas.draw()
    plt.close("all")


@pytest.mark.parametrize("value", [1, "a", [1], {"a": (1,)}, pd.Series(["a", None], dtype=object), None])
def test_other_values_are_no_plots(value: object) -> None:
    """Whatever does not come from matplotlib is copied and compared as ever."""
    assert not holds_plot(value)
