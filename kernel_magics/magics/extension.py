"""The extension: the magics of a shell, and the work before and after each of its cells."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Final

from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell
from IPython.core.magic import Magics, no_var_expand

from kernel_magics.engine.bracket import whole
from kernel_magics.engine.run.failure import looking
from kernel_magics.engine.run.user_frames import show_user_frames
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import running_text
from kernel_magics.engine.source.grammar import CELL_MAGICS, LINE_MAGICS, help_text
from kernel_magics.magics import commands
from kernel_magics.magics.cells import CellTracker
from kernel_magics.magics.context import Context
from kernel_magics.magics.progress import Ticker
from kernel_magics.magics.register import register
from kernel_magics.workspace import Workspace
from nbext.connect import await_pages


def _impact(context: Context, line: str) -> object:
    from kernel_magics.magics import quality  # noqa: PLC0415  # needs pandas, half a second

    return quality.impact(context, line)


def _suggest(context: Context, line: str) -> None:
    from kernel_magics.magics import quality  # noqa: PLC0415  # needs pandas, half a second

    quality.suggest(context, line)


def _nature(context: Context, line: str) -> object:
    from kernel_magics.magics import nature  # noqa: PLC0415  # needs pandas, half a second

    return nature.nature(context, line)


LINES: Final[Mapping[str, Callable[[Context, str], object]]] = {
    "compute": commands.compute,
    "dag": commands.dag,
    "lineage": commands.lineage,
    "impact": _impact,
    "nature": _nature,
    "suggest": _suggest,
    "export": commands.export,
    "dataflow": commands.dataflow,
}


class DagbookMagics(Magics):
    """The magics of one shell, as the grammar lists them; each works on the shell's workspace."""

    registered = True  # the attribute that `magics_class` sets on a class whose magics are methods

    def __init__(self, shell: InteractiveShell) -> None:
        self.workspace = Workspace(shell.user_ns)
        self.cells = CellTracker(shell)
        self._context = Context(shell, self.workspace, self.cells, Ticker())
        self.magics = {
            "cell": {name: self._cell_magic(name) for name in CELL_MAGICS},
            "line": {name: self._line_magic(name) for name in LINE_MAGICS},
        }
        super().__init__(shell)

    @property
    def session(self) -> Session:
        """The cells, the graph and the memos of this shell."""
        return self.workspace.session

    def _cell_magic(self, name: str) -> Callable[[str, str], None]:
        @whole
        def run(line: str, cell: str) -> None:
            with self.workspace.lock.change, looking():
                try:
                    register(self._context, name, line, cell)
                except KeyboardInterrupt as error:
                    show_user_frames(error, above=False)
                    raise

        run.__name__, run.__doc__ = name, help_text(name)
        return no_var_expand(run)

    def _line_magic(self, name: str) -> Callable[[str], object]:
        @whole
        def run(line: str) -> object:
            with self.workspace.lock.change, looking():
                try:
                    return LINES[name](self._context, line)
                except KeyboardInterrupt as error:
                    show_user_frames(error, above=False)
                    raise

        run.__name__, run.__doc__ = name, help_text(name)
        return no_var_expand(run)

    @whole
    def transform(self, lines: list[str]) -> list[str]:
        """What the shell does first with a request: deletions are noted, even if Ctrl-C comes next."""
        try:
            self.workspace.note_cell(None, "", self.cells.deleted())
        except KeyboardInterrupt:  # the shell goes on with the cell, as after Ctrl-C in a callback
            print("KeyboardInterrupt", file=sys.stderr)
        return as_running(lines)

    @whole
    def before_cell(self, info: ExecutionInfo) -> None:
        """Before a cell: update the session from the notebook, and the variables from the session."""
        self.workspace.note_cell(info.cell_id, info.raw_cell or "", self.cells.deleted())
        inside = self.cells.begin(info)
        for line in self.workspace.begin_cell(info.raw_cell or "", inside, info.cell_id):
            print(line, file=sys.stderr)

    @whole
    def after_cell(self, result: ExecutionResult | None) -> None:
        """After a cell: record what an interrupt kept from being recorded.

        Args:
            result: None if the interrupt came before the shell began with the cell.
        """
        self._context.ticker.leave()
        info = result.info if result is not None else None
        if info is None:
            self.workspace.note_cell(None, "", self.cells.deleted())
        elif not self.cells.end(info):
            self.workspace.note_cell(info.cell_id, info.raw_cell or "", self.cells.deleted())
        for line in self.workspace.end_cell():
            print(line, file=sys.stderr)


def as_running(lines: list[str]) -> list[str]:
    """What IPython makes of a cell first: ours begin with their magic, whatever stands above it."""
    text = "".join(lines)
    running = running_text(text)
    return lines if running == text else running.splitlines(keepends=True)


def past_cells(shell: InteractiveShell) -> list[str]:
    """The cells that ran before this one: papermill puts its own above all others where none has its tag."""
    history = shell.history_manager
    return [] if history is None else list(dict.fromkeys(history.input_hist_raw[1:-1]))


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%load_ext kernel_magics`."""
    magics = DagbookMagics(shell)
    shell.register_magics(magics)
    shell.input_transformers_cleanup.insert(0, magics.transform)
    shell.events.register("pre_run_cell", magics.before_cell)
    shell.events.register("post_run_cell", magics.after_cell)
    for text in past_cells(shell):
        magics.workspace.inject(f"text {text}", text)
    await_pages(magics.workspace, getattr(getattr(shell, "kernel", None), "comm_manager", None))


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Called by `%unload_ext kernel_magics`."""
    magics = shell.magics_manager.registry.pop("DagbookMagics", None)
    if isinstance(magics, DagbookMagics):
        shell.input_transformers_cleanup.remove(magics.transform)
        shell.events.unregister("pre_run_cell", magics.before_cell)
        shell.events.unregister("post_run_cell", magics.after_cell)
        magics.workspace.close()
