"""What cells mean in plain Python: setup code is run in order, then each node's function on copies of its inputs."""

from __future__ import annotations

import copy
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

from tests.differential.cells import CellText, Piece
from tests.differential.plain import plain

WAITING, FAILED, BLOCKED, UNKNOWN = "waiting", "failed", "blocked", "unknown"


@dataclass(frozen=True)
class Meant:
    """What a node is: its value as text, or one of the words above."""

    state: str
    value: str = ""


def meaning(cells: Iterable[CellText], helper: str) -> dict[str, Meant]:
    """What each node of these accepted cells has to be; `unknown` where the interface leaves it open.

    Args:
        helper: the text of `modh.py`.
    """
    cells = list(cells)
    module, setup = _module("modh", helper), _module("meant_setup").__dict__
    try:
        return _meaning(cells, setup)
    finally:
        del sys.modules[module.__name__], sys.modules["meant_setup"]


def _module(name: str, text: str = "") -> ModuleType:
    made = sys.modules[name] = ModuleType(name)
    exec(text, made.__dict__)
    return made


def _meaning(cells: list[CellText], setup: dict[str, Any]) -> dict[str, Meant]:
    given: dict[str, Any] = {}
    for cell in cells:
        if cell.kind == "setup":
            exec(cell.code, setup)
    for cell in cells:
        if cell.kind in ("inputs", "params"):
            names: dict[str, Any] = {}
            exec(cell.code, names)
            given |= {name: names[name] for name in cell.names}
    pieces: dict[str, list[Piece]] = {}
    text = "\n".join(cell.code for cell in cells if cell.kind == "setup")
    for cell in cells:
        for piece in _members(cell, setup, text):
            pieces.setdefault(piece.name, []).append(piece)
    found: dict[str, Meant] = {}
    values: dict[str, Any] = dict(given)
    for name in pieces:
        _evaluate(name, pieces, setup, values, found)
    return found


def _members(cell: CellText, setup: dict[str, Any], text: str) -> list[Piece]:
    """The nodes of a cell; a family has none where its list is made more than once."""
    if cell.kind != "family":
        return list(cell.pieces)
    if isinstance(cell.over, str) and len(re.findall(rf"^{cell.over} = ", text, re.MULTILINE)) != 1:
        return []
    over = setup.get(cell.over, ()) if isinstance(cell.over, str) else cell.over
    (piece,) = cell.pieces
    return [
        replace(piece, name=piece.name.format(k=k), code=piece.code.replace(":\n", f":\n    k = {k}\n", 1))
        for k in over
    ]


def _evaluate(
    name: str,
    pieces: dict[str, list[Piece]],
    setup: dict[str, Any],
    values: dict[str, Any],
    found: dict[str, Meant],
) -> Meant:
    """Evaluate a node and what it needs."""
    if name in found:
        return found[name]
    if name in values:
        return Meant("fresh", plain(values[name]))
    if name not in pieces:
        return Meant(WAITING)
    found[name] = Meant(UNKNOWN)  # for a node in a cycle, which no dataflow has
    found[name] = _outcome(_chosen(pieces[name], values), pieces, setup, values, found)
    return found[name]


def _chosen(variants: list[Piece], values: dict[str, Any]) -> Piece | None:
    """The variant that the params choose; None if there is none, or more than one."""
    there = [each for each in variants if each.when is None or values.get(each.when[0], ...) == each.when[1]]
    return there[0] if len(there) == 1 else None


def _outcome(
    piece: Piece | None,
    pieces: dict[str, list[Piece]],
    setup: dict[str, Any],
    values: dict[str, Any],
    found: dict[str, Meant],
) -> Meant:
    if piece is None or any(name not in setup for name in piece.uses):
        return Meant(UNKNOWN)
    before = [_evaluate(each, pieces, setup, values, found).state for each in piece.inputs]
    for word in (UNKNOWN, WAITING):
        if word in before:
            return Meant(word)
    if FAILED in before or BLOCKED in before:
        return Meant(BLOCKED)
    if piece.changes:  # it fails; where the setup has to run again, it is to be run again, too
        return Meant(BLOCKED)
    code: dict[str, Any] = {}
    try:
        exec(piece.code, dict(setup), code)
        function = type(code["f"])(code["f"].__code__, setup, "f")
        value = function(*(copy.deepcopy(values[each]) for each in piece.inputs))
    except Exception:
        return Meant(BLOCKED if piece.joint else FAILED)
    values[piece.name] = value
    return Meant("fresh", plain(value))
