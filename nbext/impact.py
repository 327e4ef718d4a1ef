"""The impact on a node is computed when a page asks: only then are values compared, and pandas imported."""

import importlib
from typing import Any

from kernel_magics.engine.errors import DataflowError

View = dict[str, Any]


def with_impact(magics: Any, node: View) -> View | None:
    """A node of the view with the details of what the last edit did to it.

    None while a cell runs: what it does is not known yet, and the session is its own.
    """
    if not magics.turn.free():
        return None
    try:
        quality = importlib.import_module("kernel_magics.quality.session_impact")
        found = quality.node_impact(magics.session, node["name"])
        if found is None:
            return {**node, "impact": {"verdict": "equal", "details": None}}
        view = importlib.import_module("kernel_magics.quality.impact_view")
        return {**node, "impact": {"verdict": "changed", "details": view.impact_json(found)}}
    except DataflowError as error:
        details = {"rows": "", "columns": [], "more": 0, "equal": 0, "note": error.message}
        return {**node, "impact": {"verdict": "changed", "details": details}}
    finally:
        magics.turn.end()
