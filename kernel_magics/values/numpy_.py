"""NumPy values: arrays are read through read-only views, compared and hashed by their memory."""

import copy
import pickle
from typing import Any, Final

import numpy as np

from kernel_magics.engine.values.picture import Way
from kernel_magics.engine.values.value import Hasher, Parts, Values
from kernel_magics.values.library import copied, parts, way
from kernel_magics.values.look import LINES, WIDTH, Histogram, Look, commonest, look, step_of

Array = np.ndarray[Any, np.dtype[Any]]

_CHUNK: Final = 1 << 15  # items: small enough to be in the cache for both the search for NaN and the hash
_BINS: Final = 20
_ARRAYS: Final = (np.ndarray, np.matrix, np.recarray, np.memmap)


class ArrayBuffer:
    """The memory of an array of numbers, moments, fixed-width text or raw bytes."""

    def __init__(self, array: Array) -> None:
        self.array = array

    def same(self, other: "ArrayBuffer") -> bool:
        """True for equal bits, whatever the memory layout; NaN equals NaN, -0.0 does not equal 0.0."""
        a, b = self.array, other.array
        if a.shape != b.shape or a.dtype != b.dtype:
            return False
        if a.ctypes.data == b.ctypes.data and a.strides == b.strides:
            return True
        if a.dtype.kind == "c":
            halves = ((a.real, b.real), (a.imag, b.imag))
            return all(ArrayBuffer(one).same(ArrayBuffer(two)) for one, two in halves)
        if a.dtype.kind != "f":
            return np.array_equal(_bits(a), _bits(b))
        differs = _bits(a) != _bits(b)
        return not differs.any() or bool(np.isnan(a[differs]).all() and np.isnan(b[differs]).all())

    def feed(self, hasher: Hasher) -> None:
        """The bits in C order, every NaN as the same one."""
        if self.array.flags.c_contiguous:
            flat = self.array.reshape(-1)
            for start in range(0, flat.size, _CHUNK):
                hasher.update(_plain_nan(flat[start : start + _CHUNK]))
        elif self.array.dtype.kind in "biufc":
            flags = ("external_loop", "buffered")
            for chunk in np.nditer(self.array, flags, order="C", buffersize=_CHUNK):  # type: ignore[call-overload]
                hasher.update(_plain_nan(np.ascontiguousarray(chunk)))
        else:
            hasher.update(_bits(np.ascontiguousarray(self.array)))


def _bits(array: Array) -> Array:
    """The array as integers or raw bytes of the same width, so that it is compared bit for bit."""
    size = array.dtype.itemsize
    kind = array.dtype.kind
    if kind in "biufmM" and size in (1, 2, 4, 8):
        return array.view(f"u{size}")
    return np.ascontiguousarray(array).reshape(-1).view("u1") if size else array.view()[:0]


def _plain_nan(chunk: Array) -> Array:
    if chunk.dtype.kind in "fc":
        numbers = chunk.view(f"f{chunk.dtype.itemsize // 2}") if chunk.dtype.kind == "c" else chunk
        if numbers.size and np.isnan(numbers.min()):  # ten times faster than a mask of them all
            numbers = numbers.copy()
            numbers[np.isnan(numbers)] = np.nan
        return numbers
    return _bits(chunk)


def dtype_key(dtype: np.dtype[Any]) -> str:
    """A text that differs for all dtypes that a reader could distinguish."""
    return dtype.str if dtype.names is None else repr(dtype)


def array_parts(array: Array, kind: str = "") -> Parts | None:
    """The parts of an array: one buffer, its fields, or its objects; None for an unsupported dtype."""
    dtype = array.dtype
    key = f"np.ndarray:{kind}:{dtype_key(dtype)}:{array.shape}"
    if dtype.names is not None:
        return Parts(key, [array[name].view(np.ndarray) for name in dtype.names])
    if dtype.kind == "O":
        return Parts(key, [array.reshape(-1).tolist()])
    if dtype.kind == "T":
        gap = repr(getattr(dtype, "na_object", ""))
        return Parts(f"{key}:{gap}", [array.astype(object).reshape(-1).tolist()])
    if dtype.kind in "fc" and dtype.itemsize > (8 if dtype.kind == "f" else 16):
        return None  # long doubles have padding bytes
    if dtype.kind not in "biufcmMSUV":
        return None
    return Parts(key, (), [ArrayBuffer(array.view(np.ndarray))])


@parts.register(np.ma.MaskedArray)
def _(value: Any, values: Values) -> Parts:
    mask = np.ma.getmaskarray(value)
    return Parts("np.ma.MaskedArray", [value.data.view(np.ndarray), mask, np.asarray(value.fill_value)])


