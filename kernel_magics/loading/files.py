"""Loading of the notebook or module that a command names, with or without running it."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from kernel_magics import hamilton
from kernel_magics.engine import ordinary
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError, SourceError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.module import link_modules
from kernel_magics.engine.run.failure import format_frames
from kernel_magics.engine.run.whereabouts import at
from kernel_magics.loading.place import working_beside
from kernel_magics.notebook import Notebook, read_notebook


def read_graph(source: str, config: Mapping[str, object] | None = None) -> tuple[Graph, str]:
    """The graph of a notebook or module, and its title; executes nothing.

    Args:
        config: values for decorators of a module, which is imported; None reads its text.

    Raises:
        DataflowError: it cannot be read or linked.
    """
    path = Path(source)
    if path.suffix != ".py":
        notebook = read_notebook(path)
        return graph_of(notebook), notebook.title
    if config is not None:
        return hamilton.read([import_file(source)], config).graph, path.stem
    try:
        text = ordinary.read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("DB403", f"cannot read '{path}': {error}.", hint="check the path.") from None
    return link_modules([(text, path.name)]), path.stem


def graph_of(notebook: Notebook) -> Graph:
    """The graph of a notebook; executes nothing.

    Raises:
        DataflowError: its cells are not a dataflow.
    """
    return Graph(outside=notebook.outside).put(*(parse_cell(cell) for cell in notebook.sources()))


def import_file(source: str, place: str = "") -> ModuleType:
    """Import a module by its path.

    Args:
        place: the file in whose folder its code runs, where that is not `source`.

    Raises:
        DataflowError: DB403 or DB404 where that fails.
    """
    path = Path(source)
    spec = importlib.util.spec_from_file_location(path.stem, path.absolute())
    if not path.is_file() or spec is None or spec.loader is None:
        raise SourceError("DB403", f"cannot read '{path}'.", hint="check the path.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        with working_beside(place or source), at(f"importing '{path}'"):
            spec.loader.exec_module(module)
    except DataflowError:
        raise
    except Exception as error:
        raise SourceError(
            "DB404",
            f"'{path}' cannot be imported: {type(error).__name__}: {error}.",
            hint="run `python` on the file to see where it fails.",
            frames=format_frames([], error),
        ) from error
    return module
