"""Listening: a command takes its address before it does anything else, then serves an app there."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import Any, Final

from kernel_magics.engine.errors import SourceError

_IDLE: Final = (
    75  # seconds: longer than load balancers keep a connection, which else meet one that was closed
)


def bound(host: str, port: int) -> socket.socket:
    """A socket that has the address, and refuses connections until an app is served at it.

    Raises:
        SourceError: DB552 where the address cannot be had.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
        family, kind, protocol, _, address = found[0]
        # where the protocol is not told, asyncio leaves the delay of small parts on: 40 ms for each answer
        made = socket.socket(family, kind, protocol)
        try:
            if os.name == "posix":  # an address that was in use a moment ago is free
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
        except BaseException:
            made.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise SourceError(
            "DB552",
            f"cannot listen at {host}:{port}: {reason}.",
            hint="choose another --port, or an address of this machine with --host.",
        ) from None
    return made


def serve(app: Any, at: socket.socket, **options: Any) -> None:
    """Serve an app until SIGTERM or an interrupt.

    Args:
        options: of uvicorn.
    """
    import uvicorn  # noqa: PLC0415  # an extra

    options = {"log_level": "warning", "access_log": False, "timeout_keep_alive": _IDLE, **options}
    server = uvicorn.Server(uvicorn.Config(app, **options))
    with contextlib.suppress(KeyboardInterrupt), at:
        server.run(sockets=[at])
