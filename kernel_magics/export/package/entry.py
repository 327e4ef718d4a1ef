"""The entry of a package reads files, computes outputs and writes them as one table.

The text of this module is the `__main__.py` of exported packages, with what the notebook says in place of the
empty tables below, and with what judges a condition.
"""

import argparse
import ast
import asyncio
import inspect
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd

from kernel_magics.values.condition import holds

# -- the tables of a package stand here
features = ModuleType("features")
INPUTS: dict[str, dict[str, Any]] = {}  # how each input is read: its type, and of csv columns dates and texts
PARAMS: tuple[str, ...] = ()
OUTPUTS: tuple[str, ...] = ()  # columns that no other function reads
VARIANTS: dict[str, dict[str, dict[str, Any]]] = {}  # functions of a name, and the params they are for
CHECKS: dict[str, tuple[str, str]] = {}  # what each check looks at, and whether it stops or warns
# -- to here

READERS: dict[str, Callable[..., Any]] = {
    ".csv": pd.read_csv,
    ".parquet": pd.read_parquet,
    ".feather": pd.read_feather,
    ".json": pd.read_json,
}
WRITERS: dict[str, Callable[[pd.DataFrame, Path], object]] = {
    ".csv": lambda frame, path: frame.to_csv(path),
    ".parquet": lambda frame, path: frame.to_parquet(path),
    ".feather": lambda frame, path: frame.to_feather(path),
    ".json": lambda frame, path: frame.to_json(path, orient="records", date_format="iso"),
}


class Problem(Exception):
    """What a person can put right."""


def main(argv: Sequence[str] | None = None) -> int:
    """Read, compute, write; 0 when all went well, 1 for a problem with data, 2 for a wrong command."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    asked = [name.strip() for name in arguments.outputs.split(",")] if arguments.outputs else list(OUTPUTS)
    try:
        given = {name: read(name, path) for name, path in _pairs("input", arguments.input, INPUTS)}
        given |= {name: _param(name, text) for name, text in _pairs("param", arguments.param, PARAMS)}
        values = compute(asked, given, arguments.checks)
        frame = table({name: values[name] for name in asked})
        write(frame, Path(arguments.output))
    except Problem as problem:
        print(problem, file=sys.stderr)
        return 1
    print(f"{arguments.output}: {len(frame)} rows x {len(frame.columns)} columns", file=sys.stderr)
    return 0


def compute(names: Sequence[str], given: Mapping[str, Any], checks: str = "raise") -> dict[str, Any]:
    """The values of these names and of all that they need, checked.

    Args:
        given: values of inputs and params.
        checks: what a check that does not hold does: "raise", "warn", or "off" when none runs.
    """
    functions = _functions(given)
    needs = _needs(names, functions, given)
    if checks != "off":
        for check, (subject, _) in CHECKS.items():
            more = _needs([check], functions, given)
            if subject in needs and not _absent(more, functions, given):
                needs |= more
    absent = _absent(needs, functions, given)
    if absent and absent[0] in names:
        raise Problem(f"'{absent[0]}' is no output; there are {', '.join(functions.keys() - CHECKS.keys())}.")
    if absent:
        raise Problem(f"input '{absent[0]}' was not given: add --input {absent[0]}=FILE.")
    values = dict(given)
    failed: list[str] = []
    for name in TopologicalSorter(needs).static_order():
        if name in values:
            continue
        try:
            value = functions[name](**{key: values[key] for key in needs[name]})
            values[name] = asyncio.run(value) if inspect.iscoroutine(value) else value
        except Exception:
            print(*failed, sep="\n", end="\n" if failed else "", file=sys.stderr)  # may be the reason
            raise
        if name in CHECKS:
            failed += _judge(name, values[name], values, checks)
    if failed:
        raise Problem("\n".join(failed))
    return values


def _functions(given: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """The function of each name, as params choose it where there are variants."""
    public: dict[str, Callable[..., Any]] = {
        name: value
        for name, value in vars(features).items()
        if inspect.isfunction(value) and value.__module__ == features.__name__ and not name.startswith("_")
    }
    for name, variants in VARIANTS.items():
        for function, wanted in variants.items():
            found = public.pop(function)
            if all(given.get(key, _default(key)) == value for key, value in wanted.items()):
                public[name] = found
    return public


def _default(param: str) -> Any:
    """The default of a param, as its functions or a constant beside them say it."""
    for function in filter(inspect.isfunction, vars(features).values()):
        parameter = inspect.signature(function).parameters.get(param)
        if parameter is not None and parameter.default is not parameter.empty:
            return parameter.default
    return getattr(features, param, None)


def _needs(
    names: Iterable[str], functions: Mapping[str, Callable[..., Any]], given: Mapping[str, Any]
) -> dict[str, list[str]]:
    """What each name that is needed reads."""
    found: dict[str, list[str]] = {}
    queue = list(names)
    for name in queue:
        if name in found:
            continue
        function = None if name in given else functions.get(name)
        parameters = inspect.signature(function).parameters.values() if function else ()
        found[name] = [
            item.name
            for item in parameters
            if item.default is item.empty or item.name in functions or item.name in given
        ]
        queue += found[name]
    return found


def _absent(needs: Iterable[str], functions: Mapping[str, Any], given: Mapping[str, Any]) -> list[str]:
    return [name for name in needs if name not in functions and name not in given]


def _judge(
    check: str, tests: Mapping[str, Callable[[], Any]], values: Mapping[str, Any], mode: str
) -> list[str]:
    """What stops the run when everything has been checked; what only warns is said at once."""
    subject, severity = CHECKS[check]
    failed = [message for message, test in tests.items() if not holds(test, values[subject])]
    if failed and mode == "raise" and severity == "fail":
        return [f"'{subject}' is not as it must be: {'; '.join(failed)}."]
    if failed:
        print(f"warning: '{subject}' is not as it should be: {'; '.join(failed)}.", file=sys.stderr)
    return []


def read(name: str, text: str) -> Any:
    """The value of an input from a file; of a plain number or text, from the command itself."""
    about = INPUTS[name]
    if about["type"] in ("int", "float", "str", "bool"):
        return _literal(text)
    path = Path(text)
    options: dict[str, Any] = {}
    reader = _by_suffix(READERS, path)
    try:
        if reader is pd.read_csv:
            known = set(pd.read_csv(path, nrows=0).columns)
            options["parse_dates"] = [column for column in about.get("dates", ()) if column in known]
            options["dtype"] = {column: "str" for column in about.get("texts", ()) if column in known}
        value = reader(path, **options)
    except (OSError, ValueError, ImportError) as error:
        raise Problem(f"cannot read '{path}': {error}") from None
    return _shaped(value, about)


def _shaped(value: Any, about: Mapping[str, Any]) -> Any:
    """The frame as the input's type wants it: an unnamed first column is the index."""
    if str(value.columns[0]).startswith("Unnamed:"):
        value = value.set_index(value.columns[0]).rename_axis(None)
    if "Series" in about["type"]:
        if len(value.columns) == 2:
            value = value.set_index(value.columns[0])
        value = value.squeeze("columns")
    if about.get("index") == "dates":
        value.index = pd.to_datetime(value.index)
    if "ndarray" in about["type"]:
        return value.to_numpy()
    return value


