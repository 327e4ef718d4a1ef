"""The lab link: a notebook page of JupyterLab at one end of a comm, the session at the other.

The page sends `{"type": …}`:

- `cells`: `cells`, those that are new or changed, and `order`, the ids of all (null: unchanged);
- `ask`: `id`, `what` and the arguments of a question; an `answer` with the same `id` follows;
- `mode`: `auto` or `lazy`; `impact`: details of what the last edit did to the node `name`,
  and `columns`: what is in its columns;
- `sync`: a message was lost.

It gets `view` and `update` (as the widget does), `notes` (problems, and which of our cells differ from what
ran), `restored` (nodes that came back with a cell, and are stale), `edits` (of cells, one step to undo) and
`answer` (`value`, or `error`).
Nothing here computes nodes: the page asks for that as a cell would, on the thread that can be interrupted.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from kernel_magics.assist import Document, DocumentCell, problems
from kernel_magics.assist.edit import Replace
from kernel_magics.engine.errors import DataflowError
from kernel_magics.lineage.missing import Table, table_of
from kernel_magics.view.build import live_view
from kernel_magics.workspace import Workspace
from nbext.answers import answer
from nbext.follower import Follower
from nbext.headings import under_headings
from nbext.notebook_sync import NotebookSync, elsewhere, states_of_cells
from nbext.screen import Screen
from nbext.update import View

Message = Mapping[str, Any]
MOST = 4  # pages that show one kernel at a time


class Comm(Protocol):
    """The kernel's end of a comm, as ipykernel gives it."""

    @property
    def comm_id(self) -> str: ...
    def send(self, data: View, /) -> None: ...
    def on_msg(self, handler: Callable[[Any], None], /) -> None: ...
    def on_close(self, handler: Callable[[Any], None], /) -> None: ...
    def close(self) -> None: ...


class LabLink(Follower):
    """One open comm, with the page's notebook and the notes that were sent last."""

    def __init__(self, workspace: Workspace, comm: Comm) -> None:
        self._comm = comm
        self._document = Document.of(())
        self._notes: View = {}
        self._sync = NotebookSync(workspace)
        self._followed: object = None
        self._key = f"lab-{comm.comm_id}"
        self._screen = Screen(self._placed(workspace), self._send)
        super().__init__(workspace, lambda: self._placed(workspace), self._screen)
        comm.on_msg(lambda message: self._receive(message["content"]["data"]))
        comm.on_close(lambda _message: self.close())
        workspace.views[self._key] = self
        workspace.deferred[self._key] = self._follow_notebook
        self._screen.send_view()

    def refresh(self) -> None:
        """Show the present session, and the cells that differ from what ran."""
        super().refresh()
        self._send_notes()

    def close(self) -> None:
        """The page was closed, or is closed in favour of another one."""
        super().close()
        self._workspace.views.pop(self._key, None)
        self._workspace.deferred.pop(self._key, None)
        self._comm.close()

    def has(self, ids: Sequence[str]) -> bool:
        """Whether the page has all these cells."""
        return set(ids) <= self._texts().keys()

    def edit(self, edits: Callable[[Mapping[str, str]], Sequence[Replace]]) -> bool:
        """Let the page change cells by edits of their present texts; False where there are none."""
        found = [edit.to_json() for edit in edits(self._texts())]
        if found:
            self._send({"type": "edits", "edits": found})
        return bool(found)

    # -- from the page -------------------------------------------------------------------------------------

    def _receive(self, message: Message) -> None:
        match message.get("type"):
            case "cells":
                changed = [DocumentCell.from_json(cell) for cell in message.get("cells") or ()]
                self._document = self._document.edit(changed, message.get("order"))
                self._follow_notebook()
                self._send_notes()
            case "ask":
                self._send({"type": "answer", "id": message.get("id"), **self._answer(message)})
            case "sync":
                with self._lock:
                    self._screen.send_view()
            case _:
                self.on_request(message)

    def _answer(self, message: Message) -> View:
        try:
            return {"value": answer(self._document, self._screen.view, message), "error": None}
        except DataflowError as error:
            shown = {"code": error.code, "message": error.message, "hint": error.hint}
        except Exception as error:  # the page waits for an answer, whatever is raised
            shown = {"code": "", "message": f"{type(error).__name__}: {error}", "hint": ""}
        return {"value": None, "error": shown}

    # -- to the page ---------------------------------------------------------------------------------------

    def _send(self, data: View) -> None:
        self._comm.send(data)
        # Newer kernels handle a comm's next message on the thread that sent last, which may run a cell for a
        # long time; without this attribute they handle it on the thread that the page chose.
        vars(self._comm).pop("_reply_subshell_id", None)

    def _follow_notebook(self) -> None:
        """Update the session from the cells on the page; if a cell runs, at its end.

        Each document is used once: a closed page sends no new one, and its order may be out of date.
        """
        workspace, session = self._workspace, self._workspace.session
        with workspace.lock.attempt() as free:
            if not free or self._followed == (self._document, frozenset(session.graph.cells)):
                return
            changed, restored = self._sync.follow(self._texts())
            self._followed = self._document, frozenset(session.graph.cells)
            if changed:
                workspace.views.refresh()
            elif under_headings(self._screen.view, self._document.cells) != self._screen.view:
                self.refresh()  # a heading was written, or the page sent its cells after they ran
            if restored and session.mode == "auto":
                restored = session.stale_after(restored)
        if restored:
            self._send({"type": "restored", "names": restored, "mode": session.mode})

    def _texts(self) -> dict[str, str]:
        return {cell.id: cell.text for cell in self._document.cells if cell.kind == "code"}

    def _send_notes(self) -> None:
        """Send problems, and the cells that differ from what ran, unless these were sent last."""
        # Two threads may send, that of the running cell and that of the page: the later one has newer data.
        with self._lock:
            document, graph = self._document, self._workspace.session.graph
            leaks = self._workspace.outcomes.leaks_of(document.graph)
            outside = self._workspace.publisher.user_names()
            found = problems(document, outside=outside, leaks=leaks, seen=self._samples())
            others = elsewhere(graph, document.places)
            wrong = [one for one in found if one.code != "DB203" or one.place.name not in others]
            notes = {
                "problems": [problem.to_json() for problem in wrong],
                "cells": states_of_cells(graph.cells, self._texts().items()),
            }
            if notes != self._notes:
                self._notes = notes
                self._send({"type": "notes", **notes})

    def _samples(self) -> dict[str, Table]:
        """The columns of the samples that are frames, of inputs whose cells are still those that ran."""
        memos, ran = self._workspace.session.memos, self._workspace.session.graph
        found: dict[str, Table] = {}
        for node in self._document.graph:
            same = node.cell_id in ran.cells and (
                ran.cells[node.cell_id].body == self._document.graph.cells[node.cell_id].body
            )
            memo = memos.get(node.name) if node.kind == "input" and same else None
            table = table_of(memo.value) if memo is not None and memo.error is None else None
            if table is not None:
                found[node.name] = table
        return found

    def _placed(self, workspace: Workspace) -> View:
        """The view, its nodes under the headings of the page."""
        return under_headings(live_view(workspace.session, outcomes=workspace.outcomes), self._document.cells)


def connect(workspace: Workspace, comm: Comm) -> None:
    """Connect a page; the oldest of many are closed, since a page may end without a message."""
    links = [view for view in workspace.views.values() if isinstance(view, LabLink)]
    for link in links[: max(0, len(links) - MOST + 1)]:
        link.close()
    LabLink(workspace, comm)
