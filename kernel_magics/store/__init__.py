"""The store on disk: results outlive the kernel in signed files."""

from kernel_magics.store.disk import DiskStore

__all__ = ["DiskStore"]
