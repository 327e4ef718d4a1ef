"""An export refuses secrets: in the code of cells before it runs, and in each file before it is written."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.mapped import MappedSource
from kernel_magics.engine.source.secrets import Finding, find_in_json, find_in_text, find_secrets
from kernel_magics.export.examples.examples import read_document


def refuse_secrets(parts: Iterable[tuple[CellRef, MappedSource]]) -> None:
    """Look for secrets in (cell, source) pairs.

    Raises:
        ExportError: DB506, naming the cell and the line but never the secret.
    """
    for cell, text in parts:
        for line, what in find_secrets(text.source):
            raise ExportError(
                "DB506",
                (what, cell.on(text.lines[line - 1]), " looks like a secret."),
                hint="read it from an environment variable, or make it an input; --allow-secrets exports it.",
            )


def refuse_secret_files(files: Mapping[Path, str], private: Collection[str] = ()) -> None:
    """Look for secrets in the texts of files that are to be written: samples and docs hold some, too.

    Args:
        private: names under which fakes stand.

    Raises:
        ExportError: DB506, naming the file and the place but never the secret.
    """
    for path, text in files.items():
        for what in _found(path, text, private):
            raise ExportError(
                "DB506",
                f"'{path.name}' would hold what looks like a secret: {what}.",
                hint="mark a sample as private (`name: str = …  # private`, or %%inputs --private COLUMN), "
                "and a fake takes its place; --allow-secrets exports it.",
            )


def _found(path: Path, text: str, private: Collection[str]) -> Iterable[str]:
    """Descriptions of the secrets in a file."""
    if path.suffix == ".json":
        return find_in_json(read_document(text), private)
    found = _in_code(text) if path.suffix == ".py" else find_in_text(text)
    return (f"{what} in line {line}" for line, what in found)


@lru_cache(16)
def _in_code(text: str) -> tuple[Finding, ...]:
    """The secrets in a Python file; the one that compares examples is the same in each export."""
    return tuple(find_secrets(text))
