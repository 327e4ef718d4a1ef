"""A baseline is the profile of every node at the time of an export: a small file beside the module."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.quality.profile import ColumnProfile, Profile, profile, read_profile

VERSION = 1
LIMITS_SUFFIX = ".drift.toml"


def baseline_text(
    graph: Graph,
    values: Mapping[str, object],
    leave_out: Collection[str] = (),
    hidden: Mapping[str, Collection[str] | None] | None = None,
) -> str:
    """The baseline file of a dataflow: one line for each column.

    Args:
        values: of inputs and nodes, by name.
        leave_out: nodes with different values in each run.
        hidden: by node, the columns that depend on private data (None for all): only their types and counts
            are written.
    """
    names = [name for name in graph.names() if name in values and name not in leave_out]
    kinds = {name: graph.node(name).kind for name in names}
    profiles = {
        name: counted(profile(values[name]), (hidden or {}).get(name, ()))
        for name in names
        if kinds[name] in ("input", "value")
    }
    parts = [_node(name, made) for name, made in profiles.items() if made.columns]
    nodes = ",\n".join(parts)
    return f'{{\n"version": {VERSION},\n"nodes": {{\n{nodes}\n}}\n}}\n'


def counted(made: Profile, hidden: Collection[str] | None) -> Profile:
    """The profile with types and counts alone of the hidden columns; None: of all."""
    columns = tuple(
        ColumnProfile(item.name, item.dtype, item.kind, item.rows, item.nulls)
        if hidden is None or item.name in hidden
        else item
        for item in made.columns
    )
    return replace(made, columns=columns)


def is_counted(made: Profile) -> bool:
    """Whether some column has types and counts alone: its values are private."""
    return any(
        item.unique is None and item.mean is None and not item.top and item.rows > item.nulls
        for item in made.columns
    )


def _node(name: str, made: Profile) -> str:
    entry = made.to_json()
    columns = ",\n  ".join(json.dumps(column, ensure_ascii=False) for column in entry["columns"])
    head = f'"type": {json.dumps(entry["type"], ensure_ascii=False)}, "rows": {json.dumps(entry["rows"])}'
    return f' {json.dumps(name)}: {{{head}, "columns": [\n  {columns}]}}'


def read_baseline(path: Path) -> dict[str, Profile]:
    """The profiles of a baseline file, by node.

    Raises:
        SourceError: DB403 when it cannot be read, DB407 when it is no baseline.
    """
    try:
        data = json.loads(ordinary.read_text(path))
        if data["version"] != VERSION:
            raise ValueError(f"version {data['version']} is not known here")
        return {name: read_profile(entry) for name, entry in data["nodes"].items()}
    except OSError as error:
        raise SourceError(
            "DB403", f"cannot read '{path}': {error.strerror}.", hint="check the path."
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SourceError(
            "DB407", f"'{path}' is no baseline: {error}.", hint="export again to write a new one."
        ) from None
