"""The impact of a session's last edit: replaced memos compared with the present ones."""

from __future__ import annotations

from collections.abc import Iterable

from kernel_magics.engine.graph.links import closure
from kernel_magics.engine.run.check import CheckResult, Condition
from kernel_magics.engine.session.memo import Memo
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.value import MISSING
from kernel_magics.quality.impact import Impact, NodeImpact, compare, notes_of, worst_first
from kernel_magics.quality.vectors import row_count
from kernel_magics.values import VALUES


def session_impact(session: Session, names: Iterable[str] = ()) -> Impact:
    """The impact of the last edit on the edited nodes and all downstream of them.

    Args:
        names: compare only these and the nodes downstream of them.
    """
    graph = session.graph
    if not session.memos.edited:
        return Impact((), (), ())
    chosen = list(names)

    def below(start: Iterable[str]) -> set[str]:
        start = list(start)
        return {*start, *closure(start, lambda name: sorted(graph.read_by(name)))}

    reached = below([*session.memos.edited, *session.memos.before])
    if chosen:
        reached &= below(chosen)
    order = [name for name in graph.names() if name in reached]
    removed = [
        name for name, memo in session.memos.before.items() if memo is not None and name not in graph.nodes
    ]
    order += [name for name in removed if name in reached]
    states = session.states()
    session.hold(name for name in order if name in session.memos.before)
    found: list[NodeImpact] = []
    equal: list[str] = []
    for name in order:
        old = session.memos.before.get(name)
        new = session.memos.get(name)
        if states.get(name) in ("stale", "waiting"):
            note = "not computed since: %compute brings it up to date"
            note = note if states[name] == "stale" else "waits for what nothing defines"
            found.append(NodeImpact(name, "stale", note=note))
        elif name not in session.memos.before:
            equal.append(name)
        else:
            one = _compared(name, old, new)
            found += [one] if one else []
            equal += [] if one else [name]
    return Impact(session.memos.edited, worst_first(found), tuple(equal), notes_of(found))


def node_impact(session: Session, name: str) -> NodeImpact | None:
    """The impact of the last edit on one node; None when its value is equal or unknown.

    Raises:
        DataflowError: its value was evicted and cannot be computed again.
    """
    if name not in session.memos.before or name not in session.graph.nodes:
        return None
    session.hold([name])
    return _compared(name, session.memos.before[name], session.memos.get(name))


def _compared(name: str, old: Memo | None, new: Memo | None) -> NodeImpact | None:
    """The difference of two memos; None when there is none."""
    if new is None:
        rows = row_count(old.value) if old and old.value is not MISSING else None
        return NodeImpact(name, "removed", (rows, None))
    if new.error is not None:
        if old is not None and old.error is not None:
            return NodeImpact(name, "broken", note=f"failed before, fails now: {new.error.message}")
        return NodeImpact(name, "broken", note=f"fails now: {new.error.message}")
    if old is None or old.error is not None:
        note = "failed before, runs now" if old else ""
        return NodeImpact(name, "repaired" if old else "added", (None, row_count(new.value)), note=note)
    if old.value is MISSING:
        note = "changed; its value from before was evicted to keep the budget of memory"
        return NodeImpact(name, "changed", (None, row_count(new.value)), note=note)
    if isinstance(old.value, CheckResult) and isinstance(new.value, CheckResult):
        return checked(name, old.value, new.value)
    return None if VALUES.equal(old.value, new.value) else compare(name, old.value, new.value)


def checked(name: str, old: CheckResult, new: CheckResult) -> NodeImpact | None:
    """The difference of two results of a check, by condition; None when there is none."""
    if old == new:
        return None
    before = {item.message: item for item in old.conditions}
    said = [_flip(before.get(item.message), item) for item in new.conditions]
    broke = any(not item.held and (before.get(item.message) or item).held for item in new.conditions)
    broke = broke or (old.held and not new.held)
    verdict = "broken" if broke else "repaired" if new.held and not old.held else "changed"
    return NodeImpact(name, verdict, note="; ".join(text for text in said if text))  # type: ignore[arg-type]


def _flip(old: Condition | None, new: Condition) -> str:
    if old == new:
        return ""
    now = "holds now" if new.held else f"fails now{f' ({new.detail})' if new.detail else ''}"
    was = "is new" if old is None else "held before" if old.held else "failed before"
    return f"{new.message}: {was}, {now}"
