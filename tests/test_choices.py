"""A module's constant with the name of a param that chooses variants is that param's default."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from kernel_magics import Dataflow
from kernel_magics.engine.errors import RunError

SOURCE = """
from kernel_magics import when

gaps: str = "carry"  # what to do about gaps
SCALE = 10


@when(gaps="carry")
def observed__carry(reading):
    return reading * SCALE


@when(gaps="keep")
def observed__keep(reading):
    return reading
"""


def _module(folder: Path, source: str) -> ModuleType:
    path = folder / "variants_module.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("variants_module", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_constant_is_the_default(tmp_path: Path) -> None:
    """Without a value the constant chooses; a run may choose otherwise; other constants are none of this."""
    flow = Dataflow.from_module(_module(tmp_path, SOURCE))
    assert list(flow.params) == ["gaps"]
    assert flow.params["gaps"].type == "str"
    assert list(flow.inputs) == ["reading"]
    assert flow.run("observed", inputs={"reading": 2}) == {"observed": 20}
    assert flow.run("observed", inputs={"reading": 2}, params={"gaps": "keep"}) == {"observed": 2}


def test_without_the_constant_it_must_be_given(tmp_path: Path) -> None:
    """A module that does not choose a variant has an input there."""
    flow = Dataflow.from_module(_module(tmp_path, SOURCE.replace("gaps: str", "other: str")))
    assert set(flow.inputs) == {"gaps", "reading"}
    assert flow.run("observed", inputs={"reading": 2, "gaps": "carry"}) == {"observed": 20}
    with pytest.raises(RunError, match="input 'gaps' was not given"):
        flow.run("observed", inputs={"reading": 2})
