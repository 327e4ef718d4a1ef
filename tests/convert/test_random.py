"""Random ordinary notebooks: whatever they do, the converted notebook shows and computes the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from kernel_magics.convert import convert
from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.proving import prove
from kernel_magics.engine.errors import SourceError
from tests.convert.machine import ask, shown_by_flow, shown_by_plain
from tests.convert.ordinary import notebooks
from tests.examples import examples

SLOW = examples(60, suppress_health_check=list(HealthCheck))


def cells_of(sources: list[str]) -> list[GivenCell]:
    return [GivenCell(f"c{number}", "code", source) for number, source in enumerate(sources, start=1)]


@pytest.fixture(autouse=True)
def apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that notebooks write go to a folder of their own."""
    monkeypatch.chdir(tmp_path)


@SLOW
@given(notebooks())
def test_a_proven_conversion_shows_the_same(sources: list[str]) -> None:
    """What the converted notebook prints is what the ordinary one prints, and its dataflow links."""
    cells = cells_of(sources)
    expected = shown_by_plain(cells)
    try:
        done = prove(cells, ask, "n.ipynb")
    except SourceError as error:  # it fails, and nothing of it can be converted
        assert error.code == "DB421"
        assert "failed:" in expected
        return
    assert shown_by_flow(done.conversion.cells) == expected


@settings(SLOW, derandomize=True)  # code that stays because of random state may need one more round
@given(notebooks())
def test_a_conversion_without_a_run_is_valid_and_final(sources: list[str]) -> None:
    """Every proposal links, and converting it again changes nothing."""
    done = convert(cells_of(sources))
    again = convert([GivenCell(cell.id, cell.type, cell.source) for cell in done.cells])
    assert [cell.source for cell in again.cells] == [cell.source for cell in done.cells]
