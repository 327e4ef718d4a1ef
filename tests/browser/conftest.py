"""Fixtures of the browser tests: one lab for a module, and a notebook for each test."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.browser.lab import Lab
from tests.browser.notebook import NotebookTab

QUICKSTART = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
OpenCells = Callable[[Sequence[str]], NotebookTab]


@pytest.fixture(scope="module")
def lab(chromium: str) -> Iterator[Lab]:
    """One server with one browser.

    It ends with the module: as long as the browser's driver lives, its event loop counts as running, and other
    tests want one of their own.
    """
    with Lab(chromium) as lab:
        yield lab


@pytest.fixture
def open_cells(lab: Lab, request: pytest.FixtureRequest) -> Iterator[OpenCells]:
    """Opens a notebook of some cells in JupyterLab and runs them all."""
    opened: list[NotebookTab] = []

    def open_cells(cells: Sequence[str]) -> NotebookTab:
        tab = lab.open(lab.write(f"{request.node.name}.ipynb", cells))
        opened.append(tab)
        tab.run_all()
        return tab

    yield open_cells
    for tab in opened:
        tab.close()
