"""Export: a dataflow becomes a module of plain functions, with tests and a proof of equal values."""

from kernel_magics.export.export import export_flow
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest

__all__ = ["ExportRequest", "Report", "export_flow"]
