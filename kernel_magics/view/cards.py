"""A card is the drawing of one node: its shape and icon show the kind, marks show state and verdict."""

from dataclasses import dataclass

from kernel_magics.engine.values.took import took
from kernel_magics.tables.plural import plural
from kernel_magics.view.layout import Box, Size
from kernel_magics.view.links import Node, shown_state, signature
from kernel_magics.view.look import LOOK, Palette, outline
from kernel_magics.view.marks import draw_icon, kind_icon, state_icon
from kernel_magics.view.measure import escaped, one_line, shorten, text_width

NAME, SMALL = 13.0, 11.0
WIDEST = 380.0
SIGN, END, MARK, GAP = 32.0, 12.0, 20.0, 9.0
"""Widths of the kind's icon at the left, of the margin at the right, of a state's mark, between two texts."""

_SCOPES = {"row": "row-wise", "key": "key-wise", "whole": "whole"}


@dataclass(frozen=True, slots=True)
class Pen:
    """How to draw: the colours, and whether cards show names only because the graph is large."""

    colours: Palette
    brief: bool


def card_size(node: Node, brief: bool) -> Size:
    """The room a node needs (width, height)."""
    kind, name = node["kind"], one_line(node["name"])
    if brief:
        return min(text_width(name, SMALL) + 46 + 2 * _inset(kind, 24), 280.0), 24.0
    tall = kind not in ("param", "check")
    frame = SIGN + END + 2 * _inset(kind, 46 if tall else 32)
    words = text_width(name, NAME, bold=True) + (MARK if shown_state(node) else 0)
    note = text_width(_note(node), SMALL) + GAP if _note(node) else 0
    if not tall:
        return max(min(frame + words + note, WIDEST), 118.0), 32.0
    aside = text_width(_aside(node), SMALL) + GAP if _aside(node) else 0
    return max(min(frame + max(words, note + aside), WIDEST), 146.0), 46.0


def missing_size(name: str, brief: bool) -> Size:
    """The size of a card for an undefined name."""
    if brief:
        return min(text_width(name, SMALL) + 46, 280.0), 24.0
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
    """An undefined name that nodes wait for: dashed, with a question mark."""
    colour = pen.colours.state["waiting"]
    size = SMALL if pen.brief else NAME
    text = shorten(one_line(name), box.width - 44, size)
    middle = box.height / 2
    return (
        f'<g class="dagbook-node" {_at(box)}>'
        f"<title>{escaped(name)}: nothing defines it</title>"
        f'<rect class="dagbook-missing" width="{box.width:.1f}" height="{box.height:g}" rx="8" fill="none" '
        f'stroke="{colour}" stroke-width="1.4" stroke-dasharray="4 3"/>'
        + _text(text, 14, middle + size * 0.36, size, colour, "fill-waiting", 'font-style="italic"')
        + _text(
            "?", box.width - 20, middle + size * 0.38, size + 1, colour, "fill-waiting", 'font-weight="700"'
        )
        + "</g>"
    )


def tooltip(node: Node) -> str:
    """The lines of the node's tooltip."""
    lines = [signature(node), node.get("doc") or ""]
    facts = [node.get("cell") and f"cell {node['cell']}", node.get("group"), node.get("state")]
    lines.append(" · ".join(filter(None, [*facts, took(node.get("seconds"))])))
    summary = node.get("summary") or {}
    lines.append(" · ".join(filter(None, [summary.get("type"), summary.get("shape")])))
    if node.get("volatile"):
        lines.append(f"{LOOK['volatile']['sign']} reads {node['volatile']} each time it runs")
    if node.get("fitted"):
        lines.append(LOOK["fitted"]["meaning"])
    for variant in node.get("variants") or ():
        when = ", ".join(f"{param}={value}" for param, value in variant["when"].items())
        lines.append(f"when {when}: reads {', '.join(variant['inputs'])} ({variant['cell']})")
    for condition in node.get("conditions") or ():
        lines.append(
            f"{'✓' if condition['held'] else '✗'} {condition['message']} {condition['detail']}".rstrip()
        )
    if nature := node.get("nature"):
        lines += [nature["words"], f"reads the future: {nature['leak']}" if nature["leak"] else ""]
    if waiting := node.get("waiting"):
        lines.append(f"waits for {', '.join(waiting)}")
    if error := node.get("error"):
        lines += [error["message"], error.get("hint") or ""]
    return "\n".join(line for line in lines if line)


