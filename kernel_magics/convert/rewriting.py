"""Rewriting replaces statements of an ordinary notebook by others that compute and show the same."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import replace

from kernel_magics.convert.conversion import GivenCell
from kernel_magics.convert.versions import DefUse
from kernel_magics.engine.source.tree import parsed

Texts = dict[int, list[str]]
"""For each statement, by number, the statements that replace it."""


def without_emptied(cells: Sequence[GivenCell], original: Sequence[GivenCell]) -> tuple[GivenCell, ...]:
    """The rewritten cells without those that lost all their code."""
    return tuple(cell for cell, old in zip(cells, original, strict=True) if cell.source or not old.source)


def rewritten(cells: Sequence[GivenCell], chains: DefUse, texts: Texts) -> list[GivenCell]:
    """The cells with some statements replaced."""
    touched = {chains.cell(number) for number in texts}
    found = list(cells)
    for place in touched:
        own = [item for item in chains.statements if item.cell == place]
        rows = [own[0].wrapper] if own and own[0].wrapper else []
        for item in own:
            new = texts.get(item.number, [item.text])
            if rows and item.spaced and new:
                rows.append("")
            rows += new
        found[place] = replace(found[place], source="\n".join(rows).strip("\n"))
    return found


def means(text: str, tree: ast.Module) -> bool:
    """True when a text is that code."""
    found = parsed(text)
    return found is not None and ast.dump(found) == ast.dump(tree)
