"""A report is the output below a cell: its nodes, what else was updated, and errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from kernel_magics.engine.graph.link import ALIASES
from kernel_magics.engine.graph.plan import waiting_error
from kernel_magics.engine.run.failure import shared_generator
from kernel_magics.engine.run.testing import TestResult
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.values.took import took
from kernel_magics.engine.values.value import MISSING
from kernel_magics.engine.visible import visible
from kernel_magics.export.module.copies import changed_inputs, copy_of
from kernel_magics.view import Outcomes, live_nodes
from kernel_magics.view.links import verdict
from kernel_magics.view.look import LIGHT, LOOK

_MARKS = {state: look["sign"] for state, look in LOOK["states"].items()}
_MARKS["warned"] = _MARKS["fresh"]  # it ran on the present values
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Row:
    """One node in the report."""

    name: str
    signature: str
    state: str
    seconds: float | None
    type: str
    shape: str
    preview: str
    conditions: tuple[tuple[str, bool, str], ...]
    notes: tuple[str, ...]
    stored: bool = False
    warns: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """The whole output of one of our cells, displayed as HTML and as plain text.

    Attributes:
        rows: the cell's own nodes.
        updated: other nodes that were computed again, and how many came out equal or were left stale.
        tests: test cells that ran.
        notices: other lines.
    """

    rows: tuple[Row, ...] = ()
    updated: tuple[str, ...] = ()
    seconds: float = 0.0
    tests: tuple[TestResult, ...] = ()
    notices: tuple[str, ...] = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": self.text(), "text/html": self.html()}

    def text(self) -> str:
        """Plain text, for terminals and logs."""
        lines: list[str] = []
        for row in self.rows[:_SHOWN]:
            lines.append("  ".join(part for part in [_MARKS[row.state], row.signature, *_facts(row)] if part))
            lines += [f"    {mark} {text}" for mark, text in _details(row)]
            if len(self.rows) == 1 and row.preview:
                lines += [f"    {line}" for line in row.preview.split("\n")]
        lines += [*_more(self.rows), *self._tail()]
        return visible("\n".join(lines)) or "nothing to show"

    def html(self) -> str:
        """HTML in the notebook's colours; everything in it is escaped."""
        alone = len(self.rows) == 1
        body = "".join(_head_html(row) + ("" if alone else _below_row(row)) for row in self.rows[:_SHOWN])
        # In the table it would pull the columns apart.
        below = _below_html(self.rows[0], preview=True) if alone else ""
        tail = "".join(
            f'<div style="opacity:.75;font-size:90%">{escape(line)}</div>'
            for line in [*_more(self.rows), *self._tail()]
        )
        table = f'<table style="border-collapse:collapse;margin:0">{body}</table>' if body else ""
        style = "font-size:var(--jp-ui-font-size1,13px);text-align:left"
        return f'<div class="dagbook-report" style="{style}">{table}{below}{tail}</div>'

    def _tail(self) -> list[str]:
        lines: list[str] = []
        if self.updated:
            shown = ", ".join(self.updated[:6]) + (
                f" and {len(self.updated) - 6} more" if len(self.updated) > 6 else ""
            )
            time = took(self.seconds)
            lines.append(f"also updated: {shown}   ({len(self.updated)}{time and f' in {time}'})")
        lines += [_test_line(test) for test in self.tests]
        return [*lines, *self.notices]


def make_rows(session: Session, names: Iterable[str], outcomes: Outcomes | None = None) -> tuple[Row, ...]:
    """The present rows of nodes."""
    return tuple(
        _row(session, node, shown=number < _SHOWN)
        for number, node in enumerate(live_nodes(session, names, outcomes))
    )


def _row(session: Session, node: dict[str, Any], shown: bool = True) -> Row:
    summary = node["summary"] or {}
    notes = []
    for name in node["waiting"] if node["state"] == "waiting" else ():
        error = waiting_error(session.graph, name, session.params())
        defined = name in session.graph.nodes  # but not for these params
        missing = f"'{name}' is not imported" if name in ALIASES else f"waits for '{name}'"
        notes.append(f"{error.message.rstrip('.')}: {error.hint}" if defined else f"{missing}: {error.hint}")
    notes += [*_injected_notes(session, node), *(_copy_notes(session, node) if shown else ())]
    if node["volatile"]:
        notes.append(f"reads {node['volatile']} each time it runs; run its cell again to read it anew")
    notes += _generator_notes(session, [node["name"], *node["inputs"]])
    if node["error"]:
        notes.append(f"{node['error']['code']} {node['error']['message']}")
    return Row(
        name=node["name"],
        signature=_signature(node),
        state=_state(node),
        seconds=node["seconds"] if node["kind"] in ("value", "check") else None,
        type=summary.get("type", ""),
        shape=summary.get("shape", ""),
        preview=_preview(node, summary.get("preview", "")),
        warns=node["severity"] == "warn",
        conditions=tuple((item["message"], item["held"], item["detail"]) for item in node["conditions"]),
        notes=tuple(notes),
        stored=node["name"] in session.memos and session.memos[node["name"]].stored,
    )


def _preview(node: dict[str, Any], preview: str) -> str:
    """The value as text; one that its code would not give now is called old."""
    if node["state"] == "waiting" or not preview:
        return ""
    return f"old value, not computed since the edit:\n{preview}" if node["state"] == "stale" else preview


def _state(node: dict[str, Any]) -> str:
    """The node's state in one word; a check of which a condition does not hold has failed or warned."""
    if node["state"] == "fresh" and verdict(node) in ("failed", "warned"):
        return verdict(node)
    return str(node["state"] or "stale")


