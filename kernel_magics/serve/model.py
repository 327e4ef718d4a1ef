"""The model of a request: the fields of a row with their types, made from the schema of an envelope."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from kernel_magics.envelope.envelope import Envelope
from kernel_magics.tables.schema import Column, Schema

_INTS: Final = {f"{sign}int{size}": (sign == "u", size) for sign in ("", "u") for size in (8, 16, 32, 64)}
_STRICT: Final = ConfigDict(extra="forbid", strict=False)


def request_model(envelope: Envelope, most: int) -> type[BaseModel]:
    """The model of a body with rows.

    Args:
        most: rows of one request.
    """
    form = envelope.form
    fields: dict[str, Any] = {}
    if form.kind != "inputs":
        row = _made("Row", _row(envelope))
        fields["rows"] = (Annotated[list[row], Field(min_length=1, max_length=most)], ...)  # type: ignore[valid-type]
    plain = [name for name, one in form.expected.items() if one.schema is None and form.kind != "values"]
    beside = {name: (_plain(form.expected[name].type), ...) for name in plain}
    if form.kind == "inputs":
        for name, schema in form.tables.items():
            table = _made(f"{name}_row", _columns(schema))
            beside[name] = (Annotated[list[table], Field(max_length=most)], ...)  # type: ignore[valid-type]
    if beside:
        fields["inputs"] = (_made("Inputs", beside), ...)
    params = {item["name"]: (Any, None) for item in envelope.record["params"]}
    if params:
        made = _made("Params", params)
        fields["params"] = (made | None, None)
    return _made("Request", fields)


def _made(name: str, fields: dict[str, Any]) -> type[BaseModel]:
    made: type[BaseModel] = create_model(name, __config__=_STRICT, **fields)
    return made


def _row(envelope: Envelope) -> dict[str, Any]:
    """The fields of a row."""
    form = envelope.form
    if form.kind == "frame":
        ((_, schema),) = form.tables.items()
        return _columns(schema)
    if form.kind == "columns":
        return {name: _field((schema.columns or ())[0]) for name, schema in form.tables.items()}
    return {name: (_plain(one.type), ...) for name, one in form.expected.items()}


def _columns(schema: Schema) -> dict[str, Any]:
    named = [level for level in schema.index if level.name is not None]
    return {str(column.name): _field(column) for column in (*named, *(schema.columns or ()))}


def _field(column: Column) -> Any:
    """The type of a field, and whether it must be there."""
    kind = column.dtype
    if kind in _INTS:
        unsigned, size = _INTS[kind]
        low = 0 if unsigned else -(2 ** (size - 1))
        high = 2**size - 1 if unsigned else 2 ** (size - 1) - 1
        return (Annotated[int, Field(ge=low, le=high, strict=True)], ...)
    if kind == "bool":
        return (Annotated[bool, Field(strict=True)], ...)
    if kind.startswith("float"):
        return (float | None, ...)
    if kind == "category":
        members = tuple(member for member in column.members if member is not None)
        text = column.of is not None and column.of.dtype.startswith("str")
        return (Literal[members] | None, ...) if members and text else (Any, ...)
    if kind.startswith("str"):
        return (str | None, ...)
    if kind.startswith("datetime64"):
        return (datetime.datetime | None, ...)
    return (Any, ...)


def _plain(kind: Any) -> Any:
    return kind if kind in (int, float, str, bool) else Any
