"""The template is the notebook that a person begins with; the page of JupyterLab uses the same file."""

from __future__ import annotations

import json
from importlib.resources import files

from kernel_magics.notebook.write import cell_record, notebook_text


def template_text(title: str) -> str:
    """The file of a new notebook with setup, inputs, a node and a check.

    Args:
        title: its heading.
    """
    cells = json.loads(files("kernel_magics.notebook").joinpath("template.json").read_text(encoding="utf-8"))
    records = [
        cell_record(
            kind, f"cell-{number}", text.replace("# Features", f"# {title}", 1) if number == 1 else text
        )
        for number, (kind, text) in enumerate(cells, start=1)
    ]
    return notebook_text(records, {})
