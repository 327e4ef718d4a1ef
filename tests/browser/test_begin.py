"""The way in: a first notebook, its dataflow before it runs, and from there to a tested module."""

import os
from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from tests.browser.conftest import OpenCells
from tests.browser.lab import Lab
from tests.browser.notebook import NotebookTab
from tests.browser.side import Side

pytestmark = pytest.mark.browser

CELLS = [
    "#md # Clicks",
    "%%inputs\nclicks: int = 10\nviews: int = 40",
    "%%node ctr\n# Clicks per view.\nclicks / views",
    "%%check ctr\nctr <= 1  # a share",
]
NAMES = {"clicks", "views", "ctr", "check_ctr"}


def show_panel(side: Side) -> None:
    """Open the panel, which has no tabs before cells ran."""
    side.page.evaluate("() => window.labOfTests.commands.execute('dagbook:show-panel')")
    side.panel.wait_for()


@pytest.mark.parametrize("seven", [False, True], ids=["lab", "notebook-7"])
def test_a_notebook_that_has_not_run_shows_its_dataflow(lab: Lab, seven: bool) -> None:
    """The graph is there before any cell ran; Run all adds the cell that loads the magics, also after a restart."""
    path = lab.write(f"unrun{seven}.ipynb", CELLS)
    tab: NotebookTab = lab.open_in_notebook_7(path) if seven else lab.open(path)
    side = Side(tab)
    show_panel(side)
    side.text("3 cells of this notebook have not run.")
    graph = side.shown_graph()
    graph.wait_names(NAMES)
    assert "" not in side.sources()
    assert all(not cell.get("outputs") for cell in tab.content())
    side.panel.get_by_role("button", name="Run all").click()
    side.wait_marks({2: "fresh", 3: "fresh", 4: "fresh"})
    assert side.sources()[1] == "%load_ext kernel_magics"
    side.tab.restart()
    side.text("The kernel restarted. Running all cells brings 4 nodes back.")
    side.panel.get_by_role("button", name="Run all").click()
    side.wait_marks({2: "fresh", 3: "fresh", 4: "fresh"})
    assert len(side.sources()) == 5
    tab.close()


def test_one_button_runs_what_was_edited_in_order(open_cells: OpenCells) -> None:
    """Several edited cells are counted, Problems tells of them, and Run brings all up to date."""
    side = Side(open_cells(["%load_ext kernel_magics", *CELLS[1:], "%%node percent\nctr * 100"]))
    side.show("Problems")
    side.text("Nothing is wrong")
    side.tab.edit(1, "%%inputs\nclicks: int = 10\nshown: int = 20")
    side.tab.edit(2, "%%node ctr\nclicks / shown")
    side.text("2 cells are edited and not run.")
    side.until(lambda: "Nothing is wrong" not in side.panel.inner_text(), "a problem", side.panel.inner_text)
    side.panel.get_by_role("button", name="Run", exact=True).click()
    side.wait_marks({1: "fresh", 2: "fresh", 3: "fresh", 4: "fresh"})
    side.text("Nothing is wrong")
    side.tab.run_cell(3, "%%check ctr\nctr < 0.5  # small")
    side.text("DB302", "small")
    side.panel.locator("summary").first.click()
    side.text("breaks conditions of its checks", "Right")


def test_the_launcher_and_the_menus_make_a_dataflow_notebook(lab: Lab, open_cells: OpenCells) -> None:
    """The launcher has a card; File > New and Help have an entry each; the notebook that is made runs."""
    tab = open_cells(["x = 1"])
    page = tab.page
    page.evaluate("() => void window.labOfTests.commands.execute('launcher:create')")
    card = page.locator('.jp-LauncherCard[data-category="Notebook"]:visible').filter(has_text="Dataflow")
    card.first.wait_for()
    for menu, entry in ((("File", "New"), "Dataflow Notebook"), (("Help",), "Dataflow Guide")):
        for name in menu:
            page.locator(".lm-MenuBar-item, .lm-Menu-item").filter(has_text=name).first.click()
        page.locator(".lm-Menu-item").filter(has_text=entry).first.wait_for()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    guide = page.evaluate(
        """async () => {
          const { baseUrl } = window.labOfTests.serviceManager.serverSettings;
          return (await fetch(baseUrl + "lab/extensions/dagbook/static/guide.html")).text();
        }"""
    )
    assert "Dataflow guide" in guide
    card.first.click()
    page.wait_for_function(
        "() => window.labOfTests.shell.currentWidget?.context?.path?.startsWith('Untitled')"
    )
    made = NotebookTab(page, str(page.evaluate("() => window.labOfTests.shell.currentWidget.context.path")))
    made.wait_ready()
    made.run_all()
    assert made.errors() == []
    Side(made).wait_marks({4: "fresh", 5: "fresh"})
    made.close()


def test_from_a_new_notebook_to_an_export_in_under_fifteen_actions(lab: Lab) -> None:
    """A newcomer makes a notebook, runs it, adds a node and a check, and exports: each action is one step here."""
    actions = 0
    shots = Path(os.environ.get("DAGBOOK_SCREENSHOTS", lab.home))
    assert main(["new", str(lab.root / "first.ipynb")]) == 0
    tab = lab.open(lab.root / "first.ipynb")
    side = Side(tab)
    show_panel(side)
    side.shown_graph().wait_names({"clicks", "views", "ctr", "check_ctr"})
    side.panel.get_by_role("button", name="Run all").click()
    side.wait_marks({4: "fresh", 5: "fresh"})
    side.page.screenshot(path=shots / "begin.png")
    actions += 4  # new, open, panel, run all
    for at, command, text in (
        (5, "new-node-cell", "percent\nctr * 100"),
        (6, "new-check-cell", "percent\npercent <= 100  # a share in percent"),
    ):
        tab.select(at)
        side.command(command)
        side.type(at + 1, text, text)
        tab.run_cell(side.active())
        actions += 3  # the cell, its text, run
    side.command("export")
    side.accept("first.py")
    side.page.locator('.db-export-report[data-done="yes"]').wait_for()
    actions += 2
    assert actions < 15
    assert "def percent(" in (lab.root / "first.py").read_text()
    side.page.locator(".jp-Dialog .jp-mod-accept").last.click()
    tab.close()
