"""An effect of the last edit on a node: its value changed, or came out equal."""

from __future__ import annotations

from typing import Any

from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.session.session import Session


def effects(session: Session) -> dict[str, dict[str, Any]]:
    """The effects on the edited nodes and all downstream of them, in the form of the view.

    `details` are None until requested, because comparing values takes longer than drawing.
    """
    if not session.memos.edited:
        return {}
    start = [*session.memos.edited, *(name for name, old in session.memos.before.items() if old is not None)]
    reached = closure(start, lambda name: sorted(session.graph.read_by(name)))
    said = {name: _verdict(session, name) for name in dict.fromkeys([*start, *reached])}
    return {name: {"verdict": verdict, "details": None} for name, verdict in said.items() if verdict}


def effect_after(session: Session, name: str) -> dict[str, Any] | None:
    """The effect on a node that has just run; equality is known only at the end of the run."""
    changed = session.memos.edited and session.memos.before.get(name) is not None and name in session.memos
    return {"verdict": "changed", "details": None} if changed else None


def current_effect(found: dict[str, Any] | None, state: str | None) -> dict[str, Any] | None:
    """The effect, if the node's value is up to date: not while it is stale or waiting."""
    return found if state in ("fresh", "failed") else None


def _verdict(session: Session, name: str) -> str:
    if name not in session.memos or name not in session.graph.nodes:
        return ""
    if name not in session.memos.before:
        return "equal"
    return "changed" if session.memos.before[name] is not None else ""
