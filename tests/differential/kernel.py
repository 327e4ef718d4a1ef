"""A kernel in a forked process: a shell with the magics loaded, driven over a pipe as a notebook's page drives it."""

from __future__ import annotations

import asyncio  # noqa: F401  # Jupyter's kernels have it; where its first import is cut short, no other succeeds
import contextlib
import functools
import gc
import io
import multiprocessing
import os
import re
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

import numpy  # noqa: F401  # loaded once, before the forks
import pandas  # noqa: F401
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import kernel_magics
import kernel_magics.magics.extension
import kernel_magics.values.numpy_
import kernel_magics.values.pandas_
from kernel_magics.engine.bracket import _OPEN
from kernel_magics.store import secret
from tests.differential.plain import plain
from tests.moments import BLOCKS, moments

PATIENCE = 120.0  # seconds until a kernel that does not answer counts as hung
_OURS = str(Path(kernel_magics.__file__).parent)
_NUMBER = re.compile(r"\[\d+\]|0x[0-9a-f]+")


@dataclass(frozen=True)
class Answer:
    """What running a cell gave: the error's code, its text, what was printed, and the cells of the dataflow."""

    code: str
    error: str
    printed: str
    cells: dict[str, str]


@dataclass(frozen=True)
class State:
    """What a kernel holds.

    Attributes:
        states: of each node.
        errors: of failed ones.
        values: of fresh ones.
        seen: of fresh ones, as an ordinary cell reads them.
        unread: the error of that cell.
    """

    states: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)
    unread: str = ""


class Hung(Exception):
    """A kernel did not answer, or died."""


class Kernel:
    """One process in a folder.

    Args:
        folder: where it runs.
        broken: called in the new process before anything else, to plant a fault.
    """

    def __init__(self, folder: Path, broken: Callable[[], None] | None = None) -> None:
        _shell()
        self._pipe, other = multiprocessing.Pipe()
        self._pid = os.fork()
        if self._pid:
            other.close()
            return
        try:
            if broken is not None:
                broken()
            _serve(other, folder)
        finally:
            os._exit(0)

    def run(self, text: str, id: str, deleted: tuple[str, ...] = (), stop_at: int = 0) -> Answer:
        """Run a cell; with `stop_at`, Ctrl-C comes at that moment of our code, if it takes so long (see `_interrupter`)."""
        answer = self._ask("run", text, id, deleted, stop_at)
        assert isinstance(answer, Answer)
        return answer

    def state(self) -> State:
        """What it holds now."""
        state = self._ask("state")
        assert isinstance(state, State)
        return state

    def is_free(self) -> bool:
        """Whether another thread, such as that of a page, can change the dataflow now, and no block was left open."""
        return self._ask("free") is True

    def _ask(self, *message: Any) -> object:
        try:
            self._pipe.send(message)
            if not self._pipe.poll(PATIENCE):
                raise Hung(f"no answer to {message}")
            return self._pipe.recv()
        except (EOFError, OSError) as error:
            raise Hung(f"ended by {message}") from error

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._pipe.close()


class _Shell(InteractiveShell):
    """A shell whose requests carry metadata, as ipykernel's do."""

    deleted: tuple[str, ...] = ()
    kept: tuple[object, ...] = ()  # the last errors: the traceback of one keeps what Ctrl-C left open

    def get_parent(self) -> dict[str, Any]:
        return {"metadata": {"deletedCells": list(self.deleted)}, "header": {}}


@functools.cache
def _shell() -> _Shell:
    """The shell, made once: each forked process has its own copy."""
    config = Config()
    config.HistoryManager.enabled, config.HistoryManager.hist_file = False, ":memory:"
    shell = _Shell(config=config)
    shell.showtraceback = lambda *_, **__: None  # the error itself is compared
    shell.InteractiveTB.structured_traceback = lambda *_, **__: []
    gc.freeze()  # so that collections in the forked processes copy nothing of this one
    return shell


