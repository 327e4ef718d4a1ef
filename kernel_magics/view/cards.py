"""A card is how one node is drawn: its shape and sign tell the kind, marks tell state and verdict."""

from dataclasses import dataclass

from kernel_magics.view.layout import Box, Size
from kernel_magics.view.links import Node, signature, verdict
from kernel_magics.view.marks import BLUE, RED, Palette, kind_sign, state_mark, verdict_mark
from kernel_magics.view.measure import duration, escaped, one_line, shorten, text_width

NAME, SMALL = 13.0, 11.0
WIDEST = 236.0
SIGN, END, MARK, GAP = 32.0, 12.0, 20.0, 9.0
"""Room for the kind's sign at the left, for air at the right end, for a state's mark, between two texts."""

INSET = {"input": 7.0, "param": 4.0, "value": 0.0, "check": 8.0}
"""How far a shape's slanted, round or pointed ends push its content inwards."""

SLANT = 9.0


@dataclass(frozen=True, slots=True)
class Pen:
    """How to draw: the colours, and whether the graph is so large that cards show names only."""

    colours: Palette
    brief: bool


def card_size(node: Node, brief: bool) -> Size:
    """The room a node needs (width, height)."""
    kind, name = node["kind"], one_line(node["name"])
    if brief:
        return min(text_width(name, SMALL) + 46 + INSET[kind], 170.0), 24.0
    frame = SIGN + END + 2 * INSET[kind]
    words = text_width(name, NAME, bold=True) + (MARK if _marked(node) else 0)
    note = text_width(_note(node), SMALL) + GAP if _note(node) else 0
    if kind in ("param", "check"):
        return max(min(frame + words + note, WIDEST), 118.0), 32.0
    aside = text_width(_aside(node), SMALL) + GAP if _aside(node) else 0
    return max(min(frame + max(words, note + aside), WIDEST), 146.0), 46.0


def missing_size(name: str, brief: bool) -> Size:
    """The room for a name that nothing defines."""
    if brief:
        return min(text_width(name, SMALL) + 46, 170.0), 24.0
    return min(text_width(name, NAME) + 56, WIDEST), 32.0


def draw_card(node: Node, box: Box, pen: Pen) -> str:
    """One node as an SVG group with a tooltip."""
    name = one_line(node["name"])
    body = _brief(node, name, box, pen) if pen.brief else _full(node, name, box, pen)
    return (
        f'<g class="dagbook-node" data-name="{escaped(node["name"])}" {_at(box)}>'
        f"<title>{escaped(tooltip(node))}</title>{body}</g>"
    )


def draw_missing(name: str, box: Box, pen: Pen) -> str:
    """A name that nodes wait for and nothing defines: dashed, with a question mark."""
    colour = pen.colours.missing
    size = SMALL if pen.brief else NAME
    text = shorten(one_line(name), box.width - 44, size, middle=True)
    middle = box.height / 2
    return (
        f'<g class="dagbook-node" {_at(box)}>'
        f"<title>{escaped(name)}: nothing defines it</title>"
        f'<rect class="dagbook-missing" width="{box.width:.1f}" height="{box.height:g}" rx="8" fill="none" '
        f'stroke="{colour}" stroke-width="1.4" stroke-dasharray="4 3"/>'
        + _text(text, 14, middle + size * 0.36, size, colour, "missing-text", 'font-style="italic"')
        + _text(
            "?", box.width - 20, middle + size * 0.38, size + 1, colour, "missing-text", 'font-weight="700"'
        )
        + "</g>"
    )


def tooltip(node: Node) -> str:
    """What a pointer resting on the node shows: plain lines."""
    lines = [signature(node), node.get("doc") or ""]
    facts = [node.get("cell") and f"cell {node['cell']}", node.get("group"), node.get("state")]
    lines.append(" · ".join(filter(None, [*facts, duration(node.get("seconds"))])))
    summary = node.get("summary") or {}
    lines.append(" · ".join(filter(None, [summary.get("type"), summary.get("shape")])))
    for variant in node.get("variants") or ():
        when = ", ".join(f"{param}={value}" for param, value in variant["when"].items())
        lines.append(f"when {when}: reads {', '.join(variant['inputs'])} ({variant['cell']})")
    for condition in node.get("conditions") or ():
        lines.append(
            f"{'✓' if condition['held'] else '✗'} {condition['message']} {condition['detail']}".rstrip()
        )
    if waiting := node.get("waiting"):
        lines.append(f"waits for {', '.join(waiting)}")
    if error := node.get("error"):
        lines += [error["message"], error.get("hint") or ""]
    return "\n".join(line for line in lines if line)


def _note(node: Node) -> str:
    """The second line: what type it is; for a check, how many conditions held."""
    if node["kind"] == "check":
        conditions = node.get("conditions") or ()
        return f"{sum(c['held'] for c in conditions)}/{len(conditions)}" if conditions else ""
    summary = node.get("summary") or {}
    parts = [shorten(one_line(node.get("type") or summary.get("type") or ""), 150, SMALL)]
    if number := len(node.get("variants") or ()):
        parts.append(f"{number} variants")
    return " · ".join(filter(None, parts))