def _generator_notes(session: Session, names: Iterable[str]) -> list[str]:
    """Warnings about random generators with several readers."""
    found = []
    for name in names:
        readers = session.generator_readers(name)
        if readers:
            error = shared_generator(name, session.graph.node(name).ref, readers)
            found.append(f"{error.message} {error.hint}")
    return found


def _copy_notes(session: Session, node: dict[str, Any]) -> list[str]:
    """That a node changes an input in place, and what its module does about it."""
    notes = []
    for item in session.graph.nodes[node["name"]]:
        if not any(copy_of(name, _hint(session, name)) for name in item.input_names):
            continue  # values that cannot change: its code need not be read
        for name, always in changed_inputs(session.graph, item).items():
            line = copy_of(name, _hint(session, name), always)
            if line:
                notes.append(f"changes '{name}' in place: in the module its function begins with `{line}`")
    return list(dict.fromkeys(notes))


def _hint(session: Session, name: str) -> str:
    """The declared type of a node, or else that of its value; "" when neither is known."""
    declared = session.graph.node(name).type if name in session.graph.nodes else ""
    memo = session.memos.get(name)
    if declared or memo is None or memo.error is not None or memo.value is MISSING:
        return declared
    return session.values.type_name(memo.value)


def _injected_notes(session: Session, node: dict[str, Any]) -> list[str]:
    """That a param takes a value which papermill gives."""
    cell = session.graph.cells.get(node["cell_id"]) if node["kind"] == "param" else None
    item = cell.injected.get(node["name"]) if cell is not None else None
    return [f"{item.source} is injected in place of {item.declared}"] if item is not None else []


def _signature(node: dict[str, Any]) -> str:
    if node["kind"] in ("input", "param"):
        return f"{node['name']}: {node['type']}" if node["type"] else node["name"]
    if node["kind"] == "check":
        return f"{node['name']}({', '.join(node['inputs'])})"
    arrow = f" -> {node['type']}" if node["type"] else ""
    return f"{node['name']}({', '.join(node['inputs'])}){arrow}"


def _facts(row: Row) -> list[str]:
    size = f"{row.type} {f'({row.shape})' if row.shape else ''}".strip()
    time = took(row.seconds) if row.seconds is not None and row.state in ("fresh", "warned") else ""
    time = f"from disk, computed in {time}" if time and row.stored else time
    return [row.state, time, size]


def _details(row: Row) -> list[tuple[str, str]]:
    checks = [
        ("✓" if held else "✗", f"{message}{f' ({detail})' if detail else ''}")
        for message, held, detail in row.conditions
    ]
    return [*checks, *(("→", note) for note in row.notes)]


def _more(rows: Sequence[Row]) -> list[str]:
    return [f"… and {len(rows) - _SHOWN} more"] if len(rows) > _SHOWN else []


def _test_line(test: TestResult) -> str:
    if test.waiting:
        return f"… test of {test.subject} {test.cell} waits for {', '.join(test.waiting)}"
    return f"{'✗' if test.error else '✓'} test of {test.subject} {test.cell}"


def _colour(state: str) -> str:
    """The state's colour in the theme of the page; the light one without the extension."""
    known = LOOK["verdicts"]["warned"]["state"] if state == "warned" else state
    return f"var(--dagbook-{known}, {LIGHT.state[known]})"


# A long name may go on in the next line here.
_BREAKS = re.compile(r"[_(]")
_PLAIN = "text-align:left;padding:1px 10px 1px 0;border:0;background:none;vertical-align:top"


def _head_html(row: Row) -> str:
    """A row of the table: mark, signature and facts, each in its column."""
    fixed = f'style="{_PLAIN};white-space:nowrap"'
    facts = "".join(f"<td {fixed}>{escape(fact)}</td>" for fact in _facts(row))
    signature = _BREAKS.sub(r"\g<0><wbr>", escape(row.signature))  # breaks there before facts are cut off
    mark = f'<span style="color:{_colour(row.state)}" title="{row.state}">{_MARKS[row.state]}</span>'
    return (
        f'<tr style="background:none"><td style="{_PLAIN};padding-right:5px">{mark}</td>'
        f'<td style="{_PLAIN}"><code>{signature}</code></td>{facts}</tr>'
    )


def _below_row(row: Row) -> str:
    """What is below one of several rows."""
    below = _below_html(row)
    return f'<tr style="background:none"><td colspan="5" style="{_PLAIN}">{below}</td></tr>' if below else ""


def _below_html(row: Row, preview: bool = False) -> str:
    """Conditions and notes of a node, and its value on request."""
    wrong = _colour("warned" if row.warns else "failed")
    details = "<br>".join(
        f'<span style="color:{wrong if mark == "✗" else "inherit"}">{mark} {escape(text)}</span>'
        for mark, text in _details(row)
    )
    below = f'<div style="padding-left:1.2em">{details}</div>' if details else ""
    if preview and row.preview:
        style = "margin:2px 0 4px 1.2em;padding:0;opacity:.85;background:none;font-size:90%;overflow-x:auto"
        below += f'<pre style="{style}">{escape(row.preview)}{_left_out(row)}</pre>'
    return below


def _left_out(row: Row) -> str:
    """The number of all rows below the preview of a series or a frame that has more than it shows."""
    rows = row.shape.partition(" x ")[0]
    if not row.type.startswith(("DataFrame", "Series")) or not rows.isdigit():
        return ""
    lines = row.preview.count("\n") + (0 if row.type.startswith("DataFrame") else 1)  # below its header
    return f"\n… {rows} rows in all" if int(rows) > lines else ""
