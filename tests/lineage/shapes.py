"""JSON schemas of OpenLineage's events, derived from the client's generated classes: it brings no schema files along.

Closed: a key that the class does not have is an error, so is one that is missing, and a value of another type.
"""

from __future__ import annotations

import enum
import importlib
import pkgutil
import types
import typing
from typing import Any

import attr
from openlineage.client import generated

_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
_FORMATS = {
    "eventTime": "date-time",
    "runId": "uuid",
    "producer": "uri",
    "_producer": "uri",
    "_schemaURL": "uri",
}


def classes() -> dict[str, type]:
    """Every generated class by its name."""
    modules = [
        importlib.import_module(f"{generated.__name__}.{found.name}")
        for found in pkgutil.iter_modules(generated.__path__)
    ]
    return {
        name: item
        for module in modules
        for name, item in vars(module).items()
        if attr.has(item) and isinstance(item, type)
    }


CLASSES = classes()


def schema_of(kind: Any) -> dict[str, Any]:
    """The schema of an annotation."""
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if kind is Any or isinstance(kind, typing.TypeVar):
        return {}
    if origin in (typing.Union, types.UnionType):
        return {"anyOf": [schema_of(argument) for argument in arguments]}
    if origin is list:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin is dict:
        if isinstance(arguments[1], type) and arguments[1].__name__.endswith("Facet"):
            return {"type": "object"}  # each facet is of the class that its URL names: see `facets_of`
        return {"type": "object", "additionalProperties": schema_of(arguments[1])}
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {"enum": [member.value for member in kind]}
    return object_of(kind) if attr.has(kind) else {}


def object_of(kind: type) -> dict[str, Any]:
    """The schema of a class."""
    hints = _hints(kind)
    fields = attr.fields(kind)
    properties = {field.name: schema_of(hints.get(field.name, Any)) for field in fields}
    for name in properties.keys() & _FORMATS.keys():
        properties[name] = {"type": "string", "format": _FORMATS[name]}
    needed = [field.name for field in fields if field.default is attr.NOTHING]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _hints(kind: type) -> dict[str, Any]:
    """Annotations as types; a class that holds itself ends there."""
    names = {**CLASSES, kind.__name__: Any}
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__):
        scope = {**vars(importlib.import_module(base.__module__)), **names}
        for name, text in vars(base).get("__annotations__", {}).items():
            found[name] = eval(text, scope) if isinstance(text, str) else text
    return found


def facets_of(part: object) -> list[tuple[str, dict[str, Any]]]:
    """Every facet in an event, with the name of its class: the end of its URL."""
    found: list[tuple[str, dict[str, Any]]] = []
    if isinstance(part, dict):
        if "_schemaURL" in part:
            found.append((str(part["_schemaURL"]).rpartition("/")[2], part))
        found += [item for value in part.values() for item in facets_of(value)]
    elif isinstance(part, list):
        found += [item for value in part for item in facets_of(value)]
    return found
