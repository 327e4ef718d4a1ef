"""Help while typing, in a real JupyterLab: underlines, fixes, hover, completion, definitions, uses, what a cell needs."""

import ipykernel
import pytest

from tests.browser.conftest import OpenCells
from tests.browser.lab import Lab
from tests.browser.side import Side
from tests.browser.waiting import shows

pytestmark = pytest.mark.browser

CELLS = [
    "%load_ext kernel_magics\n%dataflow auto",
    "%%inputs\nclicks: int = 10  # Clicks on the ad.\nviews: int = 40",
    "%%node ctr\n# Clicks per view.\nclicks / views",
    "%%node percent\nctr * 100",
    "percent",
]
INPUTS, CTR, PERCENT, LAST = 1, 2, 3, 4


@pytest.fixture
def side(open_cells: OpenCells) -> Side:
    """A small notebook whose cells are known, and computed."""
    side = Side(open_cells(CELLS))
    side.wait_marks({INPUTS: "fresh", CTR: "fresh", PERCENT: "fresh"})
    return side


def test_a_wrong_name_is_underlined_and_mended_by_one_click(side: Side) -> None:
    """A typed name that nothing defines is underlined before the cell runs; the panel's fix renames it."""
    side.tab.edit(PERCENT, "%%node percent\nctrr * 100")
    side.wait_underlined(PERCENT, "ctrr")
    side.show("Problems")
    side.text("DB203", "ctrr", "did you mean 'ctr'")
    side.panel.get_by_role("button", name="Rename to 'ctr'").click()
    side.wait_underlined(PERCENT)
    assert side.sources()[PERCENT] == "%%node percent\nctr * 100"
    side.text("Nothing is wrong")


def test_an_input_is_declared_by_one_click_and_undone_by_one_undo(side: Side) -> None:
    """The fix adds a line to the inputs cell, with its value selected; one undo takes it back."""
    side.tab.edit(CTR, "%%node ctr\nclicks / views + bonus")
    side.wait_underlined(CTR, "bonus")
    side.show("Problems")
    side.panel.get_by_role("button", name="Declare 'bonus' in %%inputs").click()
    side.until(lambda: "bonus" in side.sources()[INPUTS], "a declaration", lambda: str(side.sources()))
    side.wait_selected(INPUTS, "...")
    side.type(INPUTS, "5", "bonus = 5")
    side.wait_underlined(CTR)


def test_two_cells_with_one_name_are_both_underlined(side: Side) -> None:
    """A duplicate is seen in both cells before either runs again."""
    side.tab.edit(PERCENT, "%%node ctr\n1")
    side.wait_underlined(PERCENT, "ctr")
    side.wait_underlined(CTR, "ctr")
    side.show("Problems")
    side.text("DB201")


def test_a_cycle_is_underlined(side: Side) -> None:
    """Code that would make a node depend on itself is underlined at the name that closes the circle."""
    side.tab.edit(CTR, "%%node ctr\nclicks / views + percent")
    side.until(
        lambda: side.underlined(CTR) + side.underlined(PERCENT), "underlines", lambda: str(side.sources())
    )
    side.show("Problems")
    side.text("DB202", "depends on itself")


def test_hover_tells_what_a_name_is(side: Side) -> None:
    """The pointer on a name shows its signature, docstring, state, inputs and readers."""
    word = side.tab.cell(PERCENT).locator(".cm-line", has_text="ctr * 100")
    tip = side.page.locator(".db-hover")

    def is_shown() -> bool:
        """The pointer moves, as that of a person who waits: a page that is busy may miss where it rests."""
        if not tip.count():
            word.hover(position={"x": 14, "y": 8})
            word.hover(position={"x": 15, "y": 8})
            side.page.wait_for_timeout(1000)
        return tip.count() > 0

    side.until(is_shown, "a hover", side.sources()[PERCENT].title)
    shows(tip, "ctr(clicks, views)", "Clicks per view.", "fresh")
    assert tip.evaluate("(el) => getComputedStyle(el).paddingLeft") == "12px"  # ours, not the editor's


