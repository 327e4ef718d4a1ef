"""The text of the functions that evaluate a condition of a check, for modules without Dagbook."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from kernel_magics.values import condition

_CONDITION = Path(condition.__file__)


@functools.cache
def judge_text() -> str:
    """The functions that evaluate one condition of a check; they need `contextlib`."""
    source = _CONDITION.read_text(encoding="utf-8")
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    return "\n\n\n".join(ast.get_source_segment(source, node) or "" for node in functions)
