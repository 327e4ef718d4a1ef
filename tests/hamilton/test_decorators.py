"""Modules with decorators of Apache Hamilton run unchanged, with the results of its own driver."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hamilton import driver

from kernel_magics import Dataflow, DataflowError
from kernel_magics.engine.run.event import Started
from kernel_magics.values import VALUES
from tests.hamilton.conftest import Load
from tests.hamilton.modules import CASES, Case


def expected(module: Any, case: Case) -> dict[str, Any]:
    """The outputs as Hamilton's driver computes them."""
    builder = driver.Builder().with_modules(module).with_config(case.config)
    if "Parallelizable" in case.text:
        builder = builder.enable_dynamic_execution(allow_experimental_mode=True)
    return dict(builder.build().execute(list(case.outputs), inputs=case.inputs))


@pytest.mark.parametrize("name", CASES)
def test_values_are_those_of_hamilton(name: str, load: Load) -> None:
    """Every decorator, and pairs that people stack: each output equals the driver's."""
    case = CASES[name]
    module = load(case.text)
    flow = Dataflow.from_module(module, config=case.config)
    known = {key: value for key, value in case.inputs.items() if key in {**flow.inputs, **flow.params}}
    got = flow.run(list(case.outputs), inputs=known)
    wanted = expected(module, case)
    for output in case.outputs:
        assert VALUES.equal(got[output], wanted[output]), output


@pytest.mark.parametrize("name", CASES)
def test_a_compiled_flow_gives_the_same(name: str, load: Load) -> None:
    """Names that are no identifiers compile, too."""
    case = CASES[name]
    flow = Dataflow.from_module(load(case.text), config=case.config)
    params = {key: value for key, value in case.inputs.items() if key in flow.params}
    needed = {name for output in case.outputs for name in flow.upstream(output)}
    inputs = {key: value for key, value in case.inputs.items() if key in flow.inputs and key in needed}
    got = flow.compile(list(case.outputs), params=params)(**inputs)
    wanted = flow.run(list(case.outputs), inputs=inputs, params=params)
    for output in case.outputs:
        assert VALUES.equal(got[output], wanted[output]), output


VALIDATED = """
@check_output(range=(0, 10), importance="{importance}")
def doubled(n: int) -> int:
    return 2 * n

def after(doubled: int) -> int:
    return doubled + 1
"""


def test_a_failing_validator_is_a_failing_check(load: Load) -> None:
    """`importance="fail"` raises DB302 with what the validator found; `checks="off"` runs no validator."""
    flow = Dataflow.from_module(load(VALIDATED.format(importance="fail")))
    with pytest.raises(DataflowError, match=r"'doubled' fails 1 of 1 conditions.*range_validator") as caught:
        flow.run(["after"], inputs={"n": 7})
    assert caught.value.code == "DB302"
    seen: list[str] = []

    def note(event: object) -> None:
        if isinstance(event, Started):
            seen.append(event.name)

    assert flow.run(["after"], inputs={"n": 7}, checks="off", on_event=note) == {"after": 15}
    assert "doubled_range_validator" not in seen


def test_a_validator_that_warns_is_a_check_that_warns(load: Load) -> None:
    """`importance="warn"` gives the value and a warning."""
    flow = Dataflow.from_module(load(VALIDATED.format(importance="warn")))
    with pytest.warns(UserWarning, match="'doubled' fails 1 of 1 conditions"):
        assert flow.run(["after"], inputs={"n": 7}) == {"after": 15}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert flow.run(["after"], inputs={"n": 1}) == {"after": 3}


def test_params_decide_like_the_config(load: Load) -> None:
    """What decorators look up in the config can be given to a run; the dataflow itself stays as it was."""
    flow = Dataflow.from_module(load(CASES["config.when_not"].text), config={"region": "EU"})
    assert flow.run(["tax"], inputs={"price": 10.0}) == {"tax": 2.0}
    assert flow.run(["tax"], inputs={"price": 10.0}, params={"region": "US"}) == {"tax": 1.0}
    assert flow.run(["tax"], inputs={"price": 10.0}) == {"tax": 2.0}


def test_only_what_needs_a_variant_needs_its_config(load: Load) -> None:
    """A request without variants runs without a config; the one with them names what is missing."""
    flow = Dataflow.from_module(
        load(CASES["config.when with a name"].text + "\ndef one() -> int:\n    return 1\n")
    )
    assert set(flow.nodes) == {"tax", "one"}
    assert flow.run(["one"]) == {"one": 1}
    assert flow.compile(["one"])() == {"one": 1}
    with pytest.raises(DataflowError, match=r"input 'region' was not given") as caught:
        flow.run(["tax"], inputs={"price": 1.0})
    assert caught.value.code == "DB306"


def test_what_is_inside_a_block_is_a_list(load: Load) -> None:
    """A node inside a block has its values for all items; what collects them computes its own."""
    flow = Dataflow.from_module(load(CASES["parallel block"].text))
    assert flow.run(["square"], inputs={"n": 3, "k": 2}) == {"square": [0, 2, 8]}
    assert flow.upstream("total") == flow.upstream("square")