def test_completion_offers_the_dataflow_with_docstrings(side: Side) -> None:
    """Tab behind the beginning of a name offers nodes and inputs, and puts the chosen one in."""
    side.tab.edit(PERCENT, "%%node percent\ncli")
    side.cursor(PERCENT, 1, 3)
    side.page.keyboard.press("Tab")
    side.until(
        lambda: (
            side.sources()[PERCENT].endswith("clicks") or side.page.locator(".jp-Completer:visible").count()
        ),
        "a completion",
        lambda: str(side.sources()[PERCENT]),
    )
    if side.page.locator(".jp-Completer:visible").count():
        item = side.page.locator(".jp-Completer:visible .jp-Completer-item", has_text="clicks").first
        shows(item, "input")
        side.page.keyboard.press("Enter")
    side.until(
        lambda: side.sources()[PERCENT] == "%%node percent\nclicks", "clicks", lambda: str(side.sources())
    )


def test_definition_and_uses_lead_to_their_cells(side: Side) -> None:
    """Go to definition selects the name where it is defined; find uses lists the places and goes to one."""
    side.cursor(PERCENT, 1, 1)
    side.command("go-to-definition")
    side.wait_selected(CTR, "ctr")
    side.command("find-uses")
    dialog = side.page.locator(".jp-Dialog")
    dialog.wait_for()
    shows(dialog, "Uses of ctr (1)")
    side.accept()
    side.wait_selected(PERCENT, "ctr")


def test_rename_reaches_every_cell(side: Side) -> None:
    """A node is renamed where it is defined and wherever it is read, ordinary cells included."""
    side.cursor(LAST, 0, 2)
    side.command("rename")
    side.accept("share")
    side.until(
        lambda: [side.sources()[at] for at in (PERCENT, LAST)] == ["%%node share\nctr * 100", "share"],
        "the new name",
        lambda: str(side.sources()),
    )
    side.tab.run_all()
    side.wait_marks({PERCENT: "fresh"})
    assert side.tab.errors() == []


def test_run_what_a_cell_needs(side: Side) -> None:
    """Only the cells that are not up to date are run, then the cell itself."""
    side.tab.edit(CTR, "%%node ctr\nclicks / views / 2")
    side.wait_marks({CTR: "edited"})
    before = [cell.get("execution_count") for cell in side.tab.content()]
    side.tab.select(LAST)
    side.tab.command("dagbook:run-needed")
    side.tab.wait()
    after = [cell.get("execution_count") for cell in side.tab.content()]
    ran = [at for at, count in enumerate(after) if count != before[at]]
    assert ran == [CTR, LAST]


@pytest.mark.skipif(ipykernel.version_info[0] < 7, reason="older kernels hear a page only between cells")
def test_typing_is_helped_while_a_cell_runs(lab: Lab, open_cells: OpenCells) -> None:
    """While a long cell runs and shows its progress, another cell still gets its problems."""
    go = lab.root / "go"
    go.touch()
    slow = "%%node slow\nwhile not os.path.exists('go'):\n    time.sleep(0.02)\nslow = 1"
    cells = ["%load_ext kernel_magics", "%%setup\nimport os\nimport time", slow, "%%node last\nslow + 1"]
    side = Side(open_cells(cells))
    side.wait_marks({2: "fresh"})
    go.unlink()
    side.tab.edit(2, slow.replace("= 1", "= 2"))
    side.tab.start_cell(2)
    side.wait_marks({2: "running"})
    side.tab.edit(3, "%%node last\nslow + lost")
    side.wait_underlined(3, "lost")
    side.wait_marks({2: "running", 3: "edited"})
    go.touch()
    side.tab.wait()
    side.wait_marks({2: "fresh"})
