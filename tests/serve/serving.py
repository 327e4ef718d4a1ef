"""A service on the loopback for tests, in a thread of this process."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from kernel_magics.envelope.envelope import Envelope
from kernel_magics.serve.app import Limits, make_app
from kernel_magics.serve.requestlog import RequestLog
from kernel_magics.serve.service import Service
from kernel_magics.serve.serving import Serving


@contextmanager
def served(folder: Path, log: Path, limits: Limits | None = None) -> Iterator[str]:
    """The address of a service of an envelope; it ends with the block."""
    limits = limits or Limits()
    app = make_app(Serving(Service(Envelope.open(folder)), limits.rows), RequestLog(log), limits)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
