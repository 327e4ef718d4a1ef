"""Mermaid is the text that GitHub, GitLab and many wikis draw as a picture by themselves."""

import re

from kernel_magics.view.links import Node, View, links_of, missing_names, nodes_of, verdict
from kernel_magics.view.marks import LIGHT, RED
from kernel_magics.view.measure import one_line

FRAMES = {"input": ('[/"', '"/]'), "param": ('(["', '"])'), "value": ('["', '"]'), "check": ('{{"', '"}}')}

_PLAIN = re.compile(r"[^\w ,.:()|/+=-]")


def to_mermaid(view: View) -> str:
    """The view as a Mermaid flowchart."""
    nodes, missing = nodes_of(view), missing_names(view)
    identity = {name: f"n{number}" for number, name in enumerate([*nodes, *missing])}
    lines = ["flowchart LR"]
    for name, node in nodes.items():
        opened, closed = FRAMES[node["kind"]]
        lines.append(f"    {identity[name]}{opened}{_label(node)}{closed}:::{_class(node)}")
    lines += [f'    {identity[name]}["{_safe(name)} ?"]:::missing' for name in missing]
    for source, target in links_of(view, missing):
        arrow = "-.->" if source in missing or nodes[source]["kind"] == "param" else "-->"
        lines.append(f"    {identity[source]} {arrow} {identity[target]}")
    for kind in FRAMES:
        fill, stroke = LIGHT.fills[kind], LIGHT.strokes[kind]
        lines.append(f"    classDef {kind} fill:{fill},stroke:{stroke},color:{LIGHT.text}")
    lines.append(f"    classDef failed fill:{LIGHT.failed_fill},stroke:{RED},color:{LIGHT.text}")
    lines.append(
        f"    classDef waiting fill:#fff,stroke:{LIGHT.muted},color:{LIGHT.text},stroke-dasharray:5 4"
    )
    lines.append(
        f"    classDef missing fill:none,stroke:{LIGHT.missing},color:{LIGHT.missing},stroke-dasharray:4 3"
    )
    return "\n".join(lines) + "\n"


def _label(node: Node) -> str:
    parts = [node["name"], node.get("type") or "", verdict(node) or node.get("state") or ""]
    return "<br>".join(_safe(part) for part in parts if part)


def _class(node: Node) -> str:
    if node.get("state") == "failed" or verdict(node) == "failed":
        return "failed"
    return "waiting" if node.get("state") == "waiting" else str(node["kind"])


def _safe(text: str) -> str:
    """Every sign that Mermaid, Markdown or HTML could read something into, as Mermaid's own number entity."""
    return _PLAIN.sub(lambda sign: f"#{ord(sign.group())};", one_line(text))