def _serve(pipe: Connection, folder: Path) -> None:
    """Answer until the process is killed."""
    os.chdir(folder)
    sys.path.insert(0, str(folder))
    secret._home = lambda: folder.parent
    shell = _shell()
    shell.run_line_magic("load_ext", "kernel_magics")
    while True:
        kind, *arguments = pipe.recv()
        answers = {"run": _run, "state": _state, "free": _free}
        pipe.send(answers[kind](shell, *arguments))


def _run(shell: _Shell, text: str, id: str, deleted: tuple[str, ...], stop_at: int) -> Answer:
    shell.deleted = deleted
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        if stop_at:
            sys.settrace(_interrupter(stop_at))
        try:
            result = shell.run_cell(text, store_history=True, cell_id=id)
            error = result.error_before_exec or result.error_in_exec
        except KeyboardInterrupt as stopped:  # before the shell began with the cell
            error = stopped
        finally:
            sys.settrace(None)
    _forget(shell, error)
    code = getattr(error, "code", "") or (type(error).__name__ if error is not None else "")
    return Answer(code, str(error or ""), out.getvalue(), _cells(shell))


def _forget(shell: _Shell, error: BaseException | None) -> None:
    """Keep an error while two more cells run, as kernels may; then what it held is collected."""
    old, shell.kept = shell.kept, (*shell.kept, error)[-3:]
    stopped = bool(old) and isinstance(old[0], KeyboardInterrupt) and len(old) == len(shell.kept)
    del old
    if stopped:
        gc.collect()


def _session(shell: InteractiveShell) -> Any:
    return shell.magics_manager.registry["DagbookMagics"].session


def _cells(shell: InteractiveShell) -> dict[str, str]:
    cells = _session(shell).graph.cells.values()
    return {cell.id: f"%%{cell.magic} {cell.line}".strip() + f"\n{cell.body.rstrip()}" for cell in cells}


def _free(shell: _Shell) -> bool:
    lock = shell.magics_manager.registry["DagbookMagics"].workspace.lock

    def attempt() -> bool:
        with lock.attempt() as taken:
            return bool(taken) and len(_OPEN) == 1  # that of the attempt

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(attempt).result()


def _state(shell: _Shell) -> State:
    session = _session(shell)
    states = dict(session.states())
    kinds = {name: session.graph.node(name).kind for name in states}
    readable = [name for name, state in states.items() if state == "fresh" and kinds[name] != "check"]
    got: dict[str, object] = {}
    shell.user_ns["got_"] = got
    lines = [f"if {name!r} in dir(): got_[{name!r}] = {name}" for name in readable]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        result = shell.run_cell("\n".join(lines), cell_id="reader", store_history=True)
    failed = result.error_before_exec or result.error_in_exec
    seen = {name: plain(value) for name, value in got.items()}
    values = {name: plain(session.value(name)) for name in readable}
    memos = session.memos
    errors = {
        name: _NUMBER.sub("[n]", str(memos[name].error))
        for name, state in states.items()
        if state == "failed"
    }
    return State(states, errors, values, seen, str(failed or ""))


def _interrupter(stop_at: int) -> Callable[[FrameType, str, object], Any]:
    """A trace function that raises at the n-th place of our code, or of what it calls, where Ctrl-C can come.

    Python looks for signals when a function begins or goes on, when a loop repeats and after a call. A negative number
    counts only places in the functions that begin and end `with` blocks.
    """
    left, in_blocks = abs(stop_at), stop_at < 0

    def begin(frame: FrameType, event: str, arg: object) -> Any:
        back = frame.f_back
        if not frame.f_code.co_filename.startswith(_OURS) and (back is None or back.f_trace is None):
            return None
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count(frame)
        return step

    def step(frame: FrameType, event: str, arg: object) -> Any:
        if event == "opcode" and frame.f_lasti in moments(frame.f_code):
            count(frame)
        return step

    def count(frame: FrameType) -> None:
        nonlocal left
        if not in_blocks or frame.f_code.co_name in BLOCKS:
            left -= 1
            if left == 0:
                raise KeyboardInterrupt

    return begin
