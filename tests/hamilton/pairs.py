"""Functions with one decorator of Apache Hamilton, or two that people stack, each with names of its own."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

SHARED = """
import tempfile
from pathlib import Path

from hamilton.data_quality.base import DataValidator, ValidationResult
from hamilton.function_modifiers import dataloader, datasaver, load_from, save_to, unpack_fields
from hamilton.plugins.h_pandas import with_columns

FOLDER = tempfile.mkdtemp()


class Checked(DataValidator):
    def __init__(self, importance="warn"):
        super().__init__(importance)

    def applies_to(self, datatype) -> bool:
        return True

    def description(self) -> str:
        return "has a value"

    @classmethod
    def name(cls) -> str:
        return "checked"

    def validate(self, dataset) -> ValidationResult:
        return ValidationResult(dataset is not None, "has a value")


def _sum(**parts: int) -> int:
    return sum(parts.values())


def _grown(sheet: pd.DataFrame, k: int) -> pd.DataFrame:
    return sheet * k


def _add(x: int, by: int) -> int:
    return x + by


def _add_all(x: pd.DataFrame, by: int) -> pd.DataFrame:
    return x + by


def _add_each(x: dict, by: int) -> dict:
    return {key: value + by for key, value in x.items()}
"""
"""What all of them use, behind the usual imports."""

_ANY = {
    "tag": '@tag(owner="ads")',
    "check_output_custom": "@check_output_custom(Checked())",
    "cache": '@cache(behavior="recompute")',
    "config.when": '@config.when(kind="a")',
    "config.when_not": '@config.when_not(kind="b")',
    "config.when_in": '@config.when_in(kind=["a", "c"])',
    "config.when_not_in": '@config.when_not_in(kind=["b", "c"])',
    "inject": "@inject(k=value(3))",
    "load_from": '@load_from.literal(value=value(7), inject_="k")',
    "parameterize": '@parameterize(p_{n}={"k": value(1)}, q_{n}={"k": source("m")})',
    "hamilton_exclude": "@hamilton_exclude",
    "mutate": "",
    "async": "",
    "dataloader": "@dataloader()",
}
_PIPES = {
    "pipe_input": '@pipe_input(step(_add, by=1), step(_add, by=source("m")))',
    "pipe_output": '@pipe_output(step(_add, by=1), step(_add, by=source("m")))',
}
_SUBDAG = '@subdag(inner_{n}, inputs={"raw": source("n")}, external_inputs=["n", "k"])'
DECORATORS = {
    "number": {
        **_ANY,
        **_PIPES,
        "tag_outputs": '@tag_outputs(made_{n}={"owner": "ads"}, p_{n}={"owner": "me"})',
        "check_output": '@check_output(range=(-9, 9999), importance="fail")',
        "parameterize_sources": '@parameterize_sources(p_{n}={"k": "m"}, q_{n}={"k": "n"})',
        "parameterize_values": '@parameterize_values("k", {("p_{n}", "one"): 1, ("q_{n}", "two"): 2})',
        "does": "@does(_sum)",
        "save_to": '@save_to.pickle(path=value(FOLDER + "/{n}.pkl"), output_name_="saved_{n}")',
        "subdag": _SUBDAG,
        "parameterized_subdag": '@parameterized_subdag(inner_{n}, external_inputs=["n", "k"], '
        'p_{n}={"inputs": {"raw": source("n")}}, q_{n}={"inputs": {"raw": value(4)}})',
        "datasaver": "@datasaver()",
    },
    "frame": {
        "extract_columns": '@extract_columns("a_{n}", "b_{n}")',
        "schema.output": '@schema.output(("a_{n}", "int"), ("b_{n}", "int"))',
        "with_columns": '@with_columns(total_{n}, columns_to_pass=["a_{n}", "b_{n}"], select=["total_{n}"])',
        **_ANY,
        **{name: text.replace("_add", "_add_all") for name, text in _PIPES.items()},
        "tag_outputs": '@tag_outputs(made_{n}={"owner": "ads"}, a_{n}={"x": "1"})',
        "check_output": '@check_output(range=(-9, 9999), importance="fail", target_="a_{n}")',
        "save_to": '@save_to.csv(path=value(FOLDER + "/{n}.csv"), output_name_="saved_{n}")',
        "does": "@does(_grown)",
        "subdag": _SUBDAG.replace('external_inputs=["n", "k"]', 'external_inputs=["k"]'),
    },
    "dict": {
        "extract_fields": '@extract_fields({"low_{n}": int, "high_{n}": int})',
        **_ANY,
        "tag_outputs": '@tag_outputs(low_{n}={"owner": "ads"})',
        "check_output": '@check_output(range=(-9, 9999), importance="fail", target_="low_{n}")',
        "pipe_input": _PIPES["pipe_input"],
        "pipe_output": '@pipe_output(step(_add_each, by=source("m")))',
        "pipe_output of one": '@pipe_output(step(_add, by=source("m")), on_output="low_{n}")',
        "save_to": '@save_to.json(path=value(FOLDER + "/{n}.json"), output_name_="saved_{n}")',
        "subdag": _SUBDAG,
    },
    "tuple": {
        "unpack_fields": '@unpack_fields("low_{n}", "high_{n}")',
        **_ANY,
        "tag_outputs": '@tag_outputs(low_{n}={"owner": "ads"})',
        "check_output": '@check_output(range=(-9, 9999), importance="fail", target_="low_{n}")',
        "pipe_input": _PIPES["pipe_input"],
        "subdag": _SUBDAG,
    },
}
"""By what a function gives, decorators that fit; those of a family's first entries are in each of its pairs."""
_OWN = {"number": 0, "frame": 3, "dict": 1, "tuple": 1}
_TYPES = {"number": "int", "frame": "pd.DataFrame", "dict": "dict", "tuple": "tuple[int, int]"}
_VALUES = {
    "number": "n * 10 + k",
    "frame": "sheet * 1 + k",
    "dict": '{"low_{n}": n, "high_{n}": n + k}',
    "tuple": "(n, n + k)",
}
_SHEET = """
def sheet(n: int) -> pd.DataFrame:
    return pd.DataFrame({"a_{n}": range(n), "b_{n}": range(n)})
""".replace("sheet", "sheet_{n}")


