"""The extension in a real JupyterLab and Notebook 7: marks, panel, and cells that come and go."""

import pytest

from tests.browser.conftest import OpenCells
from tests.browser.lab import Lab
from tests.browser.notebook import NotebookTab
from tests.browser.shop import cells
from tests.browser.side import Side
from tests.browser.waiting import shows

pytestmark = pytest.mark.browser

CELLS = [
    "%load_ext kernel_magics\n%dataflow auto",
    "#md # Clicks",
    "%%inputs\nclicks: int = 10  # Clicks on the ad.\nviews: int = 40  # How often the ad was seen.",
    "%%node ctr\n# Clicks per view.\nclicks / views",
    "%%node percent\n# The same in percent.\nctr * 100",
    "%%check percent\npercent <= 100  # a share",
    "percent",
]
INPUTS, CTR, PERCENT, CHECK, LAST = 2, 3, 4, 5, 6
FRESH = {INPUTS: "fresh", CTR: "fresh", PERCENT: "fresh", CHECK: "fresh"}
NAMES = {"clicks", "views", "ctr", "percent", "check_percent"}


@pytest.fixture
def side(open_cells: OpenCells) -> Side:
    """A small notebook that has run, with its panel open."""
    side = Side(open_cells(CELLS))
    side.wait_marks(FRESH)
    side.show()
    return side


def test_marks_and_panel_follow_a_run(side: Side) -> None:
    """Each of our cells has a mark with state and time, a card with inputs and consumers; the panel shows the graph."""
    assert set(side.marks()) == set(FRESH)
    side.graph().wait_names(NAMES)
    side.wait_card(CTR, "reads clicks, views", "feeds percent")
    mark = side.tab.cell(CTR).locator(".db-mark")
    label = "aria-label"
    side.until(
        lambda: (mark.get_attribute(label) or "").startswith("ctr: fresh, "),
        "a mark that can be read out",
        lambda: str(mark.get_attribute(label)),
    )
    side.show("Nodes")
    side.text("ctr", "percent", "fresh")
    side.show("Checks")
    side.text("a share", "holds", "Nodes without a check (1)")


def test_an_edit_is_seen_before_it_runs_and_what_it_makes_stale_after(side: Side) -> None:
    """A cell whose text differs from what ran is marked; in lazy mode its readers are stale until the button runs them."""
    side.graph().mode("lazy")
    side.tab.edit(CTR, "%%node ctr\nclicks / views / 2")
    side.wait_marks({CTR: "edited", PERCENT: "fresh"})
    side.tab.run_cell(CTR)
    side.wait_marks({CTR: "stale", PERCENT: "stale", CHECK: "stale"})
    side.page.locator('[data-jp-item-name="dagbook-run-stale"]').first.click()
    side.wait_marks(FRESH)
    side.tab.wait_output(PERCENT, "12.5")  # although another cell made it
    side.tab.run_cell(LAST)
    side.tab.wait_output(LAST, "12.5")


def test_the_keyboard_runs_stale_nodes_and_the_palette_lists_the_commands(side: Side) -> None:
    """A shortcut brings stale nodes up to date; the command palette finds what the menu has."""
    side.graph().mode("lazy")
    side.tab.run_cell(CTR, "%%node ctr\nclicks / views / 8")
    side.wait_marks({CTR: "stale", PERCENT: "stale"})
    side.cursor(CTR, 0, 0)
    side.page.keyboard.press("Control+Alt+Enter")
    side.wait_marks(FRESH)
    side.page.keyboard.press("Control+Shift+C")
    palette = side.page.locator("#modal-command-palette:visible, .lm-CommandPalette:visible").first
    palette.locator("input").fill("Run What Is Not Up to Date")
    palette.get_by_text("Run What Is Not Up to Date").first.wait_for()
    side.page.keyboard.press("Escape")


def test_a_failed_node_is_among_the_problems(side: Side) -> None:
    """A failure of a run is in the list of problems until the node runs again."""
    side.tab.run_cell(CTR, "%%node ctr\nclicks / (views - 40)")
    side.wait_marks({CTR: "failed"})
    side.show("Problems")
    side.text("DB301", "ZeroDivisionError")
    side.tab.run_cell(CTR, CELLS[CTR])
    side.text("Nothing is wrong")


def test_deleting_and_undoing_keep_the_dataflow_right_at_once(side: Side) -> None:
    """A deleted cell's nodes go without any cell running, and come back, computed, when the deletion is undone."""
    graph = side.graph()
    side.tab.delete_cell(CTR)
    graph.wait_names(NAMES - {"ctr"})
    graph.wait_states(percent="waiting")
    side.tab.command("notebook:undo-cell-action")
    graph.wait_names(NAMES)
    graph.wait_states(ctr="fresh", percent="fresh", check_percent="fresh")
    side.wait_marks(FRESH)


def test_moving_a_cell_moves_its_nodes(side: Side) -> None:
    """The node list has the notebook's order as soon as a cell is moved, and the moved cell is helped as before."""
    side.show("Nodes")
    side.tab.select(PERCENT)
    side.tab.command("notebook:move-cell-up")
    names = side.panel.locator(".db-lab-name")
    side.until(
        lambda: names.all_text_contents() == ["clicks", "views", "percent", "ctr"],
        "percent before ctr",
        lambda: str(names.all_text_contents()),
    )
    side.wait_marks({CTR: "fresh", PERCENT: "fresh"})
    side.tab.edit(CTR, "%%node percent\nctrr * 100")  # it stands there now
    side.wait_marks({CTR: "edited"})
    side.wait_underlined(CTR, "ctrr")


