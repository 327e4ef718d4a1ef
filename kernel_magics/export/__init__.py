"""Exporting: a dataflow becomes a module of plain functions, with tests and a proof that nothing changed."""

from kernel_magics.export.export import export_flow
from kernel_magics.export.report import Report

__all__ = ["Report", "export_flow"]
