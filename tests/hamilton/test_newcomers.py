"""What people from Apache Hamilton try first: modules of functions, wrong arguments, the config of a command."""

from __future__ import annotations

import copy
import re
from pathlib import Path

import pytest
from hamilton import ad_hoc_utils, driver
from hamilton.function_modifiers import parameterize, tag, value

from kernel_magics import Dataflow, DataflowError
from kernel_magics.cli.main import main
from kernel_magics.flow.drivers import HERE
from tests.hamilton.conftest import Load

RATE = 3


def first(x: int) -> int:
    return x + RATE


@tag(owner="ads")  # type: ignore[untyped-decorator]
def second(first: int) -> int:
    """Twice."""
    return sum(first for first in (first, first))


@parameterize(one={"by": value(1)}, two={"by": value(2)})  # type: ignore[untyped-decorator]
def times(second: int, by: int) -> int:
    return second * by


def test_a_module_of_functions(tmp_path: Path) -> None:
    """It has no file: each function's own source is that of its node; what calls them is unchanged."""
    before = first.__code__

    def inner(two: int) -> int:
        return two // 0

    module = ad_hoc_utils.create_temporary_module(first, second, times, inner, module_name="made_here")
    flow = Dataflow.from_module(module)
    assert flow.run(["first", "second", "one", "two"], inputs={"x": 1}) == {
        "first": 4, "second": 8, "one": 8, "two": 16,
    }  # fmt: skip
    assert flow.nodes["second"].tags["owner"] == "ads"
    assert "def second(first: int)" in (flow.nodes["second"].source or "")
    assert "def inner(two: int)" in (flow.nodes["inner"].source or "")
    assert first.__code__ is before
    with pytest.raises(DataflowError, match="'inner' failed") as caught:
        flow.run(["inner"], inputs={"x": 1})
    assert caught.value.code == "DB301"


@pytest.mark.parametrize("given", ["shop", first, object()])
def test_what_is_no_module_is_refused(given: object) -> None:
    """One error says what to give."""
    with pytest.raises(DataflowError, match="is no module") as caught:
        Dataflow.from_module(given)  # type: ignore[arg-type]
    assert caught.value.code == "DB403"


SHOP = """
from hamilton.function_modifiers import config, tag


@config.when(region="US")
def tax__us(net: float) -> float:
    return net * 0.5


@config.when(region="EU")
def tax__eu(net: float) -> float:
    return net * 0.25


@tag(owner="ads")
def total(net: float, tax: float) -> float:
    return net + tax
"""


def test_a_command_gives_the_config(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--param` has what decorators look up; without it the hint names the key, and a wrong name, too."""
    path = tmp_path / "shop_of_regions.py"
    path.write_text(SHOP)
    given = ["run", str(path), "--outputs", "total", "--input", "net=8.0"]
    target = tmp_path / "total.json"
    assert main([*given, "--param", "region=EU", "-o", str(target)]) == 0
    assert "10.0" in target.read_text()
    assert main([*given, "-o", str(target)]) == 1
    assert "add --param region=VALUE" in capsys.readouterr().err
    assert main([*given, "--param", "regio=EU", "-o", str(target)]) == 2
    assert "did you mean 'region'" in capsys.readouterr().err


def test_what_drivers_are_asked_for() -> None:
    """Each method of a driver that has another name here is told; what is told exists."""
    flow = Dataflow.from_module(ad_hoc_utils.create_temporary_module(first, module_name="asked_here"))
    for name, told in HERE.items():
        assert hasattr(driver.Driver, name)
        with pytest.raises(AttributeError, match=re.escape(told)):
            getattr(flow, name)
        assert hasattr(flow, re.split(r"\W", told)[0])
    with pytest.raises(AttributeError, match="a Dataflow has no 'inputz'"):
        getattr(flow, "inputz")  # noqa: B009  # a type checker knows that it is not there
    assert copy.copy(flow).run("first", inputs={"x": 1}) == {"first": 4}


def test_a_missing_config_is_told(load: Load) -> None:
    """A node that only the config makes is an input without it; the error names the key, once it is missing."""
    module = load(SHOP)
    for ask in ("run", "validate"):
        with pytest.raises(DataflowError, match=r"config=\{'region': …\}") as caught:
            getattr(Dataflow.from_module(module), ask)(["total"], inputs={"net": 1.0})
        assert caught.value.code == "DB306"
    flow = Dataflow.from_module(module, config={"region": "CA"})
    with pytest.raises(DataflowError, match=r"pass inputs=\{'tax': …\}\.$"):
        flow.run(["total"], inputs={"net": 1.0})
