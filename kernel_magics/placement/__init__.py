"""Placement: where the calls of a run take place: in this thread, threads, processes, any executor."""

from kernel_magics.placement.named import NAMED, placed

__all__ = ["NAMED", "placed"]
