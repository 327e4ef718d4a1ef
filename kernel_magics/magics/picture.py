"""Pictures are the outputs of line magics: a graph, a lineage, a status; each has plain text, too."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from kernel_magics.engine.visible import visible
from kernel_magics.view import focus, lineage_html, lineage_text, to_svg, to_text

Bundle = dict[str, Any]


class Picture:
    """The graph as an SVG that needs neither a kernel nor Graphviz."""

    def __init__(self, view: dict[str, Any]) -> None:
        self.view = view

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        return {"text/plain": visible(to_text(self.view)), "image/svg+xml": to_svg(self.view)}


class Lineage:
    """A table of a node's upstream and downstream, above the graph of these."""

    def __init__(self, view: dict[str, Any], name: str, columns: Sequence[str] = ()) -> None:
        self.view, self.name, self.columns = view, name, columns

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        part = focus(self.view, upstream=self.name, downstream=self.name)
        columns = "\n".join(self.columns)
        pre = f'<pre style="background:none;padding:0">{escape(columns.strip())}</pre>' if columns else ""
        html = f"{lineage_html(self.view, self.name)}{pre}<div>{to_svg(part)}</div>"
        text = "\n".join([lineage_text(self.view, self.name), *self.columns])
        return {"text/plain": visible(text), "text/html": html}


class Status:
    """How many nodes are in which state, and which need attention; `more` are lines after that."""

    def __init__(self, view: dict[str, Any], more: Sequence[str] = ()) -> None:
        self.view, self.more = view, more

    def text(self) -> str:
        """Plain text."""
        nodes = self.view["nodes"]
        names = {node["name"] for node in nodes}
        kinds = Counter(node["kind"] for node in nodes)
        states = Counter(node["state"] for node in nodes)
        lines = [
            f"mode {self.view['mode']}: "
            + ", ".join(f"{count} {kind}{'s' if count != 1 else ''}" for kind, count in kinds.items())
        ]
        lines.append(", ".join(f"{count} {state}" for state, count in states.items()) or "no cells yet")
        for node in nodes:
            if node["state"] == "waiting":
                waits = (f"a variant of {name}" if name in names else name for name in node["waiting"])
                lines.append(f"  … {node['name']} {node['cell']} waits for {', '.join(waits)}")
            elif node["error"]:
                lines.append(f"  ✕ {node['name']}: {node['error']['code']} {node['error']['message']}")
            lines += [
                f"  ✗ {node['name']}: {item['message']}" for item in node["conditions"] if not item["held"]
            ]
        return "\n".join(line for line in [*lines, *self.more] if line)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Bundle:
        text = self.text()
        style = "margin:0;background:none;padding:0"
        return {"text/plain": visible(text), "text/html": f'<pre style="{style}">{escape(text)}</pre>'}
