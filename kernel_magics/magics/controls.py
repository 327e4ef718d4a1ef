"""`%dataflow controls`: widgets for params, which compute what depends on them as soon as they are moved.

A control gives its param a value as a cell of papermill does, from the cell that shows it: that cell run
again, or deleted, takes the values back. Written into the cell of the params, a value is their default.
"""

from __future__ import annotations

import ast
import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from kernel_magics.engine.errors import DataflowError, UsageError, quoted
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.values.value import MISSING
from kernel_magics.magics.context import Context
from kernel_magics.magics.rewrite import edits_in
from nbext.connect import edit_cells

_RANGE: Final = re.compile(r"(?<![\w.])(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)")
_DAYS: Final = re.compile(r"(\d{4}-\d\d-\d\d)\s*\.\.\s*(\d{4}-\d\d-\d\d)")
_MOMENTS: Final = ("date", "datetime", "Timestamp")
_STEPS: Final = 100  # of a slider between two numbers that are not whole


def controls(context: Context) -> object:
    """A box with a control for each param that something reads.

    Raises:
        DataflowError: DB003 without ipywidgets, DB310 where no param has a control.
    """
    try:
        import ipywidgets  # noqa: PLC0415  # an extra
    except ImportError:
        raise UsageError(
            "DB003",
            "controls need a package: ipywidgets is not installed.",
            hint="pip install 'dagbook[lab]'.",
        ) from None
    return _Controls(context, ipywidgets).box


class _Controls:
    """The controls of one cell."""

    def __init__(self, context: Context, library: Any) -> None:
        self._workspace, self._library = context.workspace, library
        self._cell = context.cells.request().id
        self._chosen: dict[str, object] = {}
        session = self._workspace.session
        graph, memos = session.graph, session.memos
        rows = []
        for name in graph.names():
            node, memo = graph.node(name), memos.get(name)
            if node.kind != "param" or name not in graph.readers or memo is None or memo.value is MISSING:
                continue
            widget = self._widget(node, memo.value)
            if widget is not None:
                widget.observe(lambda change, name=name: self._choose(name, change["new"]), "value")
                rows.append(widget)
        if not rows:
            raise DataflowError(
                "DB310",
                "no param has a control.",
                hint="controls are for numbers, texts, truths and typed dates in %%params that a node reads.",
            )
        self._said = library.HTML()
        write = library.Button(description="Write into the cell")
        write.on_click(lambda _button: self._write())
        self.box = library.VBox([*rows, library.HBox([write, self._said])])

    def _widget(self, node: Node, value: object) -> Any:
        """The control of a param; None for a value that no control can say."""
        make, same = self._library, {"description": node.name, "value": value, "tooltip": node.doc}
        members = _members(node.type)
        if members and value in members:
            return make.Dropdown(options=members, **same)
        if isinstance(value, bool):
            return make.Checkbox(**same)
        if isinstance(value, int | float):
            found = _RANGE.search(node.doc)
            low, high = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
            calm = {**same, "continuous_update": False}
            if found and low <= value <= high:
                if isinstance(value, int):
                    return make.IntSlider(min=int(low), max=int(high), **calm)
                return make.FloatSlider(min=low, max=high, step=(high - low) / _STEPS or 1.0, **calm)
            return (make.IntText if isinstance(value, int) else make.FloatText)(**calm)
        if isinstance(value, str):
            return make.Text(**same, continuous_update=False)
        return self._calendar(node, value) if isinstance(value, datetime.date) else None

    def _calendar(self, node: Node, value: datetime.date) -> Any:
        """The control of a date or moment; none without a type, by which its text becomes a value again."""
        if node.type.rpartition(".")[2] not in _MOMENTS or getattr(value, "tzinfo", None) is not None:
            return None
        days = _days(node.doc)
        same = {"description": node.name, "tooltip": node.doc}
        if isinstance(value, datetime.datetime):
            if value.microsecond or getattr(value, "nanosecond", 0):  # a page shows whole seconds
                return None
            plain = datetime.datetime.fromisoformat(value.isoformat())
            if plain.time() != datetime.time() or not node.type.endswith("Timestamp"):
                limits = [datetime.datetime.combine(day, datetime.time()) for day in days]
                return self._library.NaiveDatetimePicker(value=plain, **same, **_limits(limits, plain))
            value = plain.date()
        return self._library.DatePicker(value=value, **same, **_limits(days, value))

    def _choose(self, name: str, value: object) -> None:
        if value is None:  # a date that was emptied
            return
        self._chosen[name] = value.isoformat() if isinstance(value, datetime.date) else value
        with self._workspace.lock.cell, self._workspace.lock.change:
            lines = self._workspace.inject(self._cell, f"# Parameters\n{_assignments(self._chosen)}")
        self._say("\n".join(lines))

    def _write(self) -> None:
        """Let the page write the values into the cells of the params."""
        graph = self._workspace.session.graph
        sources = {name: self._source(name) for name in self._chosen if name in graph.nodes}
        ids = list(dict.fromkeys(graph.node(name).cell_id for name in sources))
        try:
            done = bool(sources) and edit_cells(self._workspace, edits_in(ids, sources), ids)
        except DataflowError as error:
            self._say(error.message)
            return
        names = quoted(list(sources)) if sources else "nothing was moved"
        self._say(f"{names}: {'written' if done else 'no page can write it'}")

    def _source(self, name: str) -> str:
        """What a value is in the cell of its param: the source that it runs with now."""
        graph = self._workspace.session.graph
        given = graph.cells[graph.node(name).cell_id].injected.get(name)
        return given.source if given is not None and given.source else repr(self._chosen[name])

    def _say(self, text: str) -> None:
        lines = text.replace("&", "&amp;").replace("<", "&lt;").split("\n")
        self._said.value = "<br>".join(lines)


def _assignments(values: Mapping[str, object]) -> str:
    return "\n".join(f"{name} = {value!r}" for name, value in values.items())


def _days(doc: str) -> list[datetime.date]:
    """The ends of `2024-01-01..2024-12-31` in a remark; none for any other."""
    found = _DAYS.search(doc)
    try:
        return [datetime.date.fromisoformat(text) for text in found.groups()] if found else []
    except ValueError:
        return []


def _limits(ends: Sequence[Any], value: Any) -> dict[str, Any]:
    """Limits of a control, if the value is between them."""
    return {"min": ends[0], "max": ends[1]} if ends and ends[0] <= value <= ends[1] else {}


def _members(hint: str) -> list[Any]:
    """The members of a hint such as `Literal["a", "b"]`; none for any other."""
    found = re.fullmatch(r"(?:\w+\.)?Literal\[(.*)\]", hint.strip(), re.DOTALL)
    try:
        value = ast.literal_eval(f"({found[1]},)") if found else ()
    except (ValueError, SyntaxError):
        return []
    return list(value)
