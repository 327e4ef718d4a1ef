"""Magics: adapters that parse a cell or a line, call the session, and display the result."""

from kernel_magics.magics.extension import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
