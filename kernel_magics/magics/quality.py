"""The magics that look into values: they need pandas, so they are imported when one of them is used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kernel_magics.magics.arguments import parse, parser
from kernel_magics.magics.commands import known
from kernel_magics.quality.impact import Impact
from kernel_magics.quality.impact_view import impact_html, impact_text
from kernel_magics.quality.session_impact import session_impact

if TYPE_CHECKING:
    from kernel_magics.magics.extension import DagbookMagics


class ImpactView:
    """What an edit changed, worst first."""

    def __init__(self, found: Impact) -> None:
        self.found = found

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        return {"text/plain": impact_text(self.found), "text/html": impact_html(self.found)}


def impact(magics: DagbookMagics, line: str) -> object:
    """`%impact [NAME…]`: what the last edit changed downstream, before and after, worst first."""
    spec = parser("%impact", "What the last edit changed downstream.")
    spec.add_argument("names", nargs="*")
    asked = parse(spec, line)
    before = magics.session.before
    names = [name if name in before else known(magics.session, name) for name in asked.names]
    return ImpactView(session_impact(magics.session, names))
