"""Unseen decorators: those of Apache Hamilton that keep a function's name, and that a text does not show."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import quoted
from kernel_magics.engine.graph.module import hamilton_decorators
from kernel_magics.engine.source.tree import parsed

_SEEN: Final = frozenset({"when", "when_not"})
"""Parts of decorators that reading a module obeys: those of variants."""


def unseen_of(text: str) -> dict[str, list[str]]:
    """The decorators that reading a module's text leaves out, by the name of the function."""
    tree = parsed(text)
    found: dict[str, list[str]] = {}
    for function, decorator in hamilton_decorators(tree) if tree is not None else ():
        if _SEEN.isdisjoint(part.strip("_") for part in decorator.split(".")):
            found.setdefault(function, []).append(f"@{decorator}")
    return found


def unseen_in(path: Path) -> dict[str, list[str]]:
    """The same of a file; nothing for a notebook, or for one that cannot be read."""
    try:
        return unseen_of(ordinary.read_text(path)) if path.suffix == ".py" else {}
    except (OSError, UnicodeDecodeError):
        return {}


def unseen_notice(name: str, unseen: dict[str, list[str]], offer: str) -> str:
    """What a user is told of them; "" where there are none.

    Args:
        offer: how the module can be imported.
    """
    if not unseen:
        return ""
    functions: dict[str, list[str]] = {}
    for function, decorators in unseen.items():
        for decorator in decorators:
            functions.setdefault(decorator, []).append(function)
    parts = [f"{decorator} of {_some(owners)}" for decorator, owners in functions.items()]
    return f"note: '{name}' is read, not run, so {', '.join(parts)} have no effect here: {offer}"


def _some(names: list[str]) -> str:
    """Up to three names, and how many more there are."""
    unique = list(dict.fromkeys(names))
    more = f" and {len(unique) - 3} more" if len(unique) > 4 else ""
    return f"{quoted(unique[:3] if more else unique)}{more}"
