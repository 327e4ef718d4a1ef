"""Natures as a table, with the reasons below it: plain text and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kernel_magics.nature.leak import Leak
from kernel_magics.nature.natures import NodeNature
from kernel_magics.nature.verdict import Verdict
from kernel_magics.nature.words import look_back_words, reasons, scope_words, span_words, time_words
from kernel_magics.view.measure import escaped, one_line
from kernel_magics.view.text import aligned

SIGN = "⚠"
HEADINGS = (
    "name",
    "its value",
    "depends on",
    "in time",
    "looks back",
    "any order",
    "from the inputs on",
    "runs",
)


def nature_rows(natures: Mapping[str, NodeNature]) -> list[tuple[str, ...]]:
    """A row for each node."""
    return [_row(name, found) for name, found in natures.items()]


def _row(name: str, found: NodeNature) -> tuple[str, ...]:
    own = found.own
    if own.deterministic.holds is False:
        return (name, own.shape, "not deterministic", "", "", "", "", str(own.calls))
    order = {True: "yes", False: "no", None: "not known"}[own.order.holds]
    return (
        name,
        own.shape,
        scope_words(own),
        time_words(own, found.future),
        look_back_words(own),
        order,
        _from_inputs(found),
        str(own.calls),
    )


def _from_inputs(found: NodeNature) -> str:
    ends = found.ends
    keys = [key for key, verdict in ends.keys.items() if verdict]
    parts = ["row-wise"] if ends.row_wise else [f"by {', '.join(keys)}"] if keys else []
    parts += ["point-in-time"] if ends.point_in_time else []
    parts += [span_words(ends.look_back)] if ends.look_back and ends.look_back.span else []
    return ", ".join(parts) or _doubt([ends.row_wise, *ends.keys.values(), ends.point_in_time])


def _doubt(verdicts: list[Verdict]) -> str:
    return "not known" if any(verdict.holds is None for verdict in verdicts) else "whole"


def nature_text(natures: Mapping[str, NodeNature], leaks: Sequence[Leak] = ()) -> str:
    """The natures as an aligned plain-text table, with leaks and what refutes verdicts below."""
    lines = [aligned([HEADINGS, *(tuple(map(one_line, row)) for row in nature_rows(natures))])]
    lines += ["", *(f"{SIGN} {leak.text}" for leak in leaks)] if leaks else []
    for name, found in natures.items():
        told = reasons(found.own)
        if told:
            lines += ["", name, *(f"  {line}" for line in told)]
    return "\n".join(lines)


def nature_html(natures: Mapping[str, NodeNature], leaks: Sequence[Leak] = ()) -> str:
    """The natures as an HTML table, with leaks and reasons that can be opened; all texts escaped."""
    left = "text-align:left;padding:2px 14px 2px 0;vertical-align:top"
    head = "".join(f'<th scope="col" style="{left}">{heading}</th>' for heading in HEADINGS)
    rows = []
    for row, (name, found) in zip(nature_rows(natures), natures.items(), strict=True):
        cells = "".join(f'<td style="{left}">{escaped(one_line(cell))}</td>' for cell in row)
        rows.append(f"<tr>{cells}</tr>")
        told = "<br>".join(escaped(line) for line in reasons(found.own))
        if told:
            summary = f"<summary>why: {escaped(name)}</summary>"
            body = f"<details>{summary}{told}</details>"
            style = f"{left};padding-left:1em"
            rows.append(f'<tr><td colspan="{len(HEADINGS)}" style="{style}">{body}</td></tr>')
    return (
        '<table class="dagbook-natures"><caption style="text-align:left">Natures</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        + "".join(f"<div>{SIGN} {escaped(leak.text)}</div>" for leak in leaks)
    )
