"""`dagbook lineage`: what a node comes from and feeds, as a table or as JSON."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping

from kernel_magics.cli.graph_command import known_natures
from kernel_magics.cli.pairs import importing
from kernel_magics.cli.terminal import say
from kernel_magics.cli.unseen import say_unseen
from kernel_magics.engine.graph.unknown import unknown_name
from kernel_magics.lineage.columns import Origin, origin_lines, origins
from kernel_magics.loading.files import read_graph
from kernel_magics.view import lineage_table, lineage_text
from kernel_magics.view.build import static_view


def run(arguments: argparse.Namespace) -> int:
    """Print the lineage.

    Raises:
        DataflowError: DB308 for a name that does not exist, else as reading does.
    """
    graph, title = read_graph(arguments.source, importing(arguments))
    say_unseen(arguments.source, arguments.imports)
    name = arguments.name
    if name not in graph.nodes:
        raise unknown_name(graph, name)
    view = static_view(graph, title, known_natures(graph, arguments.source))
    known = origins(graph)
    if arguments.json:
        rows = [{**row, "origin": _origin(known, row["name"])} for row in lineage_table(view, name)]
        say(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        say("\n".join([lineage_text(view, name), *origin_lines(name, known)]))
    return 0


def _origin(known: Mapping[str, Origin], name: str) -> dict[str, object] | None:
    """The columns from which a node is made; null for a check."""
    return known[name].to_json() if name in known else None
