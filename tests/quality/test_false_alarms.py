"""Drift is reported for changes: never on the baseline's own data, hardly ever on more of the same source."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from kernel_magics.cli.main import main
from kernel_magics.quality.chance import differ, is_new, rates_differ
from kernel_magics.quality.drift import Shift, drift
from kernel_magics.quality.limits import DEFAULTS, Limits
from kernel_magics.quality.profile import profile, read_profile
from tests.examples import examples
from tests.notebook_file import write_notebook
from tests.values.generators import frames, series

STRICT = Limits(own={"x": DEFAULTS})  # explicit limits apply to few rows, too


def alarms(before: object, after: object) -> list[Shift]:
    """The drift of a run on `after`, compared with the baseline file of `before`."""
    stored = json.loads(json.dumps(profile(before).to_json()))
    found = drift("x", read_profile(stored), profile(after), STRICT)
    return [shift for shift in found if shift.level != "ok"]


def many(value: pd.DataFrame | pd.Series, times: int) -> pd.DataFrame | pd.Series:
    """The value's rows again and again."""
    return pd.concat([value] * times) if times > 1 else value


@given(st.one_of(frames(), series()), st.integers(1, 80))
@examples(150)
def test_the_data_of_the_baseline_do_not_drift(value: pd.DataFrame | pd.Series, times: int) -> None:
    """The kind: whatever a baseline keeps less exactly than the data (digits, shares, long or equal names).

    Frames of all dtypes, with gaps, ties, infinite numbers, columns of one name, of no rows and of many.
    """
    value = many(value, times)
    assert alarms(value, value) == []


NUMBERS = st.one_of(
    st.floats(-1e300, 1e300),
    st.sampled_from([0.1, 0.1 + 1e-17, 1 / 3, 123456.7, 123456.8, -0.0, 5e-324, 1e300]),
)


@given(st.lists(NUMBERS, min_size=1, max_size=40), st.integers(1, 60))
@example([0.0, 9.824857099271677e-301], 8)
@example([1.0, 1.0 + 5e-10], 8)
@examples(150)
def test_numbers_that_a_file_rounds_do_not_drift(numbers: list[float], times: int) -> None:
    """The last digit of a float may be another one after arithmetic elsewhere, or when a file was read."""
    before = np.array(numbers * times)
    span = max(map(abs, numbers))  # known limit: numbers that are a rounding of the largest from zero
    assume(not any(0 < abs(number) < 1e-9 * span for number in numbers))
    with np.errstate(all="ignore"):
        assert alarms(before, np.nextafter(before, np.inf)) == []
        assert alarms(before, np.nextafter(before, -np.inf)) == []


Draw = Callable[[np.random.Generator, int], object]


def _zipf(members: int) -> Draw:
    shares = 1 / np.arange(1, members + 1)
    return lambda rng, rows: pd.Series(rng.choice(members, rows, p=shares / shares.sum()).astype(str))


SOURCES: dict[str, Draw] = {
    "discrete": lambda rng, rows: rng.integers(1, 7, rows),
    "counts": lambda rng, rows: rng.poisson(3, rows),
    "mostly zero": lambda rng, rows: rng.poisson(0.1, rows),
    "many counts": lambda rng, rows: rng.poisson(40, rows),
    "constant": lambda rng, rows: np.full(rows, 5.5),
    "normal": lambda rng, rows: rng.normal(10, 2, rows),
    "skewed": lambda rng, rows: rng.lognormal(0, 3, rows),
    "without a mean": lambda rng, rows: rng.pareto(0.8, rows),
    "tied at zero": lambda rng, rows: np.where(rng.random(rows) < 0.6, 0, rng.exponential(1, rows)),
    "rounded": lambda rng, rows: np.round(rng.normal(0, 1, rows), 1),
    "flags": lambda rng, rows: rng.random(rows) < 0.3,
    "rare flags": lambda rng, rows: rng.random(rows) < 0.004,
    "gaps": lambda rng, rows: np.where(rng.random(rows) < 0.2, np.nan, rng.normal(size=rows)),
    "flags with gaps": lambda rng, rows: pd.Series(rng.choice([True, False, None], rows), dtype=object),
    "categories": lambda rng, rows: pd.Categorical(
        rng.choice(list("abcdef"), rows, p=[0.5, 0.3, 0.15, 0.04, 0.009, 0.001])
    ),
    "words": _zipf(15),
    "many words": _zipf(200),
    "ids": lambda rng, rows: pd.Series(rng.integers(0, 1000, rows).astype(str)),
}
SIZES = [(8, 8), (8, 400), (30, 30), (100, 100), (300, 8), (300, 300), (2000, 30), (3000, 3000)]


