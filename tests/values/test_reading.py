"""A function is lent a value only if it cannot change it: shown on functions that try, and on every listed name."""

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics import Dataflow
from kernel_magics.values import VALUES, reading
from tests.examples import examples
from tests.module_file import import_module

SERIES = {
    "floats": pd.Series([1.5, -2.0, np.nan, 4.0]),
    "integers": pd.Series([3, 1, 2, 3]),
    "categories": pd.Series(pd.Categorical(["a", "b", "a", None])),
    "times": pd.Series(pd.date_range("2024", periods=4, tz="UTC")),
    "nullable": pd.Series([1, None, 3, 4], dtype="Int64"),
    "text": pd.Series(["a", "b", None, "d"]),
}
FRAME = pd.DataFrame(SERIES)
READS = [
    "x + 1",
    "x * x - 2",
    "x.rolling(2).mean()",
    "(x > 1) & (x < 3)",
    "x.fillna(0).clip(0, 3)",
    "x.shift(1)",
    "np.sqrt(abs(x))",
    "np.where(x > 1, 0.0, x)",
    "x",
    "x[1:]",
    "x.iloc[0]",
]
CHANGES = [
    "x.iloc[0] = 9",
    "x[0] = 9",
    "x.array[0] = 9",
    "x.values[0] = 9",
    "x._values[0] = 9",
    "x.to_numpy()[0] = 9",
    "del x[0]",
    "x += 1",
    "x *= 2",
    "x.name = 'other'",
    "x.attrs['a'] = 1",
    "x.pop(0)",
    "x.update(x + 1)",
    "x.fillna(0, inplace=True)",
    "x.fillna(0, **{'inplace': True})",
    "np.sqrt(x, x)",
    "np.add(x, x, out=x)",
    "np.maximum(x, 0, x)",
    "np.put(x, 0, 9)",
    "np.asarray(x)[0] = 9",
    "setattr(x, 'name', 'other')",
    "x.__setitem__(0, 9)",
    "x.transform('__init__')",
    "exec('x.iloc[0] = 9')",
    "helper(x)",
    "kept.append(x)",
    "[kept.append(x) for _ in range(1)]",
    "x.map(kept.append)",
    "(lambda: kept.append(x))()",
]


def _lends(function: Callable[..., Any], given: list[Any]) -> bool:
    return VALUES.reads_only(function) and all(map(VALUES.lendable, given))


