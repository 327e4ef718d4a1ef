"""The live graph in a real JupyterLab and Notebook 7: what a person sees and does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.lab import Lab
from tests.notebook_file import write_notebook

pytestmark = pytest.mark.browser
EVIL = "<img src=x onerror=alert(1)>"
CELLS = [
    "%load_ext kernel_magics",
    "#md # Clicks",
    "%%inputs\nclicks: int = 10\nviews: int = 5",
    "%%node ctr\n# Clicks per view.\nclicks / views",
    "#md # Percent",
    f"%%node percent\n'''{EVIL}'''\nctr * 100",
    "%dag",
    "1",
]


@pytest.fixture(scope="module")
def lab(chromium: str) -> Iterator[Lab]:
    """One JupyterLab for the tests of this module."""
    with Lab(chromium) as lab:
        yield lab


@pytest.fixture
def opened(lab: Lab, tmp_path: Path, request: pytest.FixtureRequest) -> Lab:
    """A small notebook, run from top to bottom."""
    lab.open(write_notebook(tmp_path / f"{request.node.name}.ipynb", CELLS))
    lab.run_all()
    lab.wait(lambda: "ctr" in shown(lab), "the graph")
    return lab


def shown(lab: Lab) -> str:
    """What the graph says to a screen reader: one line for each node."""
    return "\n".join(lab.page.locator(".db-root ul[aria-label=Nodes] li").all_inner_texts())


def line(lab: Lab, name: str) -> str:
    """The line of one node."""
    return next((text for text in shown(lab).split("\n") if text.startswith(name)), "")


def test_every_node_is_there_and_fresh(opened: Lab) -> None:
    """After Run All the graph names every node with its state, and nothing failed."""
    for name in ("clicks", "views", "ctr", "percent"):
        assert "fresh" in line(opened, name)
    assert not [output for output in opened.outputs() if output["output_type"] == "error"]


def test_edits_show_at_once(opened: Lab) -> None:
    """A failing edit turns the node failed and its reader stale; the next edit makes both fresh."""
    opened.run_cell("cell4", "%%node ctr\nclicks / 0")
    opened.wait(lambda: "failed" in line(opened, "ctr"), "the failure")
    assert "stale" in line(opened, "percent")
    opened.run_cell("cell4", "%%node ctr\nclicks / views / 2")
    opened.wait(lambda: "fresh" in line(opened, "ctr") and "fresh" in line(opened, "percent"), "fresh nodes")


def test_a_deleted_cell_takes_its_node_along(opened: Lab) -> None:
    """When the next cell runs, the node of a deleted cell is gone and its reader waits."""
    opened.delete_cell("cell4")
    opened.run_cell("cell8", "2")
    opened.wait(lambda: "waiting" in line(opened, "percent"), "the reader to wait")
    assert not line(opened, "ctr").startswith("ctr ")


def test_details_and_search_by_keyboard(opened: Lab) -> None:
    """`/` searches, Enter opens the details, and untrusted text stays text."""
    dialogs: list[str] = []
    opened.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss())[0])
    opened.page.locator(".db-canvas").first.focus()
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("percent")
    opened.page.keyboard.press("Enter")
    panel = opened.page.locator(".db-panel").first
    opened.wait(lambda: panel.is_visible() and EVIL in panel.inner_text(), "the details")
    assert "ctr" in panel.inner_text()
    assert panel.locator("img").count() == 0
    assert not dialogs


def test_stale_nodes_are_computed_from_the_graph(opened: Lab) -> None:
    """In lazy mode an edit leaves nodes stale until the graph's button computes them."""
    opened.run_cell("cell8", "%dataflow lazy")
    opened.run_cell("cell4", "%%node ctr\nclicks / views / 4")
    opened.wait(lambda: "stale" in line(opened, "ctr"), "the stale node")
    opened.page.locator(".db-root button", has_text="stale").first.click()
    opened.wait(lambda: "fresh" in line(opened, "percent"), "the computed nodes")


def test_the_saved_output_carries_a_picture(opened: Lab) -> None:
    """Readers without a kernel get an SVG and text beside the widget."""
    bundles = [output["data"] for output in opened.outputs() if "data" in output]
    graph = next(data for data in bundles if "application/vnd.jupyter.widget-view+json" in data)
    assert "".join(graph["image/svg+xml"]).startswith("<svg")
    assert "percent(ctr)" in "".join(graph["text/plain"])


def test_the_theme_follows(opened: Lab) -> None:
    """The graph's background is dark in a dark theme and light in a light one."""

    def background() -> int:
        colour = opened.page.evaluate(
            "() => getComputedStyle(document.querySelector('.db-root')).backgroundColor.match(/\\d+/g).map(Number)"
        )
        return sum(colour[:3])

    light = background()
    opened.command("apputils:change-theme", theme="JupyterLab Dark")
    opened.wait(lambda: background() < light, "the dark theme")
    opened.command("apputils:change-theme", theme="JupyterLab Light")
    opened.wait(lambda: background() == light, "the light theme")


def test_the_quickstart_in_notebook_7(chromium: str) -> None:
    """The quickstart runs to its end in Notebook 7, and its graph shows every node."""
    notebook = Path(__file__).parents[2] / "notebooks" / "quickstart.ipynb"
    with Lab(chromium, "notebook") as lab:
        lab.open(notebook)
        lab.run_all()
        lab.wait(lambda: "avg_spend" in shown(lab), "the graph")
        assert "fresh" in line(lab, "signups_lag_1")
        assert not [output for output in lab.outputs() if output["output_type"] == "error"]
