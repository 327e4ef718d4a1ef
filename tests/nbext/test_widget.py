"""The widget: what a page gets when it opens, and the messages that follow."""

import json
from pathlib import Path
from typing import Any

import pytest

from nbext import page, static_files
from nbext.update import make_update
from nbext.widget import DagWidget
from tests.recorded import FOLDER

pytestmark = pytest.mark.usefixtures("built")

VIEW: dict[str, Any] = json.loads((FOLDER / "view_v1.json").read_text(encoding="utf-8"))


def receive(widget: DagWidget, message: object) -> None:
    """Hand the widget a message as the front end sends it."""
    widget._handle_custom_msg(message, [])


def test_the_page_gets_the_whole_view() -> None:
    """The view, its height and its identity are part of the state of the widget, as plain JSON."""
    widget = DagWidget(VIEW, height=300)
    state = widget.get_state()
    assert state["view"] == VIEW
    assert state["height"] == 300
    assert json.loads(json.dumps(state["view"])) == VIEW
    assert DagWidget(VIEW).uid != widget.uid


def test_a_push_travels_as_a_small_numbered_message(sent: list[dict[str, Any]]) -> None:
    """Only the change is sent; a page that opens later still gets the whole view as it is now."""
    widget = DagWidget(VIEW)
    changed = {**VIEW["nodes"][0], "state": "stale"}
    widget.push(make_update([changed], ["ctr"]))
    widget.push(make_update(progress=None))
    assert sent == [
        {"type": "update", "seq": 1, "version": 1, "nodes": [changed], "removed": ["ctr"], "order": None},
        {
            "type": "update",
            "seq": 2,
            "version": 1,
            "nodes": [],
            "removed": [],
            "order": None,
            "progress": None,
        },
    ]
    now = widget.get_state()["view"]
    assert now["nodes"][0]["state"] == "stale"
    assert "ctr" not in [node["name"] for node in now["nodes"]]
    assert VIEW["nodes"][0]["state"] == "fresh"


def test_requests_of_the_front_end_reach_their_callbacks(sent: list[dict[str, Any]]) -> None:
    """Compute names nodes or means all; other requests are handed on; nonsense is dropped."""
    asked: list[list[str] | None] = []
    others: list[dict[str, Any]] = []
    widget = DagWidget(VIEW, on_compute=asked.append, on_message=others.append)
    receive(widget, {"type": "compute", "names": ["ctr"]})
    receive(widget, {"type": "compute", "names": None})
    receive(widget, {"type": "mode", "mode": "lazy"})
    receive(widget, "nonsense")
    assert asked == [["ctr"], None]
    assert others == [{"type": "mode", "mode": "lazy"}]


def test_a_page_that_lost_a_message_gets_the_whole_view(sent: list[dict[str, Any]]) -> None:
    """`sync` is answered with the view as it is now, in the same numbering."""
    widget = DagWidget(VIEW)
    widget.push(make_update(progress=None))
    receive(widget, {"type": "sync"})
    assert sent[-1] == {"type": "view", "seq": 2, "view": widget.view}


def test_a_missing_front_end_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without the built files the error names the missing one and what to do."""
    static_files.static_text.cache_clear()
    monkeypatch.setattr(static_files, "files", lambda _package: tmp_path)
    with pytest.raises(static_files.FrontendMissing, match=r"widget\.js is missing.*npm run build"):
        static_files.static_text("widget.js")
    static_files.static_text.cache_clear()


def test_no_text_ends_the_page_s_script() -> None:
    """Names and docstrings are in the page as JSON in which no tag can begin."""
    evil = "</script><script>alert(1)</script><!--\u2028"
    html = page.html_page(
        {"version": 1, "title": evil, "nodes": [{"name": evil, "kind": "value", "inputs": []}]}
    )
    assert "<script>alert" not in html
    start = html.index('id="dagbook-view">') + len('id="dagbook-view">')
    data = html[start : html.index("</script>", start)]
    assert json.loads(data)["nodes"][0]["name"] == evil
    assert "<" not in data
    assert html.endswith("<script>0</script>\n</body>\n</html>\n")
