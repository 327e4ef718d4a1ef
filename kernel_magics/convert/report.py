"""The report of a conversion: for each cell its new role, and whether values are equal or why it stays."""

from __future__ import annotations

from kernel_magics.convert.conversion import Conversion, MadeCell, in_the_dataflow, label_at
from kernel_magics.convert.proving import Proven

_WIDTH = 44


def report(proven: Proven, ran: bool) -> str:
    """The table, and a line about the proof.

    Args:
        ran: whether both notebooks ran.
    """
    conversion = proven.conversion
    places = [place for place, cell in enumerate(conversion.given) if cell.type == "code"]
    rows = [row for place in places for row in _rows(conversion, place, proven, ran)]
    label = max([len(row[0]) for row in rows], default=0)
    width = min(max([len(row[1]) for row in rows], default=0), _WIDTH)
    lines = [f"{a:<{label}}  {b:<{width}}  {c}".rstrip() for a, b, c in rows]
    return "\n".join([*lines, _proof(proven, ran)])


def share(conversion: Conversion) -> str:
    """Which part of the cells that compute something is in the dataflow; "" if none computes anything."""
    flow, every = in_the_dataflow(conversion)
    if not every:
        return ""
    return f"{flow} of {every} computing cells are in the dataflow ({flow / every:.0%})"


def is_little(conversion: Conversion) -> bool:
    """True when less than half of the cells that compute something is in the dataflow."""
    flow, every = in_the_dataflow(conversion)
    return flow < every / 2


def summary(conversion: Conversion) -> str:
    """How many cells of each kind there are."""
    made = [cell for cell in conversion.cells if cell.role in ("setup", "inputs", "params", "node")]
    counts = {role: sum(cell.role == role for cell in made) for role in ("setup", "inputs", "params", "node")}
    flow = ", ".join(f"{count} %%{role}" for role, count in counts.items() if count)
    stays = sum(cell.role in ("display", "kept") and bool(cell.origin) for cell in conversion.cells)
    return f"{flow or 'no'} cells; {stays} ordinary"


def _rows(conversion: Conversion, place: int, proven: Proven, ran: bool) -> list[tuple[str, str, str]]:
    """The rows for a cell; notes about it are in the last column, one a line."""
    given = conversion.given[place]
    label = label_at(conversion.given, place)
    made = [cell for cell in conversion.cells if given.id in cell.origin]
    parts = [part for cell in made if (part := _part(cell, given.source))]
    names = [name for cell in made for name in cell.names if name in conversion.parts]
    said = [note.message for note in conversion.notes if note.cell == given.id]
    verdict = _verdict(proven, names) if ran else ""
    first, *more = [*([verdict] if verdict else []), *said] or [""]
    became = " + ".join(dict.fromkeys(parts)) or ("left out" if given.source.strip() else "empty")
    return [(label, became, first), *(("", "", message) for message in more)]


def _part(cell: MadeCell, source: str) -> str:
    if cell.role == "display":
        return "stays" if cell.source == source else "display"
    if cell.role == "kept":
        return "stays"
    return f"%%{cell.role} {', '.join(cell.names)}".strip()


def _verdict(proven: Proven, names: list[str]) -> str:
    opaque = [name for name in names if name in (proven.opaque or {})]
    if not names:
        return ""
    if opaque:
        return (
            "not comparable" if len(opaque) == len(names) else f"equal; not comparable: {', '.join(opaque)}"
        )
    return "equal"


def _proof(proven: Proven, ran: bool) -> str:
    if not ran:
        return "proof: not run"
    count = len(proven.equal)
    line = f"proof: {count} value{'' if count == 1 else 's'} equal to the notebook's"
    opaque = dict(proven.opaque or {})
    if opaque:
        line += f"; {', '.join(opaque)} cannot be compared ({', '.join(dict.fromkeys(opaque.values()))})"
    return line
