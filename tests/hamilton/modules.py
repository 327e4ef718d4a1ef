"""Small modules with decorators of Apache Hamilton, each with inputs, config and the outputs to compare."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

HEAD = """
import pandas as pd
from hamilton.function_modifiers import *
from hamilton.function_modifiers import ResolveAt, check_output_custom, group, source, value, step, apply_to
from hamilton.htypes import Collect, Parallelizable

"""

NAMED = HEAD.replace(
    "modifiers import *",
    "modifiers import (ParameterizedExtract, cache, check_output, config, does, extract_columns, extract_fields, "
    "hamilton_exclude, inject, mutate, parameterize, parameterize_extract_columns, parameterize_sources, "
    "parameterize_values, parameterized_subdag, pipe_input, pipe_output, resolve, resolve_from_config, schema, "
    "subdag, tag, tag_outputs)",
).strip()
"""The imports by name, as a setup needs them."""


@dataclass(frozen=True)
class Case:
    """A module, and the outputs to request."""

    text: str
    outputs: tuple[str, ...]
    inputs: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)


CASES: dict[str, Case] = {
    "extract_columns": Case(
        """
@extract_columns("a", "b")
def table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n), "b": range(n, 2 * n)})

def total(a: pd.Series, b: pd.Series) -> pd.Series:
    return a + b
""",
        ("table", "a", "b", "total"),
        {"n": 3},
    ),
    "extract_fields": Case(
        """
@extract_fields({"low": int, "high": int})
def ends(n: int) -> dict:
    return {"low": 0, "high": n}

def width(low: int, high: int) -> int:
    return high - low
""",
        ("low", "high", "width", "ends"),
        {"n": 7},
    ),
    "parameterize": Case(
        """
@parameterize(
    plus_one={"by": value(1), "x": source("n")},
    plus_ten={"by": value(10), "x": source("plus_one")},
)
def added(x: int, by: int) -> int:
    return x + by
""",
        ("plus_one", "plus_ten"),
        {"n": 5},
    ),
    "parameterize with groups": Case(
        """
@parameterize(both={"parts": group(source("n"), source("m"))})
def summed(parts: list[int]) -> int:
    return sum(parts)
""",
        ("both",),
        {"n": 5, "m": 6},
    ),
    "parameterize_sources": Case(
        """
@parameterize_sources(first={"x": "n"}, second={"x": "m"})
def doubled(x: int) -> int:
    return 2 * x
""",
        ("first", "second"),
        {"n": 5, "m": 6},
    ),
    "parameterize_values": Case(
        """
@parameterize_values(parameter="k", assigned_output={("one", "first"): 1, ("two", "second"): 2})
def times(n: int, k: int) -> int:
    return n * k
""",
        ("one", "two"),
        {"n": 5},
    ),
    "parameterize and extract_columns": Case(
        """
@parameterize_extract_columns(
    ParameterizedExtract(("a1", "b1"), {"x": source("n")}),
    ParameterizedExtract(("a2", "b2"), {"x": value(10)}),
)
def frame(x: int) -> pd.DataFrame:
    return pd.DataFrame([[x, x + 1]])
""".replace("pd.DataFrame([[x, x + 1]])", "pd.concat([pd.Series([x]), pd.Series([x + 1])], axis=1)"),
        ("a1", "b1", "a2", "b2"),
        {"n": 5},
    ),
    "config.when": Case(
        """
@config.when(region="US")
def tax__us(price: float) -> float:
    return price * 0.1

@config.when(region="EU")
def tax__eu(price: float) -> float:
    return price * 0.2

def total(price: float, tax: float) -> float:
    return price + tax
""",
        ("total",),
        {"price": 100.0},
        {"region": "EU"},
    ),
    "config.when with a name": Case(
        """
@config.when(region="US", name="tax")
def american(price: float) -> float:
    return price * 0.1

@config.when(region="EU")
def tax(price: float) -> float:
    return price * 0.2
""",
        ("tax",),
        {"price": 100.0},
        {"region": "US"},
    ),
    "config.when_not": Case(
        """
@config.when(region="US")
def tax__us(price: float) -> float:
    return price * 0.1

@config.when_not(region="US")
def tax__other(price: float) -> float:
    return price * 0.2
