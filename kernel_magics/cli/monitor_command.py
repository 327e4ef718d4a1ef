"""`dagbook monitor`: what the log of a service tells about its envelope."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.terminal import say
from kernel_magics.engine.source.secrets import masked
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.monitor import report
from kernel_magics.monitor.monitoring import monitor
from kernel_magics.quality.drift import worst
from kernel_magics.registry.registry import parse_source, pointed


def run(arguments: argparse.Namespace) -> int:
    """Monitor.

    Returns:
        3 for drift past a failing threshold.

    Raises:
        DataflowError: see `monitor`; DB405.
    """
    root, environment = parse_source(arguments.envelope)
    envelope = Envelope.open(pointed(root, environment) if environment else root)
    labels = Path(arguments.labels) if arguments.labels else None
    found = monitor(Path(arguments.log), envelope, labels, arguments.on)
    say("\n".join(report.told(found)))
    if arguments.output:
        write_text(Path(arguments.output), masked(report.html(found)))  # logs may be of other services
    write_text(Path(arguments.evidence), f"{json.dumps(found.evidence(), indent=1)}\n")
    return 3 if worst(found.shifts) == "fail" else 0
