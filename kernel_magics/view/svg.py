"""An SVG is a self-contained picture of a view: no script, no program, no external resources.

Colours are plain attributes that work on light and dark pages alike (cards have their own background). With
the theme `auto` a small style block also follows the reader's system, if the page keeps it.
"""

from typing import Literal

from kernel_magics.view.cards import Pen, card_size, draw_card, draw_missing, missing_size
from kernel_magics.view.layout import Direction, Layout, Point, Route, Spacing, lay_out
from kernel_magics.view.links import View, links_of, missing_names, nodes_of
from kernel_magics.view.look import DARK, KINDS, LIGHT, STATES, Palette
from kernel_magics.view.marks import draw_icon, icon_of, style
from kernel_magics.view.measure import escaped, text_width

Theme = Literal["auto", "light", "dark"]

MARGIN = 14.0
BRIEF_FROM = 150
"""With more nodes than this, cards show names only."""

FONT = "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def arrange(view: View, direction: Direction = "LR") -> Layout:
    """The layout of a view, with cards of the size that `to_svg` draws."""
    nodes, missing = nodes_of(view), missing_names(view)
    brief = len(nodes) > BRIEF_FROM
    sizes = {name: card_size(node, brief) for name, node in nodes.items()}
    sizes |= {name: missing_size(name, brief) for name in missing}
    spacing = Spacing(node=8, bend=7, layer=36, part=20) if brief else Spacing()
    return lay_out([*nodes, *missing], links_of(view, missing), sizes, direction, spacing)


def to_svg(view: View, layout: Layout | None = None, theme: Theme = "auto") -> str:
    """The view as SVG text; `layout` is one made by `arrange`, for another direction than left to right."""
    layout = arrange(view) if layout is None else layout
    nodes = nodes_of(view)
    pen = Pen(DARK if theme == "dark" else LIGHT, len(nodes) > BRIEF_FROM)
    cards = [
        draw_card(nodes[name], box, pen) if name in nodes else draw_missing(name, box, pen)
        for name, box in layout.positions.items()
    ]
    legend, legend_width, legend_height = _legend(view, max(layout.width, 320.0), pen.colours)
    width = max(layout.width, legend_width) + 2 * MARGIN
    height = layout.height + legend_height + 2 * MARGIN
    label = escaped(_label(view))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="dagbook-svg" '
        f'width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label="{label}" '
        f'font-family="{FONT}">'
        f"{style() if theme == 'auto' else ''}"
        f'<g transform="translate({MARGIN:g} {MARGIN:g})">\n'
        f"{_edges(view, layout, pen.colours)}\n" + "\n".join(cards) + "\n</g>\n"
        f'<g transform="translate({MARGIN:g} {layout.height + MARGIN:.1f})">{legend}</g>\n</svg>\n'
    )


def _label(view: View) -> str:
    number = len(view.get("nodes", ()))
    return f"Dataflow {view.get('title') or ''}".strip() + f": {number} node{'' if number == 1 else 's'}"


def _edges(view: View, layout: Layout, colours: Palette) -> str:
    """All edges, drawn below the cards, then one arrow head for each node that has inputs."""
    nodes = nodes_of(view)
    lines, heads = [], {}
    for edge in layout.edges:
        ends = f'data-from="{escaped(edge.source)}" data-to="{escaped(edge.target)}"'
        attributes = f'{ends} d="{_path(edge, layout, 6 if edge.source in nodes else 0)}"'
        if edge.source not in nodes:
            waiting = colours.state["waiting"]
            attributes += f' class="dagbook-missing" stroke="{waiting}" stroke-dasharray="4 3"'
        elif nodes[edge.source]["kind"] == "param":
            attributes += ' stroke-dasharray="1 3.2" stroke-linecap="round" stroke-width="1.6"'
        lines.append(f"<path {attributes}/>")
        heads[edge.target] = edge.points[-1]
    turn = layout.direction == "TB"
    arrows = "".join(_arrow(point, turn) for point in heads.values())
    return (
        f'<g class="dagbook-edge" fill="none" stroke="{colours.edge}" stroke-width="1.4">'
        + "\n".join(lines)
        + "</g>"
        f'<path class="dagbook-arrow" fill="{colours.edge}" d="{arrows}"/>'
    )


def _path(edge: Route, layout: Layout, inset: float) -> str:
    """The curve; it starts inside a card, because its slanted or pointed side would leave a gap."""
    (x, y), *rest = edge.points
    start = (
        f"M{x - inset:.1f} {y:.1f}H{x:.1f}"
        if layout.direction == "LR"
        else f"M{x:.1f} {y - inset:.1f}V{y:.1f}"
    )
    return start + "C" + " ".join(f"{x:.1f} {y:.1f}" for x, y in rest)


def _arrow(point: Point, down: bool) -> str:
    x, y = point
    if down:
        return f"M{x:.1f} {y:.1f}l-3.6-7h7.2z"
    return f"M{x:.1f} {y:.1f}l-7-3.6v7.2z"


def _legend(view: View, room: float, colours: Palette) -> tuple[str, float, float]:
    """The icons in use and their words, in rows of at most `room`: (drawing, width, height)."""
    kinds = {node["kind"] for node in view.get("nodes", ())}
    states = {node.get("state") for node in view.get("nodes", ())}
    words = [word for word in (*KINDS, *STATES) if word in kinds or word in states]
    if len(words) < 2:
        return "", 0.0, 0.0
    parts, x, y, width = [], 0.0, 26.0, 0.0
    for word in words:
        step = text_width(word, 11) + 36
        if x + step > room:
            x, y = 0.0, y + 20
        colour = colours.kind.get(word) or colours.state[word]
        parts.append(
            draw_icon(icon_of(word), word, x + 7, y, 14, colour)
            + f'<text class="dagbook-soft" x="{x + 19:.1f}" y="{y + 4:.1f}" font-size="11" '
            f'fill="{colours.soft}">{word}</text>'
        )
        x += step
        width = max(width, x)
    return "".join(parts), width, y + 8
