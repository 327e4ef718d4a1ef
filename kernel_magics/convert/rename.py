"""Renaming of the names that a statement looks up or binds at top level."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from kernel_magics.engine.source.rewrite import renamed as rewritten
from kernel_magics.engine.source.scopes import Reference

_FIXED = ast.alias | ast.ExceptHandler | ast.MatchAs | ast.MatchStar | ast.MatchMapping | ast.Global


@dataclass(frozen=True)
class Names:
    """New names by old ones, for reading and for binding."""

    loads: Mapping[str, str]
    stores: Mapping[str, str]

    @property
    def changing(self) -> list[str]:
        """The names that change."""
        return [old for names in (self.loads, self.stores) for old, new in names.items() if old != new]


def renamed(text: str, names: Names) -> str | None:
    """The text of one statement with other names; None if that is not possible."""

    def wanted(item: Reference) -> str | None:
        if item.role == "keyword" or item.home.parent is not None:
            return item.name
        new = (names.stores if item.role in ("write", "import") else names.loads).get(item.name, item.name)
        return None if new != item.name and isinstance(item.node, _FIXED) else new

    return rewritten(text, wanted) if names.changing else text