""",
        ("tax",),
        {"price": 100.0},
        {"region": "EU"},
    ),
    "config.when_in": Case(
        """
@config.when_in(region=["US", "CA"])
def tax__america(price: float) -> float:
    return price * 0.1

@config.when_not_in(region=["US", "CA"])
def tax__other(price: float) -> float:
    return price * 0.2
""",
        ("tax",),
        {"price": 100.0},
        {"region": "CA"},
    ),
    "config.when and extract_columns": Case(
        """
@config.when(wide=True)
@extract_columns("a", "b")
def table__wide(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n), "b": range(n)})

@config.when(wide=False)
@extract_columns("a")
def table__narrow(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n + 1)})
""",
        ("a",),
        {"n": 3},
        {"wide": False},
    ),
    "subdag": Case(
        """
def cleaned(raw: int) -> int:
    return raw + 1

def scaled(cleaned: int, factor: int) -> int:
    return cleaned * factor

@subdag(cleaned, scaled, inputs={"raw": source("first"), "factor": value(10)})
def one(scaled: int) -> int:
    return scaled

@subdag(cleaned, scaled, inputs={"raw": source("second"), "factor": value(100)})
def two(scaled: int) -> int:
    return scaled + 1
""",
        ("one", "two", "one.scaled", "two.cleaned"),
        {"first": 1, "second": 2, "raw": 0, "factor": 1},
    ),
    "parameterized_subdag": Case(
        """
def cleaned(raw: int) -> int:
    return raw + 1

@parameterized_subdag(
    cleaned,
    a={"inputs": {"raw": source("first")}},
    b={"inputs": {"raw": source("second")}},
)
def out(cleaned: int) -> int:
    return cleaned * 2
""",
        ("a", "b"),
        {"first": 1, "second": 2, "raw": 3},
    ),
    "tag": Case(
        """
@tag(owner="data", stage="raw")
def doubled(n: int) -> int:
    return 2 * n
""",
        ("doubled",),
        {"n": 3},
    ),
    "tag_outputs": Case(
        """
@tag_outputs(a={"pii": "yes"}, b={"pii": "no"})
@extract_columns("a", "b")
def table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n), "b": range(n)})
""",
        ("a", "b"),
        {"n": 3},
    ),
    "check_output": Case(
        """
@check_output(range=(0, 10), importance="fail")
def doubled(n: int) -> int:
    return 2 * n
""",
        ("doubled", "doubled_raw"),
        {"n": 3},
    ),
    "check_output and extract_columns": Case(
        """
@check_output(data_type=int, importance="warn", target_="a")
@extract_columns("a", "b")
def table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n), "b": range(n)})
""".replace("data_type=int", "range=(0, 100)"),
        ("a", "b"),
        {"n": 3},
    ),
    "does": Case(
        """
def _sum(**parts: int) -> int:
    return sum(parts.values())

@does(_sum)
def total(a: int, b: int, c: int) -> int:
    pass
""",
        ("total",),
        {"a": 1, "b": 2, "c": 3},
    ),
    "inject": Case(
        """
@inject(parts=group(source("a"), source("b")))
def total(parts: list[int]) -> int:
    return sum(parts)
""",
        ("total",),
        {"a": 1, "b": 2},
    ),
    "pipe_input": Case(
        """
def _add(x: int, by: int) -> int:
    return x + by

@pipe_input(step(_add, by=1), step(_add, by=source("k")).named("second"))
def final(n: int) -> int:
    return n * 100
""",
        ("final",),
        {"n": 1, "k": 5},
    ),
    "pipe_output": Case(
        """
def _add(x: int, by: int) -> int:
    return x + by

@pipe_output(step(_add, by=1), step(_add, by=source("k")))
def final(n: int) -> int:
    return n * 100
""",
        ("final",),
        {"n": 1, "k": 5},
    ),
    "mutate": Case(
        """
def base(n: int) -> int:
    return n

@mutate(base, k=source("k"))
def _changed(base: int, k: int) -> int:
    return base * k
""",
        ("base",),
        {"n": 3, "k": 5},
    ),
    "with_columns": Case(
        """
from hamilton.plugins.h_pandas import with_columns

def total(a: pd.Series, b: pd.Series) -> pd.Series:
    return a + b

