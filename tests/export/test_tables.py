"""Families of more than twenty members are tables: one function with the body, and a row for each member."""

from __future__ import annotations

import ast
import asyncio
import inspect
import itertools
import pickle
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.module import link_modules
from kernel_magics.export.drift import changed_functions
from kernel_magics.import_.draft import sources
from kernel_magics.import_.importing import import_module
from tests.engine.driver import source
from tests.export.notebooks import Export, export, run_python
from tests.module_file import import_module as load
from tests.type_check import Mypy

CELLS = (
    "%%setup\nimport pandas as pd\n\n\ndef member(values: pd.Series) -> pd.Series:\n    return values * 2",
    "%%inputs\nsales: pd.Series = pd.Series([1.0, 2.0, 4.0, 7.0])\ndf: pd.DataFrame = pd.DataFrame({'a': [1, 2]})",
    "%%params\nscale: float = 2.0\nweights: list[float] = [1.0, 2.0]",
    '%%node lag_{k} --for k=1..30\n"""Sales {k} days ago."""\nmember(sales.shift(k)) * scale + sum(weights)',
    "%%node diff_{c}_{k} --for c=spend,visits --for k=1..12 --uses lag_{k}\nlag_k.diff(k)",
    "%%node changed_{k} --for k=-10..12\ndf['c'] = df['a'] * k\ndf",
    "%%node pair_{a}_{b} --for a=1..8 --for b=1..8 --where 'a < b' --check 'value > -{b}9'\nsales.sum() * a - b",
    "%%node odd_{a}_{b} --for a=1..8 --for b=1..8 --where '(a + b) % 3 == 0 or a == 2'\nsales * a - b",
    "%%node same_{k} --for k=1..21 --uses before=lag_1\nbefore + 1",
    "%%node word_{w} --for w=" + ",".join("abcdefghijklmnopqrstu") + "\ndf['a'].rename(w)",
    "%%node few_{k} --for k=1..20\nsales * k",
    "%%test lag_3\nassert lag_3(sales=pd.Series([1.0] * 4), weights=[0.0]).iloc[3] == 4",
)
LARGE = ("lag", "diff", "changed", "pair", "odd", "same", "word")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """An export of families with parameters of all kinds."""
    return export(tmp_path_factory.mktemp("tables"), *CELLS, run=False)


@pytest.fixture(scope="module")
def module(done: Export) -> ModuleType:
    """The imported module."""
    return load(done.module.parent, done.text)


def test_each_member_is_one_line(done: Export) -> None:
    """A large family is one function and a line for each member; a small one has functions."""
    rows = done.text.split("\n")
    assert 'lag_7 = _member_("lag_7", _lag_k, k=7)' in rows
    assert 'diff_spend_3 = _member_("diff_spend_3", _diff_c_k, {"lag_k": "lag_3"}, k=3)' in rows
    assert "def few_20(sales: pd.Series):" in rows
    bound = {node.name for node in ast.parse(done.text).body if isinstance(node, ast.FunctionDef)}
    assert not {name for name in bound if name.startswith(LARGE)}
    assert changed_functions("", done.text).startswith("added: _member, _member_, _lag_k, lag_1, ")
    assert changed_functions(done.text, done.text.replace("_lag_k, k=7)", "_lag_k, k=8)")) == "changed: lag_7"


