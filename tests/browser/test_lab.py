"""The live graph in a real JupyterLab and Notebook 7: what a person sees and does."""

import json
from collections.abc import Iterator

import pytest

from kernel_magics import Dataflow
from tests.browser.conftest import QUICKSTART, OpenCells
from tests.browser.lab import Lab
from tests.browser.notebook import NotebookTab
from tests.browser.waiting import shows, until

pytestmark = pytest.mark.browser

CELLS = [
    "%load_ext kernel_magics\n%dataflow auto",
    "#md # Clicks",
    "%%inputs\nclicks: int = 10  # Clicks on the ad.\nviews: int = 40  # How often the ad was seen.",
    "%%node ctr\n# Clicks per view.\nclicks / views",
    "#md # Percent",
    "%%node percent --tag owner=ads\n# The same in percent.\nctr * 100",
    "%%check percent\npercent <= 100  # a share",
    "%dag",
    "1",
]
CTR, PERCENT, DAG, LAST = 3, 5, 7, 8
NAMES = {"clicks", "views", "ctr", "percent", "check_percent"}


@pytest.fixture(scope="module")
def shared(lab: Lab) -> Iterator[NotebookTab]:
    """A small notebook."""
    notebook = lab.open(lab.write("clicks.ipynb", CELLS))
    yield notebook
    notebook.close()


@pytest.fixture
def clicks(shared: NotebookTab) -> NotebookTab:
    """The small notebook with its own texts, run from top to bottom."""
    for cell, text in enumerate(CELLS):
        shared.edit(cell, text.removeprefix("#md "))
    shared.run_all()
    graph = shared.graph()
    graph.wait_names(NAMES)
    graph.wait_states(**dict.fromkeys(NAMES, "fresh"))
    return shared


def test_quickstart_shows_every_node_and_saves_a_picture(lab: Lab) -> None:
    """The quickstart runs without an error, its graph shows every node as fresh, and the file keeps a picture."""
    path = lab.copy(QUICKSTART)
    notebook = lab.open(path)
    notebook.run_all()
    assert notebook.errors() == []
    names = {node["name"] for node in Dataflow.from_notebook(str(QUICKSTART)).to_json()["nodes"]}
    graph = notebook.graph()
    graph.wait_names(names)
    graph.wait_states(**dict.fromkeys(names, "fresh"))
    notebook.save()
    outputs = [output for cell in json.loads(path.read_text())["cells"] for output in cell.get("outputs", [])]
    [picture] = [
        output["data"]
        for output in outputs
        if "application/vnd.jupyter.widget-view+json" in output.get("data", {})
        and "image/svg+xml" in output["data"]
    ]
    svg, text = "".join(picture["image/svg+xml"]), "".join(picture["text/plain"])
    assert svg.startswith("<svg")
    assert all(f">{name}<" in svg and name in text for name in names - {"check_cost_per_signup"})
    notebook.close()


def test_lazy_edit_stays_stale_until_computed(clicks: NotebookTab) -> None:
    """In lazy mode an edited node and its readers are stale until `%compute` or the graph's button."""
    graph = clicks.graph()
    graph.mode("lazy")
    clicks.run_cell(CTR, "%%node ctr\nclicks / views / 2")
    graph.wait_states(clicks="fresh", ctr="stale", percent="stale", check_percent="stale")
    clicks.run_cell(LAST, "%compute")
    graph.wait_states(ctr="fresh", percent="fresh", check_percent="fresh")
    clicks.run_cell(CTR, "%%node ctr\nclicks / views / 4")
    graph.wait_states(ctr="stale", percent="stale")
    graph.compute_stale.click()
    graph.wait_states(ctr="fresh", percent="fresh", check_percent="fresh")


def test_one_node_is_computed_from_its_details(clicks: NotebookTab) -> None:
    """Compute in the details brings that node up to date with what it needs, and nothing else."""
    graph = clicks.graph()
    graph.mode("lazy")
    clicks.run_cell(CTR, "%%node ctr\nclicks / views / 2")
    graph.wait_states(ctr="stale", percent="stale")
    graph.choose("percent")
    graph.button("Compute").click()
    graph.wait_states(ctr="fresh", percent="fresh", check_percent="stale")
    graph.details("12.5")


