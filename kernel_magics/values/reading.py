"""A function only reads its arguments when each step of its code is known to change and to keep nothing."""

from __future__ import annotations

import datetime
import dis
import functools
import inspect
import sys
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any, Final

from kernel_magics.engine.values.isolation import SHARED
from kernel_magics.engine.values.traverse import MISSING


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STEPS: Final = _words(
    """
    BINARY_OP BINARY_SLICE BINARY_SUBSCR BUILD_CONST_KEY_MAP BUILD_LIST BUILD_MAP BUILD_SLICE
    BUILD_STRING BUILD_TUPLE CACHE CALL CALL_KW COMPARE_OP CONTAINS_OP CONVERT_VALUE COPY EXTENDED_ARG
    FORMAT_SIMPLE FORMAT_VALUE FORMAT_WITH_SPEC IS_OP JUMP_BACKWARD JUMP_FORWARD JUMP_IF_FALSE_OR_POP
    JUMP_IF_TRUE_OR_POP KW_NAMES LIST_EXTEND LOAD_ATTR LOAD_CONST LOAD_FAST LOAD_FAST_BORROW
    LOAD_FAST_BORROW_LOAD_FAST_BORROW LOAD_FAST_CHECK LOAD_FAST_LOAD_FAST LOAD_GLOBAL LOAD_METHOD
    LOAD_SMALL_INT NOP NOT_TAKEN POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE
    POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_NONE POP_JUMP_FORWARD_IF_NOT_NONE
    POP_JUMP_FORWARD_IF_TRUE POP_JUMP_IF_FALSE POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE POP_JUMP_IF_TRUE
    POP_TOP PRECALL PUSH_NULL RESUME RETURN_CONST RETURN_VALUE STORE_FAST STORE_FAST_LOAD_FAST
    STORE_FAST_STORE_FAST SWAP TO_BOOL UNARY_INVERT UNARY_NEGATIVE UNARY_NOT UNPACK_SEQUENCE
    """
)
"""Instructions that store nothing but local variables, and call only what is loaded by the others."""

_ATTRIBUTES: Final = _words(
    """
    Timedelta Timestamp abs add add_prefix add_suffix all any arccos arcsin arctan arctan2 astype at
    between bfill capitalize ceil clip columns combine_first contains corr cos cosh count cov cummax
    cummin cumprod cumsum cut date day dayofweek dayofyear days decision_function describe diff div dot
    drop drop_duplicates dropna dt dtype dtypes duplicated empty endswith eq ewm exp expanding expm1
    extract fabs ffill fillna find first floor floordiv fmax fmin ge groupby gt head hour hypot iat
    idxmax idxmin iloc index inf interpolate is_monotonic_increasing isfinite isin isinf isna isnan
    isnull items kurt last le len loc log log10 log1p log2 lower lstrip lt match max maximum mean median
    melt merge min minimum minute mod month mul name nan nansum ndim ne nlargest notna notnull nsmallest
    nunique pad pct_change pi pivot_table pow power predict predict_log_proba predict_proba prod
    quantile quarter rank rename replace resample reset_index rolling round rstrip rsub score_samples
    second select sem set_index shape shift sign sin sinh size skew slice sort_index sort_values split
    sqrt square startswith std str strip sub sum tail tan tanh title to_datetime to_numeric
    total_seconds truediv trunc tz_convert tz_localize unique unstack upper value_counts var
    week weekday where year zfill
    """
)
"""Methods, attributes and functions of pandas, NumPy and of fitted models that change nothing, hand out no
memory, and call nothing by a name that they are given, as `transform("__init__")` does; `inplace`, `out` and
the like are refused beside them."""

_REFUSED_WORDS: Final = frozenset({"inplace", "out", "copy", "where", "func", "key", "case", "engine"})
_BUILTINS: Final = frozenset(
    {"abs", "bool", "float", "int", "len", "max", "min", "range", "round", "str", "sum"}
)
_LIBRARIES: Final = frozenset({"numpy", "pandas", "math"})


