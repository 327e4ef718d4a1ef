"""One word says how a check ended, wherever it is shown."""

from __future__ import annotations

import pytest

from tests.magics.kernel import Kernel


@pytest.mark.parametrize(
    ("option", "condition", "word"),
    [(" --warn", "x > 5", "warned"), (" --warn", "x > 0", "fresh"), ("", "x > 5", "failed")],
)
def test_the_word_below_the_cell(kernel: Kernel, option: str, condition: str, word: str) -> None:
    """A check that ran and does not hold is warned or failed there, as beside the cell and in the panel."""
    kernel.run("%%inputs\nx: int = 1", "i")
    done = kernel.run(f"%%check x{option}\n{condition}  # large", "c")
    line = next(row for row in done.text.split("\n") if "_x(x)" in row)
    assert line.split()[2] == word
