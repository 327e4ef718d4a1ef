"""Notebook files: read into cells, written from cells; nothing in them runs."""

from kernel_magics.notebook.find import find_notebook
from kernel_magics.notebook.read import Notebook, NotebookCell, parse_notebook, read_notebook

__all__ = ["Notebook", "NotebookCell", "find_notebook", "parse_notebook", "read_notebook"]
