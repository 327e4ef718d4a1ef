"""The lab link: the messages between a page of JupyterLab and the kernel."""

from collections.abc import Mapping
from typing import Any

from kernel_magics.assist.edit import Replace
from kernel_magics.engine.span import span
from kernel_magics.workspace import Workspace
from nbext.connect import edit_cells
from nbext.lab import MOST, connect
from tests.nbext.page import CELLS, Comm, run


def test_a_page_gets_the_view_first(comm: Comm) -> None:
    """The first message is the whole view; nodes are then under the headings of the screen."""
    assert comm.sent[0]["type"] == "view"
    assert [node["name"] for node in comm.sent[0]["view"]["nodes"]] == ["clicks", "views", "ctr", "percent"]


def test_headings_come_from_the_screen(workspace: Workspace, comm: Comm) -> None:
    """Nodes come under the headings that the page sent, without a run; a heading that is written anew follows."""
    update = comm.last("update")
    assert update["groups"] == ["Clicks"]
    assert {node["group"] for node in update["nodes"]} == {"Clicks"}
    comm.say(type="cells", order=None, cells=[{"id": "h", "kind": "markdown", "text": "# Views"}])
    comm.say(type="sync")
    view = comm.last("view")["view"]
    assert view["groups"] == ["Views"]
    assert {node["group"] for node in view["nodes"]} == {"Views"}


def test_notes_say_what_is_wrong_and_which_cells_differ(comm: Comm) -> None:
    """A typed name that nothing defines is a problem before it runs, and its cell is edited."""
    assert comm.last("notes") == {
        "type": "notes",
        "problems": [],
        "cells": {"i": "current", "a": "current", "b": "current"},
    }
    comm.say(
        type="cells",
        order=None,
        cells=[{"id": "b", "kind": "code", "text": "%%node percent\nctrr * 100", "count": 1}],
    )
    notes = comm.last("notes")
    assert [(problem["code"], problem["cell"]) for problem in notes["problems"]] == [("DB203", "b")]
    assert notes["cells"]["b"] == "edited"


def test_nothing_new_is_not_said_twice(workspace: Workspace, comm: Comm) -> None:
    """A refresh without a change sends no notes."""
    count = sum(message["type"] == "notes" for message in comm.sent)
    workspace.views.refresh()
    assert sum(message["type"] == "notes" for message in comm.sent) == count


def test_running_the_edited_cell_makes_it_current(workspace: Workspace, comm: Comm) -> None:
    """The page gets the run's events, and the cell is now marked as current."""
    text = "%%node percent\nctr * 1000"
    comm.tell(**{**CELLS, "b": text})
    assert comm.last("notes")["cells"]["b"] == "edited"
    run(workspace, "b", text)
    assert comm.last("notes")["cells"]["b"] == "current"
    [node] = [node for node in comm.last("update")["nodes"] if node["name"] == "percent"]
    assert node["state"] == "fresh"


def test_a_deleted_cell_leaves_the_session_and_returns(workspace: Workspace, comm: Comm) -> None:
    """A deletion is sent to the page at once; undoing returns the nodes for auto mode to compute, readers included."""
    comm.tell(**{id: text for id, text in CELLS.items() if id != "a"})
    assert comm.last("update")["removed"] == ["ctr"]
    comm.tell(**CELLS)
    assert comm.last("restored") == {"type": "restored", "names": ["ctr", "percent"], "mode": "auto"}
    assert workspace.session.states()["percent"] == "stale"


def test_answers_and_their_errors(comm: Comm) -> None:
    """A question is answered with its number; an unknown one with null."""
    needs = comm.ask("needs", cell="b")
    assert (needs["id"], needs["value"], needs["error"]) == (7, ["i", "a"], None)
    hover = comm.ask("inspect", cell="b", line=1, column=1)["value"]
    assert (hover["name"], hover["seen"]["state"]) == ("ctr", "fresh")
    items = comm.ask("complete", cell="b", line=1, column=0)["value"]["items"]
    assert "ctr" in [item["text"] for item in items]
    place = comm.ask("definition", name="ctr")["value"]
    assert (place["cell"], place["start"]) == ("a", {"line": 0, "column": 7})
    assert [use["cell"] for use in comm.ask("uses", name="ctr")["value"]] == ["b"]
    assert comm.ask("name_at", cell="b", line=1, column=0)["value"]["name"] == "ctr"
    unasked = comm.ask("definition")["error"]
    assert (unasked["code"], unasked["message"]) == ("", "KeyError: 'name'")
    assert comm.ask("nonsense") == {"type": "answer", "id": 7, "value": None, "error": None}


