"""The cost of natures: CPU seconds to learn those of a notebook once, and again after an edit of one node.

Run it with `python -m benchmarks.natures [NOTEBOOK]`.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

from kernel_magics import Dataflow
from kernel_magics.nature.kept import Kept

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "weather_features.ipynb"
EDIT = ("temperature - dew_point", "dew_point - temperature")


def learn(notebook: Path, folder: Path) -> tuple[float, int, int]:
    """CPU seconds for all natures of a notebook, how many nodes were tried, and how many there are."""
    flow = Dataflow.from_notebook(notebook)
    flow.run(checks="off")  # the values are there in a kernel, too
    tried: list[str] = []
    began = time.process_time()
    found = flow.natures(kept=Kept(folder), note=tried.append)
    return time.process_time() - began, len(tried), len(found)


def edited(notebook: Path, folder: Path) -> Path:
    """The notebook with one node changed."""
    text = notebook.read_text(encoding="utf-8")
    assert EDIT[0] in text, "the edit is made for the weather notebook"
    path = folder / notebook.name
    path.write_text(json.dumps(json.loads(text.replace(*EDIT))), encoding="utf-8")
    return path


def main() -> None:
    """Print a line for each measurement."""
    notebook = Path(sys.argv[1]) if len(sys.argv) > 1 else NOTEBOOK
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for what, path in (
            ("once", notebook),
            ("unchanged", notebook),
            ("after an edit", edited(notebook, folder)),
        ):
            seconds, tried, nodes = learn(path, folder / "natures")
            print(f"{what}: {seconds:.1f} s of CPU, {tried} of {nodes} nodes tried")


if __name__ == "__main__":
    main()