def test_auto_edit_changes_what_is_downstream(clicks: NotebookTab) -> None:
    """In auto mode the values downstream of an edited cell follow at once."""
    graph = clicks.graph()
    graph.choose("percent")
    graph.details("25.0")
    clicks.run_cell(CTR, "%%node ctr\nclicks / views * 2")
    graph.details("50.0")
    graph.wait_states(ctr="fresh", percent="fresh")


def test_failure_is_shown_with_its_error(clicks: NotebookTab) -> None:
    """A failing node is failed, its reader stale, and the details hold the error; the next edit mends it."""
    graph = clicks.graph()
    clicks.run_cell(CTR, "%%node ctr\nclicks / 0")
    graph.wait_states(ctr="failed", percent="stale")
    graph.choose("ctr")
    graph.details("DB301", "ZeroDivisionError", "clicks / 0")
    clicks.run_cell(CTR, "%%node ctr\nclicks / views")
    graph.wait_states(ctr="fresh", percent="fresh")


def test_click_on_a_node_opens_its_details(clicks: NotebookTab) -> None:
    """A click shows docstring, value, time, inputs, outputs, checks, tags and source; a link leads on."""
    graph = clicks.graph()
    graph.click("percent")
    text = graph.details("The same in percent.", "25.0", "ctr * 100", "owner: ads", "a share")
    assert " ms" in text or " s" in text
    graph.panel.get_by_role("button", name="ctr").click()
    graph.details("Clicks per view.", "clicks / views", "percent")
    clicks.page.keyboard.press("Escape")
    graph.panel.wait_for(state="hidden")


ORDERS = [
    "%load_ext kernel_magics",
    "%%setup\nimport pandas as pd",
    "%%inputs\norders: pd.DataFrame = pd.DataFrame({'day': pd.date_range('2024-01-01', periods=9), "
    "'amount': [1, 2, 2, 3, 3, 3, 4, 4, None], 'store': list('aabbbcccc')})\nfee = 2",
    "%%check orders --warn\norders['amount'].fillna(0) > 1  # large",
    "%%node total\norders['amount'].sum() + fee",
    "%%node stores\norders['store'].nunique()",
    "%dag",
]


def test_the_details_of_a_frame_show_its_columns(open_cells: OpenCells) -> None:
    """What is in each, who reads it, and whether its checks hold; its lineage leaves out what has no part in it."""
    tab = open_cells(ORDERS)
    graph = tab.graph()
    graph.wait_names({"orders", "fee", "warn_orders", "total", "stores"})
    graph.choose("orders")
    graph.details("Columns", "amount", "11 % missing", "store")
    amount = graph.panel.locator("details", has_text="amount").first
    amount.locator("summary").click()
    shows(amount, "1 to 4", "Warns", "large", "total")
    amount.get_by_role("button", name="Lineage of the column").click()
    graph.wait_names({"orders", "fee", "warn_orders", "total", "stores"})  # the list has all
    shows(graph.root.locator(".db-focus"), "Lineage of orders.amount")


def test_deleted_cell_takes_its_node_along(open_cells: OpenCells) -> None:
    """When the next cell runs, the node of a deleted cell is gone and its reader waits."""
    notebook = open_cells(CELLS)
    graph = notebook.graph()
    graph.wait_names(NAMES)
    notebook.delete_cell(CTR)
    notebook.run_cell(LAST - 1)
    graph.wait_names(NAMES - {"ctr"})
    graph.wait_states(percent="waiting")


def test_two_views_stay_in_step(open_cells: OpenCells) -> None:
    """What one graph changes, another of the same dataflow shows, and both survive the run of either's cell."""
    notebook = open_cells([*CELLS, "%dag --upstream ctr"])
    whole, part = notebook.graph(0), notebook.graph(1)
    whole.wait_names(NAMES)
    part.wait_names({"clicks", "views", "ctr"})
    whole.mode("lazy")
    notebook.run_cell(CTR, "%%node ctr\nclicks / views / 2")
    whole.wait_states(ctr="stale")
    part.wait_states(ctr="stale")
    part.choose("ctr")
    part.button("Compute").click()
    part.wait_states(ctr="fresh")
    whole.wait_states(ctr="fresh", percent="stale")


