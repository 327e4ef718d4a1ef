"""The entry of a package reads files to the types of the notebook's samples, computes and writes outputs.

The text of this module is the `__main__.py` of exported packages, with what the notebook says in place of the
empty tables below, and with what judges a condition.
"""

import argparse
import asyncio
import copy
import inspect
import sys
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from pathlib import Path
from types import ModuleType
from typing import Any

from kernel_magics.tables.files import FORMATS, SUFFIXES, expect_format
from kernel_magics.tables.outputs import one_table, several_tables
from kernel_magics.tables.plain import from_text
from kernel_magics.tables.problem import Problem, problem
from kernel_magics.tables.schema import is_table, read_schemas
from kernel_magics.tables.values import Expected, expect, read_value, write_value
from kernel_magics.values.condition import holds

# -- the tables of a package stand here
features = ModuleType("features")
INPUTS: tuple[str, ...] = ()
PARAMS: tuple[str, ...] = ()
OUTPUTS: tuple[str, ...] = ()  # columns that no other function reads
VARIANTS: dict[str, dict[str, list[dict[str, Any]]]] = {}  # functions of a name, and the params they are for
CHECKS: dict[str, tuple[str, str]] = {}  # what each check looks at, and whether it stops or warns
stored: Callable[[], dict[str, Any]] = dict  # the values of fitted nodes that come with the functions
# -- to here


def main(argv: Sequence[str] | None = None) -> int:
    """Read, compute, write; 0 when all went well, 1 for a problem with data, 2 for a wrong command."""
    parser = _parser()
    arguments = parser.parse_args(argv)
    asked = [name.strip() for name in arguments.outputs.split(",")] if arguments.outputs else list(OUTPUTS)
    output = Path(arguments.output)
    folder = arguments.output.endswith("/") or output.is_dir()
    try:
        if not folder:
            expect_format(output)
        schemas = read_schemas(_schema_text())
        given = {
            name: read_value(name, text, expected(name, schemas), _note)
            for name, text in _pairs("input", arguments.input, INPUTS)
        }
        given |= {
            name: from_text(name, text, expect(_hint(name), _default(name)).type)
            for name, text in _pairs("param", arguments.param, PARAMS)
        }
        values = compute(asked, {**stored(), **given}, arguments.checks)
        chosen = {name: values[name] for name in asked}
        written = {output: one_table(chosen, arguments.output)} if not folder else {}
        for name, table in several_tables(chosen).items() if folder else ():
            written[output / f"{name}.{arguments.format if is_table(table) else 'json'}"] = table
        for path, table in written.items():
            write_value(table, path)
    except Problem as error:
        print(error, file=sys.stderr)
        return 1
    for path, table in written.items():
        rows = f"{len(table)} rows" if is_table(table) else f"a {type(table).__name__}"
        print(f"{path}: {rows}", file=sys.stderr)
    return 0


def expected(name: str, schemas: Mapping[str, Any]) -> Expected:
    """What an input must be: as the notebook's sample is, or as the functions say."""
    return Expected(schemas[name]) if name in schemas else expect(_hint(name))


def _schema_text() -> str:
    path = Path(features.__file__ or "").with_suffix(".schema.json")
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _note(text: str) -> None:
    print(f"note: {text}", file=sys.stderr)


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
        known = ", ".join(sorted(functions.keys() - CHECKS.keys()))
        raise problem("DB308", f"'{absent[0]}' is no output.", f"there are {known}.")
    if absent:
        raise problem("DB306", f"input '{absent[0]}' was not given.", f"add --input {absent[0]}=FILE.")
    values = dict(given)
    failed: list[str] = []
    for name in TopologicalSorter(needs).static_order():
        if name in values:
            continue
        try:
            value = functions[name](**{key: _own(values[key]) for key in needs[name]})
            values[name] = asyncio.run(value) if inspect.iscoroutine(value) else value
        except Exception:
            print(*failed, sep="\n", end="\n" if failed else "", file=sys.stderr)  # may be the reason
            raise
        if name in CHECKS:
            failed += _judge(name, values[name], values, checks)
    if failed:
        raise problem("DB302", "\n".join(failed), "")
    return values


def _own(value: Any) -> Any:
    """What a function may change: whoever else reads the value does not see it."""
    if isinstance(value, list | dict | set | bytearray):
        return copy.deepcopy(value)
    if type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "iloc"):
        return value.copy(deep=False)  # pandas copies what is written to
    return value.copy() if type(value).__name__ == "ndarray" else value


def _functions(given: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    """The function of each name, as params choose it where there are variants."""
    public: dict[str, Callable[..., Any]] = {
        name: value
        for name, value in vars(features).items()
        if inspect.isfunction(value) and value.__module__ == features.__name__ and not name.startswith("_")
    }
    for name, variants in VARIANTS.items():
        for function, (wanted, others) in variants.items():
            found = public.pop(function)
            values = {key: given.get(key, _default(key)) for key in (*wanted, *others)}
            excluded = any(values[key] in listed for key, listed in others.items())
            if not excluded and all(values[key] == value for key, value in wanted.items()):
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


def _hint(name: str) -> Any:
    """The type of an input or param, as the functions say it; its text where it cannot be evaluated."""
    for function in filter(inspect.isfunction, vars(features).values()):
        if name in inspect.signature(function).parameters:
            try:
                return typing.get_type_hints(function).get(name)
            except (NameError, AttributeError, TypeError, SyntaxError):  # names for type checkers only
                return function.__annotations__.get(name)
    return None


def _pairs(option: str, items: Iterable[str], known: Iterable[str]) -> list[tuple[str, str]]:
    pairs = []
    for item in items:
        name, _, value = item.partition("=")
        if name not in known:
            listed = ", ".join(known) or "none"
            raise problem("DB306", f"there is no {option} '{name}'.", f"there are {listed}.")
        pairs.append((name, value))
    return pairs


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"python -m {__package__}", description="Compute features from files."
    )
    parser.add_argument(
        "-o",
        "--output",
        metavar="FILE|FOLDER/",
        required=True,
        help=f"{SUFFIXES}; in a folder each index has a file",
    )
    parser.add_argument(
        "--format",
        default="parquet",
        choices=sorted(set(FORMATS.values())),
        help="of the files in a folder (default: parquet)",
    )
    parser.add_argument(
        "--input",
        action="append",
        default=[],
        metavar="NAME=FILE|FOLDER|VALUE",
        help=f"of {', '.join(INPUTS)}",
    )
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help=f"of {', '.join(PARAMS)}"
    )
    parser.add_argument("--outputs", metavar="A,B", help=f"default: {', '.join(OUTPUTS)}".replace("%", "%%"))
    parser.add_argument("--checks", default="raise", choices=["raise", "warn", "off"], help="what checks do")
    return parser


if __name__ == "__main__":
    sys.exit(main())
