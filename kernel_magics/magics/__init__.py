"""The magics: adapters that read a cell or a line, call the session, and show what came of it."""

from kernel_magics.magics.extension import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