def table(values: Mapping[str, Any]) -> pd.DataFrame:
    """Values side by side, aligned on their index; a frame gives its columns."""
    columns: dict[str, Any] = {}
    for name, value in values.items():
        parts = dict(value.items()) if isinstance(value, pd.DataFrame) else {name: value}
        columns |= {str(key): column for key, column in parts.items()}
    long = any(hasattr(column, "__len__") and not isinstance(column, str) for column in columns.values())
    try:
        return pd.DataFrame(columns) if long else pd.DataFrame(columns, index=[0])
    except ValueError as error:
        raise Problem(f"these outputs are no columns of one table: {error}") from None


def write(frame: pd.DataFrame, path: Path) -> None:
    """Write a table; a file that is there is replaced when the new one is complete."""
    writer = _by_suffix(WRITERS, path)
    part = path.with_name(f".{path.stem}.part{path.suffix}")
    try:
        writer(frame, part)
        os.replace(part, path)
    except (OSError, ValueError, ImportError) as error:
        raise Problem(f"cannot write '{path}': {error}") from None
    finally:
        part.unlink(missing_ok=True)


def _by_suffix(choice: Mapping[str, Any], path: Path) -> Any:
    if path.suffix not in choice:
        raise Problem(f"'{path}' has no known suffix: use one of {', '.join(choice)}.")
    return choice[path.suffix]


def _pairs(option: str, items: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for item in items:
        name, _, value = item.partition("=")
        if name not in known:
            raise Problem(f"there is no {option} '{name}'; there are {', '.join(known) or 'none'}.")
        pairs.append((name, value))
    return pairs


def _param(name: str, text: str) -> Any:
    """The text as a value of the type that the param's default has."""
    value, default = _literal(text), _default(name)
    if default is None or isinstance(value, type(default)):
        return value
    try:
        return type(default)(value)
    except (TypeError, ValueError):
        raise Problem(f"param '{name}' is {type(default).__name__}, which '{text}' is not.") from None


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description="Compute features from files."
    )
    parser.add_argument("-o", "--output", metavar="FILE", required=True, help=f"one of {', '.join(WRITERS)}")
    parser.add_argument(
        "--input", action="append", default=[], metavar="NAME=FILE", help=f"of {', '.join(INPUTS)}"
    )
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help=f"of {', '.join(PARAMS)}"
    )
    parser.add_argument("--outputs", metavar="A,B", help=f"default: {', '.join(OUTPUTS)}".replace("%", "%%"))
    parser.add_argument("--checks", default="raise", choices=["raise", "warn", "off"], help="what checks do")
    return parser


if __name__ == "__main__":
    sys.exit(main())
