"""`dagbook graph`: the static view in the format that the output's suffix names."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kernel_magics.cli.output import write_text
from kernel_magics.cli.pairs import importing
from kernel_magics.cli.terminal import say
from kernel_magics.cli.unseen import say_unseen
from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.unknown import unknown_name
from kernel_magics.engine.graph.version import code_version
from kernel_magics.loading.files import read_graph
from kernel_magics.store.room import HIDDEN
from kernel_magics.view import focus, only, selected, to_dot, to_html, to_mermaid, to_svg, to_text
from kernel_magics.view.build import static_view
from nbext.page import html_page


def _page(view: dict[str, Any]) -> str:
    """The interactive page; only the picture if the front end was not built."""
    try:
        return html_page(view)
    except ImportError:
        return to_html(view)


FORMATS: dict[str, Callable[[dict[str, Any]], str]] = {
    ".svg": to_svg,
    ".html": _page,
    ".dot": to_dot,
    ".mmd": to_mermaid,
    ".json": lambda view: json.dumps(view, indent=1, ensure_ascii=False) + "\n",
    ".txt": lambda view: to_text(view) + "\n",
}


def known_natures(graph: Graph, source: str) -> dict[str, Any]:
    """What was last learnt of nodes whose code is still the same; nothing is learnt now."""
    folder = Path(source).parent / HIDDEN / "natures"
    if not folder.is_dir():
        return {}
    from kernel_magics.nature.kept import Kept  # noqa: PLC0415  # needs pandas, half a second
    from kernel_magics.nature.words import to_view  # noqa: PLC0415  # as above

    return {name: to_view(nature) for name, nature in Kept(folder).of_graph(graph).items()}


def _versions(view: dict[str, Any]) -> str:
    """A line for each node: the version of its code, and its name."""
    return "".join(f"{node['version']}  {node['name']}\n" for node in view["nodes"])


def run(arguments: argparse.Namespace) -> int:
    """Draw the graph.

    Raises:
        DataflowError: DB002 for a suffix or name that does not exist, else as reading does.
    """
    suffix = Path(arguments.output).suffix if arguments.output else ".txt"
    if suffix not in FORMATS:
        raise UsageError(
            "DB002", f"no picture is called '{suffix}'.", hint=f"choose one of {', '.join(FORMATS)}."
        )
    if arguments.versions and suffix not in (".txt", ".json"):
        raise UsageError("DB002", "--versions is for text and .json.", hint="leave it out for a picture.")
    graph, title = read_graph(arguments.source, importing(arguments))
    say_unseen(arguments.source, arguments.imports)
    for name in (arguments.upstream, arguments.downstream):
        if name is not None and name not in graph.nodes:
            raise unknown_name(graph, name)
    view = focus(
        static_view(graph, title, known_natures(graph, arguments.source)),
        upstream=arguments.upstream,
        downstream=arguments.downstream,
    )
    if arguments.select is not None:
        view = only(view, selected(view, arguments.select))
    if arguments.versions:
        for node in view["nodes"]:
            node["version"] = code_version(graph, node["name"])
    text = _versions(view) if arguments.versions and suffix == ".txt" else FORMATS[suffix](view)
    if arguments.output:
        write_text(Path(arguments.output), text)
    else:
        say(text, end="")
    return 0
