"""The model of a request: the fields of a row with their types, made from the schema of an envelope."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    create_model,
)

from kernel_magics.envelope.envelope import Envelope
from kernel_magics.tables.schema import Column, Schema
from kernel_magics.tables.values import expect

_INTS: Final = {f"{sign}int{size}": (sign == "u", size) for sign in ("", "u") for size in (8, 16, 32, 64)}


def _whole(value: object) -> object:
    """3.0 is a whole number in JSON; a larger one than a float holds exactly is none."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= 2**53:
        return int(value)
    return value


def _text(value: object) -> object:
    """A moment is a text: seconds since 1970 are no moment that a person would see in a log."""
    if not isinstance(value, str):
        raise ValueError("it must be a text such as 2026-01-31T05:00:00")
    return value


def _local(value: datetime.datetime) -> datetime.datetime:
    if value.tzinfo is not None:
        raise ValueError("it must have no time zone: the samples have none")
    return value


def _zoned(value: datetime.datetime) -> datetime.datetime:
    if value.tzinfo is None:
        raise ValueError("it must have a time zone, as in 2026-01-31T05:00:00Z")
    return value


_LOCAL: Final = (
    r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])([T ]([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?)?$"
)
_Local: Final = Annotated[
    datetime.datetime,
    BeforeValidator(_text),
    AfterValidator(_local),
    WithJsonSchema({"type": "string", "pattern": _LOCAL, "examples": ["2026-01-31T05:00:00"]}),
]
_Zoned: Final = Annotated[datetime.datetime, BeforeValidator(_text), AfterValidator(_zoned)]
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
    params: dict[str, Any] = {}
    for item in envelope.record["params"]:
        params[item["name"]] = (_plain(expect(*envelope.flow.declared(item["name"])).type), None)
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
        return {name: field_of((schema.columns or ())[0]) for name, schema in form.tables.items()}
    return {name: (_plain(one.type), ...) for name, one in form.expected.items()}


def _columns(schema: Schema) -> dict[str, Any]:
    named = [level for level in schema.index if level.name is not None]
    return {str(column.name): field_of(column) for column in (*named, *(schema.columns or ()))}


def field_of(column: Column) -> Any:
    """The type of a field, and whether it must be there."""
    kind = column.dtype
    if kind in _INTS:
        unsigned, size = _INTS[kind]
        low = 0 if unsigned else -(2 ** (size - 1))
        high = 2**size - 1 if unsigned else 2 ** (size - 1) - 1
        return (Annotated[int, Field(ge=low, le=high, strict=True), BeforeValidator(_whole)], ...)
    if kind == "bool":
        return (Annotated[bool, Field(strict=True)], ...)
    if kind.startswith("float"):
        return (Annotated[float, Field(strict=True)] | None, ...)
    if kind == "category":
        members = tuple(member for member in column.members if member is not None)
        text = column.of is not None and column.of.dtype.startswith("str")
        return (Literal[members] | None, ...) if members and text else (Any, ...)
    if kind.startswith("str"):
        return (str | None, ...)
    if kind.startswith("datetime64"):
        return ((_Zoned if "," in kind else _Local) | None, ...)
    return (Any, ...)


def _plain(kind: Any) -> Any:
    """The type of a plain value; false is no number, and 3 is no text."""
    if kind is int:
        return Annotated[int, Field(strict=True), BeforeValidator(_whole)]
    return Annotated[kind, Field(strict=True)] if kind in (float, str, bool) else Any
