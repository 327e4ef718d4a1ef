"""Words describe a nature in a few characters, for tables, cards and the view."""

from __future__ import annotations

from typing import Any

from kernel_magics.nature.nature import Nature
from kernel_magics.nature.natures import NodeNature
from kernel_magics.nature.verdict import NO_TIME, Verdict


def scope_words(nature: Nature) -> str:
    """`row-wise`, `by store`, `whole` or `not known`: what has to be together."""
    if nature.scope == "row":
        return "row-wise"
    keys = [key for key, verdict in nature.keys.items() if verdict]
    return f"by {', '.join(keys)}" if keys else nature.scope


def time_words(nature: Nature, future: str = "") -> str:
    """`point-in-time`, `leak`, `other rows`, `no dates` or `not known`.

    Of `other rows`, which rows there are depends on later ones.

    Args:
        future: why it may read later rows, which is told instead of `leak`.
    """
    if nature.point_in_time.holds is False:
        return f"ahead: {future}" if future else "leak"
    if nature.point_in_time and nature.same_rows.holds is False:
        return "other rows"
    if nature.point_in_time.why == NO_TIME:
        return "no dates"
    return "point-in-time" if nature.point_in_time else "not known"


def look_back_words(nature: Nature) -> str:
    """`6 days`, `2 rows`, `everything`, or nothing where no time is known."""
    if nature.point_in_time.holds is not True:
        return ""
    for verdict in (nature.look_back, nature.look_back_rows):
        if verdict:
            return span_words(verdict)
    return "everything" if nature.look_back.holds is False else "not known"


def span_words(verdict: Verdict) -> str:
    """A length of time or a number of rows; `nothing` for none."""
    if not verdict.span:
        return "nothing"
    one = verdict.unit.removesuffix("s") if verdict.span == 1 else verdict.unit
    return f"{verdict.span} {one}"


def reasons(nature: Nature) -> list[str]:
    """Counterexamples and what is not known, one sentence each."""
    verdicts = {
        "row-wise": nature.row_wise,
        **{f"by {key}": verdict for key, verdict in nature.keys.items()},
        "point-in-time": nature.point_in_time,
        "the same rows in time": nature.same_rows,
        "look-back": nature.look_back,
        "look-back in rows": nature.look_back_rows,
        "any order": nature.order,
        "deterministic": nature.deterministic,
    }
    found: dict[tuple[bool | None, str], list[str]] = {}
    for name, verdict in verdicts.items():
        if not verdict and verdict.why:
            seen = f" (seen on the sample {verdict.sample})" if verdict.sample not in ("", "as it is") else ""
            found.setdefault((verdict.holds, f"{verdict.why}{seen}"), []).append(name)
    lines = []
    for (holds, why), names in found.items():
        what = f"not {', not '.join(names)}" if holds is False else f"not known whether {', '.join(names)}"
        lines.append(f"{what}: {why}")
    return lines


def to_view(found: NodeNature, leak: str = "") -> dict[str, Any]:
    """The nature in the view's JSON document, for cards and tooltips.

    Args:
        leak: a leak that the node's own nature does not show.
    """
    own, leak = found.own, leak or found.leak
    words = [scope_words(own)]
    if leak or own.point_in_time.holds is not None:
        words.append("leak" if leak else time_words(own, found.future))
    return {
        "scope": own.scope,
        "keys": [key for key, verdict in own.keys.items() if verdict],
        "point_in_time": own.point_in_time.holds,
        "leak": leak or None,
        "look_back": look_back_words(own) or None,
        "deterministic": own.deterministic.holds,
        "shape": own.shape,
        "words": ", ".join(words),
    }
