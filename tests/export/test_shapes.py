"""Values of every shape export: they are recorded, or the reason is said and their functions are run."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.export.examples.examples import Examples, read_examples
from tests.export.notebooks import Export, export, run_pytest

SHAPES = {
    "a ragged list": "[text.split() for text in texts]",
    "a frame and a number": "(pd.DataFrame({'n': [len(text) for text in texts]}), 3)",
    "lists of frames of different lengths": "[pd.DataFrame({'n': range(n)}) for n in (3, 5)]",
    "a ragged tuple": "(1, [2, 3], {'a': texts})",
    "decimals": "pd.Series([Decimal(len(text)) / 4 for text in texts])",
    "intervals": "pd.cut(pd.Series([len(text) for text in texts]), [0, 5, 10])",
    "periods": "pd.Series(pd.period_range('2026-01', periods=len(texts), freq='M'))",
    "one period, one interval": "[pd.Period('2026Q1'), pd.Interval(0, len(texts))]",
    "a polars frame": "pl.DataFrame({'text': texts, 'day': [dt.date(2026, 1, 1), None]})",
    "a polars lazy frame": "pl.LazyFrame({'text': texts}).with_columns(n=pl.col('text').str.len_chars())",
    "a map of arrow": "pa.table({'m': pa.array([[(text, 1)] for text in texts], pa.map_(pa.string(), pa.int8()))})",
    "a polars series of lists": "pl.Series('words', [text.split() for text in texts])",
    "a dataclass in a list": "[Span(text, Mode.FAST) for text in texts]",
    "a named tuple with a frame": "Pair(pd.DataFrame({'n': [1]}), Mode.SLOW)",
    "enums as keys": "{Mode.FAST: texts, Mode.SLOW: []}",
    "a class of a library": "[inspect.FullArgSpec(texts, None, None, None, [], None, {})]",
}
SETUP = """%%setup
import datetime as dt
import enum
import inspect
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import pandas as pd
import polars as pl
import pyarrow as pa


class Mode(enum.Enum):
    FAST = 1
    SLOW = 2


@dataclass(frozen=True)
class Span:
    text: str
    mode: Mode


