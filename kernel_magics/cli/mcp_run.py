"""A run of a notebook on its samples, in a process of its own, for `mcp_tools.py`."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from kernel_magics.cli.supervise import supervised
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.session.session import Session
from kernel_magics.loading.place import working_beside
from kernel_magics.notebook import read_notebook
from kernel_magics.values import VALUES
from kernel_magics.view.build import live_nodes


def main(source: str, target: str, *names: str) -> int:
    """Compute these nodes, or all, and write the view's nodes to a file as JSON; errors are printed."""
    try:
        return supervised(lambda: _computed(source, target, names))
    except DataflowError as error:
        print("\n".join(error.lines()), file=sys.stderr)
        return 1


def _computed(source: str, target: str, names: Sequence[str]) -> int:
    try:
        notebook = read_notebook(Path(source))
        session = Session(VALUES, outside=notebook.outside)
        with working_beside(source):
            session.register(*notebook.sources(), load=False)
            wanted = list(names) or session.graph.names()
            for _ in session.compute(wanted):
                pass
            text = json.dumps(live_nodes(session, wanted), ensure_ascii=False, default=str)
    except DataflowError as error:
        print("\n".join(error.lines()), file=sys.stderr)
        return 1
    Path(target).write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