@pytest.mark.parametrize("source", SOURCES)
def test_a_fresh_draw_of_the_same_source_is_no_drift(source: str) -> None:
    """Under one alarm, failing or not, in a hundred: few rows and many, against limits that always hold."""
    rng = np.random.default_rng(5)
    make = SOURCES[source]
    told = [alarms(make(rng, old), make(rng, new)) for old, new in SIZES for _ in range(25)]
    assert sum(map(bool, told)) / len(told) < 0.01, [found[0].text for found in told if found]


def test_a_real_change_is_told() -> None:
    """What the limits leave alone by chance is told when it is none: levels, ties, gaps, members, flags."""
    rng = np.random.default_rng(5)
    for before, after, measure in [
        (rng.normal(10, 2, 300), rng.normal(12, 2, 300), "psi"),
        (np.full(50, 5.5), np.full(50, 5.4), "psi"),
        (rng.integers(1, 7, 300), rng.integers(1, 4, 300), "ks"),
        (rng.integers(1, 7, 300) * 1.0, np.where(rng.random(300) < 0.3, np.nan, 1.0), "nulls"),
        (pd.Series(list("abc") * 100), pd.Series(list("abd") * 100), "new"),
        (pd.Series(list("ab") * 100), pd.Series(list("aaaab") * 40), "psi"),
        (rng.random(400) < 0.05, rng.random(400) < 0.4, "psi"),
        (np.arange(8.0), np.arange(400.0) + 100, "ks"),
    ]:
        assert measure in [shift.measure for shift in alarms(before, after)], measure


def test_chance_is_what_the_textbooks_say() -> None:
    """Fisher's exact tail, the chi-squared limit, and rows of members that nobody saw before."""
    assert not rates_differ(0, 8, 3, 8)
    assert rates_differ(0, 12, 12, 12)
    assert not rates_differ(10, 1000, 20, 1000)
    assert rates_differ(10, 1000, 60, 1000)
    assert not differ(np.array([50.0, 50.0]), np.array([38.0, 62.0]))
    assert differ(np.array([50.0, 50.0]), np.array([20.0, 80.0]))
    assert not differ(np.array([4.0]), np.array([9.0]))
    assert not is_new(3, [500, 500, 0], [500, 497, 3])
    assert is_new(30, [500, 500, 0], [500, 470, 30])
    assert not is_new(5, [1, 1, 1, 1, 1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])


ROWS = st.lists(
    st.one_of(st.floats(-1e6, 1e6), st.integers(0, 3).map(float), st.just(np.nan)), min_size=1, max_size=50
)


@given(ROWS, st.integers(0, 20))
@examples(150)
def test_quantiles_are_those_of_pandas(rows: list[float], place: int) -> None:
    """To the last digit, of the rows that are there."""
    column = profile(pd.Series(rows, dtype="float64")).columns[0]
    expected = pd.Series(rows, dtype="float64").quantile(place / 20)
    assert column.quantile(place / 20) == (None if np.isnan(expected) else expected)


def test_moments_of_long_columns_are_those_of_all_rows() -> None:
    """Also of columns whose distribution is that of a sample."""
    long = pd.Series(np.random.default_rng(1).lognormal(0, 2, 50_000))
    column = profile(long).columns[0]
    assert column.quantile(0.5) == long.median()
    assert column.mean == pytest.approx(long.mean(), rel=1e-12)
    assert column.std == pytest.approx(long.std(ddof=0), rel=1e-12)


def test_a_module_run_on_its_samples_does_not_drift(tmp_path: Path) -> None:
    """Export, then run on the very samples: discrete values, rounded edges, noise in the last digit."""
    sample = "pd.DataFrame({'hour': np.arange(200) % 24, 'rain': np.round(np.arange(200) % 7 * 0.254, 3)})"
    cells = [
        "%%setup\nimport numpy as np\nimport pandas as pd",
        f"%%inputs\nt: pd.DataFrame = {sample}",
        "%%node turn\nnp.cos(t['hour'] / 24 * 2 * np.pi)",
        "%%node wet\nt['rain'] / 0.3 > 1",
        "%%node amount\n(t['rain'] * 1234567.891).rename('amount')",
    ]
    notebook = write_notebook(tmp_path / "n.ipynb", cells)
    module = tmp_path / "own_samples.py"
    assert main(["export", str(notebook), "-o", str(module)]) == 0
    eval(sample, {"np": np, "pd": pd}).to_csv(tmp_path / "t.csv", index=False)
    given = [f"--input=t={tmp_path}/t.csv", "--report", str(tmp_path / "r.json")]
    assert main(["run", str(module), "-o", str(tmp_path / "o.csv"), *given]) == 0
    told = json.loads((tmp_path / "r.json").read_text())["drift"]
    assert {shift["level"] for shift in told} == {"ok"}