@dataclass(frozen=True)
class Pair:
    """Decorators above one function; its text has the number in all names that it defines."""

    number: int
    family: str
    names: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"{self.family}: {' + '.join(self.names)}"

    @property
    def text(self) -> str:
        """The functions."""
        found = "\n\n".join([*self._before(), self._function(), *self._after()])
        return found.replace("{n}", str(self.number))

    def _before(self) -> Iterator[str]:
        kind = _TYPES[self.family]
        if self.family == "frame":
            yield _SHEET
        if "with_columns" in self.names:
            yield "def total_{n}(a_{n}: pd.Series, b_{n}: pd.Series) -> pd.Series:\n    return a_{n} + b_{n}\n"
        if {"subdag", "parameterized_subdag"} & {*self.names}:
            value = 'pd.DataFrame({"a_{n}": range(raw), "b_{n}": range(raw)})' if kind != "int" else "raw + 1"
            value, kind = (value, kind) if self.family == "frame" else ("raw + 1", "int")
            yield f"def inner_{{n}}(raw: int) -> {kind}:\n    return {value}\n"

    def _function(self) -> str:
        names, kind, value = {*self.names}, _TYPES[self.family], _VALUES[self.family]
        params = "n: int, k: int"
        if self.family == "frame":
            params, value = "sheet_{n}: pd.DataFrame, k: int", value.replace("sheet", "sheet_{n}")
        if {"subdag", "parameterized_subdag"} & names:
            inner = "pd.DataFrame" if self.family == "frame" else "int"
            params = f"inner_{{n}}: {inner}, {'k: int' if self.family == 'frame' else params}"
            value = value.replace("sheet_{n}", "inner_{n}").replace("n * 10", "inner_{n} * 100 + n")
        if "dataloader" in names:
            kind, value = f"tuple[{kind}, dict]", f'{value}, {{"rows": 1}}'
        if "datasaver" in names:
            kind, value = "dict", f'{{"rows": {value}}}'
        word = "async def" if "async" in names else "def"
        name = "made_{n}__v" if any(each.startswith("config") for each in names) else "made_{n}"
        rows = [DECORATORS[self.family][each] for each in self.names]
        body = "pass" if "does" in names else f"return {value}"
        return "\n".join([*filter(None, rows), f"{word} {name}({params}) -> {kind}:", f"    {body}"])

    def _after(self) -> Iterator[str]:
        if "mutate" in self.names:
            kind, name = _TYPES[self.family], "made_{n}"
            name += "__v" * any(each.startswith("config") for each in self.names)
            how = {"dict": "{key: value * by for key, value in x.items()}", "tuple": "(x[0] * by, x[1])"}
            value = how.get(self.family, "x * by")
            yield f"@mutate({name}, by=value(5))\ndef _more_{{n}}(x: {kind}, by: int) -> {kind}:\n    return {value}\n"


def pairs(first: str) -> list[Pair]:
    """All functions on which this decorator stands, alone or above another one."""
    found = [(family, (first,)) for family in DECORATORS if first in DECORATORS[family]]
    for family, table in DECORATORS.items():
        own = [*table][: _OWN[family]] or [*table]
        for names in itertools.permutations(table, 2):
            if names[0] == first and not {*own}.isdisjoint(names):
                found.append((family, names))
    return [Pair(number, family, names) for number, (family, names) in enumerate(found)]


FIRST = tuple(
    dict.fromkeys(name for table in DECORATORS.values() for name in table if name not in ("mutate", "async"))
)
