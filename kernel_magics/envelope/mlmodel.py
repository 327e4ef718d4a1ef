"""`MLmodel` is the file of an envelope for MLflow, with the module that loads it and the request schema."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final

from kernel_magics.envelope.shipped.request import Form
from kernel_magics.tables.schema import Column

_TYPES: Final[Mapping[str, str]] = {
    "bool": "boolean",
    "int8": "integer",
    "int16": "integer",
    "int32": "integer",
    "int64": "long",
    "float32": "float",
    "float64": "double",
    "str": "string",
}
"""The types of MLflow that hold exactly the values of a dtype of pandas."""


def mlmodel_text(package: str, python: str, form: Form) -> str:
    """The text of `MLmodel`.

    Args:
        python: the version of Python.
    """
    signature = _signature(form)
    rows = [
        "flavors:",
        "  python_function:",
        "    code: code",
        "    env:",
        "      virtualenv: python_env.yaml",
        f"    loader_module: {package}.model",
        f"    python_version: {python}",
        *(
            ["signature:", f"  inputs: {_quoted(signature)}", "  outputs: null", "  params: null"]
            if signature
            else []
        ),
    ]
    return "\n".join(rows) + "\n"


def environment_text(python: str) -> str:
    """The text of `python_env.yaml`, from which MLflow makes an environment."""
    return f"python: {python}\nbuild_dependencies:\n- pip\ndependencies:\n- -r requirements.txt\n"


def _signature(form: Form) -> str:
    """The columns as MLflow names their types; "" where it has no type for one of them."""
    if form.kind == "frame":
        ((_, schema),) = form.tables.items()
        columns = list(schema.columns or ())
        named = (
            {str(column.name): column for column in columns} if not (schema.index or schema.header) else {}
        )
    elif form.kind == "columns" and not any(schema.index for schema in form.tables.values()):
        named = {name: column for name, schema in form.tables.items() for column in schema.columns or ()}
    else:
        named = {}
    if (
        not named
        or len(named) < len(form.expected)
        or any(one.schema is None for one in form.expected.values())
    ):
        return ""
    if not all(column.dtype in _TYPES for column in named.values()):
        return ""
    return json.dumps(list(_specs(named.items())), ensure_ascii=False)


def _specs(columns: Iterable[tuple[str, Column]]) -> Iterable[dict[str, object]]:
    for name, column in columns:
        yield {"type": _TYPES[column.dtype], "name": name, "required": True}


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
