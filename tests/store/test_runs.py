"""`Dataflow.run(cache=…)`: results that other processes read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.engine.run.event import Event, Finished, Noticed, Reused
from tests.notebook_file import write_notebook
from tests.warm import run_warm

MODULE = """
import helpers

RATE = 2


def _more(x):
    return x + RATE


def first(x):
    return helpers.double(x)


def second(first):
    return _more(first)


def third(second, k=3):
    return second * k
"""
SCRIPT = """
import sys
import features
from kernel_magics import Dataflow
from kernel_magics.engine.run.event import Finished
from tests.warm import run_warm

ran = []
note = lambda event: ran.append(event.name) if isinstance(event, Finished) else None
flow = Dataflow.from_module(features, config={config})
{before}
print(*flow.run({outputs}, inputs={inputs}, cache="kept", on_event=note).values(), *ran)
"""


class Project:
    """A folder with a module; each run is a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("helpers.py", "def double(x):\n    return x * 2\n")
        self.write("features.py", MODULE)

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        (self.folder / name).write_text(text)

    def run(
        self, inputs: object = "{'x': 1}", before: str = "", outputs: str = "'third'", config: str = "{}"
    ) -> str:
        """The values, and the names of the nodes that were computed."""
        text = SCRIPT.format(inputs=inputs, before=before, outputs=outputs, config=config)
        done = run_warm(["-c", f"import sys\nsys.path.insert(0, '')\n{text}"], self.folder, dict(os.environ))
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder with a module."""
    return Project(tmp_path)


def test_another_process_computes_nothing_again(project: Project) -> None:
    """As long as code and values are the same; a changed input computes what reads it."""
    assert project.run() == "12 first second third"
    assert project.run() == "12"
    assert project.run("{'x': 2}") == "18 first second third"
    assert project.run("{'x': 1, 'k': 4}") == "16 third"


@pytest.mark.parametrize(
    ("file", "old", "new", "value"),
    [
        ("helpers.py", "x * 2", "x * 3", "15"),
        ("features.py", "RATE = 2", "RATE = 5", "21"),
        ("features.py", "return x + RATE", "return x - RATE", "0"),
        ("features.py", "second * k", "second + k", "7"),
        ("features.py", "k=3", "k=2", "8"),
    ],
)
def test_any_change_of_code_counts(project: Project, file: str, old: str, new: str, value: str) -> None:
    """Of the node, a helper, a constant, a default, or another module: the value is the new one."""
    project.run()
    project.write(file, (project.folder / file).read_text().replace(old, new))
    assert project.run().split()[0] == value


@pytest.mark.parametrize(
    ("before", "value"),
    [
        ("features.RATE = 5", "21"),
        ("features.helpers.double = lambda x: 100", "306"),
        ("flow._flow._runtime._callables['third'] = lambda second, k=3: 0", "0"),
    ],
)
def test_what_is_changed_in_memory_counts(project: Project, before: str, value: str) -> None:
    """A kept result is never used for code that is not the code in the files."""
    project.run()
    assert project.run(before=before).split()[0] == value
    assert project.run() == "12"


def test_results_that_differ_each_time_are_not_kept(project: Project) -> None:
    """A node that reads the clock is computed in every run, and what is the same is not."""
    project.write(
        "features.py", "import time\n\ndef now(x):\n    return time.time()\n\ndef same(x):\n    return x\n"
    )
    assert project.run(outputs="['now', 'same']").split()[1:] == ["1", "now", "same"]
    assert project.run(outputs="['now', 'same']").split()[1:] == ["1", "now"]


def test_a_file_that_a_node_reads_counts(project: Project) -> None:
    """It is computed again when the file is another one."""
    project.write(
        "features.py", "def text(x):\n    with open('data.txt') as file:\n        return file.read()\n"
    )
    project.write("data.txt", "one")
    assert project.run(outputs="'text'") in ("one text",)
    project.write("data.txt", "two")
    assert project.run(outputs="'text'") == "two text"


def test_nodes_that_decorators_make_are_told_apart(project: Project) -> None:
    """Two nodes of one function have two results; a config has its own."""
    project.write(
        "features.py",
        "from hamilton.function_modifiers import config, extract_fields\n\n"
        "@extract_fields({'low': int, 'high': int})\ndef ends(x: int) -> dict:\n    return {'low': 0, 'high': x}\n\n"
        "@config.when(sign=1)\ndef span__up(low: int, high: int) -> int:\n    return high - low\n\n"
        "@config.when(sign=-1)\ndef span__down(low: int, high: int) -> int:\n    return low - high\n",
    )
    options = {"outputs": "['low', 'high', 'span']"}
    assert project.run(config="{'sign': 1}", **options) == "0 1 1 ends low high span"
    assert project.run(config="{'sign': 1}", **options) == "0 1 1"
    assert project.run(config="{'sign': -1}", **options).split()[:3] == ["0", "1", "-1"]


CELLS = [
    "%%setup\nSCALE = 10",
    "%%inputs\nx = 2",
    "%%params\nk = 3",
    "%%node a\nx * SCALE",
    "%%node b\na + k",
    "%%check b\nb > 0",
]


def events_of(flow: Dataflow, folder: Path, **options: object) -> tuple[object, list[str], list[str]]:
    """The values of a run, what it computed, and what it read."""
    events: list[Event] = []
    values = flow.run(cache=folder, on_event=events.append, **options)  # type: ignore[arg-type]
    return (
        values,
        [event.name for event in events if isinstance(event, Finished)],
        [event.name for event in events if isinstance(event, Reused)],
    )


def test_a_notebook_and_parts_of_a_joined_dataflow_share_results(tmp_path: Path) -> None:
    """A key says what a value is made from, not which dataflow asks for it. Checks run each time."""
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", CELLS))
    kept = tmp_path / "kept"
    assert events_of(flow, kept) == ({"a": 20, "b": 23}, ["a", "b", "check_b"], [])
    assert events_of(flow, kept) == ({"a": 20, "b": 23}, ["check_b"], ["a", "b"])
    twice = Dataflow.joined(flow.prefixed("p_"), flow.prefixed("q_", params={"k": 4}))
    wanted = {"p_a": 20, "p_b": 23, "q_a": 20, "q_b": 24}
    values, ran, read = events_of(twice, kept)
    assert (values, ran) == (wanted, ["check_p_b", "q_b", "check_q_b"])
    assert read == ["p_a", "p_b", "q_a"]
    assert events_of(twice, kept)[2] == ["p_a", "p_b", "q_a", "q_b"]


def test_why_a_value_is_not_kept(tmp_path: Path) -> None:
    """An event of the run tells it."""
    cells = ["%%setup\nimport time", "%%node now\ntime.time()"]
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", cells))
    events: list[Event] = []
    flow.run(cache=tmp_path / "kept", on_event=events.append)
    told = [event.line for event in events if isinstance(event, Noticed)]
    assert len(told) == 1
    assert "not kept" in told[0]
    assert "clock" in told[0]


def test_values_of_a_run_are_those_of_a_run_without_a_folder(tmp_path: Path) -> None:
    """Also on an executor, where less is kept."""
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", CELLS))
    for _ in range(2):
        assert flow.run(cache=tmp_path / "kept", executor="threads") == flow.run()


def test_what_an_async_node_reads_is_seen(tmp_path: Path) -> None:
    """It is not kept when it reads the clock, although its coroutine runs after the call."""
    cells = [
        "%%setup\nimport time as clock",
        "%%node\nasync def now():\n    return getattr(clock, 'ti' + 'me')()",
    ]
    flow = Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", cells))
    first = flow.run(cache=tmp_path / "kept")
    assert flow.run(cache=tmp_path / "kept") != first
