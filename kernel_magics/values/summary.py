"""A summary shows a value at a glance: type, shape, first lines, gaps, distribution."""

from dataclasses import asdict, dataclass
from typing import Any

from kernel_magics.values.library import meet
from kernel_magics.values.look import LINES, WIDTH, Histogram, look

__all__ = ["Histogram", "Summary", "summarize"]


@dataclass(frozen=True)
class Summary:
    """Plain texts and numbers only, so that it can be sent as it is.

    Attributes:
        type: as "Series[float64]", "DataFrame[3 cols]", "dict[str, int]".
        shape: as "365" or "365 x 3"; empty for scalars.
        preview: at most 6 lines of 80 characters; the last one says so when not all rows were counted.
        nulls: the fraction of missing values; None where nothing can be missing.
        histogram: of the finite numbers.
        top: the most frequent texts, categories or truth values, with their counts.
    """

    type: str
    shape: str = ""
    preview: str = ""
    nulls: float | None = None
    histogram: Histogram | None = None
    top: tuple[tuple[str, int], ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The summary as the view sends it."""
        record = asdict(self)
        record["top"] = None if self.top is None else [[text, count] for text, count in self.top]
        return record


def summarize(value: object) -> Summary:
    """The summary of any value; never raises, whatever the value's own methods do."""
    try:
        meet(type(value))
        seen = look(value)
        lines = [_cut(line) for line in seen.text.splitlines()[:LINES]]
    except Exception:  # a foreign class may raise anything from anywhere
        name = type(value).__name__
        return Summary(name, preview=f"<unprintable {name}>")
    if seen.note:
        lines = [*lines[: LINES - 1], seen.note]
    return Summary(seen.type, seen.shape, "\n".join(lines), seen.nulls, seen.histogram, seen.top)


def _cut(line: str) -> str:
    """No control characters, which could move a terminal's cursor, and no more than the width."""
    shown = "".join(char if char.isprintable() else " " for char in line[: WIDTH + 1]).rstrip()
    return shown if len(shown) <= WIDTH else shown[: WIDTH - 1] + "…"