def test_the_config_gives_values_to_inputs_and_nodes(load: Load) -> None:
    """As under Hamilton, a key of the config is the value of what bears its name; a run's own values go first."""
    module = load(
        "@tag(a='b')\ndef x(n: int) -> int:\n    return n + 1\n\ndef y(x: int) -> int:\n    return x * 10\n"
    )
    assert Dataflow.from_module(module, config={"n": 1}).run(["y"]) == {"y": 20}
    assert Dataflow.from_module(module, config={"n": 1}).run(["y"], inputs={"n": 2}) == {"y": 30}
    assert Dataflow.from_module(module, config={"x": 5}).run(["y"]) == {"y": 50}


def test_a_later_module_replaces_functions(load: Load) -> None:
    """Only with `overrides=True`; without it two functions of one name are an error."""
    first = load("def x(n: int) -> int:\n    return n\n\ndef y(x: int) -> int:\n    return x * 10\n")
    second = load("@tag(a='b')\ndef x(n: int) -> int:\n    return -n\n")
    assert Dataflow.from_module(first, second, overrides=True).run(["y"], inputs={"n": 1}) == {"y": -10}
    with pytest.raises(DataflowError) as caught:
        Dataflow.from_module(first, second)
    assert caught.value.code == "DB201"


def test_a_decorator_that_cannot_be_resolved_is_one_error(
    load: Load, capfd: pytest.CaptureFixture[str]
) -> None:
    """The function and the reason are named, and Hamilton's own traceback is not printed."""
    module = load(CASES["resolve"].text)
    with pytest.raises(DataflowError) as caught:
        Dataflow.from_module(module, config={"hamilton.enable_power_user_mode": True})
    assert caught.value.code == "DB441"
    assert "'table'" in caught.value.message
    assert "columns" in caught.value.message
    assert "Traceback" not in "".join(capfd.readouterr())


def test_an_async_function_with_a_decorator(load: Load) -> None:
    """Its coroutine is finished like that of any other node."""
    module = load(
        "@tag(a='b')\nasync def x(n: int) -> int:\n    return n + 1\n\ndef y(x: int) -> int:\n    return x\n"
    )
    assert Dataflow.from_module(module).run(["y"], inputs={"n": 1}) == {"y": 2}


def test_tags_types_and_docstrings_are_there(load: Load) -> None:
    """Docstrings, types and tags of the function are those of the dataflow's nodes."""
    text = '@tag(owner="ads")\n@extract_columns("a")\ndef t(n: int) -> pd.DataFrame:\n    """A table."""\n    return pd.DataFrame({"a": [n]})\n'
    flow = Dataflow.from_module(load(text))
    assert flow.nodes["a"].tags["owner"] == "ads"
    assert flow.nodes["t"].doc == "A table."
    assert flow.nodes["a"].type == "Series"
    assert flow.upstream("a") == ("t", "n")
    assert "a" in {node["name"] for node in flow.to_json()["nodes"]}


def test_a_block_runs_in_processes_like_any_node(load: Load) -> None:
    """The node that a block became can run elsewhere."""
    flow = Dataflow.from_module(load(CASES["parallel block"].text))
    assert flow.run(["after"], inputs={"n": 4, "k": 3}, executor="threads") == {"after": 43}
    assert flow.run(["numbers"], inputs={"n": 3}) == {"numbers": [0, 1, 2]}


def test_readers_of_a_param_with_two_defaults_use_their_own(load: Load) -> None:
    """Nothing is decided for them: only a given value reaches both."""
    flow = Dataflow.from_module(load(CASES["optional given"].text.replace('@tag(a="b")\n', "")))
    assert flow.run(["first", "second"], inputs={"n": 5}) == {"first": 5, "second": 10}
    assert flow.run(["first", "second"], inputs={"n": 5}, params={"k": 3}) == {"first": 15, "second": 15}
    assert flow.compile(["second"])(n=5) == {"second": 10}


def test_hamilton_is_imported_only_for_modules_that_use_it(tmp_path: Path) -> None:
    """A module of plain functions is a dataflow where Hamilton cannot be imported."""
    (tmp_path / "plain.py").write_text("def y(x: int) -> int:\n    return x + 1\n")
    code = (
        "import sys; sys.modules['hamilton'] = None; import plain; from kernel_magics import Dataflow; "
        "print(Dataflow.from_module(plain).run(['y'], inputs={'x': 1}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "{'y': 2}", done.stderr


def test_values_are_isolated_between_readers(load: Load) -> None:
    """A decorated function that changes its input in place has no effect on other readers."""
    text = (
        "@tag(a='b')\ndef bad(t: pd.DataFrame) -> int:\n    t['new'] = 1\n    return 1\n\n"
        "def good(t: pd.DataFrame, bad: int) -> list:\n    return list(t.columns)\n"
    )
    given = pd.DataFrame({"a": [1]})
    assert Dataflow.from_module(load(text)).run(["good"], inputs={"t": given}) == {"good": ["a"]}
    assert list(given.columns) == ["a"]
