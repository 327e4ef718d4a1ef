"""`dagbook serve`: an envelope as a web service, or the one that an environment of a registry has."""

from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path

from kernel_magics.cli.listening import bound, serve
from kernel_magics.engine.errors import UsageError
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.registry.registry import parse_source, pointed


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGTERM or an interrupt; requests that were accepted are answered.

    Raises:
        DataflowError: DB403 or DB541 (the envelope), DB561 (nothing is in that environment), DB551 (a row
            needs others), DB552 (the address), DB405 (the log), DB003.
    """
    try:
        import uvicorn  # noqa: F401, PLC0415  # an extra

        from kernel_magics.serve.app import Limits, make_app  # noqa: PLC0415  # needs it
        from kernel_magics.serve.following import Follower  # noqa: PLC0415  # likewise
        from kernel_magics.serve.requestlog import RequestLog  # noqa: PLC0415  # with the extra only
        from kernel_magics.serve.service import Service  # noqa: PLC0415  # with the extra only
        from kernel_magics.serve.serving import Serving  # noqa: PLC0415  # with the extra only
    except ImportError as error:
        raise UsageError(
            "DB003",
            f"a service needs a package: {error.name} is not installed.",
            hint="pip install 'dagbook[serve]'.",
        ) from None
    root, environment = parse_source(arguments.source)
    service = Service(Envelope.open(pointed(root, environment) if environment else root))
    for name, reason in service.by_pandas.items():
        print(f"note: for one row '{name}' runs with pandas: {reason}", file=sys.stderr)
    at = bound(arguments.host, arguments.port)
    private = service.envelope.record.get("private", ())
    log = RequestLog(Path(arguments.log) if arguments.log else None, private)
    limits = Limits(arguments.rows, arguments.size, arguments.seconds)
    serving = Serving(service, limits.rows)
    if environment:
        Follower(root, environment, serving).start()
    app = make_app(serving, log, limits)
    serve(app, at, timeout_graceful_shutdown=math.ceil(limits.seconds) + 1)
    return 0