def _function(*lines: str, result: str = "x", arguments: str = "x") -> Callable[..., Any]:
    def helper(x: Any) -> None:
        x.iloc[0] = 9

    space: dict[str, Any] = {"np": np, "pd": pd, "kept": [], "helper": helper}
    body = "".join(f"    {line}\n" for line in lines)
    exec(f"def f({arguments}):\n{body}    return {result}\n", space)
    return space["f"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("change", CHANGES)
def test_code_that_may_change_its_argument_gets_a_copy(change: str) -> None:
    """Each way to change, keep or hand on an argument is in doubt."""
    assert not VALUES.reads_only(_function(change))
    assert not VALUES.reads_only(_function("y = x + 1", change, result="y"))


@pytest.mark.parametrize("expression", READS)
def test_code_that_only_reads_is_lent_its_arguments(expression: str) -> None:
    """Usual feature code is recognized, or isolation would never be saved."""
    assert _lends(_function(result=expression), [SERIES["floats"]])


def test_values_of_unknown_behaviour_are_not_lent() -> None:
    """Functions, cells of any type, subclasses and models with code of others get copies."""

    class Own(pd.Series):  # type: ignore[type-arg]
        pass

    function = _function(result="x + 1")
    for value in (len, [1], pd.Series([[1], [2]]), Own([1.0]), np.array([1.0]), pd.Index([1]), object()):
        assert not _lends(function, [value]), value


def test_each_listed_name_of_pandas_changes_nothing() -> None:
    """Called in several ways, no listed method changes its object, and its result shares no memory to write."""
    tried = set()
    for value in (*SERIES.values(), FRAME):
        for name in sorted(reading._ATTRIBUTES):
            for arguments in ((), (1,), (2, 1), ("a",), (value,), (0.5,)):
                subject = VALUES.isolate(value)
                try:
                    attribute = getattr(subject, name)
                    if callable(attribute) and name not in ("dt", "str", "iloc", "loc", "at", "iat"):
                        attribute(*arguments)
                except Exception:  # not for this type or not with these arguments
                    continue
                tried.add(name)
                assert VALUES.equal(subject, value), (name, arguments)
    assert len(tried) > 90


def test_no_listed_method_takes_inplace_by_position() -> None:
    """The word `inplace` shows each change in place."""
    for kind in (pd.Series, pd.DataFrame):
        for name in reading._ATTRIBUTES:
            method = getattr(kind, name, None)
            parameters = inspect.signature(method).parameters if inspect.isfunction(method) else {}
            for word in {"inplace", "out"} & parameters.keys():
                assert parameters[word].kind is inspect.Parameter.KEYWORD_ONLY, (kind, name)


@examples(60)
@given(
    st.lists(st.sampled_from([*CHANGES, *(f"y = {each}" for each in READS)]), max_size=4),
    st.sampled_from(READS),
    st.sampled_from(sorted(SERIES)),
)
def test_whatever_code_does_the_value_stays(lines: list[str], result: str, kind: str) -> None:
    """Random code that is lent a value leaves it as it was, and so does whoever changes its result."""
    value = SERIES[kind]
    before = value.copy(deep=True)
    function = _function(*lines, result=result)
    if not _lends(function, [value]):
        return
    try:
        found: Any = VALUES.kept(function(value), [value])
    except Exception:  # operations that the type does not have
        found = None
    array = isinstance(getattr(found, "dtype", None), pd.api.extensions.ExtensionDtype)
    changes = [
        "found.iloc[0] = found.iloc[1]",
        "found += 1",
        *(["found.array[0] = found.array[1]"] if array else []),
    ]
    for change in changes:
        if found is value:  # an output that is an input gets a copy
            found = VALUES.isolate(found)
        try:
            exec(change, {"found": found})
        except Exception:
            continue
    assert VALUES.equal(value, before), lines


MODULE = """
import numpy as np

def same(frame):
    return frame

def again(same):
    return same

def less(again):
    return again["n"] + 1

def spoilt(again):
    again["n"] = 0
    return again

def total(less, spoilt):
    return less.sum()
"""


def test_a_compiled_flow_keeps_its_values_apart(tmp_path: Path) -> None:
    """Values that are handed on as they are, are the user's and each output's own."""
    flow = Dataflow.from_module(import_module(tmp_path, MODULE))
    frame = pd.DataFrame({"n": [1, 2], "c": pd.Categorical(["a", "b"])})
    before = frame.copy(deep=True)
    for _ in range(5):  # the later ones are compiled
        found = flow.run(inputs={"frame": frame})
        assert found["total"] == 5
        assert VALUES.equal(found["same"], before)
        assert VALUES.equal(found["again"], before)
        found["again"]["n"] = 7
        found["again"]["c"].array[0] = "b"
        assert VALUES.equal(found["same"], before)
        assert VALUES.equal(frame, before)


def test_outputs_share_no_index_with_inputs_or_each_other(tmp_path: Path) -> None:
    """The index of an input keeps its name, whoever names the index of an output."""
    source = "def a(x):\n    return x + 1\n\ndef b(a):\n    return a + 1\n\ndef c(b):\n    return b > 1\n"
    flow = Dataflow.from_module(import_module(tmp_path, source))
    for value in (SERIES["floats"].copy(), SERIES["nullable"].copy(), FRAME[["floats", "nullable"]].copy()):
        for outputs in (["c"], ["b", "c"], ["a", "b", "c"]):
            for _ in range(5):
                found = flow.run(outputs, inputs={"x": value})
                found[outputs[0]].index.name = "mine"
                assert value.index.name is None
                assert all(found[name].index.name is None for name in outputs[1:])


def test_a_model_is_handed_to_its_readers_itself(tmp_path: Path) -> None:
    """Predictions need no copy of the model; what changes it gets one, and models that run other code do, too."""
    linear = pytest.importorskip("sklearn.linear_model")
    pipeline = pytest.importorskip("sklearn.pipeline")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    model = linear.LinearRegression().fit(np.array([[1.0], [2.0]]), [1.0, 2.0])
    predict = _function(result="x.predict(rows)", arguments="x, rows")
    rows = pd.DataFrame([[3.0]])
    assert _lends(predict, [model, rows])
    assert VALUES.lends(predict, [model, rows])
    assert not VALUES.lends(predict, [rows, rows])  # whose copies cost nothing
    assert not _lends(_function("x.fit(rows, rows)", arguments="x, rows"), [model, rows])
    own = pipeline.make_pipeline(preprocessing.FunctionTransformer(lambda frame: frame.pop(0)), model)
    assert not _lends(predict, [own, rows])
    source = "def a(model):\n    return model\n\ndef b(a):\n    return a.coef_\n\ndef c(a):\n    a.intercept_ = 9\n    return 1\n"
    flow = Dataflow.from_module(import_module(tmp_path, source))
    for _ in range(5):
        found = flow.run(inputs={"model": model})
        assert found["a"] is not model
        found["a"].intercept_ = 8
        assert model.intercept_ == pytest.approx(0.0)
        assert found["b"] is not model.coef_


def test_models_that_draw_numbers_or_run_code_of_others_get_copies() -> None:
    """A model that was lent before is not lent once it has such a part; columns with names are no such part."""
    linear = pytest.importorskip("sklearn.linear_model")
    dummy = pytest.importorskip("sklearn.dummy")
    pipeline = pytest.importorskip("sklearn.pipeline")
    preprocessing = pytest.importorskip("sklearn.preprocessing")
    rows = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 5.0]})
    predict = _function(result="x.predict(rows)", arguments="x, rows")
    model = pipeline.make_pipeline(preprocessing.FunctionTransformer(), linear.LinearRegression())
    model.fit(rows, [1.0, 2.0])
    assert VALUES.lends(predict, [model, rows])
    model.set_params(functiontransformer__func=lambda frame: frame.pop("a"))
    assert not VALUES.lends(predict, [model, rows])
    random = dummy.DummyClassifier(strategy="uniform", random_state=np.random.RandomState(0))
    random.fit(rows.to_numpy(), [0, 1])
    assert not VALUES.lends(predict, [random, rows])
