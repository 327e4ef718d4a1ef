"""What Python cannot hold is told: code that is nested too deeply, and data that do not fit."""

from __future__ import annotations

import ast
from collections.abc import Callable

import pytest

from kernel_magics.cli import explain_command
from kernel_magics.cli.main import main


def deep() -> object:
    """Python's parser runs out of its own memory."""
    return ast.parse("-" * 200_000 + "1")


def large() -> object:
    """Python has no room for a list."""
    return [0] * 10**15


@pytest.mark.parametrize(("fault", "code"), [(deep, "DB119"), (large, "DB344")])
def test_memory_of_the_parser_and_of_data(
    fault: Callable[[], object],
    code: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Both are a MemoryError without a text; the function that raised it tells which of them it is."""
    monkeypatch.setattr(explain_command, "run", lambda _: fault())
    assert main(["explain", "DB001"]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{code} ")
    assert ": ." not in said
