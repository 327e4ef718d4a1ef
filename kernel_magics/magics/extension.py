"""The extension: cell magics that register cells, and line magics that ask about the dataflow."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.testing import run_test, tested_names
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource, first_line, is_ours
from kernel_magics.magics import commands
from kernel_magics.magics.cells import CellTracker
from kernel_magics.magics.headings import Headings
from kernel_magics.magics.outputs import Outputs
from kernel_magics.magics.progress import Progress, Ticker
from kernel_magics.magics.publish import Publisher
from kernel_magics.magics.report import Report, Row, make_rows
from kernel_magics.magics.running import Outcome, bring_up, due, owned, raise_first
from kernel_magics.magics.session_lock import SessionLock
from kernel_magics.magics.views import Views
from kernel_magics.notebook import Notebook, find_notebook
from kernel_magics.store import DiskStore
from kernel_magics.values import VALUES
from kernel_magics.view import Outcomes


@magics_class
class DagbookMagics(Magics):
    """Owns the session of one kernel."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self.store = DiskStore()
        self.session = Session(VALUES, self.store)
        self.tracker = CellTracker(shell)
        self.ticker = Ticker()
        self.publisher = Publisher(self.session, shell.user_ns)
        self.outcomes = Outcomes()
        self.headings = Headings(self.find_notebook)
        self.outputs = Outputs(self.session, self._rows)
        self.deleted: dict[str, None] = {}  # gone from the notebook, and not yet from the dataflow
        self.views = Views()
        self.turn = SessionLock()
        self.after: dict[str, Callable[[], None]] = {}  # what pages put off until the running cell ends

    # -- cells ---------------------------------------------------------------------------------------------

    @no_var_expand
    @cell_magic
    def setup(self, line: str, cell: str) -> None:
        """Imports, constants and helpers that nodes share."""
        self._register("setup", line, cell)

    @no_var_expand
    @cell_magic
    def inputs(self, line: str, cell: str) -> None:
        """`name: type = sample` lines: values given from outside."""
        self._register("inputs", line, cell)

    @no_var_expand
    @cell_magic
    def params(self, line: str, cell: str) -> None:
        """`name: type = default` lines: inputs with a default."""
        self._register("params", line, cell)

    @no_var_expand
    @cell_magic
    def node(self, line: str, cell: str) -> None:
        """Functions, or with a name on the line a bare body: `%%node NAME`, `%%node A, B`,
        `%%node lag_{k} --for k=1,7`, `%%node NAME --when region=US`; `--tag k=v`, `--cache`, `--lazy`;
        `--check "0 <= value <= 1"`, `--check not_null`, `--warn unique`: checks in a few words.
        """
        self._register("node", line, cell)

    @no_var_expand
    @cell_magic
    def check(self, line: str, cell: str) -> None:
        """`%%check NODE [--warn]`: conditions on a node's value, one a line; a comment is the message."""
        self._register("check", line, cell)

    @no_var_expand
    @cell_magic
    def test(self, line: str, cell: str) -> None:
        """`%%test NODE`: an example of a node's function, as plain code with `assert`."""
        self._register("test", line, cell)

    # -- lines ---------------------------------------------------------------------------------------------

    @no_var_expand
    @line_magic
    def compute(self, line: str) -> object:
        """`%compute [NAMES…] [--force] [--executor NAME] [--inputs EXPR]`: bring nodes up to date."""
        return commands.compute(self, line)

    @no_var_expand
    @line_magic
    def dag(self, line: str) -> object:
        """`%dag [NAMES…] [--upstream NAME] [--downstream NAME] [--static] [--height PX]`: the graph."""
        return commands.dag(self, line)

    @no_var_expand
    @line_magic
    def lineage(self, line: str) -> object:
        """`%lineage NAME`: where it comes from and what it feeds."""
        return commands.lineage(self, line)

    @no_var_expand
    @line_magic
    def impact(self, line: str) -> object:
        """`%impact [NAME…]`: what the last edit changed downstream, before and after, worst first."""
        return _quality().impact(self, line)

    @no_var_expand
    @line_magic
    def suggest(self, line: str) -> None:
        """`%suggest NODE`: drafts a check cell from the values seen, as the next cell."""
        _quality().suggest(self, line)

    @no_var_expand
    @line_magic
    def export(self, line: str) -> object:
        """`%export PATH.py [--tests DIR] [--no-run] [--check]`: module, tests and proof."""
        return commands.export(self, line)

    @no_var_expand
    @line_magic
    def dataflow(self, line: str) -> object:
        """`%dataflow [auto|lazy|status|reset]`: how and what the dataflow computes;
        `%dataflow cache [memory|disk|off|clear] [--limit 10GB]`: where results are kept;
        `%dataflow memory [SIZE|all]`: how much of them at a time.
        """
        return commands.dataflow(self, line)

    # -- hooks ---------------------------------------------------------------------------------------------

    def before_cell(self, info: ExecutionInfo) -> None:
        """Follow deletions and cells that stopped being ours; give ordinary cells clean values."""
        self.turn.begin()
        self.deleted |= dict.fromkeys(self.tracker.start(info))
        ours, id = is_ours(self.tracker.raw_cell), self.tracker.cell_id
        if id is not None and ours:
            self.deleted.pop(id, None)
        elif id is not None:
            self.deleted[id] = None
        self._forget_deleted()
        if not ours:
            self.publisher.prepare(self.tracker.raw_cell)

    def _forget_deleted(self) -> None:
        """Take deleted cells out of the dataflow, for which the setup may have to run again."""
        for id in self.deleted:
            self.views.close(id)
        before = list(self.session.graph.nodes)
        ids, self.deleted = self.deleted, {}
        try:
            self.session.forget(*ids)
        except DataflowError as error:  # the cell that runs now has no part in it
            left = f"cell {', '.join(error.cells)} has left the dataflow until it runs again."
            print(*error.lines(), left, sep="\n", file=sys.stderr)
        except KeyboardInterrupt:
            self.deleted = ids
            print("stopped; the next cell takes the deleted ones out of the dataflow.", file=sys.stderr)
        removed = [name for name in before if name not in self.session.graph.nodes]
        self.show_gone(removed)

    def after_cell(self, _result: object) -> None:
        """The cell is done: others may have their turn."""
        self.turn.end()
        for settle in list(self.after.values()):
            settle()

    # -- inside --------------------------------------------------------------------------------------------

    def _register(self, magic: str, line: str, body: str) -> None:
        id, known = self.tracker.identity()
        before = {node.name for node in self.session.graph.owned.get(id, ())}
        first = first_line(self.tracker.raw_cell, body)
        source = CellSource(id, self.tracker.label, magic, line.strip(), body, first=first)
        changed = self.session.register(source, last_wins=not known)
        own, notices = owned(self.session, id)
        self.publisher.withdraw(name for name in before if name not in self.session.graph.nodes)
        if magic == "setup":
            self.publisher.share(id)
        wanted = self.session.stale_after(changed) if self.session.mode == "auto" else []
        try:
            self._run(wanted, own, self._tests(magic, id, changed), notices)
        finally:
            self.outputs.refresh(changed, id)

    def _tests(self, magic: str, id: str, changed: Iterable[str]) -> list[str]:
        """Ids of the test cells to run: this one, or those of functions that changed."""
        if magic == "test":
            return [id]
        if self.session.mode == "lazy":
            return []
        names = set(changed)
        return [
            cell.id
            for cell, _ in self.session.graph.tests()
            if magic == "setup" or names & set(tested_names(self.session.graph, cell))
        ]

    def _run(
        self, wanted: list[str], own: list[str], tests: Iterable[str] = (), notices: tuple[str, ...] = ()
    ) -> None:
        """Compute, run tests, show the report, and let the cell fail where something did."""
        names = due(self.session, wanted)
        progress = Progress(len(names), self.ticker)
        with progress, self.views.followed(names, progress.note) as heard:
            outcome = bring_up(self.session, wanted, heard)
            results = tuple(
                run_test(self.session.graph, self.session.runtime, self.session.graph.cells[id])
                for id in tests
            )
        self.publisher.claim(own)
        self.publisher.refresh(name for name in outcome.computed if name not in own)
        report = Report(
            rows=self._rows(own),
            updated=tuple(name for name in outcome.computed if name not in own),
            seconds=outcome.seconds,
            tests=results,
            notices=notices,
        )
        if report.rows or report.updated or report.tests or report.notices:
            handle = progress.show(report, self._changeable)
            self.outputs.keep(self.tracker.identity()[0], handle, report)
        raise_first(outcome, results)

    def _rows(self, names: Iterable[str]) -> tuple[Row, ...]:
        return make_rows(self.session, names, self.outcomes, self.publisher.user_names)

    @property
    def _changeable(self) -> bool:
        """Whether the running cell's output can be changed later: in a notebook it can, in a console not."""
        return self.tracker.cell_id is not None and getattr(self.shell, "kernel", None) is not None

    # -- views ---------------------------------------------------------------------------------------------

    def find_notebook(self) -> Notebook | None:
        """The saved file of this notebook, where it can be found."""
        cells = self.session.graph.cells.values()
        return find_notebook(self.tracker.ran, self.publisher.variables, cells)

    def refresh_views(self) -> None:
        """Let the live views show the session as it stands."""
        self.views.refresh()

    def compute_for_view(self, names: list[str] | None) -> None:
        """A live view asks for nodes (None: all that can run); their errors are shown in it."""
        with self.turn:
            wanted = [name for name in self.session.runnable() if names is None or name in names]
            with self.views.followed(due(self.session, wanted)) as heard:
                outcome = bring_up(self.session, wanted, heard)
            self.show_outcome(outcome)

    def show_gone(self, names: Sequence[str]) -> None:
        """Let variables, views and outputs follow that nodes are gone."""
        self.publisher.withdraw(names)
        if names:
            self.refresh_views()
            self.outputs.refresh(names)

    def show_outcome(self, outcome: Outcome) -> None:
        """Let variables and outputs follow a run that no cell of ours made."""
        self.publisher.refresh(outcome.computed)
        self.outputs.refresh([*outcome.computed, *outcome.failed])


def _quality() -> Any:
    """The magics that need pandas, which takes half a second to import."""
    return importlib.import_module("kernel_magics.magics.quality")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext kernel_magics`."""
    magics = DagbookMagics(shell)
    shell.register_magics(magics)
    shell.events.register("pre_run_cell", magics.before_cell)
    shell.events.register("post_run_cell", magics.after_cell)
    if importlib.util.find_spec("nbext") is not None:
        importlib.import_module("nbext").await_pages(magics)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%unload_ext kernel_magics`."""
    magics = shell.magics_manager.registry.pop("DagbookMagics", None)
    if isinstance(magics, DagbookMagics):
        shell.events.unregister("pre_run_cell", magics.before_cell)
        shell.events.unregister("post_run_cell", magics.after_cell)
        for id in list(magics.views):
            magics.views.close(id)
