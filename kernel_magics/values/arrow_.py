"""Arrow values: immutable, compared and hashed by their buffers, whatever their chunks and offsets."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kernel_magics.engine.values.value import Parts, Values
from kernel_magics.values.library import copied, parts
from kernel_magics.values.look import LINES, Look, columns_of, look, step_of
from kernel_magics.values.numpy_ import histogram


def _shared(value: object, values: Values) -> object:
    return value


_DESCRIPTIONS = (pa.Schema, pa.DataType, pa.Field)
for _kind in (pa.Table, pa.RecordBatch, pa.ChunkedArray, pa.Array, pa.Scalar, *_DESCRIPTIONS):
    copied.register(_kind, _shared)


@parts.register(pa.Table)
@parts.register(pa.RecordBatch)
def _(value: Any, values: Values) -> Parts:
    schema = value.schema.serialize().to_pybytes()  # names, types and metadata
    return Parts(f"pa.{type(value).__name__}:{(value.num_rows, value.num_columns)}", [schema, *value.columns])


@parts.register(pa.ChunkedArray)
def _(value: Any, values: Values) -> Parts | None:
    if value.num_chunks == 1:
        whole = value.chunk(0)
    else:
        whole = pa.concat_arrays(value.chunks) if value.num_chunks else pa.array([], value.type)
    contents = _contents(whole)
    return None if contents is None else Parts(f"pa.ChunkedArray:{value.type}:{len(value)}", contents)


@parts.register(pa.Array)
def _(value: Any, values: Values) -> Parts | None:
    contents = _contents(value)
    return None if contents is None else Parts(f"pa.Array:{value.type}:{len(value)}", contents)


@parts.register(pa.Scalar)
def _(value: Any, values: Values) -> Parts:
    return Parts("pa.Scalar", [pa.array([value.as_py()], value.type)])


@parts.register(pa.Schema)
def _(value: Any, values: Values) -> Parts:
    return Parts("pa.Schema", [value.serialize().to_pybytes()])


def _contents(array: Any) -> Sequence[object] | None:
    """The gaps, and the values with all gaps filled alike; None for an unsupported type."""
    kind = array.type
    types = pa.types
    gaps = array.is_null().to_numpy(zero_copy_only=False) if array.null_count else None
    if types.is_null(kind):
        return [len(array)]
    if isinstance(kind, pa.BaseExtensionType):
        return [array.storage]
    if types.is_dictionary(kind):
        return [array.indices, array.dictionary]
    if types.is_struct(kind):
        return [gaps, *array.flatten()]
    if types.is_list(kind) or types.is_large_list(kind):
        return [gaps, array.value_lengths().fill_null(0), array.flatten()]
    if types.is_map(kind):
        return _pairs(array, gaps)
    if types.is_boolean(kind):
        return [gaps, array.fill_null(False).to_numpy(zero_copy_only=False)]
    if types.is_primitive(kind) or types.is_decimal(kind) or types.is_fixed_size_binary(kind):
        return [gaps, _numbers(array, gaps)]
    if str(kind) in ("string_view", "binary_view"):  # older releases have no functions for these types
        array = array.cast(pa.large_binary())
    if types.is_binary(kind) or types.is_string(kind) or types.is_large_binary(array.type):
        return [gaps, *_texts(array, gaps)]
    return [gaps, *_texts(array, gaps)] if types.is_large_string(kind) else None


def _pairs(array: Any, gaps: "np.ndarray[Any, Any] | None") -> Sequence[object] | None:
    """How many pairs each map has, and the keys and values of all; None if a gap hides some."""
    ends = array.offsets.to_numpy()
    lengths = np.diff(ends)
    if gaps is not None and lengths[gaps].any():
        return None
    first, count = (int(ends[0]), int(ends[-1] - ends[0])) if len(ends) else (0, 0)
    return [gaps, lengths, array.keys.slice(first, count), array.items.slice(first, count)]


def _numbers(array: Any, gaps: "np.ndarray[Any, Any] | None") -> "np.ndarray[Any, Any]":
    width = array.type.bit_width // 8
    dtype: Any = f"u{width}" if width in (1, 2, 4, 8) else f"V{width}"
    if pa.types.is_floating(array.type):
        dtype = f"f{width}"
    data = array.buffers()[1]
    if data is None or not len(array):
        return np.zeros(0, dtype)
    numbers = np.frombuffer(data, dtype, count=len(array), offset=array.offset * width)
    return numbers if gaps is None else np.where(gaps, np.zeros(1, dtype), numbers)


def _texts(array: Any, gaps: "np.ndarray[Any, Any] | None") -> "Sequence[np.ndarray[Any, Any]]":
    """The length of each text, and all texts concatenated."""
    large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
    if gaps is not None:  # the memory of a gap may hold anything
        array = pc.fill_null(array, pa.array([b""]).cast(array.type)[0])
    _, offsets, data = array.buffers()
    if offsets is None or not len(array):
        return [np.zeros(0, "u8"), np.zeros(0, "u1")]
    ends = np.frombuffer(offsets, "i8" if large else "i4", len(array) + 1, array.offset * (8 if large else 4))
    texts = np.frombuffer(data, "u1")[ends[0] : ends[-1]] if data is not None else np.zeros(0, "u1")
    return [np.diff(ends).astype("u8"), texts]


@look.register(pa.Table)
@look.register(pa.RecordBatch)
def _(value: Any) -> Look:
    rows, columns = value.num_rows, value.num_columns
    cells = rows * columns
    gaps = sum(column.null_count for column in value.columns)
    head = value.slice(0, LINES)
    pairs = zip(head.schema.names, head.columns, strict=True)  # names may repeat
    text = "\n".join(f"{name}: {column.to_pylist()}" for name, column in pairs)
    name = f"pa.{type(value).__name__}[{columns_of(columns)}]"
    return Look(name, f"{rows} x {columns}", text, gaps / cells if cells else None)


@look.register(pa.ChunkedArray)
@look.register(pa.Array)
def _(value: Any) -> Look:
    text = str(value.slice(0, LINES).to_pylist())
    nulls = value.null_count / len(value) if len(value) else None
    numeric = pa.types.is_integer(value.type) or pa.types.is_floating(value.type)
    step, note = step_of(len(value))
    sample = value.take(pa.array(range(0, len(value), step))) if step > 1 else value
    bars = histogram(sample.drop_null().to_numpy()) if numeric else None
    return Look(f"pa.{type(value).__name__}[{value.type}]", str(len(value)), text, nulls, bars, None, note)
