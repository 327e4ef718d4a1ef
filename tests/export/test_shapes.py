"""Values of every shape export: no shape of a value stops the recording of examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.export.notebooks import export

SHAPES = {
    "a ragged list": "[text.split() for text in texts]",
    "a frame and a number": "(pd.DataFrame({'n': [len(text) for text in texts]}), 3)",
    "lists of frames of different lengths": "[pd.DataFrame({'n': range(n)}) for n in (3, 5)]",
    "a ragged tuple": "(1, [2, 3], {'a': texts})",
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_value_of_this_shape_exports(tmp_path: Path, name: str) -> None:
    """The kind: members that are no numbers of one array (r01); what reads the value exports, too."""
    cells = (
        "%%setup\nimport pandas as pd",
        '%%inputs\ntexts: list = ["the cat", "dog"]',
        f"%%node made\n{SHAPES[name]}",
        "%%node count\nlen(made)",
    )
    report = export(tmp_path, *cells).report
    assert report.proven == 2
    assert report.examples > 0
