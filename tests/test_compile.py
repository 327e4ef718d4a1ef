"""`Dataflow.compile`: one plain function for serving that gives what `run` gives."""

import asyncio
import functools
import inspect
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kernel_magics import Dataflow
from kernel_magics.engine.errors import CheckError, NodeError, UsageError, WaitingError
from kernel_magics.engine.run.self_contained import self_contained
from tests.module_file import import_module
from tests.notebook_file import write_notebook

MODULE = """
import math

def ctr(clicks: float, views: float) -> float:
    return clicks / views

def score(ctr: float, scale: float = 100.0) -> float:
    return math.sqrt(ctr) * scale

def best(score: float, ctr: float, *, floor: float = 0.0) -> float:
    return max(score - ctr, floor)
"""


def module(tmp_path: Path, text: str) -> Dataflow:
    """A dataflow of a module with this text."""
    return Dataflow.from_module(import_module(tmp_path, text))


def notebook(tmp_path: Path, *cells: str) -> Dataflow:
    """A dataflow of a notebook with these cells."""
    return Dataflow.from_notebook(write_notebook(tmp_path / "flow.ipynb", cells))


def test_gives_what_a_run_gives(tmp_path: Path) -> None:
    """Inputs and params are keywords, params have their defaults, outputs come back by name."""
    flow = module(tmp_path, MODULE)
    serve = flow.compile(["best", "ctr"])
    assert str(inspect.signature(serve)) == "(*, clicks, views, scale=100.0, floor=0.0)"
    for given in ({"clicks": 1.0, "views": 4.0}, {"clicks": 3.0, "views": 7.0, "floor": 99.0}):
        inputs = {name: value for name, value in given.items() if name != "floor"}
        params = {name: value for name, value in given.items() if name == "floor"}
        assert serve(**given) == flow.run(["best", "ctr"], inputs=inputs, params=params)


def test_params_given_when_compiling_become_the_defaults(tmp_path: Path) -> None:
    """A param chosen at compile time holds until a call gives another."""
    serve = module(tmp_path, MODULE).compile("score", params={"scale": 2.0})
    assert serve(clicks=1, views=4) == {"score": 1.0}
    assert serve(clicks=1, views=4, scale=10.0) == {"score": 5.0}


def test_inputs_must_be_given_and_known(tmp_path: Path) -> None:
    """A notebook's samples are never used in serving; a wrong keyword is Python's own error."""
    flow = notebook(tmp_path, "%%inputs\nx: int = 5", "%%node y\nx + 1")
    serve = flow.compile()
    assert serve(x=1) == {"y": 2}
    with pytest.raises(TypeError, match="missing 1 required keyword-only argument: 'x'"):
        serve()
    with pytest.raises(TypeError, match="unexpected keyword argument 'z'"):
        serve(x=1, z=2)
    with pytest.raises(UsageError, match="DB308 the dataflow has no 'yy'"):
        flow.compile("yy")
    with pytest.raises(UsageError, match="DB306 there is no param 'x'"):
        flow.compile("y", params={"x": 3})


def test_waiting_nodes_cannot_be_compiled(tmp_path: Path) -> None:
    """What a run refuses before it starts is refused when compiling."""
    with pytest.raises(WaitingError, match="DB203"):
        notebook(tmp_path, "%%node y\nx + 1").compile("y")


def test_only_what_is_asked_for_is_called(tmp_path: Path) -> None:
    """Nodes that no output needs are not in the function, nor are their inputs."""
    serve = module(tmp_path, MODULE).compile("ctr")
    assert list(inspect.signature(serve).parameters) == ["clicks", "views"]
    assert inspect.getsource(serve).count("= _0(") == 1
    assert "_1(" not in inspect.getsource(serve)