class Pair(NamedTuple):
    low: Any
    high: Any"""


def recorded(done: Export) -> Examples:
    """The examples of an export."""
    return read_examples(done.examples.read_text(encoding="utf-8"), "")


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """One notebook with a node of each shape, and a reader of each."""
    cells = [SETUP, '%%inputs\ntexts: list = ["the cat", "dog"]']
    for number, body in enumerate(SHAPES.values()):
        cells += [f"%%node made_{number}\n{body}", f"%%node seen_{number}\n[made_{number}]"]
    return export(tmp_path_factory.mktemp("shapes"), *cells)


@pytest.mark.parametrize("name", SHAPES)
def test_a_value_of_this_shape_is_recorded(shapes: Export, name: str) -> None:
    """The kind: members that are no numbers of one array (r01, r02); what reads the value is recorded, too."""
    number = list(SHAPES).index(name)
    assert shapes.report.proven == 2 * len(SHAPES)
    for node in (f"made_{number}", f"seen_{number}"):
        assert "value" in recorded(shapes).nodes[node]["cases"][0]
    assert not any(f"'made_{number}'" in note for note in shapes.report.notes())


def test_params_and_inputs_of_setup_classes_are_recorded(tmp_path: Path) -> None:
    """A param of a setup dataclass keeps nothing downstream from being recorded (r32), nor does an enum among inputs."""
    done = export(
        tmp_path,
        SETUP,
        "%%inputs\nv: pd.Series = pd.Series([1.0, 2.0, 3.0])\nmodes: list = [Mode.FAST, Mode.SLOW]",
        "%%params\nspan: Span = Span('a', Mode.FAST)\npair: Pair = Pair(2, None)",
        "%%node rolled\nv.rolling(pair.low).sum()",
        "%%node named\n[span.text if mode is span.mode else '' for mode in modes]",
    )
    assert recorded(done).nodes.keys() == {"rolled", "named"}
    assert recorded(done).values["pair / sample"] == {
        "instance of": "Pair",
        "fields": {"low": 2, "high": None},
    }
    assert done.report.notes() == []
    done.module.write_text(done.text.replace("is span.mode", "is not span.mode"), encoding="utf-8")
    assert "[0] '' instead of 'a'" in run_pytest(tmp_path).stdout


def test_polars_tables_are_cut_and_varied(tmp_path: Path) -> None:
    """A long frame is recorded in some of its rows, and a bug that these do not show is found by unusual ones."""
    done = export(
        tmp_path,
        SETUP,
        "%%inputs\norders: pl.DataFrame = pl.DataFrame({'n': range(900), 'shop': ['a', 'b', None] * 300, "
        "'day': [dt.date(2025, 1, 1) + dt.timedelta(n) for n in range(900)], 'price': [1.5] * 899 + [None]})",
        "%%node positive\norders['price'].clip(lower_bound=0)",
        "%%node shops\norders.group_by('shop', maintain_order=True).agg(pl.col('n').sum())",
        "%%node month\norders['day'].dt.month()",
    )
    sample = recorded(done).values["orders / sample"]["polars frame"]
    rows = sample["n"]["values"]
    assert len(rows) < 40
    assert {0, 1, 2, 899} <= set(rows)
    assert None in sample["price"]["values"]
    assert {case["case"] for case in recorded(done).nodes["shops"]["cases"]} >= {"sample", "empty", "gaps"}
    wrong = done.text.replace("lower_bound=0", "lower_bound=1").replace(".sum()", ".max()")
    done.module.write_text(wrong, encoding="utf-8")
    result = run_pytest(tmp_path).stdout
    assert "positive (cell cell-3 of nb.ipynb) gives other values than recorded" in result
    assert "column 'n': row 0: " in result
    assert "test_example[month]" not in result


def test_an_element_that_cannot_be_recorded_is_named_and_its_node_is_run(tmp_path: Path) -> None:
    """The report names the column and row, or the place in a container; the test runs the function all the same."""
    done = export(
        tmp_path,
        SETUP,
        "%%inputs\nn: int = 2",
        "%%node table\npd.DataFrame({'n': [n, n], 'how': pd.Series([None, object()], dtype=object)})",
        "%%node nested\n[n, {'size': [object()]}]",
        "%%node later\npl.DataFrame({'n': [n] * 1001}).lazy()",
        "%%node rows\nlen(table) + len(later.collect())",
    )
    said = "runs it and compares only the type of its value: a value of type"
    for note in (
        f"the test of 'table' {said} object in column 'how'[1] cannot be recorded.",
        f"the test of 'nested' {said} object in [1]['size'][0] cannot be recorded.",
        f"the test of 'later' {said} pl.LazyFrame of more than 1000 rows cannot be recorded.",
    ):
        assert note in done.report.notes()
    examples = recorded(done)
    assert examples.nodes["table"]["cases"] == [
        {"case": "sample", "given": {"n": "n / sample"}, "type": "DataFrame"}
    ]
    assert examples.nodes["rows"]["cases"][0]["value"] == 1003
    assert examples.calls.keys() == {"table / sample", "later / sample"}
    wrong = done.text.replace('[n, {"size"', 'n + [{"size"').replace("lazy()", "collect_schema()")
    done.module.write_text(wrong, encoding="utf-8")
    result = run_pytest(tmp_path).stdout
    assert "example 'sample': it raises TypeError" in result
    assert "instead of a LazyFrame" in result
    assert "test_example[table]" not in result


def test_an_input_that_cannot_be_recorded_is_named(tmp_path: Path) -> None:
    """A sample that no record can hold leaves its readers without a test, and each is told why."""
    done = export(
        tmp_path,
        SETUP,
        "%%inputs\nhandles: list = [1, object()]\nn: int = 2",
        "%%node count\nlen(handles)",
        "%%node more\ncount + n",
    )
    why = "a value of type object in its input 'handles', [1] cannot be recorded"
    assert f"there is no test of 'count': {why}." in done.report.notes()
    assert list(recorded(done).nodes) == ["more"]


def test_estimators_are_fitted_and_what_reads_them_is_recorded(tmp_path: Path) -> None:
    """A model is computed by its function in the tests, and what it predicts is compared; unseeded ones are told."""
    done = export(
        tmp_path,
        "%%setup\nimport pandas as pd\nfrom sklearn.linear_model import LogisticRegression\n"
        "from sklearn.model_selection import train_test_split\n"
        "from sklearn.pipeline import make_pipeline\nfrom sklearn.preprocessing import StandardScaler",
        "%%inputs\ndata: pd.DataFrame = pd.DataFrame({'a': [float(n % 7) for n in range(60)], "
        "'b': [float(n * n % 11) for n in range(60)], 'y': [int(n % 7 > 3) for n in range(60)]})",
        "%%node parts\ntrain_test_split(data[['a', 'b']], data['y'], random_state=0)",
        "%%node model\nmake_pipeline(StandardScaler(), LogisticRegression(C=2.0)).fit(parts[0], parts[2])",
        "%%node chance\nmodel.predict_proba(data[['a', 'b']])[:, 1]",
        "%%node hits\nint(((chance > 0.5) == data['y']).sum())",
    )
    examples = recorded(done)
    assert examples.nodes.keys() == {"parts", "model", "chance", "hits"}
    assert [case.get("type") for case in examples.nodes["model"]["cases"]] == ["Pipeline"]
    assert "value" in examples.nodes["chance"]["cases"][0]
    assert any("the test of 'model' runs it" in note for note in done.report.notes())
    done.module.write_text(done.text.replace("C=2.0", "C=9.0"), encoding="utf-8")
    result = run_pytest(tmp_path).stdout
    assert "test_example[chance]" in result
    assert "test_example[model]" not in result


def test_figures_are_run_and_compared_by_nothing(tmp_path: Path) -> None:
    """A figure, its axes, and tuples and arrays of them are neither compared nor recorded; what reads them is."""
    done = export(
        tmp_path,
        "%%setup\nimport matplotlib.pyplot as plt\nimport pandas as pd",
        "%%inputs\nx: list = [1.0, 2.0, 4.0]",
        "%%node chart\nfig, ax = plt.subplots()\nax.plot(x)\nfig",
        "%%node axes\npd.Series(x).plot()",
        "%%node bars\nplt.hist(x)",
        "%%node grid\nplt.subplots(2, len(x))",
        "%%node count\nlen(chart.axes) + len(grid[1])",
    )
    assert done.report.unproven == dict.fromkeys(["chart", "axes", "bars", "grid"], "it is a figure")
    assert done.report.proven == 1
    kinds = {name: node["cases"][0].get("type") for name, node in recorded(done).nodes.items()}
    assert kinds.pop("axes") in ("Axes", "AxesSubplot")
    assert kinds == {"chart": "Figure", "bars": "tuple", "grid": "tuple", "count": None}
