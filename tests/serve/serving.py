"""A service of an envelope, on the loopback, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kernel_magics.envelope.envelope import Envelope
from kernel_magics.serve.app import Limits, make_app
from kernel_magics.serve.requestlog import RequestLog
from kernel_magics.serve.service import Service
from kernel_magics.serve.serving import Serving
from tests.server import running


@contextmanager
def served(folder: Path, log: Path, limits: Limits | None = None) -> Iterator[str]:
    """The address of the service; it ends with the block."""
    limits = limits or Limits()
    app = make_app(Serving(Service(Envelope.open(folder)), limits.rows), RequestLog(log), limits)
    with running(app) as address:
        yield address
