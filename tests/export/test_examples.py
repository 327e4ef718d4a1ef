"""Recorded examples: they fail when the code or a record is wrong, and change only on request."""

import ast
import copy
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from sklearn.datasets import load_iris

from kernel_magics.engine.errors import DataflowError
from kernel_magics.export.examples.examples import read_examples
from kernel_magics.export.examples.runner import Recorded, difference
from kernel_magics.export.examples.runtime import runtime_text
from kernel_magics.export.examples.sampling import Cutter
from kernel_magics.values.decode import decode
from tests.export.notebooks import QUICK, Export, export, run_pytest

FRAMES = (
    "%%setup\nimport pandas as pd",
    "%%inputs\norders: pd.DataFrame = pd.DataFrame({'day': pd.date_range('2025-01-01', periods=60), "
    "'amount': [float(n % 7) for n in range(60)], 'shop': ['a', 'b', None] * 20})",
    "%%node\ndef big(orders):\n    return orders[orders['amount'] > 5]",
    "%%node\ndef by_shop(orders):\n    return orders.groupby('shop')['amount'].sum()",
    "%%node\ndef month(orders):\n    return orders['day'].dt.month",
    "%%node\ndef share(by_shop, shop='a'):\n    if by_shop.sum() == 0:\n        raise ValueError('no sales')\n"
    "    return float(by_shop.get(shop, 0.0) / by_shop.sum())",
)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The quick notebook, exported once."""
    return export(tmp_path_factory.mktemp("quick"), *QUICK)


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """A notebook with frames, exported once."""
    return export(tmp_path_factory.mktemp("frames"), *FRAMES)


def _document(done: Export) -> dict[str, Any]:
    """The examples, with what they share in its places."""
    found = read_examples(done.examples.read_text(encoding="utf-8"), "")
    return {"nodes": dict(found.nodes), "values": dict(found.values), "calls": dict(found.calls)}


def _module(text: str) -> ModuleType:
    module = ModuleType("features")
    exec(compile(text, "features.py", "exec"), module.__dict__)
    return module


def _failing(document: dict[str, Any], module: ModuleType) -> list[str]:
    return [name for name in document["nodes"] if _fails(document, name, module)]


def _fails(document: dict[str, Any], name: str, module: ModuleType) -> bool:
    try:
        return bool(Recorded(document, module).problems(name))
    except ValueError:  # a record that is no value of its type
        return True


def test_every_node_has_examples(quick: Export, frames: Export) -> None:
    """Nodes and checks are recorded on the sample, on no rows, on gaps, and on what shows a bug in them."""
    nodes = _document(quick)["nodes"]
    assert list(nodes) == [
        "rolling_mean", "cost", "weekly", "lag_1", "lag_2", "low_and_high", "low", "high", "check_cost",
    ]  # fmt: skip
    for name in ("rolling_mean", "cost", "weekly", "lag_1", "low_and_high", "check_cost"):
        assert {"sample", "empty", "gaps"} <= {case["case"] for case in nodes[name]["cases"]}
    cases = {case["case"]: case for case in _document(frames)["nodes"]["share"]["cases"]}
    assert cases["empty"]["raises"] == "ValueError"
    assert cases["empty"]["message"] == "no sales"


BUGS = {
    "spend.clip(lower=0)": "spend.clip(lower=1)",
    "spend.where(spend < 100, 100)": "spend.where(spend <= 100, 101)",
    "spend.fillna(0)": "spend.fillna(1)",
    "float(spend.iloc[0]) if len(spend) else -1.0": "float(spend.iloc[0]) if len(spend) else 1.0",
    "spend.groupby(spend.index).sum()": "spend.groupby(spend.index).first()",
}


@pytest.mark.parametrize("body", BUGS)
def test_a_bug_that_the_sample_does_not_show_is_found(tmp_path: Path, body: str) -> None:
    """An unusual input is recorded where only that tells a function from one with a small bug."""
    sample = "%%inputs\nspend: pd.Series = pd.Series([10.0, 20.0, 40.0])"
    done = export(tmp_path, "%%setup\nimport pandas as pd", sample, f"%%node kept\n{body}")
    document, wrong = _document(done), _module(done.text.replace(body, BUGS[body]))
    assert _failing(document, _module(done.text)) == []
    assert _failing(document, wrong) == ["kept"]
    assert len(document["nodes"]["kept"]["cases"]) < 8


@pytest.mark.parametrize("quickly", [True, False])
def test_mutants_that_never_end_or_fill_the_memory_do_no_harm(tmp_path: Path, quickly: bool) -> None:
    """A function whose mutant loops forever, or asks for more memory than there is, is exported like any other."""
    body = (
        "%%node\ndef steps(n):\n    count = 0\n    while n > 0:\n        n = n - 1\n        count = count + 1\n    return count"
        if quickly
        else "%%node\ndef steps(n):\n    return len(bytes(n - (1 << 50) + (1 << 50)))"
    )
    done = export(tmp_path, "%%inputs\nn: int = 7", body)
    assert _failing(_document(done), _module(done.text)) == []
    assert done.report.examples


def test_each_corrupted_record_makes_its_test_fail(quick: Export, frames: Export) -> None:
    """Whatever recorded value or exception is changed, the test of exactly that node fails."""
    for done in (quick, frames):
        document, module = _document(done), _module(done.text)
        assert _failing(document, module) == []
        for name, node in document["nodes"].items():
            for place, case in enumerate(node["cases"]):
                for turn, wrong in enumerate(_corrupted(case)):
                    cases = [*node["cases"][:place], wrong, *node["cases"][place + 1 :]]
                    changed = {**document, "nodes": {**document["nodes"], name: {**node, "cases": cases}}}
                    assert _fails(changed, name, module), (name, case["case"], wrong)
                    if not place and not turn:  # what a node has recorded is nothing to the others
                        assert _failing(changed, module) == [name]


def _corrupted(case: dict[str, Any]) -> list[dict[str, Any]]:
    """Wrong versions of a case: another exception, and for a value each leaf of its record changed."""
    if "raises" in case:
        value = {key: member for key, member in case.items() if key not in ("raises", "message")}
        return [{**case, "raises": "Exit"}, {**value, "value": 1}]
    found = [{**case, "value": {"tuple": ["wrong"]}}, {**case, "raises": "ValueError"}]
    for path in _leaves(case["value"]):
        if path[-1] in ("shared", "dtype", "name", "rows", "freq") or "index" in path:
            continue
        changed = copy.deepcopy(case)
        spot = changed["value"] if path else changed
        for key in path[:-1]:
            spot = spot[key]
        spot[path[-1]] = _other(spot[path[-1]])
        found.append(changed)
    return found


def _leaves(record: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(record, dict):
        return [leaf for key, item in record.items() for leaf in _leaves(item, (*path, key))]
    if isinstance(record, list):
        return [leaf for key, item in enumerate(record) for leaf in _leaves(item, (*path, key))]
    return [path] if path else []


def _other(leaf: Any) -> Any:
    if isinstance(leaf, bool):
        return not leaf
    if isinstance(leaf, int | float):
        return leaf + 1e-6 * (1 + abs(leaf)) if isinstance(leaf, float) else leaf + 1
    if leaf is None:
        return 17.5
    if leaf in ("nan", "inf", "-inf"):
        return "1.5"
    return "2011-11-11" if leaf.startswith("20") else f"{leaf}x"


def test_the_tests_themselves_fail_on_changed_code(tmp_path: Path) -> None:
    """Run by pytest, the exported tests name the node, its cell, the notebook and the values that differ."""
    done = export(tmp_path, *QUICK)
    text = done.text
    assert run_pytest(tmp_path).returncode == 0
    done.module.write_text(text.replace("min_periods=1", "min_periods=2"), encoding="utf-8")
    result = run_pytest(tmp_path)
    assert result.returncode == 1
    assert "rolling_mean (cell cell-4 of nb.ipynb) gives other values than recorded" in result.stdout
    assert "example 'sample': row 0: nan instead of 10.0" in result.stdout
    done.module.write_text(text.replace("* rate", "+ rate"), encoding="utf-8")
    result = run_pytest(tmp_path)
    assert "test_features.py::test_cost" in result.stdout
    assert "test_features.py::test_example[cost]" in result.stdout
    assert "test_example[rolling_mean]" not in result.stdout


def test_a_changed_value_stops_the_next_export(tmp_path: Path) -> None:
    """Examples hold until they are refreshed: the export names the node, the old and the new value, the flag."""
    cells = list(QUICK)
    done = export(tmp_path, *cells)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    cells[5] = "%%node weekly\nscaled(rolling_mean) + 1"
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *cells)
    assert caught.value.code == "DB511"
    assert "'weekly' no longer gives the recorded values" in caught.value.message
    assert "--refresh-examples" in caught.value.hint
    assert any("instead of" in line for line in caught.value.frames)
    assert before == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    export(tmp_path, *cells, examples="refresh")
    assert done.examples.read_bytes() != before["test_features.json"]
    assert run_pytest(tmp_path).returncode == 0


def test_new_nodes_get_examples_and_the_others_keep_theirs(tmp_path: Path) -> None:
    """An equal rewrite and another sample change no recorded example; a new node is added."""
    cells = list(QUICK)
    first = _document(export(tmp_path, *cells))
    cells[1] = cells[1].replace("40.0", "41.0")
    cells[5] = "%%node weekly\nscaled(rolling_mean) * 1"
    second = _document(export(tmp_path, *cells, "%%node double\ncost * 2"))
    added = second["nodes"].pop("double")
    assert added["cases"]
    assert second["nodes"].keys() == first["nodes"].keys()
    for name, node in first["nodes"].items():
        assert [case["case"] for case in node["cases"]] == [c["case"] for c in second["nodes"][name]["cases"]]
        assert node["cases"][0].get("value") == second["nodes"][name]["cases"][0].get("value")


def test_other_inputs_are_recorded_anew(tmp_path: Path) -> None:
    """Examples of a node with other parameters mean nothing any more."""
    cells = list(QUICK)
    export(tmp_path, *cells)
    cells[5] = "%%node weekly\nscaled(cost)"
    done = export(tmp_path, *cells)
    assert any("'weekly' reads other inputs than before" in note for note in done.report.warnings)


@pytest.mark.parametrize(
    ("setup", "body", "what"),
    [
        ("import datetime as dt", "str(dt.datetime.now()) + str(a)", "the clock"),
        ("import time", "time.time() + a", "the clock"),
        ("import numpy as np", "np.random.rand() + a", "random state"),
        ("from random import random", "random() + a", "random state"),
        ("import numpy as np", "float(np.random.default_rng().random()) + a", "random state"),
        ("import os", "os.environ.get('HOME', '') + str(a)", "the environment"),
        ("from pathlib import Path", "len(list(Path('.').iterdir())) + a", "files"),
        ("X = 1", "len(open(__import__('os').devnull).read()) + a", "files"),
        (
            "import os\n\n\ndef helper():\n    return os.getenv('HOME')",
            "str(helper()) + str(a)",
            "the environment",
        ),
    ],
)
def test_impure_functions_are_reported_not_recorded(tmp_path: Path, setup: str, body: str, what: str) -> None:
    """What reads more than its inputs is neither compared nor recorded; what is downstream of it still is."""
    done = export(
        tmp_path, f"%%setup\n{setup}", "%%inputs\na: int = 1", f"%%node b\n{body}", "%%node c\n(b, a)"
    )
    assert any(f"'b' in cell [3] reads {what}" in note for note in done.report.warnings)
    assert list(_document(done)["nodes"]) == ["c"]
    assert done.report.proven == 1


@pytest.mark.parametrize(
    ("setup", "body"),
    [
        ("import numpy as np", "float(np.random.default_rng(7).random()) + a"),
        ("import datetime as dt", "dt.date(2025, 1, a).isoformat()"),
        ("import time", "time.strptime('2025', '%Y').tm_year + a"),
    ],
)
def test_seeded_and_fixed_values_are_pure(tmp_path: Path, setup: str, body: str) -> None:
    """A seed or an argument makes a function's value its own."""
    done = export(tmp_path, f"%%setup\n{setup}", "%%inputs\na: int = 1", f"%%node b\n{body}")
    assert done.report.warnings == ()
    assert list(_document(done)["nodes"]) == ["b"]