def test_a_conversion_is_proposed_with_its_view(comm: Comm) -> None:
    """The answer holds the proposed cells and the dataflow that they make."""
    cells = [
        {"id": "1", "type": "code", "source": "import math\nx = 4"},
        {"id": "2", "type": "code", "source": "y = math.sqrt(x)"},
        {"id": "3", "type": "code", "source": "z = y + x\nprint(z)"},
    ]
    made = comm.ask("convert", cells=cells)["value"]
    names = {node["name"] for node in made["view"]["nodes"]}
    assert {"x", "y"} <= names
    assert any(cell["source"].startswith("%%setup") for cell in made["cells"])
    proven = comm.ask("prove", cells=cells, name="x.ipynb")["value"]
    assert {"y", "z"} <= set(proven["proof"]["equal"])
    assert proven["cells"] == made["cells"]
    failing = {"id": "4", "type": "code", "source": "1 / 0"}
    alone = comm.ask("prove", cells=[*cells, failing], name="x.ipynb")["value"]
    assert [note["cell"] for note in alone["notes"]] == ["4"]
    refused = comm.ask(
        "prove", cells=[{**cells[0], "source": "import nowhere, math\nx = 4"}, *cells[1:]], name="x.ipynb"
    )
    assert refused["error"]["code"] == "DB421"


def test_a_conversion_says_its_share_and_what_would_bring_more(comm: Comm) -> None:
    """The proposal and the proven conversion hold their own shares, whether those are little, and the hint."""
    sources = ["n = 4", "m = [n]", "x = eval('[1, 2]')", "a = [v + 1 for v in x]", "b = len(a)", "c = b + 1"]
    cells = [{"id": str(n), "type": "code", "source": text} for n, text in enumerate(sources)]
    made = comm.ask("convert", cells=cells)["value"]
    assert made["share"] == {"text": "2 of 6 computing cells are in the dataflow (33%)", "little": True}
    assert made["hint"].startswith("cell [3] keeps 3 more cells ordinary: 'eval(...)'")
    # A run gives the sample for an input.
    proven = comm.ask("prove", cells=cells, name="x.ipynb")["value"]
    assert proven["share"] == {"text": "6 of 6 computing cells are in the dataflow (100%)", "little": False}
    assert proven["hint"] == ""


def test_the_mode_is_set_from_the_page(workspace: Workspace, comm: Comm) -> None:
    """A page may choose lazy mode, and gets a confirmation."""
    comm.say(type="mode", mode="lazy")
    assert workspace.session.mode == "lazy"
    assert comm.last("update")["mode"] == "lazy"


def test_a_page_asks_what_an_edit_changed(workspace: Workspace, comm: Comm) -> None:
    """The answer is an update of the view that this page shows."""
    run(workspace, "i", "%%inputs\nn: int = 2")
    run(workspace, "s", "%%node s\nn + 1")
    run(workspace, "s", "%%node s\nn + 2")
    comm.say(type="impact", name="s")
    node = next(node for node in comm.last("update")["nodes"] if node["name"] == "s")
    assert ["mean", "3 → 4"] in node["impact"]["details"]["columns"][0]["facts"]


def test_a_page_asks_for_the_columns_of_a_node(workspace: Workspace, comm: Comm) -> None:
    """The node comes again with them; a node without named columns has none, and one without a value is not sent."""
    run(workspace, "s", "%%setup\nimport pandas as pd")
    run(workspace, "i", "%%inputs\norders: pd.DataFrame = pd.DataFrame({'a': [1, 2], 'b': ['x', None]})")
    run(workspace, "c", "%%check orders\norders['a'] > 1  # large")
    run(workspace, "t", "%%node total\norders['a'].sum()")
    run(workspace, "f", "%%node fails\n1 / 0")

    def asked(name: str) -> Any:
        comm.say(type="columns", name=name)
        return next(node for node in comm.last("update")["nodes"] if node["name"] == name).get("columns")

    columns = asked("orders")["columns"]
    assert [(item["name"], item["nulls"], item["read_by"]) for item in columns] == [
        ("a", 0.0, ["total"]),
        ("b", 0.5, []),
    ]
    assert columns[0]["checks"] == [{"message": "large", "held": False, "warns": False}]
    assert asked("total") == {"columns": []}
    before = len(comm.sent)
    comm.say(type="columns", name="fails")
    comm.say(type="columns", name="nowhere")
    assert len(comm.sent) == before


def test_pages_that_never_said_goodbye_make_room(workspace: Workspace) -> None:
    """A kernel keeps a limited number of pages; the oldest is closed for a new one, and gets no more messages."""
    comms = [Comm(str(number)) for number in range(MOST + 1)]
    for comm in comms:
        connect(workspace, comm)
    assert [comm.closed for comm in comms] == [True] + [False] * MOST
    assert len(workspace.views) == MOST
    comms[1].leave()
    heard = len(comms[1].sent)
    run(workspace, "c", "%%node more\nctr + 1")
    assert len(comms[1].sent) == heard
    assert comms[2].last("update")["nodes"]


def test_a_page_changes_cells_in_one_step(workspace: Workspace, comm: Comm) -> None:
    """By edits of the texts that it has now; a page without these cells changes nothing."""
    comm.tell(**{**CELLS, "i": CELLS["i"].replace("views: int = 40", "views: int = 50")})

    def edits(texts: Mapping[str, str]) -> list[Replace]:
        row = texts["i"].split("\n")[2]
        return [Replace("i", span(2, row.index("5"), len(row)), "60")]

    assert not edit_cells(workspace, edits, ["elsewhere"])
    assert edit_cells(workspace, edits, ["i"])
    place = {"start": {"line": 2, "column": 13}, "end": {"line": 2, "column": 15}}
    assert comm.last("edits")["edits"] == [{"kind": "replace", "cell": "i", **place, "text": "60"}]
