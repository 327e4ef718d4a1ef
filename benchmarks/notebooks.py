"""Notebooks to measure on: a shape as cells, plain or ours, and as a file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks.shapes import Shape, body


def plain_cell(shape: Shape, number: int, edit: int = 0) -> str:
    """An ordinary cell that assigns the node's value."""
    name, reads = shape[number]
    return f"{name} = {body(name, reads, edit)}"


def our_cell(shape: Shape, number: int, edit: int = 0) -> str:
    """The same as a node cell."""
    name, reads = shape[number]
    return f"%%node {name}\n{body(name, reads, edit)}"


def write_notebook(path: Path, shape: Shape) -> Path:
    """A notebook file with a node cell for each node."""
    return write_cells(path, ["%%inputs\nx = 1", *(our_cell(shape, number) for number in range(len(shape)))])


def write_cells(path: Path, cells: Sequence[str]) -> Path:
    """A notebook file of code cells."""
    document = {
        "cells": [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                "source": text,
                "outputs": [],
                "execution_count": None,
            }
            for number, text in enumerate(cells)
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(document))
    return path