def _note(node: Node) -> str:
    """The second line: the type; for a check, how many conditions held."""
    if node["kind"] == "check":
        conditions = node.get("conditions") or ()
        return f"{sum(c['held'] for c in conditions)}/{len(conditions)}" if conditions else ""
    summary = node.get("summary") or {}
    parts = [LOOK["volatile"]["sign"] if node.get("volatile") else ""]
    parts.append(shorten(one_line(node.get("type") or summary.get("type") or ""), 150, SMALL))
    if number := len(node.get("variants") or ()):
        parts.append(plural(number, "variant"))
    if nature := node.get("nature"):
        parts.append("leak" if nature["leak"] else _SCOPES.get(nature["scope"], ""))
    return " · ".join(filter(None, parts))


def _aside(node: Node) -> str:
    return took(node.get("seconds")) if node["kind"] == "value" else ""


def _inset(kind: str, height: float) -> float:
    """The inset of the content for the slanted, round or pointed ends of a shape."""
    return float(LOOK["kinds"][kind]["inset"]) * height


def _mark(node: Node, x: float, y: float, pen: Pen) -> str:
    """The icon of the node's state."""
    icon, state = state_icon(node), shown_state(node)
    return draw_icon(icon, state, x, y, 13, pen.colours.state[state]) if icon and state else ""


def _full(node: Node, name: str, box: Box, pen: Pen) -> str:
    kind, colours, middle = node["kind"], pen.colours, box.height / 2
    inset = _inset(kind, box.height)
    left, right = SIGN + inset, box.width - END - inset
    note, aside, tall = _note(node), _aside(node), box.height > 40
    two_lines = tall and bool(note or aside)
    first = 16.0 if two_lines else middle
    marked = MARK if shown_state(node) else 0
    room = right - left - marked
    if note and not tall:
        room -= text_width(note, SMALL) + GAP
    title = shorten(name, room, NAME, bold=True)
    parts = [
        _shape(node, box.width, box.height, pen),
        draw_icon(kind_icon(node), kind, 17 + inset, middle, 16, colours.kind[kind]),
        _mark(node, right - 4, first, pen),
        _text(title, left, first + 4.5, NAME, colours.text, "text", 'font-weight="600"'),
    ]
    if note and not tall:
        end = right - marked + 2
        parts.append(_text(note, end, middle + 4, SMALL, colours.soft, "soft", 'text-anchor="end"'))
    if two_lines:
        room = right - left - (text_width(aside, SMALL) + GAP if aside else 0)
        parts.append(_text(shorten(note, room, SMALL), left, 36, SMALL, colours.soft, "soft"))
        parts.append(_text(aside, right + 2, 36, SMALL, colours.soft, "soft", 'text-anchor="end"'))
    return "".join(parts)


def _brief(node: Node, name: str, box: Box, pen: Pen) -> str:
    kind, middle, inset = node["kind"], box.height / 2, _inset(node["kind"], box.height)
    title = shorten(name, box.width - 46 - inset * 2, SMALL)
    return (
        _shape(node, box.width, box.height, pen)
        + draw_icon(kind_icon(node), kind, 11 + inset, middle, 12, pen.colours.kind[kind])
        + _mark(node, box.width - 12 - inset, middle, pen)
        + _text(title, 20 + inset, middle + 4, SMALL, pen.colours.text, "text")
    )


def _shape(node: Node, width: float, height: float, pen: Pen) -> str:
    """The outline of the node's kind in the colours of its state; variants have a second card behind it."""
    kind, state, colours = node["kind"], shown_state(node), pen.colours
    card = LOOK["states"][state or "fresh"]["card"]
    classes, fill, stroke = f"dagbook-card-{kind}", colours.fill[kind], colours.stroke[kind]
    if state and card.get("fill"):
        classes, fill = f"{classes} dagbook-alert-{state}", colours.alert[state]
    if state and card.get("stroke"):
        classes, stroke = f"{classes} dagbook-rim-{state}", colours.state[state]
    own = node.get("colour")
    rim = f' style="stroke:{own};stroke-width:3"' if own else ""  # a theme does not override it
    dash = f' stroke-dasharray="{" ".join(map(str, card["dash"]))}"' if card.get("dash") else ""
    drawn = (
        f'class="{classes}" d="{outline(kind, width, height)}" fill="{fill}" stroke="{stroke}" '
        f'stroke-width="{card["width"]:g}" stroke-linejoin="round"{dash}{rim}/>'
    )
    behind = f'<path transform="translate(4 4)" {drawn}' if node.get("variants") else ""
    return f"{behind}<path {drawn}"


def _at(box: Box) -> str:
    return f'transform="translate({box.x:.1f} {box.y:.1f})"'


def _text(text: str, x: float, y: float, size: float, colour: str, name: str, more: str = "") -> str:
    if not text:
        return ""
    look = f'class="dagbook-{name}" font-size="{size:g}" fill="{colour}"' + (f" {more}" if more else "")
    return f'<text x="{x:.1f}" y="{y:.1f}" {look}>{escaped(text)}</text>'