def _aside(node: Node) -> str:
    return duration(node.get("seconds")) if node["kind"] == "value" else ""


def _marked(node: Node) -> bool:
    return bool(verdict(node) or node.get("state"))


def _mark(node: Node, x: float, y: float) -> str:
    """A check that ran shows its verdict, any other node its state."""
    if found := verdict(node):
        return verdict_mark(found, x, y)
    return state_mark(node["state"], x, y) if node.get("state") else ""


def _full(node: Node, name: str, box: Box, pen: Pen) -> str:
    kind, colours, middle = node["kind"], pen.colours, box.height / 2
    left, right = SIGN + INSET[kind], box.width - END - INSET[kind]
    note, aside, tall = _note(node), _aside(node), box.height > 40
    two_lines = tall and bool(note or aside)
    first = 16.0 if two_lines else middle
    room = right - left - (MARK if _marked(node) else 0)
    if note and not tall:
        room -= text_width(note, SMALL) + GAP
    title = shorten(name, room, NAME, bold=True, middle=True)
    parts = [
        _shape(node, box.width, box.height, pen),
        kind_sign(kind, 9 + INSET[kind], middle - 8, 16, colours.signs[kind]),
        _mark(node, right - 4, first),
        _text(title, left, first + 4.5, NAME, colours.text, "text", 'font-weight="600"'),
    ]
    if note and not tall:
        end = right - (MARK if _marked(node) else 0) + 2
        parts.append(_text(note, end, middle + 4, SMALL, colours.muted, "muted", 'text-anchor="end"'))
    if two_lines:
        room = right - left - (text_width(aside, SMALL) + GAP if aside else 0)
        parts.append(_text(shorten(note, room, SMALL), left, 36, SMALL, colours.muted, "muted"))
        parts.append(_text(aside, right + 2, 36, SMALL, colours.muted, "muted", 'text-anchor="end"'))
    return "".join(parts)


def _brief(node: Node, name: str, box: Box, pen: Pen) -> str:
    kind, middle, inset = node["kind"], box.height / 2, INSET[node["kind"]] / 2
    title = shorten(name, box.width - 46 - inset * 2, SMALL, middle=True)
    return (
        _shape(node, box.width, box.height, pen)
        + kind_sign(kind, 5 + inset, middle - 6, 12, pen.colours.signs[kind])
        + _mark(node, box.width - 12 - inset / 2, middle)
        + _text(title, 20 + inset, middle + 4, SMALL, pen.colours.text, "text")
    )


def _shape(node: Node, width: float, height: float, pen: Pen) -> str:
    """Slanted for inputs, round ends for params, a rectangle for values, pointed ends for checks."""
    kind, state, colours = node["kind"], node.get("state"), pen.colours
    look = {"fill": colours.fills[kind], "stroke": colours.strokes[kind], "stroke-width": "1.3"}
    classes = f"dagbook-card-{kind}"
    if state == "failed" or verdict(node) == "failed":
        look |= {"fill": colours.failed_fill, "stroke": RED, "stroke-width": "1.6"}
        classes += " dagbook-failed"
    elif state == "running":
        look |= {"stroke": BLUE, "stroke-width": "2"}
        classes += " dagbook-running"
    if state == "waiting":
        look["stroke-dasharray"] = "5 3.5"
    drawn = " ".join(f'{key}="{value}"' for key, value in look.items())
    outline = f'class="{classes}" {drawn} {_outline(kind, width, height)}/>'
    element = "path" if kind in ("input", "check") else "rect"
    behind = ""
    if node.get("variants"):
        behind = f'<{element} transform="translate(4 4)" {outline}'
    return f"{behind}<{element} {outline}"


def _outline(kind: str, width: float, height: float) -> str:
    if kind == "input":
        s = min(SLANT, height / 4)
        right = f"H{width - 2:.1f}q2.4 0 1.8 2.4L{width - s:.1f} {height - 2:g}"
        return f'd="M{s + 2:g} 0{right}q-.6 2-2.6 2H2q-2.4 0-1.8-2.4L{s:g} 2q.5-2 2-2z"'
    if kind == "check":
        s, middle = height / 3.4, height / 2
        right = f"H{width - s:.1f}L{width:.1f} {middle:g}L{width - s:.1f} {height:g}"
        return f'd="M{s:.1f} 0{right}H{s:.1f}L0 {middle:g}z" stroke-linejoin="round"'
    round_by = height / 2 if kind == "param" else min(8, height / 4)
    return f'width="{width:.1f}" height="{height:g}" rx="{round_by:g}"'


def _at(box: Box) -> str:
    return f'transform="translate({box.x:.1f} {box.y:.1f})"'


def _text(text: str, x: float, y: float, size: float, colour: str, name: str, more: str = "") -> str:
    if not text:
        return ""
    look = f'class="dagbook-{name}" font-size="{size:g}" fill="{colour}"' + (f" {more}" if more else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escaped(text)}</text>'
