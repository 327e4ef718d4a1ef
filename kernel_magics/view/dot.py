"""Dot is the input text of Graphviz.

The front end exports the same text (`nbext/frontend/src/diagrams.ts`); both are tested with
`tests/recorded/view_v1.dot`.
"""

from typing import TYPE_CHECKING

from kernel_magics.view.links import Node, View, label_of, links_of, missing_names, nodes_of, shown_state
from kernel_magics.view.look import LIGHT, LOOK
from kernel_magics.view.measure import one_line

if TYPE_CHECKING:
    import graphviz


def to_dot(view: View) -> str:
    """The view as Graphviz text."""
    return f"// {_title(view)}\ndigraph {{\n{''.join(_lines(view))}}}\n"


def to_digraph(view: View) -> "graphviz.Digraph":
    """The view as a `graphviz.Digraph`, which a notebook shows where the `dot` program is installed.

    Raises:
        ImportError: the package `graphviz` is not installed (it comes with `dagbook[lab]`).
    """
    import graphviz  # noqa: PLC0415 (an optional package)

    return graphviz.Digraph(comment=_title(view), body=_lines(view))


def _title(view: View) -> str:
    return one_line(view.get("title") or "dataflow")


def _lines(view: View) -> list[str]:
    """The statements inside the braces, a line each."""
    nodes, missing = nodes_of(view), missing_names(view)
    waiting = LIGHT.state["waiting"]
    lines = [
        "graph [rankdir=LR bgcolor=transparent]",
        'node [fontname=Helvetica fontsize=11 margin="0.14,0.06" style="rounded,filled"]',
        f'edge [color="{LIGHT.edge}" arrowsize=0.6]',
    ]
    lines += [f"{_quoted(name)} [{_attributes(node)}]" for name, node in nodes.items()]
    for name in missing:
        label = _quoted(f"{one_line(name)} ?")
        lines.append(f'{_quoted(name)} [label={label} style=dashed color="{waiting}" fontcolor="{waiting}"]')
    for source, target in links_of(view, missing):
        dashed = f' [style=dashed color="{waiting}"]' if source in missing else ""
        dotted = " [style=dotted]" if source in nodes and nodes[source]["kind"] == "param" else ""
        lines.append(f"{_quoted(source)} -> {_quoted(target)}{dashed or dotted}")
    return [f"\t{line}\n" for line in lines]


def _attributes(node: Node) -> str:
    kind, state = node["kind"], shown_state(node)
    card = LOOK["states"][state]["card"] if state else {}
    style = "filled" if kind in ("input", "check") else "rounded,filled"
    values = {
        "label": "\\n".join(_escaped(one_line(part)) for part in label_of(node)),
        "shape": LOOK["kinds"][kind]["dot"],
        "style": style + (",dashed" if card.get("dash") else ""),
        "fillcolor": LIGHT.alert[state] if state and card.get("fill") else LIGHT.fill[kind],
        "color": LIGHT.state[state] if state and card.get("stroke") else LIGHT.stroke[kind],
        **({"color": node["colour"], "penwidth": "3"} if node.get("colour") else {}),
        "tooltip": _escaped(one_line(node.get("doc") or node["name"])),
    }
    return " ".join(f'{key}="{value}"' for key, value in values.items())


def _quoted(name: str) -> str:
    """A quoted identifier of Dot for any name."""
    return f'"{_escaped(name)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
