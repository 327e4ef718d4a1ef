"""The impact on a node is computed on request: only then are values compared, and pandas imported."""

from kernel_magics.engine.errors import DataflowError
from kernel_magics.workspace import Workspace
from nbext.update import View


def with_impact(workspace: Workspace, node: View) -> View | None:
    """A node of the view with details of the last edit's impact.

    None while a cell runs, which changes the session.
    """
    from kernel_magics.quality.impact_view import impact_json  # noqa: PLC0415  # needs pandas, half a second
    from kernel_magics.quality.session_impact import node_impact  # noqa: PLC0415

    with workspace.lock.attempt() as free:
        if not free:
            return None
        try:
            found = node_impact(workspace.session, node["name"])
        except DataflowError as error:
            details = {"rows": "", "columns": [], "more": 0, "equal": 0, "note": error.message}
            return {**node, "impact": {"verdict": "changed", "details": details}}
        if found is None:
            return {**node, "impact": {"verdict": "equal", "details": None}}
        return {**node, "impact": {"verdict": "changed", "details": impact_json(found)}}
