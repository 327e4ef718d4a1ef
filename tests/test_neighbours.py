"""Neighbours: what other libraries bring works as part of a dataflow."""

from __future__ import annotations

from kernel_magics.engine.run.check import CheckResult
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.values import VALUES


def test_a_pandera_schema_is_a_check() -> None:
    """A schema among a check's expressions validates the value, and its failure is one condition's failure."""
    session = Session(VALUES)
    cells = [
        "%%setup\nimport pandas as pd\nimport pandera.pandas as pa\nSCHEMA = pa.SeriesSchema(float, pa.Check.ge(0))",
        "%%inputs\nx: pd.Series = pd.Series([1.0, -1.0])",
        "%%node y\nx * 2",
        "%%node z\nx.abs()",
        "%%check y\nSCHEMA  # floats from zero up\ny.notna()",
        "%%check z\nSCHEMA",
    ]
    sources = [read_cell(text, f"c{number}", f"[{number}]") for number, text in enumerate(cells, start=1)]
    session.register(*(source for source in sources if source is not None))
    list(session.compute())
    result = session.memos["check_y"].value
    assert isinstance(result, CheckResult)
    assert [(item.message, item.held) for item in result.conditions] == [
        ("floats from zero up", False),
        ("y.notna()", True),
    ]
    held = session.memos["check_z"].value
    assert isinstance(held, CheckResult)
    assert held.held
