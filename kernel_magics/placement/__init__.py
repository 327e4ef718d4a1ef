"""Placement: where the calls of a run take place: here, on threads, processes, a cluster, any executor."""

from kernel_magics.placement.named import NAMED, placed

__all__ = ["NAMED", "placed"]