def test_double_click_and_key_go_to_the_cell(open_cells: OpenCells) -> None:
    """A double click on a node, or G on the selected one, scrolls to the cell that defines it."""
    notebook = open_cells([*CELLS[:DAG], *["#md " + "a line\n\n" * 12] * 4, "%dag"])
    graph = notebook.graph()
    graph.wait_names(NAMES)

    def scroll_away() -> None:
        def is_away() -> bool:
            graph.root.scroll_into_view_if_needed()
            return not notebook.in_view(CTR)

        until(notebook.page, is_away, "the graph without the cell", str)

    scroll_away()
    graph.click("ctr", times=2)
    notebook.wait_in_view(CTR)
    scroll_away()
    graph.canvas.press("g")
    notebook.wait_in_view(CTR)


def test_a_restart_is_seen_and_a_run_recovers(clicks: NotebookTab) -> None:
    """After a restart of the kernel nothing is fresh and nothing can be requested, until all cells run."""
    clicks.restart()
    graph = clicks.graph()
    graph.wait_states(**dict.fromkeys(NAMES, "not run"))
    shows(graph.root, "kernel is gone")
    graph.compute_stale.wait_for(state="hidden")
    clicks.run_all()
    graph = clicks.graph()
    graph.wait_names(NAMES)
    graph.wait_states(ctr="fresh")
    clicks.run_cell(CTR, "%%node ctr\nclicks / 0")
    graph.wait_states(ctr="failed")


def test_reload_of_the_page_finds_the_graph_again(clicks: NotebookTab) -> None:
    """A reloaded page shows the present graph and later changes."""
    clicks.run_cell(CTR, "%%node ctr\nclicks / 0")
    clicks.save()
    clicks.reload()
    graph = clicks.graph()
    graph.wait_states(ctr="failed", percent="stale")
    clicks.run_cell(CTR, "%%node ctr\nclicks / views")
    graph.wait_states(ctr="fresh", percent="fresh")


def test_a_reopened_notebook_finds_the_graph_again(lab: Lab, open_cells: OpenCells) -> None:
    """A notebook that was closed and opened again, its kernel alive, shows the graph and what happens next."""
    notebook = open_cells(CELLS)
    notebook.graph().wait_states(ctr="fresh")
    notebook.save()
    notebook.close(end=False)
    again = lab.open(lab.root / notebook.path)
    graph = again.graph()
    graph.wait_states(ctr="fresh", percent="fresh")
    again.run_cell(CTR, "%%node ctr\nclicks / 0")
    graph.wait_states(ctr="failed", percent="stale")


def test_theme_follows_the_application(clicks: NotebookTab) -> None:
    """The canvas takes the background of JupyterLab's dark theme and of its light one."""
    graph = clicks.graph()
    graph.wait_background("#ffffff")
    clicks.theme("JupyterLab Dark")
    try:
        graph.wait_background("#111111")
    finally:
        clicks.theme("JupyterLab Light")
    graph.wait_background("#ffffff")


def test_search_by_keyboard(clicks: NotebookTab) -> None:
    """`/` searches as one types, Enter opens the match, Escape leads back to the whole graph."""
    graph = clicks.graph()
    graph.canvas.press("/")
    clicks.page.keyboard.type("perc")
    options = graph.root.get_by_role("option")
    until(
        clicks.page,
        lambda: [text[:7] for text in options.all_text_contents()] == ["percent", "check_p"],
        "percent and its check",
        lambda: str(options.all_text_contents()),
    )
    clicks.page.keyboard.press("Enter")
    graph.details("The same in percent.")
    for key in ("ArrowLeft", "ArrowUp"):  # one of them leads to the input: that depends on the room's shape
        clicks.page.keyboard.press(key)
    graph.details("Clicks per view.")


def test_texts_are_never_markup(lab: Lab, open_cells: OpenCells) -> None:
    """An `<img onerror>` in docstring, tag, value and error stays text: no element, no dialog."""
    evil = "<img src=x onerror=alert(1)>"
    notebook = open_cells(
        [
            "%load_ext kernel_magics",
            f'%%node evil --tag "note={evil}"\n"""{evil} in words"""\n"{evil} in value"',
            "%dag",
            f'%%node\ndef broken():\n    """{evil}"""\n    raise ValueError("{evil} raised")',
        ]
    )
    graph = notebook.graph()
    graph.click("evil")
    graph.details(f"{evil} in words", f"note: {evil}", f"{evil} in value")
    graph.choose("broken")
    graph.details(f"{evil} raised")
    assert notebook.page.locator("img[src=x]").count() == 0
    assert lab.complaints == []