@functools.lru_cache(maxsize=4096)
def reads_only(function: Callable[..., object]) -> bool:
    """True when a plain function is shown to change none of its arguments and to keep none of them.

    Its result may be an argument, or hold one. The code is inspected, not run; in doubt the answer is False.
    What is shown holds for values of pandas, for models and for plain values, not for functions.
    """
    if type(function) is not FunctionType or function.__closure__:
        return False
    code = function.__code__
    if code.co_flags & (inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
        return False
    if code.co_cellvars or any(isinstance(item, CodeType) for item in code.co_consts):
        return False
    defaults = [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
    return SHARED.issuperset(map(type, defaults)) and all(_shown(function))


def _shown(function: FunctionType) -> Iterator[bool]:
    known, attributes, most, numpy = function.__globals__, set(), 0, None
    for step in dis.get_instructions(function):
        name = step.opname
        if name in ("CALL", "CALL_KW"):
            most = max(most, step.arg or 0)
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            attributes.add(step.argval)
        elif name == "LOAD_GLOBAL" and known.get(step.argval) is sys.modules.get("numpy", MISSING):
            numpy = known[step.argval]
        if name not in _STEPS:
            yield False
        elif name == "BINARY_OP":
            yield not step.argrepr.endswith("=")
        elif name in ("LOAD_ATTR", "LOAD_METHOD"):
            yield step.argval in _ATTRIBUTES
        elif name == "LOAD_GLOBAL":
            yield _is_known(step.argval, known)
        elif name in ("KW_NAMES", "LOAD_CONST"):
            constant = function.__code__.co_consts[step.arg or 0]
            words = constant if isinstance(constant, tuple) else ()
            yield _REFUSED_WORDS.isdisjoint(word for word in words if isinstance(word, str))
    # NumPy's functions write into an argument behind their operands
    yield numpy is None or all(most <= _operands(numpy, name) for name in attributes)


def _operands(numpy: object, name: str) -> float:
    """How many arguments a function of NumPy may have without writing to one of them."""
    function = getattr(numpy, name, None)
    if not callable(function) or name in ("where", "select"):
        return float("inf")
    return getattr(function, "nin", 1)


def _is_known(name: str, known: dict[str, object]) -> bool:
    """True for a constant, a library, or a builtin that the module does not replace."""
    if name not in known:
        return name in _BUILTINS
    value = known[name]
    if isinstance(value, ModuleType):
        return value.__name__ in _LIBRARIES
    return type(value) in (bool, int, float, str, type(None))


_PLAIN: Final = frozenset(
    {bool, int, float, complex, str, bytes, type(None), datetime.date, datetime.datetime, datetime.timedelta}
)
_MODELS: Final = frozenset({"sklearn", "lightgbm", "xgboost"})
_TABLES: Final[dict[type, bool]] = {}
"""Whether a type is a frame or Series of pandas, for types of libraries; others may be classes of a cell."""


def _is_table(kind: type) -> bool:
    known = _TABLES.get(kind)
    if known is None:
        library, name = kind.__module__.partition(".")[0], kind.__name__
        known = library == "pandas" and name in ("Series", "DataFrame")
        if library in ("pandas", "numpy", "builtins"):
            _TABLES[kind] = known
    return known


def lendable(value: Any) -> bool:
    """True for a value that a function which only reads cannot change: its types are known throughout."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if _is_table(kind):
        dtypes = _dtypes(value)
        return dtypes is not None and not any(map(_is_object, dtypes))  # such cells may be anything
    family = kind.__module__.partition(".")[0]
    if family in _MODELS:
        return hasattr(value, "predict") and _is_fixed(value)
    return family == "numpy" and hasattr(kind, "dtype") and not hasattr(kind, "__setitem__")


def is_dear(value: Any) -> bool:
    """True where a copy for a reader takes longer than a look at the reader's code."""
    kind = type(value)
    if kind in _PLAIN:
        return False
    if _is_table(kind):
        return any(map(_is_own, _dtypes(value) or ()))
    return kind.__module__.partition(".")[0] in _MODELS


def _dtypes(value: Any) -> list[Any] | None:
    """The types of the blocks of a frame or Series; None where they are not told."""
    blocks = getattr(getattr(value, "_mgr", None), "blocks", None)
    return None if blocks is None else [block.dtype for block in blocks]


def _is_object(dtype: Any) -> bool:
    return type(dtype).__name__ == "ObjectDType"  # of NumPy, which need not be imported here


def _is_own(dtype: Any) -> bool:
    return type(dtype).__module__.startswith("pandas")  # of pandas' own arrays, such as categories


def _is_fixed(value: Any, depth: int = 0) -> bool:
    """True for an object of known libraries throughout, which runs no code of others and draws no numbers.

    Asked for each call: a model may get other parts at any time, and a copy of it takes far longer.
    """
    kind = type(value)
    family = kind.__module__.partition(".")[0]
    if kind in _PLAIN:
        return True
    if depth > 20:
        return False
    if kind in (list, tuple, dict):
        members = [*value, *value.values()] if kind is dict else value
        return all(_is_fixed(member, depth + 1) for member in members)
    if family == "numpy":  # generators of random numbers change whenever they are asked
        dtype = getattr(value, "dtype", None)
        if getattr(dtype, "kind", "") == "O":  # such as the names of the columns that a model was fitted to
            return all(_is_fixed(member, depth + 1) for member in value.ravel())
        return dtype is not None and not dtype.hasobject
    if family not in _MODELS:
        return False
    return all(_is_fixed(member, depth + 1) for member in getattr(value, "__dict__", {}).values())


def axes(value: Any) -> tuple[Any, ...]:
    """The index and columns of a frame or Series, whose names can be changed; results may share them."""
    return tuple(value.axes) if _is_table(type(value)) else ()


def detach(value: Any) -> None:
    """Give a frame or Series an index and columns of its own."""
    value.index = value.index.view()
    if value.ndim > 1:
        value.columns = value.columns.view()


def kept(value: Any, given: Sequence[object], isolate: Callable[[object], object]) -> object:
    """What a function returned that was lent values: one of these, or without them in it."""
    kind = type(value)
    if _is_table(kind):
        dtypes = _dtypes(value)
        if dtypes is not None and not any(_is_object(dtype) or _is_own(dtype) for dtype in dtypes):
            return value  # copy-on-write keeps its memory apart
    elif kind.__module__ == "numpy" and getattr(getattr(value, "dtype", None), "kind", "O") != "O":
        return value
    return value if any(value is item for item in given) else isolate(value)