def test_variants_are_chosen_when_compiling(tmp_path: Path) -> None:
    """The param that chooses a variant is fixed: it is no keyword, and nodes that read it see its value."""
    flow = notebook(
        tmp_path,
        '%%params\nregion: str = "US"',
        "%%inputs\nprice: float = 10.0",
        "%%node tax --when region=US\nprice * 0.5",
        "%%node tax --when region=EU\nprice * 2",
        "%%node label\nf'{region} {tax}'",
    )
    assert flow.compile("label")(price=4.0) == {"label": "US 2.0"}
    europe = flow.compile("label", params={"region": "EU"})
    assert europe(price=4.0) == {"label": "EU 8.0"}
    with pytest.raises(TypeError, match="region"):
        europe(price=4.0, region="US")


def test_an_error_names_its_node_cell_line_and_inputs(tmp_path: Path) -> None:
    """A failure has the same message as in a run, and keeps the exception as its cause."""
    flow = notebook(
        tmp_path,
        "%%inputs\nclicks: int = 1\nviews: int = 2",
        "%%node ctr\nclicks / views",
        "%%node odds\nshare = ctr * 2\n1 / (1 - share)",
    )
    serve = flow.compile(["odds"])
    for given in ({"clicks": 1, "views": 0}, {"clicks": 1, "views": 2}):
        with pytest.raises(NodeError) as compiled:
            serve(**given)
        with pytest.raises(NodeError) as ran:
            flow.run("odds", inputs=given)
        assert compiled.value.lines() == ran.value.lines()
        assert isinstance(compiled.value.__cause__, ZeroDivisionError)
    assert "'odds' failed on line 3 of cell [3]" in str(compiled.value)
    assert serve(clicks=1, views=4) == {"odds": 2.0}


def test_arguments_that_change_in_place_change_for_nobody_else(tmp_path: Path) -> None:
    """Callers' lists, defaults, values with several readers and setup constants stay what they were."""
    flow = notebook(
        tmp_path,
        "%%setup\nTABLE = [1]",
        "%%inputs\nrows: list[int] = [1]",
        "%%params\nextra: list[int] = [7]",
        "%%node total\nrows.append(5)\nextra.append(1)\nsum(rows) + sum(extra)",
        "%%node table\nTABLE",
        "%%node grown\ntable.append(2)\ntable",
        "%%node kept\n[*rows]",
        "%%node left\nkept.append(0)\nlen(kept)",
        "%%node right\nlen(kept)",
    )
    serve, given = flow.compile(["total", "grown", "left", "right"]), [1, 2]
    for _ in range(3):
        assert serve(rows=given) == {"total": 16, "grown": [1, 2], "left": 3, "right": 2}
    assert given == [1, 2]
    assert flow.compile(["kept", "left"])(rows=given) == {"kept": [1, 2], "left": 3}


def test_frames_and_arrays_are_isolated_too(tmp_path: Path) -> None:
    """A node that writes into a column reaches neither the caller nor its siblings."""
    flow = module(
        tmp_path,
        "def low(frame):\n    frame['a'] = 0\n    return frame['a'].sum()\n\n"
        "def high(frame):\n    return frame['a'].sum()\n",
    )
    frame = pd.DataFrame({"a": [1, 2]})
    assert flow.compile()(frame=frame) == {"low": 0, "high": 3}
    assert frame["a"].tolist() == [1, 2]
    writes = module(tmp_path, "def low(array):\n    array[0] = 9\n    return array\n")
    with pytest.raises(NodeError, match="inputs cannot be changed in place"):
        writes.compile()(array=np.zeros(2))


def test_what_cannot_change_is_passed_on_as_it_is(tmp_path: Path) -> None:
    """Scalars, NumPy's included, reach the node as the caller's own objects."""
    flow = module(tmp_path, "def same(x):\n    return x\n\ndef too(x):\n    return x\n")
    serve = flow.compile()
    for value in (1.5, "text", np.float64(2.0), None, (1, 2)):
        assert serve(x=value)["same"] is value
    rows = [1]
    assert serve(x=rows)["same"] is not rows


