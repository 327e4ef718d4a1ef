"""`dagbook explain`: what an error code means, with an example that fails and one that is right."""

from __future__ import annotations

import argparse

from kernel_magics.assist.explain import explain, explanations
from kernel_magics.cli.terminal import say
from kernel_magics.engine.errors import UsageError


def run(arguments: argparse.Namespace) -> int:
    """Print an explanation; without a code, the list of all.

    Raises:
        UsageError: DB002 for a code that does not exist.
    """
    if arguments.code is None:
        for one in explanations().values():
            say(f"{one.code}  {one.title or one.means.split('.')[0]}")
        return 0
    found = explain(arguments.code)
    if found is None:
        raise UsageError(
            "DB002", f"there is no error '{arguments.code}'.", hint="'dagbook explain' lists all."
        )
    say(found.text())
    return 0
