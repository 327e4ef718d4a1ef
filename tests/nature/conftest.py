"""The kernel of the magics' tests."""

from tests.magics.conftest import kernel, process

__all__ = ["kernel", "process"]
