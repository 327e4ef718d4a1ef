"""`dagbook publish`: an envelope is added to a registry; rules decide where it runs."""

from __future__ import annotations

import argparse
from pathlib import Path

from kernel_magics.cli.terminal import say
from kernel_magics.registry.changes import publish
from kernel_magics.registry.explain import short


def run(arguments: argparse.Namespace) -> int:
    """Publish.

    Raises:
        DataflowError: see `publish`.
    """
    digest, new = publish(Path(arguments.source), Path(arguments.registry))
    say(f"{short(digest)} {'published' if new else 'was published before'} in {arguments.registry}")
    return 0
