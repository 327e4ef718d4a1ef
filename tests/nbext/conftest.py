"""Fixtures: a fake front end, the messages that are sent, and a page of JupyterLab."""

from typing import Any

import pytest

from kernel_magics.workspace import Workspace
from nbext import page
from nbext.lab import connect
from nbext.widget import DagWidget
from tests.nbext.page import CELLS, Comm, run


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the Python side need no built front end: its texts are fakes."""
    texts = {"widget.js": "export default {}", "widget.css": ".db-root {}", "standalone.js": "0"}
    monkeypatch.setattr("nbext.widget.static_text", texts.__getitem__)
    monkeypatch.setattr(page, "static_text", texts.__getitem__)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages that widgets send."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(DagWidget, "send", lambda _self, content, buffers=None: messages.append(content))
    return messages


@pytest.fixture
def workspace() -> Workspace:
    """A workspace whose session has run the cells."""
    workspace = Workspace({})
    for id, text in CELLS.items():
        run(workspace, id, text)
    return workspace


@pytest.fixture
def comm(workspace: Workspace) -> Comm:
    """A page that shows the cells."""
    comm = Comm()
    connect(workspace, comm)
    comm.tell(**CELLS)
    return comm
