"""The test of the natures that a node was found to have, which stand in the file of natures beside it."""

from __future__ import annotations

from typing import Final

from kernel_magics.export.layout import RUNTIME
from kernel_magics.export.testfile.section import Names, Section

RESERVED: Final = frozenset({"NATURES", "Natures", "test_nature"})
"""What it binds in a test file."""
_TEXT: Final = """
@pytest.mark.parametrize(("name", "claim"), NATURES.claims)
def test_nature(name, claim):
    report = NATURES.report(name, claim)
    assert not report, report
"""


def natures_section(names: Names) -> Section:
    """The test of all claims."""
    return Section(
        title="Natures: what each node depends on, found by experiment, stays so",
        text=_TEXT,
        imports=("import pytest",),
        below=(f"from {RUNTIME} import Natures", names.statement),
        statements=(f"NATURES = Natures.beside(__file__, {names.module})",),
    )
