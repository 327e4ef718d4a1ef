"""A warm process has imported the libraries; what it runs is a child of it, which starts in milliseconds.

An export starts two clean processes, which import pandas and pytest again each time. Run as a script, this file is
the warm process: it listens at a socket in a folder, until its stdin is closed. Kernels use that of their test process.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache, partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

HOME = str(Path(__file__).parents[1])


class Warm:
    """The warm process of one test process."""

    def __init__(self) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self._folder = tempfile.TemporaryDirectory(prefix="warm-")
        self.path = f"{self._folder.name}/socket"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(self.path)
            listening.listen(100)
            self._process = subprocess.Popen(
                [sys.executable, "-P", __file__, str(listening.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listening.fileno()],
                cwd=HOME,
                env=environment,
            )
        self._owner = os.getpid()
        atexit.register(self.close)

    def close(self) -> None:
        """End the process; a fork of this one leaves it."""
        if os.getpid() == self._owner and self._process.stdin is not None:
            self._process.stdin.close()
            self._process.wait()
            self._folder.cleanup()


def ask_warm(
    path: str, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], together: bool = False
) -> subprocess.CompletedProcess[str]:
    """What `python -P` does with these arguments: `-c CODE`, `-m MODULE …` or `FILE …`.

    Args:
        path: the socket of the warm process.
        together: stderr is part of stdout.
    """
    with (
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as error,
        socket.socket(socket.AF_UNIX) as connection,
    ):
        connection.connect(path)
        request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
        text = json.dumps(request).encode() + b"\n"
        socket.send_fds(connection, [text[:1]], [out.fileno(), (out if together else error).fileno()])
        connection.sendall(text[1:])
        with connection.makefile("r", encoding="utf-8") as answer:
            code = int(answer.readline())
        out.seek(0)
        error.seek(0)
        said = [file.read().decode(errors="replace") for file in (out, error)]
        return subprocess.CompletedProcess(list(arguments), code, *said)


def use_warm(ask: Callable[..., subprocess.CompletedProcess[str]]) -> Any:
    """Clean processes of this process start through `ask`; returns what started them before."""
    from kernel_magics.export.clean import process  # noqa: PLC0415  # the engine's tests run without pandas

    def run(*given: Any) -> process.Outcome:
        done = ask(*given, together=True)
        return process.Outcome(done.returncode, done.stdout)

    before, process._run = process._run, run
    return before


@cache
def _warm() -> Warm:
    return Warm()


def for_kernel() -> list[str]:
    """Options of a kernel whose clean processes are children of this process' warm one."""
    if os.environ.get("DAGBOOK_COLD"):
        return []
    code = f"use_warm = runpy.run_path({__file__!r})['use_warm_at']; use_warm({_warm().path!r})"
    return [f"--IPKernelApp.exec_lines=import runpy; {code}; del runpy, use_warm"]


def use_warm_at(path: str) -> None:
    """Clean processes of this process are children of the warm one at this socket."""
    use_warm(partial(ask_warm, path))


def run_warm(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], together: bool = False
) -> subprocess.CompletedProcess[str]:
    """See `ask_warm`; with `DAGBOOK_COLD=1` in the environment, in a new Python."""
    if not os.environ.get("DAGBOOK_COLD"):
        return ask_warm(_warm().path, arguments, folder, environment, together)
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if together else subprocess.PIPE,
        text=True,
        check=False,
    )


def _serve(listening: socket.socket) -> None:
    """Answer requests, each in a child; who goes away before the answer ends the child."""
    import numpy as np  # noqa: PLC0415  # only the warm process
    import pandas as pd  # noqa: PLC0415
    import pytest  # noqa: PLC0415
    from _pytest.config import default_plugins  # noqa: PLC0415

    from kernel_magics.export.examples import disguise, record  # noqa: PLC0415

    assert all((pd, pytest, disguise, record))
    for name in default_plugins:
        import_module(f"_pytest.{name}")
    if find_spec("hamilton") is not None:
        import_module("hamilton.driver")
    for name in ("dataflow", "export.export", "convert.shell"):  # commands, conversions and IPython
        import_module(f"kernel_magics.{name}")
    path = [each for each in sys.path if each]
    alive = os.dup(0)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    gc.collect()
    gc.freeze()  # a child's collector then leaves these pages shared
    use_warm_at(listening.getsockname())
    children: dict[int, tuple[int, socket.socket]] = {}  # by the descriptors that say that a child has ended
    while True:
        callers = {connection.fileno(): pid for pid, connection in children.values()}
        ready, _, _ = select.select([listening, alive, *children, *callers], [], [])
        if alive in ready:
            return
        for each in callers.keys() & set(ready):
            os.kill(callers[each], signal.SIGKILL)
        for each in children.keys() & set(ready):
            pid, connection = children.pop(each)
            os.close(each)
            _, status = os.waitpid(pid, 0)
            with connection, suppress(BrokenPipeError):
                connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
        if listening in ready:
            connection, _ = listening.accept()
            text, fds, _, _ = socket.recv_fds(connection, 1, 2)
            while not text.endswith(b"\n"):
                text += connection.recv(1 << 20)
            pid = os.fork()
            if not pid:
                for each in (listening, connection, *(other for _, other in children.values())):
                    each.close()
                for each in (alive, *children):
                    os.close(each)
                np.random.seed()
                _become(json.loads(text), fds, path)
            for each in fds:
                os.close(each)
            children[os.pidfd_open(pid)] = pid, connection


def _become(request: dict[str, object], fds: list[int], path: list[str]) -> None:
    """Run the arguments in this child, and end."""
    code: object = 1
    try:
        os.dup2(fds[0], 1)
        os.dup2(fds[1], 2)
        sys.stdout.reconfigure(encoding="utf-8", line_buffering=False)  # type: ignore[union-attr]
        sys.stderr.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        os.chdir(str(request["folder"]))
        os.environ.clear()
        os.environ.update(request["environment"])  # type: ignore[arg-type]
        # children end within the second in which a test edits a file, which Python then takes for its old bytecode
        sys.dont_write_bytecode = True
        import_module(
            "kernel_magics.engine.run.origin"
        )._START = time.time()  # files older than this are as loaded
        given = os.environ.get("PYTHONPATH", "").split(os.pathsep)
        sys.path[:] = [*(os.path.abspath(each) for each in given if each), *path]
        kind, *rest = request["arguments"]  # type: ignore[misc]
        code = _run(kind, rest)
        atexit._run_exitfuncs()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code if isinstance(code, int) else 1)


def _run(kind: str, rest: list[str]) -> object:
    """The exit code of the code, module or file."""
    try:
        if kind == "-c":
            sys.argv = ["-c", *rest[1:]]
            exec(compile(rest[0], "<string>", "exec"), {"__name__": "__main__"})
        elif kind == "-m":
            sys.argv = rest
            runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
        else:
            sys.argv = [kind, *rest]
            runpy.run_path(kind, run_name="__main__")
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return end.code or 0
        print(end.code, file=sys.stderr)
        return 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
