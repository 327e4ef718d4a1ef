"""Mermaid is the text that GitHub, GitLab and many wikis render as a picture.

The front end exports the same text (`nbext/frontend/src/diagrams.ts`); both are tested with
`tests/recorded/view_v1.mmd`.
"""

import re

from kernel_magics.view.links import Node, View, label_of, links_of, missing_names, nodes_of, shown_state
from kernel_magics.view.look import KINDS, LIGHT, LOOK
from kernel_magics.view.measure import one_line

_CLASSES = {state: look["card"] for state, look in LOOK["states"].items() if look["card"].get("stroke")}
"""The states that a card shows by its colours."""

_SPECIAL = re.compile(r"[^\w ,.:()|/+=-]")


def to_mermaid(view: View) -> str:
    """The view as a Mermaid flowchart."""
    nodes, missing = nodes_of(view), missing_names(view)
    identity = {name: f"n{number}" for number, name in enumerate([*nodes, *missing])}
    lines = ["flowchart LR"]
    for name, node in nodes.items():
        opened, closed = LOOK["kinds"][node["kind"]]["mermaid"]
        label = "<br>".join(map(_escaped, label_of(node)))
        lines.append(f'    {identity[name]}{opened}"{label}"{closed}:::{_class(node)}')
    lines += [f'    {identity[name]}["{_escaped(name)} ?"]:::missing' for name in missing]
    for name, node in nodes.items():
        if node.get("colour"):
            lines.append(f"    style {identity[name]} stroke:{node['colour']},stroke-width:3px")
    for source, target in links_of(view, missing):
        arrow = "-.->" if source in missing or nodes[source]["kind"] == "param" else "-->"
        lines.append(f"    {identity[source]} {arrow} {identity[target]}")
    colour = f"color:{LIGHT.text}"
    for kind in KINDS:
        lines.append(f"    classDef {kind} fill:{LIGHT.fill[kind]},stroke:{LIGHT.stroke[kind]},{colour}")
    for state, card in _CLASSES.items():
        fill = LIGHT.alert[state] if card.get("fill") else LIGHT.card
        dash = f",stroke-dasharray:{' '.join(map(str, card['dash']))}" if card.get("dash") else ""
        lines.append(f"    classDef {state} fill:{fill},stroke:{LIGHT.state[state]},{colour}{dash}")
    waiting = LIGHT.state["waiting"]
    lines.append(f"    classDef missing fill:none,stroke:{waiting},color:{waiting},stroke-dasharray:4 3")
    return "\n".join(lines) + "\n"


def _class(node: Node) -> str:
    state = shown_state(node)
    return state if state and state in _CLASSES else str(node["kind"])


def _escaped(text: str) -> str:
    """Replace every character with a meaning in Mermaid, Markdown or HTML by Mermaid's number entity."""
    return _SPECIAL.sub(lambda sign: f"#{ord(sign.group())};", one_line(text))
