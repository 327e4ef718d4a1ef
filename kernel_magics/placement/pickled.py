"""A pickled call is made in another process: the call is sent there, and its value is sent back."""

from __future__ import annotations

import contextlib
import io
import linecache
import pickle
import signal
import time
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

import cloudpickle

from kernel_magics.engine.errors import DataflowError, NodeError
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.call import Function, Guard
from kernel_magics.engine.run.failure import CELL_FILE, node_error
from kernel_magics.engine.run.tasks import finish


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a call.

    Attributes:
        seconds: how long the call took, without the time that it waited for a worker.
        output: what it printed in another process.
        error: the exception, or None; `value` is None then.
        guard: tells what the call changed beside its value, in another process.
    """

    value: object
    seconds: float
    output: str = ""
    error: DataflowError | None = None
    guard: Guard | None = None


def call_here(function: Function, args: list[object], kwargs: dict[str, object]) -> Done:
    """Call in this process; exceptions of the function are raised."""
    start = time.perf_counter()
    value = finish(function(*args, **kwargs))
    return Done(value, time.perf_counter() - start)


def packed(
    node: Node,
    function: Function,
    args: list[object],
    kwargs: dict[str, object],
    guard: Guard | None = None,
) -> bytes:
    """The call as bytes: functions of notebooks are sent by their code, since no module has them.

    Raises:
        NodeError: DB301 when an argument cannot leave this process.
    """
    try:
        return cloudpickle.dumps((node, function, _file(function), args, kwargs, guard))  # type: ignore[no-any-return]
    except Exception as error:  # a class that cannot be pickled may raise anything
        raise _unsendable(node, "its inputs", error) from error


def call_packed(content: bytes) -> bytes:
    """Call in a worker process; a failure comes back as the error of its node, output as text."""
    node, function, (file, lines), args, kwargs, guard = pickle.loads(content)
    if file:
        function.__code__ = function.__code__.replace(co_filename=file)
        linecache.cache[file] = lines
    printed = io.StringIO()
    start = time.perf_counter()
    try:
        watching = contextlib.nullcontext() if guard is None else guard.watching(function)
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed), watching:
            done = call_here(function, args, kwargs)
    except BaseException as error:  # a Ctrl-C is left to the process that runs the dataflow
        names = [item.name for item in node.inputs]
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        done = Done(None, time.perf_counter() - start, error=node_error(node, error, given))
        if done.error is not None:
            done.error.__cause__ = None
    done = replace(done, output=printed.getvalue(), guard=guard)
    try:
        return cloudpickle.dumps(done)  # type: ignore[no-any-return]
    except Exception as error:
        return cloudpickle.dumps(replace(done, value=None, error=_unsendable(node, "its value", error)))  # type: ignore[no-any-return]


def unpacked(content: bytes) -> Done:
    """What a worker process sent back."""
    done: Done = pickle.loads(content)
    return done


def _file(function: Function) -> tuple[str, Any]:
    """The file of a cell's function, and the cell's lines, which a traceback shows."""
    code = getattr(function, "__code__", None)
    file = code.co_filename if isinstance(code, CodeType) else ""
    return (
        (file, linecache.cache[file])
        if file.startswith(CELL_FILE) and file in linecache.cache
        else ("", None)
    )


def ignore_interrupts() -> None:
    """Worker processes ignore Ctrl-C; the process that runs the dataflow ends them."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _unsendable(node: Node, what: str, error: Exception) -> NodeError:
    return NodeError(
        "DB301",
        (
            f"'{node.name}'",
            node.ref.on(),
            f" cannot run in another process, because {what} cannot be sent: "
            f"{type(error).__name__}: {str(error).rstrip('.')}.",
        ),
        hint="run it on threads, or without an executor.",
        names=[node.name],
    )
