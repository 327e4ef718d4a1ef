"""Values as texts that two processes can compare."""

from __future__ import annotations

from typing import Any


def plain(value: Any, depth: int = 0) -> str:
    """What a value holds, with types; instances of setup classes by their attributes."""
    if depth > 6:
        return "…"
    kind = type(value)
    inner = depth + 1
    if kind in (list, tuple):
        return f"{kind.__name__}({', '.join(plain(item, inner) for item in value)})"
    if kind is dict:
        items = (f"{plain(key, inner)}: {plain(item, inner)}" for key, item in value.items())
        return f"{{{', '.join(items)}}}"
    if kind in (set, frozenset):
        return f"{kind.__name__}({', '.join(sorted(plain(item, inner) for item in value))})"
    if kind.__module__.startswith("pandas") and kind.__name__ in ("DataFrame", "Series"):
        frame = value.to_frame("value") if kind.__name__ == "Series" else value
        columns = [f"{name}:{frame[name].dtype}={frame[name].tolist()}" for name in frame.columns]
        return f"{kind.__name__}({frame.index.tolist()}; {'; '.join(columns)})"
    if kind.__module__ == "numpy" and hasattr(value, "tolist"):
        return f"numpy({value.dtype}, {value.tolist()})"
    held = _attributes(value)
    return repr(value) if held is None else f"{kind.__name__}<{plain(held, inner)}>"


def _attributes(value: Any) -> dict[str, Any] | None:
    """What an instance of a class of the notebook holds; None for any other value."""
    kind = type(value)
    if kind.__module__ in ("builtins", "numpy") or isinstance(value, type) or callable(value):
        return None
    names = [*getattr(kind, "__slots__", ()), *getattr(value, "__dict__", ())]
    return {name: getattr(value, name) for name in sorted(names) if hasattr(value, name)}