def test_a_member_is_a_function_of_its_own(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, docstring, signature and source are those that a function written out would have."""
    assert str(inspect.signature(module.diff_spend_3)) == "(lag_3)"
    assert module.lag_7.__doc__ == "Sales 7 days ago."
    assert module.lag_7.__name__ == module.lag_7.__qualname__ == "lag_7"
    assert "sales.shift(k)" in inspect.getsource(module.lag_7)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    assert pickle.loads(pickle.dumps(module.lag_7)) is module.lag_7
    frame = pd.DataFrame({"a": [1, 2]})
    assert module.changed_2(df=frame)["c"].tolist() == [2, 4]
    assert list(frame.columns) == ["a"]
    with pytest.raises(TypeError):
        module.lag_7(prices=frame)


def test_read_without_running_and_with(done: Export, module: ModuleType) -> None:
    """The text alone gives the graph that the imported module has, and each value is the notebook's."""
    read, flow = link_modules([(done.text, "features.py")]), Dataflow.from_module(module)
    assert {node.name: node.input_names for node in read} == {
        node.name: node.input_names for node in flow.graph
    }
    assert read.node("diff_spend_3").input_names == ("lag_3",)
    sales = pd.Series([1.0, 5.0, 2.0, 9.0])
    names = [f"{name}" for name in flow.nodes if name.startswith(("diff", "odd"))]
    values = flow.run(names, inputs={"sales": sales})
    lags = {k: sales.shift(k) * 2 * 2.0 + 3.0 for k in range(1, 13)}
    assert all(values[f"diff_{c}_{k}"].equals(lags[k].diff(k)) for c in ("spend", "visits") for k in lags)
    pairs = itertools.product(range(1, 9), range(1, 9))
    odd = {f"odd_{a}_{b}": sales * a - b for a, b in pairs if (a + b) % 3 == 0 or a == 2}
    assert all(values[name].equals(value) for name, value in odd.items())


def test_the_notebook_comes_back(done: Export) -> None:
    """An import has a family for each table, whose export is the module."""
    back = import_module(done.text, "features.py")
    assert back.differing == ()
    heads = [item.source.split("\n")[0] for item in back.cells if item.source.startswith("%%node")]
    assert heads[:4] == [
        "%%node lag_{k} --for k=1..30",
        "%%node diff_{c}_{k} --for c=spend,visits --for k=1..12 --uses lag_{k}",
        "%%node changed_{k} --for k=-10..12",
        "%%node pair_{a}_{b} --for a=1..7 --for b=2..8 --where 'a < b' --check 'value > -{b}9'",
    ]
    assert heads[4].startswith(
        "%%node odd_{a}_{b} --for a=1..8 --for b=1..8 --where '(a, b) in [(1, 2), (1, 5), "
    )
    assert [item.source for item in back.cells if "_member_" in item.source or "TypeVar" in item.source] == []
    assert "odd_3_6" in Graph().put(*(parse_cell(cell) for cell in sources(back.cells))).nodes


def test_the_proof_and_the_tests_cover_members(tmp_path: Path, mypy: Mypy) -> None:
    """Every member is proved, recorded and typed, and a wrong value in one row fails its test."""
    cells = (
        "%%inputs\nx: int = 3",
        "%%node times_{k} --for k=1..21\nx * k",
        "%%node total\ntimes_1 + times_21",
    )
    done = export(tmp_path, *cells)
    assert done.report.proven == 22
    (tmp_path / "user.py").write_text("from features import times_1\n\ntext: str = times_1(x=2)\n")
    assert mypy(tmp_path, str(done.module), "--strict").returncode == 0
    found = mypy(tmp_path, str(tmp_path / "user.py"), "--strict").stdout
    assert 'expression has type "int", variable has type "str"' in found
    done.module.write_text(done.text.replace("_times_k, k=20)", "_times_k, k=22)"))
    code = "import pytest, sys\nsys.exit(pytest.main(['-q', '-p', 'no:cacheprovider', 'test_features.py']))"
    tested = run_python(code, tmp_path)
    assert "FAILED test_features.py::test_example[times_20]" in tested.stdout
    assert "1 failed, 21 passed" in tested.stdout


VARIED = (
    "%%inputs\nx: int = 3",
    "%%params\nregion: str = 'US'",
    '%%node when_{k} --for k=1..21 --when region=US\n"""Of {k}."""\nx * k',
    "%%node when_{k} --for k=1..21 --when region=EU\nx * k + 1",
    "%%node low_{k}, high_{k} --for k=1..21\nlow_k = x - k  # the lower one\nhigh_k = x + k",
    '%%node up_{k}, down_{k} --for k=1..21\n"""Ends of {k}."""\nup_k = x + k\ndown_k = x - k',
    "%%node later_{k} --for k=1..21\nimport asyncio\nawait asyncio.sleep(0)\nx + k",
    "%%node a_{k}, b_{k} --for k=1..21 --uses low_{k} --when region=US\na_k = low_k\nb_k = -low_k",
    "%%node soon_{k}, late_{k} --for k=1..21\nimport asyncio\nawait asyncio.sleep(0)\nsoon_k = x\nlate_k = x + k",
)


def test_variants_outputs_and_coroutines_are_rows(tmp_path: Path) -> None:
    """Decorators stand around a row, each output is a row, a coroutine's member is one; all come back."""
    done = export(tmp_path, *VARIED, run=False)
    rows = done.text.split("\n")
    assert 'when_3__EU = _when(region="EU")(_member("when_3__EU", _when_k__EU, k=3))' in rows
    assert 'low_3 = _member("low_3", _low_k, {"low_k_and_high_k": "low_3_and_high_3"})' in rows
    bound = {node.name for node in ast.parse(done.text).body if isinstance(node, ast.FunctionDef)}
    assert all(name.startswith("_") for name in bound)
    back = import_module(done.text, "features.py")
    assert back.differing == ()
    heads = [item.source.split("\n")[0] for item in back.cells if item.source.startswith("%%node")]
    assert heads == [cell.split("\n")[0] for cell in VARIED[2:]]
    module = load(tmp_path, done.text)
    assert inspect.iscoroutinefunction(module.later_3)
    assert asyncio.run(module.later_3(x=2)) == 5
    assert module.b_2__US(module.a_2_and_b_2__US(low_2=4)) == -4


def test_rows_of_all_kinds_are_read_as_the_functions_that_they_stand_for(tmp_path: Path) -> None:
    """The graph of the text is that of the imported module and of the notebook, docstrings of outputs included."""
    done = export(tmp_path, *VARIED, run=False)
    read, flow = link_modules([(done.text, "features.py")]), Dataflow.from_module(load(tmp_path, done.text))
    graph = Graph().put(*(parse_cell(source(id, cell)) for id, cell in zip("abcdefghi", VARIED, strict=True)))
    docs = {node.name: node.doc for node in graph if node.kind == "value"}
    assert {node.name: node.doc for node in read if node.kind == "value"} == docs
    assert docs["low_2"] == "The lower one."
    assert docs["down_2"] == "Ends of 2: down_2."
    inputs = {node.name: node.input_names for node in graph if node.kind == "value"}
    assert {node.name: node.input_names for node in flow.graph if node.kind == "value"} == inputs
    names = ["when_4", "low_4", "down_4", "later_4", "b_4", "late_4"]
    assert list(flow.run(names, inputs={"x": 10}).values()) == [40, 6, 6, 14, -6, 14]
    assert flow.run(["when_4"], inputs={"x": 10}, params={"region": "EU"}) == {"when_4": 41}


def test_what_rows_cannot_say_stays_written_out(tmp_path: Path) -> None:
    """Decorators longer than a row can be need functions, in a family of any size."""
    long = "a_very_long_name_of_a_param_that_chooses"
    done = export(
        tmp_path,
        "%%inputs\nx: int = 3",
        f"%%params\n{long}: str = 'US'",
        f"%%node when_{{k}} --for k=1..21 --when {long}=US\nx * k",
        run=False,
    )
    assert "_member" not in done.text
    assert load(tmp_path, done.text).when_3__US(2) == 6


def test_under_hamilton(tmp_path: Path) -> None:
    """Members are nodes of Hamilton's driver, with and without its target; so are they of ours."""
    pytest.importorskip("hamilton")
    cells = ("%%inputs\nx: int = 3", "%%node times_{k} --for k=1..21\nx * k")
    more = "%%node next_{k} --for k=1..21 --uses times_{k}"
    code = (
        "from hamilton import driver\nimport features\n"
        "flow = driver.Builder().with_modules(features).build()\nprint(flow.execute(['next_20'], inputs={'x': 2}))"
    )
    for target, checked in (("module", ""), ("hamilton", " --check 'value > 0'")):
        (tmp_path / target).mkdir()
        done = export(tmp_path / target, *cells, f"{more}{checked}\ntimes_k + 1", kind=target)
        assert '= _member("times_20", _times_k, k=20)' in done.text
        ran = run_python(code, done.module.parent)
        assert ran.stdout.strip() == "{'next_20': 41}", ran.stderr
    (tmp_path / "varied").mkdir()
    params = "%%params\nregion: str = 'US'"
    varied = (cells[0], params, "%%node times_{k} --for k=1..21 --when region=US\nx * k")
    other = "%%node times_{k} --for k=1..21 --when region=EU\nx + k"
    done = export(tmp_path / "varied", *varied, other, kind="hamilton")
    assert '= config.when_in(region=["EU"])(' in done.text
    chosen = code.replace(".with_modules", ".with_config({'region': 'EU'}).with_modules")
    ran = run_python(chosen.replace("next_20", "times_20"), done.module.parent)
    assert ran.stdout.strip() == "{'times_20': 22}", ran.stderr
    code = "import features, kernel_magics\nflow = kernel_magics.Dataflow.from_module(features)\n"
    ran = run_python(
        f"{code}print(flow.run(['next_20'], inputs={{'x': 2}}))", tmp_path / "hamilton", dagbook=True
    )
    assert ran.stdout.strip() == "{'next_20': 41}", ran.stderr


def test_two_thousand_members(tmp_path: Path) -> None:
    """A line each, and all of them in the graph."""
    cell = source("b", "%%node l_{k} --for k=1..2000\nx * k")
    assert len(Graph().put(parse_cell(cell)).names()) == 2000
    done = export(tmp_path, "%%inputs\nx: int = 3", "%%node l_{k} --for k=1..2000\nx * k", run=False)
    assert done.text.count("\n") < 2100
    assert load(tmp_path, done.text).l_2000(2) == 4000