def share(a: pd.Series, total: pd.Series) -> pd.Series:
    return a / total

def raw(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(1, n), "b": range(1, n)})

@with_columns(total, share, columns_to_pass=["a", "b"], select=["total", "share"])
def out(raw: pd.DataFrame) -> pd.DataFrame:
    return raw
""",
        ("out",),
        {"n": 4},
    ),
    "resolve": Case(
        """
@resolve(when=ResolveAt.CONFIG_AVAILABLE, decorate_with=lambda columns: extract_columns(*columns))
def table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n), "b": range(n)})
""",
        ("a", "b"),
        {"n": 3},
        {"columns": ["a", "b"], "hamilton.enable_power_user_mode": True},
    ),
    "resolve_defaults": Case(
        """
@resolve(
    when=ResolveAt.CONFIG_AVAILABLE,
    decorate_with=lambda rates=(("us", 2), ("eu", 3), ("no", 0)), first=1: parameterize(
        **{f"tax_{name}": {"rate": value(rate), "n": source("n")} for name, rate in rates if rate >= first}
    ),
)
def tax(rate: int, n: int) -> int:
    return rate * n

@resolve_from_config(
    decorate_with=lambda kind="both": extract_fields(
        {"low": int} if kind == "low" else {name: int for name in ["low", "high"]}
    )
)
def ends(tax_us: int, tax_eu: int) -> dict:
    return {"low": tax_us, "high": tax_eu}
""",
        ("tax_us", "tax_eu", "low", "high"),
        {"n": 3},
        {"hamilton.enable_power_user_mode": True},
    ),
    "hamilton_exclude": Case(
        """
@hamilton_exclude
def helper(x: int) -> int:
    return x + 1

def out(n: int) -> int:
    return helper(n)
""",
        ("out",),
        {"n": 3},
    ),
    "cache": Case(
        """
@cache(behavior="recompute")
def out(n: int) -> int:
    return n + 1
""",
        ("out",),
        {"n": 3},
    ),
    "schema.output": Case(
        """
@schema.output(("a", "int"), ("b", "int"))
def table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n), "b": range(n)})
""",
        ("table",),
        {"n": 3},
    ),
    "parallel block": Case(
        """
def numbers(n: int) -> Parallelizable[int]:
    yield from range(n)

def square(numbers: int, k: int) -> int:
    return numbers**2 * k

def total(square: Collect[int]) -> int:
    return sum(square)

def after(total: int) -> int:
    return total + 1
""",
        ("total", "after"),
        {"n": 4, "k": 3},
    ),
    "optional with two defaults": Case(
        """
def first(n: int, k: int = 1) -> int:
    return n * k

@tag(a="b")
def second(n: int, k: int = 2) -> int:
    return n * k
""",
        ("first", "second"),
        {"n": 5},
    ),
    "optional given": Case(
        """
def first(n: int, k: int = 1) -> int:
    return n * k

@tag(a="b")
def second(n: int, k: int = 2) -> int:
    return n * k
""",
        ("first", "second"),
        {"n": 5, "k": 7},
    ),
    "check_output_custom": Case(
        """
from hamilton.data_quality.base import DataValidator, ValidationResult

class _Even(DataValidator):
    def __init__(self):
        super().__init__("warn")

    def applies_to(self, datatype) -> bool:
        return True

    def description(self) -> str:
        return "even numbers"

    @classmethod
    def name(cls) -> str:
        return "even"

    def validate(self, dataset) -> ValidationResult:
        return ValidationResult(dataset % 2 == 0, "is even")

@check_output_custom(_Even())
def doubled(n: int) -> int:
    return 2 * n
""",
        ("doubled",),
        {"n": 3},
    ),
    "check_output of a Series": Case(
        """
@check_output(range=(0, 10), allow_nans=False, values_in=[0, 1, 2], importance="fail")
def rows(n: int) -> pd.Series:
    return pd.Series(range(n), dtype="int64")

@check_output(mean_in_range=(0, 5), max_standard_dev=9.0, max_fraction_nans=0.5)
def halves(rows: pd.Series) -> pd.Series:
    return rows / 2
""",
        ("rows", "halves"),
        {"n": 3},
    ),
    "steps with names and conditions": Case(
        """
