"""Fixtures of the widget's tests: a front end that is stood in for, and the messages that are sent."""

from typing import Any

import pytest

from nbext import page
from nbext.widget import DagWidget


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests of the Python side need no built front end: its texts are stood in for."""
    texts = {"widget.js": "export default {}", "widget.css": ".db-root {}", "standalone.js": "0"}
    monkeypatch.setattr("nbext.widget.static_text", texts.__getitem__)
    monkeypatch.setattr(page, "static_text", texts.__getitem__)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The messages that widgets send."""
    messages: list[dict[str, Any]] = []
    monkeypatch.setattr(DagWidget, "send", lambda _self, content, buffers=None: messages.append(content))
    return messages
