"""The columns of a node are described on request: only then are they profiled, and pandas imported."""

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.values.value import MISSING
from kernel_magics.workspace import Workspace
from nbext.update import View


def with_columns(workspace: Workspace, node: View) -> View | None:
    """A node of the view with what is in its columns, where they come from and who reads them.

    None while a cell runs, which changes the session, and for a node without a value.
    """
    from kernel_magics.view.columns import column_details  # noqa: PLC0415  # needs pandas, half a second

    with workspace.lock.attempt() as free:
        if not free:
            return None
        session, name = workspace.session, node["name"]
        memo = session.memos.get(name)
        if memo is None or memo.error is not None or memo.value is MISSING:
            return None
        held = {}
        for check in session.graph.read_by(name):
            found = session.memos.get(check)
            if found is not None and isinstance(found.value, CheckResult):
                held[check] = [(item.message, item.held) for item in found.value.conditions]
        details = column_details(session.graph, name, memo.value, held)
    return {**node, "columns": details if details is not None else {"columns": []}}