def test_one_shot_iterators_are_refused(tmp_path: Path) -> None:
    """DB304 as in a run, for a generator that is an output or has two readers."""
    text = "def rows(n):\n    return (i for i in range(n))\n\ndef first(rows):\n    return list(rows)\n"
    flow = module(tmp_path, text)
    for outputs in (["first"], ["rows"], None):
        with pytest.raises(NodeError, match="DB304 'rows'"):
            flow.compile(outputs)(n=2)


def test_async_nodes_are_finished(tmp_path: Path) -> None:
    """A coroutine's result is the value, with or without a running loop."""
    serve = module(tmp_path, "async def y(x):\n    return x + 1\n\ndef z(y):\n    return y * 2\n").compile()

    async def inside() -> dict[str, object]:
        return serve(x=1)

    assert serve(x=1) == asyncio.run(inside()) == {"y": 2, "z": 4}


def test_checks_run_only_as_outputs(tmp_path: Path) -> None:
    """Serving does not check values, unless the check itself is requested."""
    flow = notebook(tmp_path, "%%inputs\nx: int = 1", "%%node y\nx - 2", "%%check y\ny >= 0  # not negative")
    with pytest.raises(CheckError):
        flow.run("y")
    assert flow.compile("y")(x=1) == {"y": -1}
    assert not flow.compile("check_y")(x=1)["check_y"].held
    assert flow.compile("check_y")(x=3)["check_y"].held


def test_names_that_look_like_ours_do_no_harm(tmp_path: Path) -> None:
    """Inputs may be called like the generated function's own names or like builtins."""
    text = "def y(_0, __type, type, dataflow):\n    return [_0, __type, type, dataflow]\n"
    serve = module(tmp_path, text).compile("y")
    assert serve(_0=1, __type=2, type=3, dataflow=4) == {"y": [1, 2, 3, 4]}


def test_a_long_chain_compiles(tmp_path: Path) -> None:
    """There is no recursion to run out of, and the failing line is still found."""
    rows = ["def n0(x):\n    return x + 1\n"]
    rows += [f"def n{i}(n{i - 1}):\n    return n{i - 1} + 1\n" for i in range(1, 3000)]
    rows[2500] = "def n2500(n2499):\n    return 1 / (n2499 - 2500)\n"
    serve = module(tmp_path, "\n".join(rows)).compile("n2999")
    assert serve(x=1) == {"n2999": 1 + 499}
    with pytest.raises(NodeError, match="'n2500' failed"):
        serve(x=0)


def test_a_trivial_chain_has_only_the_calls(tmp_path: Path) -> None:
    """A value made by a self-contained function for one reader costs nothing beside its call."""
    rows = [
        f"def n{i}({f'n{i - 1}' if i else 'x'}):\n    return {f'n{i - 1}' if i else 'x'} + 1\n"
        for i in range(50)
    ]
    source = inspect.getsource(module(tmp_path, "\n".join(rows)).compile("n49"))
    assert source.count("_type(") == 1  # the input's
    assert source.count("\n") == 1 + 1 + 1 + 2 * 50 + 1 + 2  # def, try, flag, calls and dels, return, except


def _plain(x: float) -> float:
    return max(abs(x), 1.0).real


def _defaulted(x: int, seen: list[int] = []) -> list[int]:  # noqa: B006
    return seen


def _counted(x: int) -> int:
    global _calls
    _calls = x
    return x


def _around(x: int) -> Callable[[], int]:
    return lambda: x


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (_plain, True),
        (lambda x: [x, x], True),
        (lambda x: [y + 1 for y in x], True),
        (lambda x: (y for y in x), False),
        (lambda x: map(str, x), False),
        (lambda x: np.abs(x), False),
        (lambda x: _plain(x), False),
        (_defaulted, False),
        (_counted, False),
        (_around(1), False),
        (functools.partial(_plain), False),
        (len, False),
    ],
)
def test_self_contained(function: Callable[..., object], expected: bool) -> None:
    """Only functions that read nothing outside, and return nothing that others hold, are self-contained."""
    assert self_contained(function) is expected