def test_hidden_randomness_is_found_by_running(tmp_path: Path) -> None:
    """What no source shows, such as a counter in a closure, is found because values differ."""
    done = export(
        tmp_path,
        "%%setup\nimport itertools\nimport uuid as ids\ncount = iter(ids.uuid4, None).__next__",
        "%%inputs\na: int = 1",
        "%%node b\nstr(count()) + str(a)",
        "%%node c\nlen(b)",
    )
    assert any("'b' in cell [3]" in note for note in done.report.warnings)
    assert list(_document(done)["nodes"]) == ["c"]


@pytest.mark.usefixtures("cold")  # the children of one process have the same hashes
def test_the_order_of_a_set_is_not_recorded(tmp_path: Path) -> None:
    """A value that depends on the hashes of one process is dropped, with a note."""
    names = [f"name{number}" for number in range(40)]
    done = export(
        tmp_path, f"%%inputs\nnames = {names}", "%%node joined\n'-'.join(set(names))", "%%node n\nlen(names)"
    )
    assert any("'joined' in cell [2]" in note for note in done.report.warnings)
    assert list(_document(done)["nodes"]) == ["n"]


def test_values_that_cannot_be_recorded_are_named(tmp_path: Path) -> None:
    """A lambda kept as a value is only run, and the report says why; what reads it gets it from its function."""
    done = export(tmp_path, "%%inputs\na: int = 2", "%%node f\nlambda x: x * a", "%%node b\nf(3)")
    notes = [*done.report.warnings, *done.report.notes()]
    assert (
        "the test of 'f' runs it and compares only the type of its value: "
        "a value of type collections.abc.Callable cannot be recorded."
    ) in notes
    assert any("'f' is not compared" in note for note in notes)
    document = _document(done)
    assert document["nodes"]["b"]["cases"][0]["value"] == 6
    assert document["calls"] == {"f / sample": {"function": "f", "given": {"a": "a / sample"}}}
    assert _failing(document, _module(done.text.replace("x * a", "x + a"))) == ["b"]
    assert _failing(document, _module(done.text.replace("lambda x: x * a", "None"))) == ["f", "b"]