def test_run_lights_up_node_by_node(lab: Lab, open_cells: OpenCells) -> None:
    """During a long run each node is seen running in turn, and the bar counts those that are done."""
    wait = "while begin and not os.path.exists('step{0}'):\n    time.sleep(0.02)\n"
    before = ["begin", *(f"step{number}" for number in range(4))]
    steps = [f"%%node step{n}\n{wait.format(n)}{name} + begin" for n, name in enumerate(before)]
    setup = "%%setup\nimport os\nimport time"
    notebook = open_cells(["%load_ext kernel_magics", setup, "%%inputs\nbegin: int = 0", *steps, "%dag"])
    graph = notebook.graph()
    graph.wait_states(step4="fresh")
    notebook.edit(2, "%%inputs\nbegin: int = 1")
    seen = graph.watch()
    notebook.start_cell(2)
    for number in range(5):
        graph.wait_states(**{f"step{number}": "running"}, **dict.fromkeys(before[: number + 1], "fresh"))
        graph.wait_progress(number, 5)
        (lab.root / f"step{number}").touch()
    graph.wait_states(step4="fresh")
    notebook.wait()
    graph.root.get_by_role("progressbar").wait_for(state="hidden")
    during = [note for note in seen() if note["done"] is not None]
    counted = [int(note["done"] or 0) for note in during]
    assert counted == sorted(counted)
    assert {note.get("running", 1) for note in during} == {1}
    assert any("left" in str(note["status"]) for note in during)


def test_an_interrupted_run_leaves_no_trace_of_running(open_cells: OpenCells) -> None:
    """After an interrupt no bar and no running node is left: what is done is fresh, the rest stale."""
    slow = "%%node slow\ntime.sleep(quick)\nquick"
    notebook = open_cells(
        [
            "%load_ext kernel_magics",
            "%%setup\nimport time",
            "%%inputs\nbegin: float = 0.1",
            "%%node quick\nbegin * 2",
            slow,
            "%dag",
        ]
    )
    graph = notebook.graph()
    graph.wait_states(slow="fresh")
    notebook.edit(2, "%%inputs\nbegin: float = 30.0")
    notebook.start_cell(2)
    graph.wait_states(begin="fresh", quick="fresh", slow="running")
    notebook.interrupt()
    graph.wait_states(quick="fresh", slow="stale")
    notebook.wait()
    graph.root.get_by_role("progressbar").wait_for(state="hidden")
    assert "KeyboardInterrupt" in "".join(notebook.errors())
    notebook.run_cell(2, "%%inputs\nbegin: float = 0.1")
    graph.wait_states(slow="fresh")


def test_what_an_edit_changed(clicks: NotebookTab) -> None:
    """After an edit the graph says which values changed and which are equal, and the details show before and after."""
    graph = clicks.graph()
    clicks.run_cell(CTR, "%%node ctr\n# Clicks per view.\n2 * clicks / views")
    graph.wait_lines("ctr, value, fresh", "changed since the last edit")
    graph.wait_lines("percent, value, fresh", "changed since the last edit")
    graph.wait_lines("check_percent, check, fresh", "equal since the last edit")
    graph.choose("ctr")
    graph.details("Since the last edit", "Changed", "0.25 → 0.5")
    graph.choose("check_percent")
    graph.details("Equal everywhere")


def test_notebook_7(lab: Lab) -> None:
    """In Notebook 7 a notebook runs, its graph shows every node, and a click opens the details."""
    notebook = lab.open_in_notebook_7(lab.write("seven.ipynb", CELLS))
    notebook.run_all()
    assert notebook.errors() == []
    graph = notebook.graph()
    graph.wait_names(NAMES)
    graph.click("ctr")
    graph.details("Clicks per view.", "0.25")
    graph.button("Go to cell").click()
    notebook.wait_in_view(CTR)


@pytest.fixture(autouse=True)
def no_complaints(lab: Lab) -> Iterator[None]:
    """No script of a page fails during a test."""
    lab.complaints.clear()
    yield
    assert lab.complaints == []
