"""`dagbook diff`: nodes added, removed and changed, and what is downstream of them."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from kernel_magics.cli.output import write_text
from kernel_magics.cli.pairs import importing
from kernel_magics.cli.revision import read_source
from kernel_magics.cli.terminal import say
from kernel_magics.view.build import static_view
from kernel_magics.view.changes import find_changes
from kernel_magics.view.changes_page import changes_page


def run(arguments: argparse.Namespace) -> int:
    """Compare two dataflows.

    Raises:
        DataflowError: one of them cannot be read.
    """
    if arguments.values:  # it needs pandas, which the comparison of code does not
        from kernel_magics.cli import value_diff  # noqa: PLC0415  # needs pandas

        return value_diff.run(arguments)
    config = importing(arguments)
    old, new = (read_source(name, config) for name in (arguments.old, arguments.new))
    changes = find_changes(old.graph, new.graph, alike=old.is_module == new.is_module)
    if arguments.html:
        views = (static_view(old.graph, arguments.old), static_view(new.graph, arguments.new))
        title = f"From {arguments.old} to {arguments.new}"
        write_text(Path(arguments.html), changes_page(title, *views, changes))
    if arguments.json:
        say(json.dumps(changes.record(), indent=1, ensure_ascii=False))
    else:
        say("\n".join(changes.lines()))
    return 1 if arguments.exit_code and changes else 0
