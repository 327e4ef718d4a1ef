"""A real kernel to type cells into, as JupyterLab does: with cell ids and the ids of deleted cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

from jupyter_client.manager import start_new_kernel

from tests.waiting import PATIENCE
from tests.warm import for_kernel

EMPTY = ("%dataflow reset", "%dataflow auto", "%reset -f")
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass
class Result:
    """What one cell gave: status, plain text, MIME bundles, the error's text, and outputs of others it changed.

    Attributes:
        places: ids of its own outputs that can be changed later.
        elsewhere: plain text of changed outputs of other cells, by their ids.
    """

    status: str = ""
    text: str = ""
    bundles: list[dict[str, Any]] = field(default_factory=list)
    error: str = ""
    ename: str = ""
    next_input: str = ""
    places: list[str] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)

    @property
    def html(self) -> str:
        """All HTML outputs together."""
        return "\n".join(bundle.get("text/html", "") for bundle in self.bundles)


def fold(messages: Iterable[Mapping[str, Any]]) -> Result:
    """The messages of one request as text; an updated display replaces the old one."""
    result = Result()
    shown: list[tuple[str | None, dict[str, Any]]] = []
    for message in messages:
        kind, content = message["msg_type"], message["content"]
        if kind == "stream":
            result.text += content["text"]
        elif kind in ("display_data", "execute_result", "update_display_data"):
            key = content.get("transient", {}).get("display_id")
            if kind == "update_display_data" and key not in [item[0] for item in shown]:
                result.elsewhere[key] = content["data"].get("text/plain", "")
                continue
            shown = [item for item in shown if key is None or item[0] != key]
            shown.append((key, content["data"]))
        elif kind == "error":
            result.ename = content["ename"]
            result.error = _ANSI.sub("", "\n".join(content["traceback"]))
        elif kind == "execute_reply":
            result.status = str(content["status"])
            payload = [item for item in content.get("payload", ()) if item.get("source") == "set_next_input"]
            result.next_input = payload[-1]["text"] if payload else ""
    result.bundles = [data for _, data in shown]
    result.places = [key for key, _ in shown if key is not None]
    result.text += "\n".join(data.get("text/plain", "") for data in result.bundles)
    return result


def request(code: str) -> dict[str, Any]:
    """The content of an execute request."""
    return {
        "code": code,
        "silent": False,
        "store_history": True,
        "user_expressions": {},
        "allow_stdin": False,
        "stop_on_error": False,  # or the kernel may drop what comes right after an error
    }


class Kernel:
    """One ipykernel process."""

    def __init__(self, cwd: str) -> None:
        self.manager, self.client = start_new_kernel(
            startup_timeout=PATIENCE, cwd=cwd, extra_arguments=for_kernel()
        )
        self._came: dict[str, list[dict[str, Any]]] = {}  # messages of requests that are not collected yet
        loaded = self.run("%load_ext kernel_magics")
        if loaded.status != "ok":
            raise RuntimeError(loaded.error)

    def empty(self, *lines: str) -> None:
        """An empty dataflow with its usual settings, and no variables; then these lines run.

        `%reset` collects garbage twice: what is there before it, such as the libraries, is not searched.
        """
        run = self.run("\n".join(["import gc; gc.freeze()", *EMPTY, *lines]))
        if run.status != "ok":
            raise RuntimeError(run.error)

    def run(self, code: str, id: str | None = None, deleted: Sequence[str] = ()) -> Result:
        """Execute a cell and collect its outputs."""
        return self.collect(self.send(code, id, deleted))

    def send(self, code: str, id: str | None = None, deleted: Sequence[str] = ()) -> str:
        """Send an execute request; returns its message id."""
        message = self.client.session.msg("execute_request", request(code))
        if id is not None:
            message["metadata"] = {"cellId": id, "deletedCells": list(deleted)}
        self.client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def collect(self, msg_id: str) -> Result:
        """Wait for the outputs of a request."""
        while self._next(msg_id)["content"].get("execution_state") != "idle":
            continue
        messages = self._came.pop(msg_id)
        return fold([*messages, {"msg_type": "execute_reply", "content": self._reply(msg_id)}])

    def wait_shown(self, msg_id: str, text: str) -> None:
        """Wait until a request that runs shows something that begins with a text; `collect` gives it all the same."""
        while True:
            content = self._next(msg_id)["content"]
            assert content.get("execution_state") != "idle", f"it has ended, and did not show '{text}'"
            if content.get("data", {}).get("text/plain", "").startswith(text):
                return

    def _next(self, msg_id: str) -> dict[str, Any]:
        """The next message of a request."""
        came = self._came.setdefault(msg_id, [])
        while True:
            try:
                message: dict[str, Any] = self.client.get_iopub_msg(timeout=PATIENCE)
            except Empty:
                raise TimeoutError(fold(came).text) from None
            if message["parent_header"].get("msg_id") == msg_id:
                came.append(message)
                return message

    def _reply(self, msg_id: str) -> dict[str, Any]:
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE)
            if reply["parent_header"].get("msg_id") == msg_id:
                content: dict[str, Any] = reply["content"]
                return content

    def interrupt(self) -> None:
        """What the stop button does."""
        self.manager.interrupt_kernel()

    def close(self) -> None:
        """End the process."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
