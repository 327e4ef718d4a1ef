"""Blocks: the statements of a text, each with the comments above it and its own lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kernel_magics.engine.source.blocks import block_of, blocks

LIBRARY = sorted(Path(os.__file__).parent.glob("*.py"))[::10]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("# one\n\n# two\n# three\nx = 1  # behind", ["# two\n# three\nx = 1  # behind"]),
        ("@a\n# in\n@b\ndef f():\n    pass\n# end", ["@a\n# in\n@b\ndef f():\n    pass"]),
        ("# c\n@a\nclass C:\n    x = 1", ["# c\n@a\nclass C:\n    x = 1"]),
        ("a = 1; b = 2;  # both\n# c\nc = 3", ["a = 1", "b = 2;  # both", "# c\nc = 3"]),
        ("x = '''\n# text'''\ny = 1", ["x = '''\n# text'''", "y = 1"]),
        ("é = 'ü'; d = '''\n'''; e = 1", ["é = 'ü'", "d = '''\n'''", "e = 1"]),
        ("if a:\n    b\n    # inside\n\nc", ["if a:\n    b", "c"]),
        ("# nothing else", []),
    ],
)
def test_texts(source: str, expected: list[str]) -> None:
    """A statement has its own lines and the comments that touch it; on a shared line, its own part."""
    assert [block.text for block in blocks(source)] == expected


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_blocks_and_gaps_are_the_whole_text(path: Path) -> None:
    """Over files of the standard library: nothing is lost between two blocks, and lines are where they say."""
    source = path.read_text(encoding="utf-8")
    found, rows = blocks(source), source.split("\n")
    parts = [part for block in found for part in (*block.gap, block.code)]
    assert "\n".join([*parts, *rows[found[-1].last :]]) == source
    for block in found:
        assert "\n".join(rows[block.start - 1 : block.last]) == block.text


def test_notes_and_segments() -> None:
    """A block has the comment after it and the source of its parts, at any place in a text."""
    block = blocks("import os\n# above\nx: int = (1 +\n  2)  # why")[1]
    assert (block.note, block.segment(block.node.annotation), block.segment(block.node.value)) == (  # type: ignore[attr-defined]
        "why",
        "int",
        "1 +\n  2",
    )
    assert block_of("x = 1;").note == ""
