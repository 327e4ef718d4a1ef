"""`dagbook lineage`: what a node comes from and feeds, as a table or as JSON."""

from __future__ import annotations

import argparse
import json

from kernel_magics.cli.load import read_graph
from kernel_magics.engine.unknown import unknown_name
from kernel_magics.view import lineage_table, lineage_text
from kernel_magics.view.build import static_view


def run(arguments: argparse.Namespace) -> int:
    """Print the lineage.

    Raises:
        DataflowError: DB308 for a name that does not exist, else as reading does.
    """
    graph, title = read_graph(arguments.source)
    name = arguments.name
    if name not in graph.nodes:
        raise unknown_name(graph, name)
    view = static_view(graph, title)
    if arguments.json:
        print(json.dumps(lineage_table(view, name), indent=1, ensure_ascii=False))
    else:
        print(lineage_text(view, name))
    return 0