def _add(x: int, by: int) -> int:
    return x + by

def _twice(x: int) -> int:
    return 2 * x

@pipe_input(
    step(_add, by=1).named("first", namespace="own"),
    step(_twice).when(double=True),
    step(_add, by=source("k")).when_not(double=True),
)
def final(n: int) -> int:
    return n * 100
""",
        ("final",),
        {"n": 1, "k": 5},
        {"double": True},
    ),
    "pipe_input on an input": Case(
        """
def _add(x: int, by: int) -> int:
    return x + by

@pipe_input(step(_add, by=1), step(_add, by=2), on_input="m")
def final(n: int, m: int) -> int:
    return n * 100 + m
""",
        ("final",),
        {"n": 1, "m": 5},
    ),
    "several mutations": Case(
        """
def base(n: int) -> int:
    return n

def other(n: int) -> int:
    return n * 2

@mutate(apply_to(base).named("one"), apply_to(other))
def _plus(x: int) -> int:
    return x + 1

@mutate(base, k=value(10))
def _times(x: int, k: int) -> int:
    return x * k
""",
        ("base", "other"),
        {"n": 3},
    ),
    "with_columns of Polars": Case(
        """
import polars as pl
from hamilton.plugins.h_polars import with_columns

def total(a: pl.Series, b: pl.Series) -> pl.Series:
    return a + b

def raw(n: int) -> pl.DataFrame:
    return pl.DataFrame({"a": range(1, n), "b": range(1, n)})

@with_columns(total, columns_to_pass=["a", "b"], select=["total"])
def out(raw: pl.DataFrame) -> pl.DataFrame:
    return raw
""",
        ("out",),
        {"n": 4},
    ),
    "dataloader": Case(
        """
from hamilton.function_modifiers import dataloader

@dataloader()
def numbers(n: int) -> tuple[list, dict]:
    return list(range(n)), {"source": "range"}

def total(numbers: list) -> int:
    return sum(numbers)
""",
        ("total",),
        {"n": 4},
    ),
    "datasaver": Case(
        """
from hamilton.function_modifiers import datasaver

def total(n: int) -> int:
    return n + 1

@datasaver()
def saved(total: int) -> dict:
    return {"rows": total}
""",
        ("saved", "total"),
        {"n": 4},
    ),
    "load_from and save_to": Case(
        """
import json
import os
import tempfile

from hamilton.function_modifiers import load_from, save_to

PATH = os.path.join(tempfile.gettempdir(), f"dagbook_{os.getpid()}.json")
with open(PATH, "w") as file:
    json.dump({"a": 1, "b": 2}, file)

@load_from.json(path=value(PATH))
def total(data: dict) -> int:
    return sum(data.values())

@save_to.json(path=value(PATH + ".out"), output_name_="saved")
def result(total: int) -> dict:
    return {"total": total}
""",
        ("total", "result"),
    ),
    "unpack_fields": Case(
        """
from hamilton.function_modifiers import unpack_fields

@unpack_fields("low", "high")
def ends(n: int) -> tuple[int, int]:
    return 0, n

def width(low: int, high: int) -> int:
    return high - low
""",
        ("low", "high", "width", "ends"),
        {"n": 7},
    ),
    "subdag with a config": Case(
        """
@config.when(region="US")
def tax__us(price: float) -> float:
    return price * 0.1

@config.when(region="EU")
def tax__eu(price: float) -> float:
    return price * 0.2

@subdag(tax__us, tax__eu, inputs={"price": source("first")}, config={"region": "US"})
def american(tax: float) -> float:
    return tax

@subdag(tax__us, tax__eu, inputs={"price": source("first")}, config={"region": "EU"})
def european(tax: float) -> float:
    return tax
""",
        ("american", "european"),
        {"first": 100.0, "price": 1.0},
        {"region": "EU"},
    ),
    "tags and checks of parameterized columns": Case(
        """
@tag(stage="model")
@check_output(range=(0, 100), importance="fail")
@parameterize(plus_one={"by": value(1)}, plus_ten={"by": value(10)})
def added(n: int, by: int) -> int:
    return n + by
""",
        ("plus_one", "plus_ten"),
        {"n": 5},
    ),
    "steps that are public functions": Case(
        """