@copied.register(np.ndarray)
def _(value: Array, values: Values) -> object:
    if isinstance(value, np.ma.MaskedArray) or type(value) not in _ARRAYS:
        return copy.deepcopy(value)  # a view of it may share more than the data, such as a mask
    fresh = value
    if value.dtype.names is not None and value.dtype.hasobject:
        fresh = copy.deepcopy(value)
    elif value.dtype.kind == "O":
        fresh = value.copy()
        for place, member in np.ndenumerate(value):
            fresh[place] = values.isolate(member)
    # a view of the copy, because NumPy resizes an array that owns its memory even when it is read-only
    view = fresh.view()
    view.flags.writeable = False
    return view


@way.register(np.ndarray)
def _(value: Array, values: Values) -> Way | None:
    if value.dtype.hasobject:
        return Way(lambda now: tuple(now.flat))
    if not value.flags.writeable and value.base is None:
        return None
    return Way(lambda now: (values.digest(np.asarray(now)),), inside=False, by_value=True)


@way.register(np.random.Generator)
@way.register(np.random.RandomState)
@way.register(np.random.BitGenerator)
def _(value: Any, values: Values) -> Way:
    return Way(_state, _set_state, inside=False, by_value=True)


def _state(value: Any) -> tuple[bytes]:
    state = value.get_state() if isinstance(value, np.random.RandomState) else _bits_of(value).state
    return (pickle.dumps(state),)


def _set_state(value: Any, parts: tuple[Any, ...]) -> None:
    state = pickle.loads(parts[0])
    if isinstance(value, np.random.RandomState):
        value.set_state(state)
    else:
        _bits_of(value).state = state


def _bits_of(value: Any) -> Any:
    return value.bit_generator if isinstance(value, np.random.Generator) else value


@copied.register(np.generic)
def _(value: np.generic, values: Values) -> object:
    return value.copy() if isinstance(value, np.void) else value


@copied.register(np.dtype)
@copied.register(np.ufunc)
def _(value: object, values: Values) -> object:
    return value


@parts.register(np.ndarray)
def _(value: Array, values: Values) -> Parts | None:
    return array_parts(value, type(value).__name__) if type(value) in _ARRAYS else None


@parts.register(np.generic)
def _(value: np.generic, values: Values) -> Parts | None:
    if type(value).__module__ != "numpy":
        return None
    return array_parts(np.asarray(value), f"scalar {type(value).__name__}")


@parts.register(np.dtype)
def _(value: np.dtype[Any], values: Values) -> Parts:
    return Parts(f"np.dtype:{dtype_key(value)}")


def histogram(array: Array) -> Histogram | None:
    """At most 20 bins of equal width over the finite numbers; None without one."""
    numbers = array.reshape(-1)
    if numbers.dtype.kind == "f":
        numbers = numbers[np.isfinite(numbers)].astype("f8", copy=False)
    if not numbers.size:
        return None
    low, high = float(numbers.min()), float(numbers.max())
    if low == high:
        return Histogram([low, high], [int(numbers.size)])
    whole = numbers.dtype.kind in "iu" and high - low < _BINS
    bins = int(high - low) + 1 if whole else _BINS
    scale = 1.0 if np.isfinite(high - low) else 4.0  # the range of the largest floats overflows
    try:
        counts, edges = np.histogram(numbers / scale, bins, (low / scale, high / scale))
    except ValueError:  # neighbouring floats, with no room for 20 edges
        return Histogram([low, high], [int(numbers.size)])
    return Histogram((edges * scale).tolist(), counts.tolist())


@look.register(np.ndarray)
def _(value: Array) -> Look:
    name = f"{type(value).__name__}[{value.dtype}]"
    if not value.ndim:
        return Look(name, "", repr(value.item()))
    step, note = step_of(len(value))
    sample = value[::step]
    rows = value[: LINES if value.ndim == 1 else LINES - 1]
    text = str(rows) if value.ndim > 1 else str(rows.tolist())[: WIDTH - 2]
    text += " …" if len(value) > len(rows) else ""
    shape = " x ".join(map(str, value.shape))
    kind = value.dtype.kind
    gaps = np.isnan(sample) if kind == "f" else np.isnat(sample) if kind in "mM" else None
    nulls = float(gaps.mean()) if gaps is not None and gaps.size else None
    top = commonest(zip(*np.unique(sample, return_counts=True), strict=True)) if kind == "b" else None
    return Look(name, shape, text, nulls, histogram(sample) if kind in "iuf" else None, top, note)
