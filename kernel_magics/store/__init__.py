"""The store on disk: results survive the kernel in files that nobody else can put there."""

from kernel_magics.store.disk import DiskStore

__all__ = ["DiskStore"]
