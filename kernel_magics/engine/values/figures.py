"""Figures: durations and shares as text for people.

The front end formats figures in the same way (`nbext/frontend/src/text.ts`); both are tested with
`tests/recorded/figures.json`.
"""

from math import floor


def duration(seconds: float | None) -> str:
    """ "<0.1 ms", "2.1 ms", "12 ms", "1.3 s", "2 min 5 s", "1 h 10 min"; "" for None."""
    if seconds is None:
        return ""
    if seconds < 0.00005:
        return "<0.1 ms"
    if seconds < 0.00995:
        return f"{_rounded(seconds * 10_000) / 10:.1f} ms"
    if seconds < 0.9995:
        return f"{_rounded(seconds * 1000)} ms"
    if seconds < 59.95:
        return f"{_rounded(seconds * 10) / 10:.1f} s"
    if seconds < 3599.5:
        return f"{_rounded(seconds) // 60} min {_rounded(seconds) % 60} s"
    minutes = _rounded(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min"


def _rounded(value: float) -> int:
    """The nearest whole number, halves rounded up as in JavaScript."""
    return floor(value + 0.5)


def percent(share: float) -> str:
    """ "40 %", "0.3 %"; "0 %" and "100 %" only for exact shares."""
    value = share * 100
    if value in (0, 100) or 1 <= value <= 99:
        return f"{value:.0f} %"
    if value < 0.01:
        return "< 0.01 %"
    return f"{value:.2g} %" if value < 1 else f"{min(value, 99.99):.4g} %"