@hamilton_exclude
def plus(x: int, by: int = 1) -> int:
    return x + by

def twice(n: int) -> int:
    return 2 * n

@pipe_output(step(plus, by=10), step(twice))
def final(n: int, k: int = 3) -> int:
    return plus(n) * k
""",
        ("final", "twice"),
        {"n": 5},
    ),
    "pipe_output of columns": Case(
        """
def _plus(column: pd.Series, by: int) -> pd.Series:
    return column + by

@pipe_output(step(_plus, by=source("k")).on_output("a"), step(_plus, by=100).on_output(["a", "b"]))
@extract_columns("a", "b")
def table(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(n), "b": range(n)})
""",
        ("a", "b", "table"),
        {"n": 3, "k": 7},
    ),
    "pipe_output of one of several": Case(
        """
def _plus(x: int, by: int) -> int:
    return x + by

@pipe_output(step(_plus, by=100), on_output="second")
@parameterize(first={"k": value(1)}, second={"k": value(2)})
def times(n: int, k: int) -> int:
    return n * k
""",
        ("first", "second"),
        {"n": 5},
    ),
    "mutate and extract_fields": Case(
        """
@extract_fields({"low": int, "high": int})
def ends(n: int) -> dict:
    return {"low": 0, "high": n}

@mutate(apply_to(ends, by=value(2)).on_output("high"))
def _scaled(x: int, by: int) -> int:
    return x * by
""",
        ("low", "high"),
        {"n": 7},
    ),
    "subdag with other inputs": Case(
        """
def cleaned(raw: int, offset: int = 1) -> int:
    return raw + offset

@subdag(
    cleaned,
    inputs={"raw": source("first")},
    config={"offset": 5},
    external_inputs=["factor"],
    namespace="inside",
    final_node_name="product",
)
def one(cleaned: int, factor: int) -> int:
    return cleaned * factor
""",
        ("product", "inside.cleaned"),
        {"first": 1, "raw": 0, "factor": 4},
    ),
    "subdag of variants": Case(
        """
@config.when(kind="plain")
def cleaned__plain(raw: int) -> int:
    return raw

@config.when_in(kind=["cut", "clip"])
def cleaned__cut(raw: int, most: int) -> int:
    return min(raw, most)

@parameterized_subdag(
    cleaned__plain,
    cleaned__cut,
    inputs={"raw": source("first"), "most": value(3)},
    uncut={"config": {"kind": "plain"}},
    cut={"config": {"kind": "clip"}},
)
def out(cleaned: int) -> int:
    return cleaned * 2
""",
        ("uncut", "cut"),
        {"first": 10, "raw": 3, "most": 9},
        {"kind": "plain"},
    ),
    "with_columns on an input": Case(
        """
from hamilton.plugins.h_pandas import with_columns

def a(raw: pd.DataFrame) -> pd.Series:
    return raw["a"] * 10

def ratio(a: pd.Series, factor: float) -> pd.Series:
    return a / factor

def raw(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a": range(1, n)})

@with_columns(a, ratio, on_input="raw", select=["a", "ratio"])
def out(factor: float, raw: pd.DataFrame) -> pd.DataFrame:
    return raw * factor
""",
        ("out",),
        {"n": 4, "factor": 2.0},
    ),
    "load_from of tables": Case(
        """
import os
import tempfile

from hamilton.function_modifiers import load_from, save_to

PLACE = os.path.join(tempfile.gettempdir(), f"dagbook_{os.getpid()}.csv")
pd.DataFrame({"a": [1, 2], "b": [3, 4]}).to_csv(PLACE, sep=";", index=False)

@load_from.csv(path=source("place"), sep=value(";"), inject_="table")
def total(table: pd.DataFrame, k: int) -> float:
    return float(table.to_numpy().sum()) * k

@extract_columns("a", "b")
@load_from.csv(path=value(PLACE), sep=value(";"))
def columns(table: pd.DataFrame) -> pd.DataFrame:
    return table

@save_to.csv(path=source("place"), sep=value(";"), output_name_="written")
def whole(a: pd.Series, b: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"a": a, "b": b})

def place() -> str:
    return PLACE
""",
        ("total", "a", "b", "whole"),
        {"k": 3},
    ),
}
