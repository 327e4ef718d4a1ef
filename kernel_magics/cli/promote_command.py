"""`dagbook promote`: apply the rules of a registry."""

from __future__ import annotations

import argparse
from pathlib import Path

from kernel_magics.cli.terminal import say
from kernel_magics.registry.changes import promote
from kernel_magics.registry.explain import told_decision


def run(arguments: argparse.Namespace) -> int:
    """Promote.

    Returns:
        1 where an envelope must leave an environment and there is none to go back to.

    Raises:
        DataflowError: see `promote`.
    """
    decision = promote(Path(arguments.registry), dry=arguments.dry_run)
    say("\n".join(told_decision(decision, arguments.dry_run)))
    return 1 if decision.stuck else 0
