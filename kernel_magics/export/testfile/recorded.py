"""The test of the recorded examples, which stand in the JSON file beside it."""

from __future__ import annotations

from typing import Final

from kernel_magics.export.layout import RUNTIME
from kernel_magics.export.testfile.section import Names, Section

RESERVED: Final = frozenset({"EXAMPLES", "Recorded", "test_example"})
"""What it binds in a test file."""
_TITLE: Final = "Recorded examples: each node, on the sample and on unusual inputs, gives what was recorded"
_TEXT: Final = """
@pytest.mark.parametrize("name", EXAMPLES.nodes)
def test_example(name):
    report = EXAMPLES.report(name)
    assert not report, report
"""


def recorded_section(names: Names) -> Section:
    """The test of all examples that stand in the JSON file of the same name."""
    source = names.source or "the notebook"
    return Section(
        title=_TITLE,
        text=_TEXT,
        imports=("import pytest",),
        below=(f"from {RUNTIME} import Recorded", names.statement),
        statements=(f"EXAMPLES = Recorded.beside(__file__, {names.module}, {source!r})",),
    )
