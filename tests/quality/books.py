"""Notebooks for these tests: cells run in a session with the values of pandas, NumPy, Polars and Arrow."""

from __future__ import annotations

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.session.session import Session
from kernel_magics.values import VALUES
from tests.engine.driver import Notebook

SETUP = "%%setup\nimport numpy as np\nimport pandas as pd"


def book_of(*cells: str) -> Notebook:
    """A notebook that has run the setup and these cells, under the ids 1, 2, …"""
    made = Notebook(Session(VALUES))
    for number, text in enumerate([SETUP, *cells]):
        made.run(str(number), text)
    return made


def details(book: Notebook, check: str) -> dict[str, str]:
    """The conditions of a check: "held", or why not."""
    result = book.value(check)
    assert isinstance(result, CheckResult)
    return {item.message: "held" if item.held else item.detail for item in result.conditions}
