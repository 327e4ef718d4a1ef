"""`dagbook serve`: an envelope as a web service."""

from __future__ import annotations

import argparse
from pathlib import Path

from kernel_magics.engine.errors import UsageError
from kernel_magics.envelope.envelope import Envelope


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or an interrupt; requests that were accepted are answered.

    Raises:
        DataflowError: DB403 or DB541 (the envelope), DB551 (a row needs others), DB405 (the log), DB003.
    """
    try:
        import uvicorn  # noqa: PLC0415  # an extra

        from kernel_magics.serve.app import Limits, make_app  # noqa: PLC0415  # needs it
        from kernel_magics.serve.requestlog import RequestLog  # noqa: PLC0415  # with the extra only
        from kernel_magics.serve.service import Service  # noqa: PLC0415  # with the extra only
    except ImportError as error:
        raise UsageError(
            "DB003",
            f"a service needs a package: {error.name} is not installed.",
            hint="pip install 'dagbook[serve]'.",
        ) from None
    service = Service(Envelope.open(arguments.source))
    log = RequestLog(Path(arguments.log) if arguments.log else None)
    limits = Limits(arguments.rows, arguments.size, arguments.seconds)
    uvicorn.run(
        make_app(service, log, limits),
        host=arguments.host,
        port=arguments.port,
        log_level="warning",
        timeout_graceful_shutdown=int(limits.seconds) + 1,
    )
    return 0
