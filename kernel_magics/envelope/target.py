"""One export for every target: a module, a package, an envelope or a service."""

from __future__ import annotations

from kernel_magics.engine.session.session import Session
from kernel_magics.export.export import Progress, export_flow
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest


def export_to(
    session: Session,
    request: ExportRequest,
    *,
    allow_pickle: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Export a session as the kind of thing that a request names.

    Args:
        allow_pickle: an envelope or service may store fitted values as pickles.

    Raises:
        DataflowError: as `export_flow`, `export_envelope` and `export_service`.
    """
    if request.kind not in ("envelope", "service"):
        return export_flow(session, request, progress)
    # other exports start without these
    from kernel_magics.envelope.export import export_envelope  # noqa: PLC0415
    from kernel_magics.envelope.service import export_service  # noqa: PLC0415

    export = export_envelope if request.kind == "envelope" else export_service
    return export(session, request, allow_pickle=allow_pickle, progress=progress)
