"""The dataflow of a page before its cells run."""

import json

from IPython.core.formatters import DisplayFormatter

from nbext.preview import preview

CELLS = [
    {"id": "t", "kind": "markdown", "text": "# Rates"},
    {"id": "i", "text": "%%inputs\nviews: int = open('/nowhere').read()"},
    {"id": "n", "text": "%%node ctr\n1 / views"},
    {"id": "o", "text": "x = 1"},
]


def test_a_preview_links_cells_and_runs_nothing() -> None:
    """The static view has every node with its cell and its heading; an input that would fail is not run."""
    view = preview(json.dumps(CELLS)).view
    assert [(node["name"], node["cell_id"], node["group"]) for node in view["nodes"]] == [
        ("views", "i", "Rates"),
        ("ctr", "n", "Rates"),
    ]
    assert view["nodes"][1]["inputs"] == ["views"]
    assert all(node["state"] is None for node in view["nodes"])


def test_jupyter_sends_a_preview_as_json() -> None:
    """An expression of a request is formatted like a result; the page reads its JSON."""
    shown, _ = DisplayFormatter().format(preview(json.dumps(CELLS)))
    assert shown["application/json"]["version"] == 1
