"""A record of an Arrow value: its cells with their types, readable and exact."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from kernel_magics.engine.source.type_name import type_name
from kernel_magics.values.decode import Record
from kernel_magics.values.record import Unsupported

Within = Callable[[str, Any], Any]
"""The record of a part; whoever gets none for it learns the place."""


def arrow_record(value: Any, within: Within) -> Record:
    """The record of a table, a batch, an array in one piece or in chunks, or a scalar.

    Raises:
        Unsupported: there is none.
    """
    match value:
        case pa.Table() | pa.RecordBatch():
            return _table(value, within)
        case pa.DictionaryArray():
            parts = [arrow_record(part, within) for part in (value.indices, value.dictionary)]
            return {"arrow dictionary": parts, "ordered": value.type.ordered}
        case pa.Array():
            return {"arrow array": _cells(value, within), "type": _tree(value.type)}
        case pa.ChunkedArray() if not pa.types.is_dictionary(value.type):
            return {"arrow chunked": _cells(value, within), "type": _tree(value.type)}
        case pa.Scalar() if not pa.types.is_dictionary(value.type):
            return {
                "arrow scalar": _cells(pa.array([value.as_py()], value.type), within),
                "type": _tree(value.type),
            }
    raise Unsupported(type_name(value))


def _table(value: Any, within: Within) -> Record:
    """Columns by their names, which have to differ, and what is noted about the whole."""
    if len(set(value.schema.names)) < value.num_columns:
        raise Unsupported(f"{type_name(value)} with two columns of one name")
    columns: Record = {}
    for field, column in zip(value.schema, value.columns, strict=True):
        whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
        whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
        try:
            columns[field.name] = arrow_record(whole, within)
        except Unsupported as error:
            raise Unsupported(error.kind, f"column {field.name!r}{error.place}") from None
    noted = {key.decode(): text.decode() for key, text in (value.schema.metadata or {}).items()}
    kind = "arrow table" if isinstance(value, pa.Table) else "arrow batch"
    return {kind: columns, **({"metadata": noted} if noted else {})}


def _cells(value: Any, within: Within) -> Any:
    """Cells as JSON has them; moments and durations as numbers of their unit."""
    if pa.types.is_temporal(value.type):
        value = value.cast(pa.int32() if value.type.bit_width == 32 else pa.int64())
    return within("", value.to_pylist())


def _tree(kind: Any) -> Any:
    """The name of a type; with its parameters as a dict of one pair."""
    types = pa.types
    if types.is_timestamp(kind):
        return {"timestamp": [kind.unit, kind.tz]}
    if types.is_decimal(kind):
        return {str(kind).partition("(")[0]: [kind.precision, kind.scale]}
    if types.is_list(kind) or types.is_large_list(kind):
        return {"large_list" if types.is_large_list(kind) else "list_": [_tree(kind.value_type)]}
    if types.is_struct(kind):
        return {"struct": [{field.name: _tree(field.type) for field in kind}]}
    if types.is_map(kind) and not kind.keys_sorted:
        return {"map_": [_tree(kind.key_type), _tree(kind.item_type)]}
    if types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType):
        raise Unsupported(str(kind))
    return str(kind)
