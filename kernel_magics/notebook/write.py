"""Writing: cells and notebooks as records of files, formatted as Jupyter does.

Written without nbformat, whose import takes longer than the commands that write notebooks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kernel_magics.engine.errors import SourceError

Record = dict[str, Any]
_KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


def expect_writable(document: Mapping[str, Any], path: Path) -> None:
    """Refuse to write into the file of a notebook of an older format.

    Raises:
        SourceError: DB402.
    """
    if document["nbformat"] != 4:
        raise SourceError(
            "DB402",
            f"'{path}' has notebook format {document['nbformat']}, in which no cells are written.",
            hint="save it as format 4 (JupyterLab does).",
        )


def source_rows(text: str) -> list[str]:
    """Lines with their ends, split at newlines only, as a reader of notebooks joins them."""
    rows = text.split("\n")
    return [*(f"{row}\n" for row in rows[:-1]), *([rows[-1]] if rows[-1] else [])]


def cell_record(type: str, id: str, source: str, metadata: Mapping[str, Any] | None = None) -> Record:
    """A `code` or `markdown` cell that has not run."""
    ran: Record = {"execution_count": None, "outputs": []} if type == "code" else {}
    common = {"cell_type": type, "id": id, "metadata": dict(metadata or {}), "source": source_rows(source)}
    return dict(sorted({**common, **ran}.items()))


def notebook_text(cells: Sequence[Record], metadata: Mapping[str, Any]) -> str:
    """The file of a new notebook."""
    language = {"kernelspec": _KERNEL, "language_info": {"name": "python"}}
    document = {"cells": cells, "metadata": {**language, **metadata}, "nbformat": 4, "nbformat_minor": 5}
    return as_text(document)


def as_text(document: Mapping[str, Any]) -> str:
    """The file of a notebook."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
