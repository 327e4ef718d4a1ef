"""A package is an installable project around the exported module."""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.export.layout import MODULE, PICTURE, TABLES, Layout, table_files
from kernel_magics.export.module.checksum import BLANK, write_hash
from kernel_magics.export.module.format import format_python
from kernel_magics.export.module.hints import Hints
from kernel_magics.export.module.style import PLAIN, Style
from kernel_magics.export.package.readme import make_readme
from kernel_magics.export.package.tables import entry_text, module_text
from kernel_magics.export.package.versions import imported, installed, release

_FIRST = "0.1.0"
_TESTED: Final = ("pytest", "numpy")  # what runs recorded examples needs NumPy
_HASH: Final = f"Source hash {BLANK}."
FREE: Final = {"pyproject.toml": re.compile(r"^(?:name|version) = .*$", re.MULTILINE)}
"""What may be edited by hand in a file of a package."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a package takes from the environment in which it is made.

    Attributes:
        versions: releases of the distributions that the code imports.
        tested: releases of those that only its tests import.
        parquet: the release of pyarrow, which reads and writes parquet files.
        python: the version of Python.
        project: the existing `pyproject.toml`, whose version and name are kept.
        picture: SVG of the graph.
        style: how its files are formatted.
    """

    versions: Mapping[str, str]
    tested: Mapping[str, str]
    parquet: str = ""
    python: str = "3.11"
    project: str = ""
    picture: str = ""
    style: Style = PLAIN


def make_package(
    graph: Graph,
    hints: Hints,
    title: str,
    source: str,
    layout: Layout,
    around: Surroundings,
    outputs: Sequence[str] = (),
) -> dict[Path, str]:
    """The files of a package or envelope beside its module, tests and examples.

    Args:
        outputs: what an envelope computes by default.
    """
    about = f"Features of {source or 'a notebook'}"
    main = entry_text(graph, hints, layout.package, source, outputs, layout.kind == "envelope")
    purpose = f"{about}: functions in `{MODULE}`, files in `python -m {layout.package}`."
    readme = make_readme(graph, hints, title or layout.package, source, layout.package)
    texts = {
        "__init__.py": f'"""{purpose}\n\n{_HASH}\n"""\n',
        "__main__.py": format_python(main, (layout.package,), around.style),
        "pyproject.toml": make_project(layout.package, source, around),
        "README.md": f"{readme}\n<!-- {_HASH} -->\n",
        **({PICTURE: f"{around.picture.rstrip()}\n<!-- {_HASH} -->\n"} if around.picture else {}),
    }
    texts |= _tables(hints, layout.package, around.style)
    module_parts = {name: write_hash(text, FREE.get(name)) for name, text in texts.items()}
    return {
        layout.around[name]: text
        for name, text in {**module_parts, "py.typed": ""}.items()
        if name in layout.around
    }


def _tables(hints: Hints, package: str, style: Style) -> dict[str, str]:
    """The modules that read and write files, except those for libraries that the dataflow does not use."""
    used = {hint.partition(".")[0] for hint in hints.types.values()}
    idle = {"polars": {"pl", "polars"}, "arrow": {"pa", "pyarrow"}}
    names = [
        name
        for name in table_files()
        if not any(name.startswith(f"{library}_") and not roots & used for library, roots in idle.items())
    ]
    texts = {name: module_text(name, package, _HASH) for name in names}
    return {f"{TABLES}/{name}": format_python(text, (package,), style) for name, text in texts.items()}


def make_project(package: str, source: str, around: Surroundings) -> str:
    """The text of `pyproject.toml`."""
    name, version = _kept(around.project)
    command = package.replace("_", "-")
    name = name or command
    parquet = f"pyarrow=={around.parquet}" if around.parquet else "pyarrow>=17"
    description = f"Features of {source or 'a notebook'}."
    rows = [
        f"# Written by Dagbook, anew with every export; the name and the version are yours. {_HASH}",
        "[build-system]",
        'requires = ["hatchling>=1.25"]',
        'build-backend = "hatchling.build"',
        "",
        "[project]",
        f"name = {_quoted(name)}",
        f"version = {_quoted(version or _FIRST)}",
        f"description = {_quoted(description)}",
        'readme = "README.md"',
        f'requires-python = ">={around.python}"',
        *_list("dependencies", [f"{key}=={value}" for key, value in around.versions.items()]),
        "",
        "[project.optional-dependencies]",
        *_list("parquet", [parquet]),
        *_list("test", [f"{key}=={value}" for key, value in around.tested.items()]),
        "",
        "[project.scripts]",
        f'{command} = "{package}.__main__:main"',
        "",
        "[tool.hatch.build.targets.wheel]",
        f'packages = ["src/{package}"]',
        "",
        "[tool.pytest.ini_options]",
        'testpaths = ["tests"]',
    ]
    return "\n".join(rows) + "\n"


def look_around(module: str, tests: str) -> tuple[Surroundings, list[str]]:
    """Versions of the imports of a package's module and tests; notes on unknown ones."""
    used = sorted({*imported(module), "pandas"})
    versions, absent = installed(used)
    tested, _ = installed({*_TESTED, *imported(tests)} - {*used})
    around = Surroundings(
        versions,
        {key: value for key, value in tested.items() if key not in versions},
        release("pyarrow"),
        f"{sys.version_info.major}.{sys.version_info.minor}",
    )
    return around, [f"module '{name}' is imported, but no installed package brings it." for name in absent]


def _kept(project: str) -> tuple[str, str]:
    """Name and version in an existing `pyproject.toml`."""
    try:
        table = tomllib.loads(project).get("project", {})
    except ValueError:
        return "", ""
    return str(table.get("name", "")), str(table.get("version", ""))


def _list(name: str, items: list[str]) -> list[str]:
    return [f"{name} = [", *(f"    {_quoted(item)}," for item in items), "]"] if items else [f"{name} = []"]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
