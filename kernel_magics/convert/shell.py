"""The shell runs an ordinary notebook's code as Jupyter does: magics, `await`, `_`, displayed results.

Only the worker uses it, in a clean process: it is the one place outside the magics that knows IPython.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from IPython.core.displayhook import DisplayHook
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from kernel_magics.engine.bracket import bracket

_INSTALLS = re.compile(r"^\s*[%!]\s*(?:pip|conda|mamba|uv|apt|apt-get)\b")
_MEASURES = re.compile(r"^\s*%%?(?:timeit|prun|memit|mprun|lprun)\b")
_OURS = re.compile(r"^\s*%(?:re)?load_ext\s+kernel_magics\b")
_ADDRESS = re.compile(r"\b0x[0-9a-f]{6,}\b")
_MEMORY = re.compile(r"\bmemory usage: [\d.]+\+? [KMGT]?B|\bmemory usage: [\d.]+\+? bytes")
_TIME = re.compile(r"\b\d\d:\d\d:\d\d\b")


class Shell:
    """An IPython shell without a terminal and without history on disk.

    Args:
        module: the module whose namespace the code uses.
        folder: for IPython's own files; none is made elsewhere.
        ours: the notebook may load Dagbook.
    """

    def __init__(self, module: ModuleType, folder: Path, ours: bool = False) -> None:
        self._ours = ours
        config = Config()
        config.HistoryManager.enabled = False
        # As in a kernel, a library that asks IPython which shell runs gets this one.
        make: Any = _Quiet if InteractiveShell.initialized() else _Quiet.instance
        made = make(
            config=config, user_module=module, user_ns=vars(module), ipython_dir=str(folder / "ipython")
        )
        self._shell: Any = made
        self._last = True
        self.value: object = None
        """What the expression gave that ended the last run, if it was displayed."""
        trigger = made.events.trigger
        # What happens at the end of a cell, such as showing its figures, waits for its last statement.
        made.events.trigger = lambda event, *rest: trigger(event, *rest) if self._last else None
        self.names: dict[str, Any] = made.user_ns

    def run(self, text: str, last: bool = True, cell: str | None = None) -> str:
        """Run one statement or one cell; returns what it prints and displays.

        Addresses in memory, its size (of `df.info()`) and the present time are left out, as the next run has
        others.

        Args:
            last: it ends its cell, so that the value of an expression is displayed.
            cell: the id of the cell.

        Raises:
            BaseException: whatever the code raises.
        """
        if _INSTALLS.match(text) or _MEASURES.match(text) or (not self._ours and _OURS.match(text)):
            self.value = None
            return ""  # a proof installs and measures nothing
        self._last = last
        self._shell.ast_node_interactivity = "last_expr" if last else "none"
        start = time.time()
        with _printed() as out:
            result = self._shell.run_cell(text, store_history=True, cell_id=cell)
        self.value = result.result
        error = result.error_before_exec or result.error_in_exec
        if error is not None:
            raise error
        shown = _MEMORY.sub("memory usage: …", _ADDRESS.sub("0x…", out.getvalue()))
        return _without_now(shown, start)

    def close(self) -> None:
        """End the shell: nothing asks for it any more."""
        if _Quiet.initialized() and _Quiet.instance() is self._shell:
            _Quiet.clear_instance()


def _without_now(text: str, start: float) -> str:
    """The text without times of day between `start`, in seconds since the epoch, and now."""
    if not _TIME.search(text):
        return text
    end = time.time()
    first = int(start - 0.1)  # `strftime` reads a coarser clock, which is some milliseconds behind
    now = {time.strftime("%H:%M:%S", time.localtime(at)) for at in range(first, int(end) + 1)}
    return _TIME.sub(lambda found: "now" if found[0] in now else found[0], text)


class _Results(DisplayHook):
    """Shows a result without the number of its prompt."""

    def write_output_prompt(self) -> None:
        """Nothing: numbers of cells differ between two notebooks that show the same."""


class _Quiet(InteractiveShell):
    """A shell that hands errors on instead of printing them."""

    displayhook_class = Type(_Results)

    def enable_gui(self, gui: str | None = None) -> None:
        """Nothing: no window is shown."""

    def showtraceback(self, *_: object, **__: object) -> None:
        """Nothing: the caller raises the error."""

    def showsyntaxerror(self, *_: object, **__: object) -> None:
        """Nothing: the caller raises the error."""

    def init_sys_modules(self) -> None:
        """Nothing: the module stays where the worker put it."""

    def atexit_operations(self) -> None:
        """Nothing: there is no history, and the process ends."""


@bracket
def _printed() -> Iterator[io.StringIO]:
    """What is printed meanwhile, without the prompt that a terminal shows before a result."""
    os.environ.setdefault("NO_COLOR", "1")
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
        yield out
