"""A warm process has imported the libraries; what it runs is a child of it, which starts in milliseconds.

An export starts two clean processes, which import pandas and pytest again each time. Run as a script, this file is
the warm process: it answers requests at the socket that is its stdin, until that is closed.
"""

from __future__ import annotations

import atexit
import json
import os
import runpy
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

HOME = str(Path(__file__).parents[1])
_LOCK = threading.Lock()


class Warm:
    """The warm process of one test process."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        self._process = subprocess.Popen(
            [sys.executable, "-P", __file__], stdin=theirs, cwd=HOME, env=environment
        )
        theirs.close()
        self._socket = ours
        self._answers = ours.makefile("r", encoding="utf-8")
        self._owner = os.getpid()
        atexit.register(self.close)

    def run(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str], together: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """What `python -P` does with these arguments: `-c CODE`, `-m MODULE …` or `FILE …`.

        Args:
            together: stderr is part of stdout.
        """
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error, _LOCK:
            request = {"arguments": list(arguments), "folder": str(folder), "environment": dict(environment)}
            text = json.dumps(request).encode() + b"\n"
            streams = [out.fileno(), (out if together else error).fileno()]
            socket.send_fds(self._socket, [text[:1]], streams)
            self._socket.sendall(text[1:])
            code = int(self._answers.readline())
            out.seek(0)
            error.seek(0)
            said = [file.read().decode(errors="replace") for file in (out, error)]
            return subprocess.CompletedProcess(list(arguments), code, *said)

    def close(self) -> None:
        """End the process; a fork of this one leaves it."""
        if os.getpid() == self._owner:
            self._answers.close()
            self._socket.close()
            self._process.wait()


@cache
def _warm() -> Warm:
    return Warm()


def run_warm(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str], together: bool = False
) -> subprocess.CompletedProcess[str]:
    """See `Warm.run`; with `DAGBOOK_COLD=1` in the environment, in a new Python."""
    if not os.environ.get("DAGBOOK_COLD"):
        return _warm().run(arguments, folder, environment, together)
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


def _serve() -> None:
    """Answer requests, one after the other."""
    import numpy as np  # noqa: PLC0415  # only the warm process
    import pandas as pd  # noqa: PLC0415
    import pytest  # noqa: PLC0415

    from kernel_magics.export.examples import disguise, record  # noqa: PLC0415

    assert all((pd, pytest, disguise, record))
    connection = socket.socket(fileno=os.dup(0))
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    path = [each for each in sys.path if each]
    while True:
        text, fds, _, _ = socket.recv_fds(connection, 1, 2)
        if not text:
            return
        while not text.endswith(b"\n"):
            text += connection.recv(1 << 20)
        child = os.fork()
        if not child:
            connection.close()
            np.random.seed()
            _become(json.loads(text), fds, path)
        for each in fds:
            os.close(each)
        _, status = os.waitpid(child, 0)
        connection.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


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
    _serve()
