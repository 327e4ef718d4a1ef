"""Magics that examine values: they need pandas, so they are imported on first use."""

from __future__ import annotations

from typing import Any

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.values.value import MISSING
from kernel_magics.engine.visible import visible
from kernel_magics.magics.arguments import parse
from kernel_magics.magics.commands import known
from kernel_magics.magics.context import Context
from kernel_magics.quality.impact import Impact
from kernel_magics.quality.impact_view import impact_html, impact_text
from kernel_magics.quality.session_impact import session_impact
from kernel_magics.quality.suggestion import suggest as draft
from kernel_magics.quality.suggestion import unchecked_inputs


class ImpactView:
    """What an edit changed, worst first."""

    def __init__(self, found: Impact) -> None:
        self.found = found

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": visible(impact_text(self.found)), "text/html": impact_html(self.found)}


def impact(context: Context, line: str) -> object:
    """`%impact [NAME…]`: what the last edit changed downstream, before and after, worst first."""
    asked = parse("impact", line)
    session = context.workspace.session
    names = [name if name in session.memos.before else known(session, name) for name in asked.names]
    return ImpactView(session_impact(session, names))


def suggest(context: Context, line: str) -> None:
    """`%suggest NODE`: drafts a check cell from the values seen, as the next cell."""
    session = context.workspace.session
    name = known(session, parse("suggest", line).name)
    session.hold([name, *session.graph.reads(name)])
    memos = session.memos.items()
    values = {key: memo.value for key, memo in memos if memo.error is None and memo.value is not MISSING}
    if name not in values or session.graph.node(name).kind == "check":
        raise DataflowError(
            "DB310", f"'{name}' has no value to learn from.", hint="compute it first: `%compute`."
        )
    text = draft(session.graph, name, values, short=True)
    if not text:
        raise DataflowError(
            "DB310",
            f"a {session.values.type_name(values[name])} such as '{name}' gives no reason for a condition.",
            hint=f"write one yourself: `%%check {name}`.",
        )
    shell: Any = context.shell
    shell.set_next_input(text)
    others = unchecked_inputs(session.graph, name)
    count = text.count("\n")
    print(
        f"drafted {count} condition{'' if count == 1 else 's'} for '{name}' in the next cell: "
        "read, correct and keep what is true."
    )
    if others:
        first = f"Most faults show in the inputs first: `%suggest {others[0]}`"
        print(f"{first}{f' (and {len(others) - 1} more)' if len(others) > 1 else ''} has no check yet.")
