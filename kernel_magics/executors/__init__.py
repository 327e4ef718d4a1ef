"""Executors run a plan somewhere else: any `concurrent.futures.Executor`, or one of ours by name."""

from kernel_magics.executors.pool import run_with

__all__ = ["run_with"]