def test_splitting_and_merging_cells(side: Side) -> None:
    """Merged cells leave one node to run anew; splitting them again brings both nodes back."""
    graph = side.graph()
    side.page.evaluate(
        """([first, last]) => {
          const notebook = window.labOfTests.shell.currentWidget.content;
          notebook.activeCellIndex = first;
          notebook.extendContiguousSelectionTo(last);
        }""",
        [CTR, PERCENT],
    )
    side.tab.command("notebook:merge-cells")
    side.until(lambda: len(graph.states()) < 5, "a node less", lambda: str(graph.states()))
    side.tab.command("notebook:undo-cell-action")
    graph.wait_names(NAMES)
    graph.wait_states(ctr="fresh", percent="fresh", check_percent="fresh")


def test_restart_reconnect_reload_and_rename_recover(side: Side) -> None:
    """A restarted kernel has no dataflow until cells run; a lost connection, a reload and a renamed file keep it."""
    side.tab.restart()
    side.wait_marks({})
    side.text("The kernel restarted", "brings 5 nodes back")
    side.panel.get_by_role("button", name="Run all").click()
    side.wait_marks(FRESH)
    side.page.evaluate(
        """async () => {
          const tab = window.labOfTests.shell.currentWidget;
          await tab.context.save();
          await tab.context.rename("renamed-by-test.ipynb");
        }"""
    )
    side.tab.path = "renamed-by-test.ipynb"
    side.page.evaluate(
        "() => window.labOfTests.shell.currentWidget.sessionContext.session.kernel.reconnect()"
    )
    side.tab.run_cell(CTR, "%%node ctr\nclicks / views / 4")
    side.wait_marks(FRESH)
    side.tab.save()
    side.tab.reload()
    side.wait_marks(FRESH)
    side.graph().wait_names(NAMES)


def test_reloading_the_magics_begins_anew(side: Side) -> None:
    """After %reload_ext the page is connected to the new, empty dataflow; the next cells fill it."""
    side.tab.run_cell(LAST, "%reload_ext kernel_magics")
    side.wait_marks({CTR: "new", PERCENT: "new"})
    side.tab.run_cell(INPUTS)
    side.wait_marks({INPUTS: "fresh", CTR: "new"})


def test_two_notebooks_keep_to_their_own_kernels(side: Side, lab: Lab) -> None:
    """A second notebook has its own dataflow, and the panel follows the one in front."""
    cells = ["%load_ext kernel_magics", "%%inputs\nclicks: int = 1", "%%node double\nclicks * 2"]
    other = lab.open(lab.write("other.ipynb", cells))
    other.run_all()
    graph = side.graph()
    graph.wait_names({"clicks", "double"})
    other.delete_cell(2)
    graph.wait_names({"clicks"})
    other.close()
    side.graph().wait_names(NAMES)
    side.wait_marks(FRESH)


def test_sixty_nodes_fit_the_panel(lab: Lab) -> None:
    """Headings are collapsed where names could not be read, even if the page sent them after all cells ran."""
    tab = lab.open(lab.write("shop.ipynb", cells(60)))
    side = Side(tab)
    tab.run_all()  # no cell runs after the page sent its cells
    side.graph()
    kept = "() => JSON.parse(localStorage.getItem('dagbook-visit:panel:shop.ipynb'))?.arrangement.level"
    side.until(
        lambda: side.page.evaluate(kept) == "headings", "headings", lambda: str(side.page.evaluate(kept))
    )
    shows(side.panel.locator(".db-legend"), "fresh", "57", "failed", "1")  # a failed check counts as failed
    tab.close()


def test_a_notebook_without_the_magics_is_left_alone(lab: Lab, open_cells: OpenCells) -> None:
    """Without the magics there is no mark, no comm and no word to the kernel; the panel offers to convert."""
    plain = open_cells(["import math", "x = math.sqrt(4)", "x"])
    side = Side(plain)
    side.page.evaluate("() => window.labOfTests.commands.execute('dagbook:show-panel')")
    side.text("No cell of this notebook begins with %%node yet", "Convert this notebook")
    assert side.marks() == {}
    comms = plain.page.evaluate(
        """async () => {
          const kernel = window.labOfTests.shell.currentWidget.sessionContext.session.kernel;
          return Object.keys((await kernel.requestCommInfo({ target_name: "dagbook" })).content.comms);
        }"""
    )
    assert comms == []


def test_the_extension_works_in_notebook_7(lab: Lab) -> None:
    """Marks and panel are there in Notebook 7, too, and nothing of the panel is cut off."""
    tab: NotebookTab = lab.open_in_notebook_7(lab.write("seven.ipynb", CELLS))
    side = Side(tab)
    tab.run_all()
    side.wait_marks(FRESH)
    side.show("Nodes")
    side.text("ctr", "percent")
    last = side.panel.get_by_role("tab", name="Checks").bounding_box()
    size = tab.page.viewport_size
    assert last is not None
    assert size is not None
    assert last["x"] + last["width"] <= size["width"]  # the panel is as narrow as the side area
