"""Fuzzing the cell parser and the notebook reader: whatever the bytes, the only exception is a DataflowError.

    python -m tests.fuzz [cells|notebooks] [-max_total_time=600]    # needs `pip install atheris`

The same targets run on Hypothesis's inputs in `test_fuzz.py`, where nothing has to be installed.
"""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.lineage.columns import origins
from kernel_magics.notebook import read_notebook
from kernel_magics.view import to_svg
from kernel_magics.view.build import static_view


def fuzz_cell(data: bytes) -> bool:
    """Parse a cell and link it beside some others; True when it became a graph."""
    text = data.decode("utf-8", "surrogateescape")
    try:
        cell = read_cell(text, "fuzzed", "[1]")
        if cell is None:
            return False
        graph = Graph().put(*_BESIDE, parse_cell(cell))
    except DataflowError:
        return False
    origins(graph)
    static_view(graph)
    return True


def fuzz_notebook(data: bytes) -> bool:
    """Read a notebook file, link and draw it; True when it became a graph."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "fuzzed.ipynb"
        path.write_bytes(data)
        try:
            graph = Graph().put(*map(parse_cell, read_notebook(path).sources()))
        except DataflowError:
            return False
    to_svg(static_view(graph, "fuzzed"))
    return True


def _beside(text: str, id: str) -> Any:
    cell = read_cell(text, id, f"[{id}]")
    assert cell is not None
    return parse_cell(cell)


_BESIDE = tuple(
    _beside(text, str(number))
    for number, text in enumerate(
        ["%%setup\nimport math\nK = 2", "%%inputs\nx = 3", "%%params\nw = 1", "%%node y\nx * K"]
    )
)
SEEDS = {
    "cells": (
        "%%node lag_{k} --for k=1,7 --uses y_{k} --tag a=b\nx.shift(k)",
        '%%node a, b --when w=1 --check "0 <= value <= 1"\na = x\nb = y',
        "%%node\ndef f(x, *, w=2):\n    '''doc'''\n    return x\n",
        "%%check y --warn\ny > 0  # positive\n(\ny <\n3)",
        "%%test y\nassert y(1) == 2",
        "%%setup\nfrom os import path as p\nA: int = 1",
        "%%inputs\nz: int = 4  # given",
        "%%params\nv: float = 1.5",
    ),
    "notebooks": (
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code", "id": "a", "metadata": {}, "source": ["%%node x\\n", "1"], "outputs": [], "execution_count": null}, {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "# Title"}]}',
        '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "language": "python", "input": "%%node x\\n1", "outputs": []}]}]}',
    ),
}
TARGETS = {"cells": fuzz_cell, "notebooks": fuzz_notebook}


def main() -> None:
    """Fuzz with atheris until it is stopped or finds a crash."""
    names = [word for word in sys.argv[1:] if word in TARGETS]
    name = names[0] if names else "cells"
    try:
        atheris: Any = importlib.import_module("atheris")
    except ImportError:
        sys.exit("pip install atheris, or run tests/test_fuzz.py")
    for module in [key for key in sys.modules if key.startswith("kernel_magics")]:
        del sys.modules[module]  # to be imported again, so that their branches are counted
    with atheris.instrument_imports(include=["kernel_magics"]):
        targets = importlib.import_module("tests.fuzz").TARGETS
    corpus = tempfile.mkdtemp()
    for number, text in enumerate(SEEDS[name]):
        Path(corpus, str(number)).write_text(text)
    options = [word for word in sys.argv[1:] if word.startswith("-")]
    atheris.Setup([sys.argv[0], corpus, f"-artifact_prefix={os.getcwd()}/", *options], targets[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
