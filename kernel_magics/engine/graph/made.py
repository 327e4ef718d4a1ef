"""A made node has no `def` of its own in the module: a decorator creates it as a callable."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType
from typing import Final, Literal

from kernel_magics.engine.cells.definition import Code, Definition, Param
from kernel_magics.engine.source.mapped import MappedSource
from kernel_magics.engine.source.tree import is_literal

_MODIFIERS: Final = frozenset(
    ("resolve", "generate", "inject", "expand", "transform", "decorate_nodes", "dynamic")
)
"""Attributes by which Apache Hamilton's decorators mark a function, one for each stage of their application.
"""

_SPLITS: Final = "Parallelizable"
_COLLECTS: Final = "Collect"
"""Types of Apache Hamilton that split one value into many and collect many into one."""
_BLOCK: Final = re.compile(rf"(?:\w+\.)*(?:{_SPLITS}|{_COLLECTS})\[(.*)\]", re.DOTALL)


def is_foreign(function: FunctionType) -> bool:
    """True for a function whose nodes only Apache Hamilton can determine."""
    marks = function.__dict__
    return (bool(marks) and not _MODIFIERS.isdisjoint(marks)) or is_block(function)


def is_block(function: FunctionType) -> bool:
    """True for a function whose type hints begin or end a block of parallel computations."""
    for hint in function.__annotations__.values():
        if type(hint) is type:  # every function of every module comes here
            continue
        text = hint if isinstance(hint, str) else getattr(getattr(hint, "__origin__", None), "__name__", "")
        if _SPLITS in text or _COLLECTS in text:
            return True
    return False


def item_type(hint: str) -> str:
    """The type of one item, where a hint begins or ends a block of parallel computations; else the hint."""
    found = _BLOCK.fullmatch(hint.strip())
    return found[1] if found else hint


@dataclass(frozen=True)
class Made:
    """A node that exists as a callable.

    Attributes:
        name: the node's name; it need not be an identifier (`v1.cost`).
        call: takes the inputs as keywords.
        inputs: names of the inputs; those of `defaults` may be left out.
        defaults: the values of optional inputs that are not given.
        doc, hint, tags: as of any node.
        is_async: the callable returns a coroutine.
        severity, subject: of a check.
    """

    name: str
    call: Callable[..., object]
    inputs: tuple[str, ...]
    defaults: Mapping[str, object] = field(default_factory=dict)
    doc: str = ""
    hint: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    is_async: bool = False
    severity: Literal["fail", "warn"] | None = None
    subject: str = ""

    def definition(self, text: MappedSource) -> Definition:
        """The definition of this node.

        Args:
            text: the source of the function from which it was made; displayed, never compiled.
        """
        known = self.defaults
        params = tuple(
            Param(each, each in known, True, default=shown_default(known, each)) for each in self.inputs
        )
        return Definition(
            self.name,
            "check" if self.subject else "value",
            text.lines[0],
            Code(self.name, text, False, params, (), self.is_async),
            doc=self.doc,
            hint=self.hint,
            tags=self.tags,
            severity=self.severity,
            subject=self.subject,
        )


def shown_default(defaults: Mapping[str, object], name: str) -> str:
    """A default as source, or `...` for a value without a literal form."""
    if name not in defaults:
        return ""
    text = repr(defaults[name])
    return text if is_literal(text) else "..."


Resolved = Mapping[str, Mapping[str, Sequence[Made]]]
"""By file name, the nodes that decorated functions make, by the function's name."""
