"""A workspace owns the dataflow of one kernel and keeps variables, reports and views up to date."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from kernel_magics.engine.errors import DataflowError, quoted
from kernel_magics.engine.run.inline import Inline
from kernel_magics.engine.run.schedule import Place
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import is_ours
from kernel_magics.engine.source.injected import injected_values
from kernel_magics.notebook import Notebook, find_notebook
from kernel_magics.store import DiskStore
from kernel_magics.values import VALUES
from kernel_magics.view import Outcomes, live_view
from kernel_magics.workspace.headings import Headings
from kernel_magics.workspace.old import old_lines
from kernel_magics.workspace.outputs import Outputs
from kernel_magics.workspace.publish import Publisher
from kernel_magics.workspace.report import Row, make_rows
from kernel_magics.workspace.session_lock import SessionLock
from kernel_magics.workspace.shadow import injected_lines, shadow_lines
from kernel_magics.workspace.update import Outcome, emptied, stale_nodes, update
from kernel_magics.workspace.views import Views, Watcher

_SHOWN = 5  # names listed in a line


class Workspace:
    """The session of one kernel, the notebook's variables, and everything that shows the session.

    Attributes:
        session: the cells, the graph and the memos.
        store: the results on disk.
        publisher: the copies of values among the notebook's variables.
        outputs: the reports below cells.
        views: the live pictures.
        outcomes: the results of the checks in their last run.
        lock: held while a cell runs, and by any other code that changes the session.
        deferred: work of pages that waits for the end of the running cell, by page.

    Args:
        variables: the notebook's variables.
        session: the session to own; a new one by default.
    """

    def __init__(self, variables: dict[str, Any], session: Session | None = None) -> None:
        self.store = DiskStore()
        self.session = Session(VALUES, self.store, self._user_names) if session is None else session
        self.publisher = Publisher(self.session, variables)
        self.outcomes = Outcomes()
        self.outputs = Outputs(self.session, self.rows)
        self.views = Views()
        self.lock = SessionLock()
        self.deferred: dict[str, Callable[[], None]] = {}
        self._headings = Headings(self.find_notebook)
        self._ran: set[str] = set()  # ids of all cells that ran, to find the notebook's file
        self._depth = 0  # of cells that run inside each other
        # the outermost cell that runs: its id, or its text where the front end sends none; and its text
        self._running = "", ""
        # cells that were deleted in the notebook and not yet in the session
        self._deleted: dict[str, None] = {}

    # -- cells -----------------------------------------------------------------------------------------------

    def note_cell(self, id: str | None, text: str, deleted: Iterable[str] = ()) -> None:
        """Record the running cell and the deleted ones; the session changes when a cell begins.

        Args:
            id: None if the front end sends none.
            text: the cell's whole text.
            deleted: ids of cells that were deleted since the last cell ran.
        """
        self._deleted |= dict.fromkeys(deleted)
        if id is not None:
            self._ran.add(id)
            self._deleted.pop(id, None)
            if not is_ours(text):  # it may have had a magic of ours before
                self._deleted[id] = None

    def begin_cell(self, text: str, inside: bool = False, id: str | None = None) -> list[str]:
        """Start a cell: update the session from the notebook, and give the cell clean copies of values.

        Args:
            text: the cell's whole text.
            inside: whether it runs inside another cell.
            id: None where the front end sends none.

        Returns:
            lines for the user: errors of the setup without the deleted cells, old values that it reads.
        """
        self.lock.begin(inside)
        self._depth = self._depth + 1 if inside else 1
        if not inside:
            self._running = id or f"text {text}", text
        with self.lock.change:
            lines = [*self._forget_deleted(), *self._follow_local_code()]
            if not is_ours(text):
                lines += old_lines(self.session, text, self.publisher.prepare(text))
        return lines

    def end_cell(self) -> list[str]:
        """End a cell: pages may change the session now.

        Returns:
            lines to tell the user: what the cell put under names of the dataflow.
        """
        self._depth -= 1
        lines: list[str] = []
        try:
            if self._depth <= 0:
                with self.lock.change:
                    lines = self._follow_assignments()
        finally:
            self.lock.end()
        for catch_up in list(self.deferred.values()):
            catch_up()
        return [*lines, *self.store.news()]

    def inject(self, id: str, text: str) -> list[str]:
        """Let params take what an injected cell gives; any other cell gives nothing.

        Returns:
            lines to tell the user.
        """
        values = injected_values(text)
        changed = self.session.inject(id, values)
        if not changed:
            return []
        outcome = Outcome()
        lines, sound = injected_lines(self.session, values)
        if self.session.mode == "auto" and sound:
            outcome = self.update(self.session.stale_after(changed))
            self.show_outcome(outcome)
        self.publisher.claim(changed)
        self.views.refresh()
        self.outputs.refresh(changed)
        return list(dict.fromkeys([*lines, *(line for error in outcome.errors for line in error.lines())]))

    def _follow_assignments(self) -> list[str]:
        """Tell what an ordinary cell put under names of the dataflow; params take what papermill gives."""
        id, text = self._running
        lines = [] if is_ours(text) else [*self._mend(), *self.inject(id, text)]
        found, given = self.publisher.shadowed(), injected_values(text)
        others = {name: there for name, there in found.items() if name not in given}
        return [*lines, *shadow_lines(self.session, others)]

    def _mend(self) -> list[str]:
        """Undo what an ordinary cell changed of the setup, or of values that it got without a copy."""
        try:
            names = self.session.mend()
        except DataflowError as error:
            return error.lines()
        if not names:
            return []
        owners = {name: name.partition(".")[0] for name in names}
        values = [owner for owner in dict.fromkeys(owners.values()) if owner in self.session.graph.nodes]
        return [
            *self._said_of_values(values),
            *self._said_of_setup([n for n in names if owners[n] not in values]),
        ]

    def _said_of_setup(self, names: Sequence[str]) -> list[str]:
        if not names:
            return []
        for cell in self.session.graph.setup.cells:
            self.publisher.share(cell.id)
        return [f"{quoted(names)} of the setup is as its cell says again: other cells cannot change it."]

    def _said_of_values(self, names: Sequence[str]) -> list[str]:
        stale = [name for name, (state, _) in self.session.states_of(names).items() if state == "stale"]
        if stale:
            self.views.refresh()
            self.outputs.refresh(stale)
        whole = [name for name in names if name not in stale]
        lines = (
            [f"{quoted(whole)} is as its node made it again: other cells cannot change it."] if whole else []
        )
        why = "this cell changed what cannot be copied, and it cannot be undone."
        return [*lines, f"{quoted(stale)} is stale: {why}"] if stale else lines

    def _follow_local_code(self) -> list[str]:
        """Update the session when files of imported local modules changed."""
        try:
            changed, stale = self.session.follow_local_code()
        except DataflowError as error:
            return [*error.lines(), "a module that it imports changed; what was loaded before is used."]
        except KeyboardInterrupt:
            return ["stopped; the next cell loads the modules that changed."]
        if not changed:
            return []
        for cell in self.session.graph.setup.cells:
            self.publisher.share(cell.id)
        self.views.refresh()
        self.outputs.refresh(stale)
        modules = f"{quoted(changed)} changed and {'was' if len(changed) == 1 else 'were'} loaded anew"
        shown = quoted(stale[:_SHOWN]) + (f" and {len(stale) - _SHOWN} more" if len(stale) > _SHOWN else "")
        return [f"{modules}: {shown} {'is' if len(stale) == 1 else 'are'} stale." if stale else f"{modules}."]

    def _forget_deleted(self) -> list[str]:
        """Remove deleted cells from the dataflow, for which the setup may have to run again."""
        ids = list(self._deleted)
        for id in ids:
            self.views.close(id)
            if not injected_values(self._running[1]) or id != self._running[0]:
                self.inject(id, "")
        before = self.session.graph
        lines: list[str] = []
        try:
            self.session.forget(*ids)
        except DataflowError as error:  # an error of other cells must not fail the running one
            left = f"cell {', '.join(error.cells)} has left the dataflow until it runs again."
            lines = [*error.lines(), left]
        except KeyboardInterrupt:
            return ["stopped; the next cell takes the deleted ones out of the dataflow."]
        after = self.session.graph
        for id in ids:
            self._deleted.pop(id, None)
        if after is before:
            return lines
        self.show_removed([name for name in before.nodes if name not in after.nodes])
        return [*lines, *emptied(before, after, after.cells)]

    # -- values --------------------------------------------------------------------------------------------

    def update(
        self,
        names: Iterable[str] | None,
        watchers: Iterable[Watcher] = (),
        force: bool = False,
        place: Place = Inline,
    ) -> Outcome:
        """Compute the stale nodes among these and upstream of them, with all views updated.

        Args:
            names: None for all that can run.
            watchers: observe the run, before the views.

        Raises:
            WaitingError: DB203, before anything runs.
        """
        with self.views.followed(stale_nodes(self.session, names, force), *watchers) as note:
            return update(self.session, names, note, force, place)

    def update_for_view(self, names: Sequence[str] | None) -> None:
        """Update nodes on request of a live view (None: all that can run), which displays their errors."""
        with self.lock.cell, self.lock.change:
            wanted = [name for name in self.session.runnable() if names is None or name in names]
            self.show_outcome(self.update(wanted))

    def set_mode(self, mode: object) -> None:
        """Compute stale nodes at once (`auto`) or on request (`lazy`); ignores other words."""
        if mode == "auto" or mode == "lazy":
            self.session.mode = mode
            self.views.show_mode(mode)

    # -- displays -------------------------------------------------------------------------------------------

    def _user_names(self) -> dict[str, str]:
        return self.publisher.user_names()

    def view(self) -> dict[str, Any]:
        """The view of the present session, its nodes under the headings of the notebook's file."""
        return self._headings.place(live_view(self.session, outcomes=self.outcomes))

    def rows(self, names: Iterable[str]) -> tuple[Row, ...]:
        """The rows of a report on these nodes."""
        return make_rows(self.session, names, self.outcomes)

    def show_removed(self, names: Sequence[str]) -> None:
        """Update variables, views and reports after these nodes were removed."""
        self.publisher.withdraw(names)
        if names:
            self.views.refresh()
            self.outputs.refresh(names)

    def show_outcome(self, outcome: Outcome) -> None:
        """Update variables and reports after a run that none of our cells started."""
        self.publisher.refresh(outcome.computed)
        self.outputs.refresh([*outcome.computed, *outcome.failed])

    def find_notebook(self) -> Notebook | None:
        """The saved file of this notebook; None if it is not found."""
        return find_notebook(self._ran, self.publisher.variables, self.session.graph.cells.values())

    def close(self) -> None:
        """Close all views when the magics are unloaded."""
        for id in list(self.views):
            self.views.close(id)
