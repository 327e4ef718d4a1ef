"""View: one JSON document about a dataflow, its subsets, and its drawing as SVG, HTML, Dot or Mermaid."""

from kernel_magics.view.build import (
    Outcomes,
    changed_nodes,
    live_nodes,
    live_view,
    node_after,
    state_after,
    static_view,
)
from kernel_magics.view.dot import to_digraph, to_dot
from kernel_magics.view.html import to_html
from kernel_magics.view.layout import Layout, lay_out
from kernel_magics.view.mermaid import to_mermaid
from kernel_magics.view.select import only, selected
from kernel_magics.view.styled import Style, styled
from kernel_magics.view.subgraph import focus
from kernel_magics.view.svg import arrange, to_svg
from kernel_magics.view.text import lineage_html, lineage_table, lineage_text, to_text

__all__ = [
    "Layout",
    "Outcomes",
    "Style",
    "arrange",
    "changed_nodes",
    "focus",
    "lay_out",
    "lineage_html",
    "lineage_table",
    "lineage_text",
    "live_nodes",
    "live_view",
    "node_after",
    "only",
    "selected",
    "state_after",
    "static_view",
    "styled",
    "to_digraph",
    "to_dot",
    "to_html",
    "to_mermaid",
    "to_svg",
    "to_text",
]
