"""A forked kernel is ipykernel's kernel with the magics loaded, in a process that is a copy of an untouched one.

Nothing has run in it, as in a kernel that just started, but it costs milliseconds instead of a second. It is fed
with the messages of the protocol that JupyterLab sends, ids and deleted cells included; what it publishes goes into
a list instead of a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import io
import json
import logging
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from traitlets import Any as AnyTrait
from traitlets.config import Config

from tests.magics.kernel import Result, fold, request


class Wire:
    """Where a kernel's messages go: a list."""

    def __init__(self) -> None:
        self.sent: list[list[bytes]] = []

    def send_multipart(self, parts: list[bytes], *_: object, **__: object) -> None:
        """What a socket does."""
        self.sent.append(parts)

    def flush(self, *_: object) -> None:
        """What a stream does."""


class Output(io.TextIOBase):
    """What is printed, as messages of the kernel."""

    def __init__(self, kernel: IPythonKernel, name: str) -> None:
        self.kernel, self.name = kernel, name

    def write(self, text: str) -> int:
        """Publish it."""
        kernel: Any = self.kernel
        content = {"name": self.name, "text": text}
        kernel.session.send(kernel.iopub_socket, "stream", content, parent=kernel.get_parent())
        return len(text)


class Threadless(IPythonKernel):
    """ipykernel's kernel, which does not insist on a socket for its replies."""

    shell_stream = AnyTrait()

    async def _flush_control_queue(self) -> None:
        """Older releases wait for the control channel first, which is none here."""


class Ground:
    """The untouched process that kernels are forked from; it must have no threads. One in a process.

    Args:
        folder: where its kernels run, and import from.
        first: code that every kernel has run when it is handed out.
    """

    def __init__(self, folder: Path, first: Sequence[str] = ()) -> None:
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or the debugger complains about the interpreter
        self.folder, here = folder, os.getcwd()
        os.chdir(folder)
        sys.path.insert(0, str(folder))
        self.session = Session(key=b"", check_pid=False)
        self.wire = Wire()
        config = Config({"HistoryManager": {"enabled": False}})  # its file has a thread
        config.InteractiveShell.xmode = "Minimal"  # the usual frames of an ordinary error cost 0.1 s
        self.kernel: Any = Threadless(
            session=self.session,
            iopub_socket=self.wire,
            shell_stream=self.wire,
            log=logging.getLogger("kernel"),
            config=config,
        )
        self.kernel._execute_sleep = 0  # a pause for the thread that owns the socket
        self.kernel.shell.displayhook.get_execution_count = lambda: self.kernel.execution_count
        self.loop: asyncio.AbstractEventLoop | None = None
        shell = self.kernel.shell
        for line in ("%load_ext kernel_magics", *first):
            shell.run_cell(line, store_history=False).raise_error()
        os.chdir(here)
        if threading.active_count() > 1:
            raise RuntimeError(f"threads do not survive a fork: {threading.enumerate()}")
        gc.collect()
        gc.freeze()  # a child's collector then leaves these pages shared

    def fork(self) -> Fork:
        """A kernel that just started."""
        ask, asked = os.pipe()
        answered, answer = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(asked)
            os.close(answered)
            try:
                os.chdir(self.folder)
                with os.fdopen(ask) as questions, os.fdopen(answer, "w") as answers:
                    self._serve(questions, answers)
            except BaseException:
                traceback.print_exc(file=sys.__stderr__)
            finally:
                os._exit(0)
        os.close(ask)
        os.close(answer)
        return Fork(pid, os.fdopen(asked, "w"), os.fdopen(answered))

    def _serve(self, questions: TextIO, answers: TextIO) -> None:
        """In the child: run what comes, until nothing comes."""
        self.loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self.loop)
        sys.stdout, sys.stderr = Output(self.kernel, "stdout"), Output(self.kernel, "stderr")
        for line in questions:
            code, id, deleted = json.loads(line)
            answers.write(json.dumps(asdict(self._run(code, id, deleted))) + "\n")
            answers.flush()

    def _run(self, code: str, id: str | None, deleted: Sequence[str]) -> Result:
        """One execute request, as its parts come from a socket."""
        assert self.loop is not None
        metadata = {} if id is None else {"cellId": id, "deletedCells": list(deleted)}
        message = self.session.msg("execute_request", request(code), metadata=metadata)
        self.wire.sent.clear()
        parts = [_Frame(part) for part in self.session.serialize(message)]
        self.loop.run_until_complete(self.kernel.dispatch_shell(parts))
        return fold(map(self._read, self.wire.sent))

    def _read(self, sent: list[bytes]) -> dict[str, Any]:
        """A message's kind and content: `deserialize` of the session would parse every date in it, too."""
        _, (_, header, _, _, content, *_) = self.session.feed_identities(sent)
        return {"msg_type": json.loads(header)["msg_type"], "content": json.loads(content)}


class _Frame:
    """A part of a message as the socket library wraps it."""

    def __init__(self, part: bytes) -> None:
        self.bytes, self.buffer = part, part


class Fork:
    """A forked kernel, as seen by who types into it."""

    def __init__(self, pid: int, questions: TextIO, answers: TextIO) -> None:
        self._pid, self._questions, self._answers = pid, questions, answers

    def run(self, code: str, id: str | None = None, deleted: Sequence[str] = ()) -> Result:
        """Execute a cell and collect its outputs.

        Raises:
            RuntimeError: if the kernel died.
        """
        self.send(code, id, deleted)
        answer = self._answers.readline()
        if not answer:
            raise RuntimeError(f"the kernel died in {code!r}")
        return Result(**json.loads(answer))

    def send(self, code: str, id: str | None = None, deleted: Sequence[str] = ()) -> None:
        """Let a cell begin, and do not wait for it."""
        self._questions.write(json.dumps([code, id, list(deleted)]) + "\n")
        self._questions.flush()

    def kill(self) -> None:
        """SIGKILL, as when memory is short: the process is not notified."""
        os.kill(self._pid, signal.SIGKILL)
        self.close()

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(BrokenPipeError):  # what it did not read
            self._questions.close()
        self._answers.close()
        os.waitpid(self._pid, 0)
