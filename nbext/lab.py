"""The lab link: a notebook page of JupyterLab at one end of a comm, the session at the other.

The page sends `{"type": …}`:

- `cells`: `cells`, those that are new or changed, and `order`, the ids of all (null: unchanged);
- `ask`: `id`, `what` and the arguments of a question; an `answer` with the same `id` follows;
- `mode`: `auto` or `lazy`; `impact`: details of what the last edit did to the node `name`;
- `sync`: a message was lost.

It gets `view` and `update` (as the widget does), `notes` (problems, and how each of our cells stands),
`restored` (nodes that came back with a cell, and are stale) and `answer` (`value`, or `error`).
Nothing here computes nodes: the page asks for that as a cell would, on the thread that can be interrupted.
"""

from collections.abc import Mapping
from typing import Any

from kernel_magics.assist import Document, DocumentCell, problems
from kernel_magics.engine.errors import DataflowError
from kernel_magics.notebook.read import last_heading
from kernel_magics.view.build import live_view
from nbext.answers import answer
from nbext.live import Follower
from nbext.notebook_sync import NotebookSync, elsewhere, standing
from nbext.screen import Screen

View = dict[str, Any]
MOST = 4  # pages that show one kernel at a time


class LabLink(Follower):
    """What one open comm keeps: the notebook as it stands on the screen, and what the page was last told.

    Args:
        magics: gives `session`, `outcomes`, `publisher`, `turn`, `views` and `after`.
        comm: has `comm_id`, `send(data)`, `on_msg(handler)` and `on_close(handler)`.
    """

    def __init__(self, magics: Any, comm: Any) -> None:
        self._comm = comm
        self._document = Document.of(())
        self._notes: View = {}
        self._sync = NotebookSync(magics)
        self._followed: object = None
        self._key = f"lab-{comm.comm_id}"
        self._screen = Screen(self._placed(magics), self._say)
        super().__init__(magics, lambda: self._placed(magics), self._screen)
        comm.on_msg(lambda message: self._receive(message["content"]["data"]))
        comm.on_close(lambda _message: self.close())
        magics.views[self._key] = self
        magics.after[self._key] = self._settle
        self._screen.send_view()

    def refresh(self) -> None:
        """Show the session as it stands, and how cells stand to it."""
        super().refresh()
        self._tell()

    def close(self) -> None:
        """The page is gone, or is to go."""
        super().close()
        self._magics.views.pop(self._key, None)
        self._magics.after.pop(self._key, None)
        self._comm.close()

    # -- from the page -------------------------------------------------------------------------------------

    def _receive(self, message: Mapping[str, Any]) -> None:
        match message.get("type"):
            case "cells":
                changed = [DocumentCell.from_json(cell) for cell in message.get("cells") or ()]
                self._document = self._document.edit(changed, message.get("order"))
                self._settle()
                self._tell()
            case "ask":
                self._say({"type": "answer", "id": message.get("id"), **self._answer(message)})
            case "sync":
                with self._lock:
                    self._screen.send_view()
            case _:
                self.wish(message)

    def _answer(self, message: Mapping[str, Any]) -> View:
        try:
            return {"value": answer(self._document, self._screen.view, message), "error": None}
        except DataflowError as error:
            told = {"code": error.code, "message": error.message, "hint": error.hint}
        except Exception as error:  # whatever it is, the page waits for an answer
            told = {"code": "", "message": f"{type(error).__name__}: {error}", "hint": ""}
        return {"value": None, "error": told}

    # -- to the page ---------------------------------------------------------------------------------------

    def _say(self, data: View) -> None:
        self._comm.send(data)
        # Newer kernels let a comm's next message wait for the thread that sent last, which may run a cell for
        # long; without this note of theirs it is heard on the thread that the page chose.
        vars(self._comm).pop("_reply_subshell_id", None)

    def _settle(self) -> None:
        """Let the session follow the cells; while one runs, later.

        Once is enough: of a page that is gone nothing new is heard, and its order may be an old one.
        """
        magics = self._magics
        if not magics.turn.free():
            return
        try:
            if self._followed == (self._document, frozenset(magics.session.graph.cells)):
                return
            changed, restored = self._sync.follow(self._texts())
            self._followed = self._document, frozenset(magics.session.graph.cells)
            if changed:
                magics.refresh_views()
            if restored and magics.session.mode == "auto":
                restored = magics.session.stale_after(restored)
        finally:
            magics.turn.end()
        if restored:
            self._say({"type": "restored", "names": restored, "mode": magics.session.mode})

    def _texts(self) -> dict[str, str]:
        return {cell.id: cell.text for cell in self._document.cells if cell.kind == "code"}

    def _tell(self) -> None:
        """Send what is wrong, and which cells differ from what ran, where that is news."""
        # Two threads may tell, that of the cell that runs and that of the page: the later one sees more.
        with self._lock:
            document, graph = self._document, self._magics.session.graph
            found = problems(document, outside=self._magics.publisher.user_names())
            others = elsewhere(graph, document.places)
            wrong = [one for one in found if one.code != "DB203" or one.place.name not in others]
            notes = {
                "problems": [problem.to_json() for problem in wrong],
                "cells": standing(graph.cells, self._texts().items()),
            }
            if notes != self._notes:
                self._notes = notes
                self._say({"type": "notes", **notes})

    def _placed(self, magics: Any) -> View:
        """The view, its nodes under the headings that stand on the screen."""
        view = live_view(magics.session, outcomes=magics.outcomes)
        groups: dict[str | None, str] = {}
        heading = ""
        for cell in self._document.cells:
            if cell.kind == "markdown":
                heading = last_heading(cell.text) or heading
            groups[cell.id] = heading
        nodes = [{**node, "group": groups.get(node["cell_id"], node["group"])} for node in view["nodes"]]
        present = {node["group"] for node in nodes}
        return {
            **view,
            "groups": [group for group in dict.fromkeys(groups.values()) if group in present],
            "nodes": nodes,
        }


def connect(magics: Any, comm: Any) -> None:
    """Join a page that opened a comm; of many the oldest leave, for a page that is gone does not say so."""
    links = [view for view in magics.views.values() if isinstance(view, LabLink)]
    for link in links[: max(0, len(links) - MOST + 1)]:
        link.close()
    LabLink(magics, comm)
