"""The plot shows growth: a small chart for each row, both axes logarithmic, as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

from benchmarks.measure import Result
from benchmarks.report import HEADINGS
from benchmarks.rows import ROWS, SCALES, Row

COLOURS = {
    "hand": "#767676",
    "script": "#a8a8a8",
    "ipython": "#767676",
    "dagbook": "#0b62a3",
    "compiled": "#3f9bd8",
    "hamilton": "#b3541e",
    "marimo": "#2e7d4f",
}
_WIDTH, _HEIGHT, _LEFT, _TOP, _COLUMNS = 300, 220, 64, 30, 2
Points = dict[str, list[tuple[float, float]]]


def svg(results: Sequence[Result]) -> str:
    """Charts of all rows that were measured at several sizes."""
    charts = [(row, points) for row in ROWS if (points := _points(row, results))]
    columns = min(_COLUMNS, max(1, len(charts)))
    rows = math.ceil(len(charts) / columns)
    width, height = columns * (_WIDTH + _LEFT + 20), rows * (_HEIGHT + _TOP + 40) + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, (row, points) in enumerate(charts):
        left = (number % columns) * (_WIDTH + _LEFT + 20) + _LEFT
        top = (number // columns) * (_HEIGHT + _TOP + 40) + _TOP
        parts += [f'<g transform="translate({left},{top})">', *_chart(row, points), "</g>"]
    shown = [name for name in COLOURS if any(name in points for _, points in charts)]
    parts += _legend(shown, height - 12)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _points(row: Row, results: Sequence[Result]) -> Points:
    found: Points = {}
    for item in sorted(results, key=lambda result: result.size):
        if item.row == row.name and item.value and item.contender in COLOURS:
            found.setdefault(item.contender, []).append((item.size, item.value * SCALES[row.unit]))
    return found if len({size for series in found.values() for size, _ in series}) > 1 else {}


def _chart(row: Row, points: Points) -> Iterable[str]:
    sizes = _range(size for series in points.values() for size, _ in series)
    values = _range(value for series in points.values() for _, value in series)
    title = row.title.replace("{size}", "n")
    yield f'<text x="0" y="-10" font-weight="bold">{escape(title)} [{row.unit}]</text>'
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="none" stroke="#ccc"/>'
    for power in range(math.ceil(sizes[0]), math.floor(sizes[1]) + 1):
        x = _at(power, sizes) * _WIDTH
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y2="{_HEIGHT}" stroke="#eee"/>'
        yield f'<text x="{x:.1f}" y="{_HEIGHT + 14}" text-anchor="middle">{10**power:,}</text>'
    for power in range(math.ceil(values[0]), math.floor(values[1]) + 1):
        y = (1 - _at(power, values)) * _HEIGHT
        yield f'<line x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#eee"/>'
        yield f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>'
    for name, series in points.items():
        spots = [
            (_at(math.log10(size), sizes) * _WIDTH, (1 - _at(math.log10(value), values)) * _HEIGHT)
            for size, value in series
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        yield f'<polyline points="{path}" fill="none" stroke="{COLOURS[name]}" stroke-width="2"/>'
        for x, y in spots:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[name]}"/>'


def _legend(names: Sequence[str], y: int) -> Iterable[str]:
    for number, name in enumerate(names):
        x = _LEFT + number * 92
        yield f'<rect x="{x}" y="{y - 9}" width="10" height="10" fill="{COLOURS[name]}"/>'
        yield f'<text x="{x + 15}" y="{y}">{escape(HEADINGS[name])}</text>'


def _range(values: Iterable[float]) -> tuple[float, float]:
    """The powers of ten between which the values lie, with a margin."""
    logs = [math.log10(value) for value in values]
    return min(logs) - 0.1, max(logs) + 0.1


def _at(value: float, bounds: tuple[float, float]) -> float:
    return (value - bounds[0]) / (bounds[1] - bounds[0])