def test_damaged_examples_are_an_error(tmp_path: Path) -> None:
    """A damaged file of examples stops the export, says how to go on, and stays as it is."""
    done = export(tmp_path, *QUICK)
    done.examples.write_text("{}", encoding="utf-8")
    with pytest.raises(DataflowError) as caught:
        export(tmp_path, *QUICK)
    assert caught.value.code == "DB406"
    assert done.examples.read_text(encoding="utf-8") == "{}"
    export(tmp_path, *QUICK, examples="refresh", force=True)


def test_an_input_changed_in_place_is_named(tmp_path: Path) -> None:
    """Where the code does not show the change, the report says which function changes what, and how to write it."""
    done = export(
        tmp_path,
        "%%inputs\nrows: list[int] = [1, 2]",
        "%%node\ndef longer(rows):\n    list.append(rows, 3)\n    return rows",
    )
    assert any("'longer' changes its input 'rows' in place" in note for note in done.report.warnings)


def test_the_shipped_runtime_has_no_clashes() -> None:
    """Runner and decoder fit into one file: no name is defined twice, and Dagbook is not needed."""
    text = runtime_text()
    names = [node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert len(names) == len(set(names))
    assert "kernel_magics" not in text


def test_one_of_several_outputs_that_cannot_be_recorded(tmp_path: Path) -> None:
    """Each output has a test: what all come from is computed by the module, with the values of all of them."""
    done = export(
        tmp_path,
        "%%setup\nimport pandas as pd\nclass Line:\n    def __init__(self, by):\n        self.by = by\n        self.of = lambda x: x * by",
        "%%inputs\nt = pd.DataFrame({'a': [float(n) for n in range(60)]})",
        "%%node x, line\nx = t[['a']]\nline = Line(2.0)",
        "%%node y\ny = line.of(x['a']).sum()",
    )
    document = _document(done)
    assert list(document["nodes"]) == ["x_and_line", "x", "line", "y"]
    assert "value" in document["nodes"]["y"]["cases"][0]
    assert _failing(document, _module(done.module.read_text(encoding="utf-8"))) == []


def test_a_data_set_that_cannot_be_recorded_is_computed(tmp_path: Path) -> None:
    """What reads a library's own kind of dict, with a table in it, gets it from the function that loads it."""
    done = export(
        tmp_path,
        "%%setup\nimport pandas as pd\nclass Loaded(dict):\n    pass",
        "%%node loaded\nloaded = Loaded(t=pd.DataFrame({'a': [float(n) for n in range(60)]}), by=lambda x: x)",
        "%%node total\ntotal = loaded['t']['a'].sum()",
    )
    document = _document(done)
    assert document["nodes"]["total"]["cases"][0]["value"]["scalar"] == 1770.0
    assert document["calls"] == {"loaded / sample": {"function": "loaded", "given": {}}}


def test_a_model_of_a_table_and_an_array_that_are_cut_apart(tmp_path: Path) -> None:
    """Both get one length where the model else fails; what reads it gets it from its function, as it was made."""
    done = export(
        tmp_path,
        "%%setup\nimport numpy as np\nimport pandas as pd\nfrom sklearn.linear_model import LinearRegression",
        "%%inputs\nt = pd.DataFrame({'a': [float(n) for n in range(90)]})\nx = np.arange(90.0)",
        "%%node model\nmodel = LinearRegression().fit(x[:, None], t['a'])",
        "%%node guess\nguess = model.predict(x[:, None])",
        "%%node n\nn = len(t) + len(x)",
    )
    document = _document(done)
    assert list(document["nodes"]) == ["model", "guess", "n"]
    assert "raises" not in document["nodes"]["model"]["cases"][0]
    given = document["calls"]["model / sample"]["given"]
    lengths = [len(decode(document["values"][label])) for label in given.values()]
    assert lengths[0] == lengths[1]
    assert document["nodes"]["n"]["cases"][0]["value"] > 2 * lengths[0]
    assert _failing(document, _module(done.module.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("actual", "expected", "same"),
    [
        ({float("nan"): 1}, {float("nan"): 1}, True),
        ({float("nan"): 1}, {float("nan"): 2}, False),
        ({float("nan"): 1}, {0.0: 1}, False),
        ({("a", float("nan")): 1}, {("a", float("nan")): 1}, True),
        ({1.5, float("nan")}, {float("nan"), 1.5}, True),
        (frozenset({float("nan")}), frozenset({"nan"}), False),
    ],
)
def test_what_is_no_number_equals_itself(actual: object, expected: object, same: bool) -> None:
    """A gap of a table that is a key of a dict, or a member of a set, is the same in every process."""
    assert (difference(actual, expected) == "") is same


def test_outputs_beside_one_that_cannot_be_recorded_are_whole(tmp_path: Path) -> None:
    """A result of a library that can be compared but not recorded comes of a call, with the array beside it."""
    done = export(
        tmp_path,
        "%%setup\nimport numpy as np\nfrom scipy import stats",
        "%%inputs\nx: float = 2.0",
        "%%node line, many\nmany = np.arange(100.0) * x\nline = stats.linregress(many, 2 * many)",
        "%%node top\ntop = float(many.max())",
    )
    assert list(_document(done)["nodes"]) == ["line_and_many", "line", "many", "top"]


def test_what_is_large_is_computed_by_the_module(tmp_path: Path) -> None:
    """An input that nobody would read as a record is given by the call that computes it, so no node is without a test."""
    done = export(
        tmp_path,
        "%%setup\nimport numpy as np",
        "%%node points\nnp.arange(-5, 5, 0.01)",
        "%%node xs, ys\nxs, ys = np.meshgrid(points[:40], points[:40])",
        "%%node z\nnp.sqrt(xs**2 + ys**2)",
    )
    document = _document(done)
    assert {"xs", "ys", "z"} <= {*document["nodes"]}
    assert _failing(document, _module(done.module.read_text(encoding="utf-8"))) == []


def test_a_data_set_is_cut_to_rows_of_every_class() -> None:
    """The arrays of a data set keep the same rows, some of each class; texts and small arrays stay whole."""
    whole = load_iris()
    cut = Cutter().cut(whole)
    assert len(cut.data) == len(cut.target) < len(whole.target) == 150
    assert {*cut.target} == {0, 1, 2}
    assert (cut.DESCR, list(cut.target_names)) == (whole.DESCR, list(whole.target_names))
    assert Cutter().cut(cut) is cut
