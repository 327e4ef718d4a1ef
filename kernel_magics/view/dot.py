"""Dot is the text that Graphviz draws, for those who have its `dot` program or paste it elsewhere."""

from typing import TYPE_CHECKING

from kernel_magics.view.links import KINDS, Node, View, links_of, missing_names, nodes_of, verdict
from kernel_magics.view.marks import GREY, LIGHT, RED
from kernel_magics.view.measure import one_line

if TYPE_CHECKING:
    import graphviz

SHAPES = {"input": "parallelogram", "param": "ellipse", "value": "box", "check": "hexagon"}


def to_dot(view: View) -> str:
    """The view as Graphviz text, without drawing it.

    Raises:
        ImportError: the package `graphviz` is not installed (it comes with `dagbook[lab]`).
    """
    return str(to_digraph(view).source)


def to_digraph(view: View) -> "graphviz.Digraph":
    """The view as a `graphviz.Digraph`, which a notebook shows where the `dot` program is installed.

    Raises:
        ImportError: the package `graphviz` is not installed (it comes with `dagbook[lab]`).
    """
    import graphviz  # noqa: PLC0415 (an optional package)

    nodes, missing = nodes_of(view), missing_names(view)
    title = one_line(view.get("title") or "dataflow")
    graph = graphviz.Digraph(comment=title, graph_attr={"rankdir": "LR", "bgcolor": "transparent"})
    graph.attr("node", fontname="Helvetica", fontsize="11", style="rounded,filled", margin="0.14,0.06")
    graph.attr("edge", color=LIGHT.edge, arrowsize="0.6")
    identity = _identities([*nodes, *missing])
    for name, node in nodes.items():
        attributes = {key: graphviz.escape(value) for key, value in _look(node).items()}
        label = "\\n".join(map(graphviz.escape, _label(node)))
        graph.node(identity[name], graphviz.nohtml(label), **attributes)
    for name in missing:
        label = graphviz.escape(f"{one_line(name)} ?")
        graph.node(identity[name], label, style="dashed", color=LIGHT.missing, fontcolor=LIGHT.missing)
    for source, target in links_of(view, missing):
        dashed = {"style": "dashed", "color": LIGHT.missing} if source in missing else {}
        dotted = {"style": "dotted"} if nodes.get(source, {}).get("kind") == "param" else {}
        graph.edge(identity[source], identity[target], **(dashed or dotted))
    return graph


def _identities(names: list[str]) -> dict[str, str]:
    """An identity for each name: itself, unless dot reads other signs (as a port, say) into it."""
    taken = {name for name in names if name.isidentifier()}
    identity: dict[str, str] = {}
    for name in names:
        plain = name
        if not name.isidentifier():
            plain = "".join(sign if sign.isalnum() else "_" for sign in name) or "_"
            while plain in taken:
                plain += "_"
            taken.add(plain)
        identity[name] = plain
    return identity


def _label(node: Node) -> list[str]:
    lines = [node["name"], node.get("type") or "", verdict(node) or node.get("state") or ""]
    return [one_line(line) for line in lines if line]


def _look(node: Node) -> dict[str, str]:
    kind, state, found = node["kind"], node.get("state"), verdict(node)
    style = "filled" if kind in ("input", "check") else "rounded,filled"
    if state == "waiting":
        style += ",dashed"
    bad = state == "failed" or found == "failed"
    return {
        "tooltip": one_line(node.get("doc") or node["name"]),
        "shape": SHAPES[kind] if kind in KINDS else "box",
        "style": style,
        "fillcolor": LIGHT.failed_fill if bad else LIGHT.fills[kind],
        "color": RED if bad else GREY if state == "waiting" else LIGHT.strokes[kind],
    }
