"""The examples in the API's docstrings run, and there is one for each thing that users of Hamilton ask for."""

from __future__ import annotations

import ast
import asyncio
import inspect
import pickle
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from kernel_magics import Dataflow
from kernel_magics.engine.run.event import Finished
from kernel_magics.flow.listener import Listener
from kernel_magics.flow.nodes import Nodes
from tests.module_file import import_module

MODULES = {
    "features": (
        "def ctr(clicks: float, views: float) -> float:\n    return clicks / views\n\n\n"
        "def spend(clicks: float, region: str = 'EU') -> float:\n    return clicks * 2\n\n\n"
        "def score(age: int, income: float = 1.0) -> float:\n    return age * income\n\n\n"
        "async def profile(customer: int) -> str:\n    return str(customer)\n\n\n"
        "async def orders(customer: int) -> int:\n    return customer\n"
    ),
    "report": "def both(us_spend: float, eu_spend: float) -> float:\n    return us_spend + eu_spend\n",
    "variant": "def ctr(clicks: float, views: float) -> float:\n    return 0.0\n",
}
ASKED = (  # in words of the docstrings, what needs an example
    "[features.ctr",
    "flow.validate(",
    "flow.nodes.tagged(",
    "flow.prefixed(",
    "Dataflow.joined(",
    "overrides=True",
    "flow.arun(",
    "pickle.dumps(flow)",
    "pickle.dumps(predict)",
    "cache=",
    'extra="ignore"',
    "listeners=[Slow()]",
    "MLflowListener(",
    "OpenTelemetryListener(",
    "style=",
)


def documented() -> Iterator[tuple[str, Any]]:
    """What the API documents, by name."""
    for cls in (Dataflow, Nodes, Listener):
        yield cls.__name__, cls
        yield from ((f"{cls.__name__}.{name}", item) for name, item in vars(cls).items() if name[0] != "_")
    if find_spec("opentelemetry"):
        from kernel_magics.listeners.opentelemetry import OpenTelemetryListener  # noqa: PLC0415 - an extra

        yield "OpenTelemetryListener", OpenTelemetryListener


def examples_of(doc: str) -> list[str]:
    """The code below `Example:`: what stands in backticks and is a call, or the lines if none does."""
    found = re.search(r"(?m)^Example:\n((?:    .*\n|\n)+)", f"{doc}\n")
    if found is None:
        return []
    text = dedent(found[1]).strip()
    quoted = [code for code in re.findall(r"`([^`]+)`", text) if "(" in code]
    return ["\n".join(quoted)] if quoted else [text]


EXAMPLES = {name: code for name, item in documented() for code in examples_of(inspect.getdoc(item) or "")}


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the examples mention: modules, a dataflow, values and a folder."""
    modules: dict[str, ModuleType] = {}
    for name, text in MODULES.items():
        modules[name] = import_module(tmp_path, text)
        monkeypatch.setitem(sys.modules, modules[name].__name__, modules[name])
    flow = Dataflow.from_module(modules["features"])
    values = {"clicks": 3.0, "views": 12.0, "folder": tmp_path / "kept"}
    ours = {"Dataflow": Dataflow, "Listener": Listener, "Finished": Finished, "pickle": pickle}
    return {**modules, **values, **ours, **dict(documented()), "flow": flow}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_docstring_runs(name: str, names: dict[str, Any]) -> None:
    """Each statement of it, on a small dataflow."""
    code = compile(EXAMPLES[name], name, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    done = eval(code, names)
    if inspect.iscoroutine(done):
        asyncio.run(done)


@pytest.mark.parametrize("words", ASKED)
def test_what_is_asked_for_has_an_example(words: str) -> None:
    """In the docstrings that the editor shows."""
    from_extras = Path(inspect.getfile(Dataflow)).parent / "listeners"
    texts = [*EXAMPLES.values(), *(path.read_text() for path in from_extras.glob("*.py"))]
    assert any(words in text for text in texts)
