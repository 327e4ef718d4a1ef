"""Syntax rules for every cell: valid Python, usable names, nothing that the export cannot contain."""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Collection

from kernel_magics.engine.errors import CellError
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.source.names import builtin_names
from kernel_magics.engine.span import Span, span

_IPYTHON_LINE = re.compile(
    r"^\s*(?P<sign>%%|%|!!|!|\?)\s*(?P<name>\w*)\s*(?P<rest>.*)$|^[^#]*\w\s*(?P<ask>\?+)\s*$"
)
_IPYTHON_ASSIGN = re.compile(r"^\s*[\w., ]+=\s*(?P<sign>[!%])(?P<name>\w*)\s*(?P<rest>.*)$")
_TIMING = ("time", "timeit", "prun", "memit", "capture")


def parse_python(cell: CellSource) -> ast.Module:
    """Parse the cell's body.

    Raises:
        CellError: DB101 for a syntax error, DB102 for IPython syntax, DB106 for `import *`.
    """
    try:
        tree = ast.parse(cell.placed)
        compile(tree, cell.label, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        raise _syntax_error(cell, error) from None
    except ValueError as error:  # null bytes
        raise CellError("DB101", (cell.ref.subject(), f" is not Python: {error}."), line=cell.first) from None
    except RecursionError:
        raise CellError(
            "DB101",
            (cell.ref.subject(), " nests its expressions too deeply for Python."),
            hint="split the expression into named steps.",
            line=cell.first,
        ) from None
    for node in ast.walk(tree) if "*" in cell.body and "import" in cell.body else ():
        if isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names):
            module = "." * node.level + (node.module or "")
            raise CellError(
                "DB106",
                (f"'from {module} import *'", cell.ref.on(node.lineno), " hides which names exist."),
                hint=f"write 'from {module} import NAME, …' in a %%setup cell.",
                names=[f"from {module} import *"],
            )
    return tree


def check_name(cell: CellSource, name: str, line: int, role: str = "node") -> None:
    """Refuse names that the module cannot define.

    Raises:
        CellError: DB103, for keywords, builtins and text that is no identifier.
    """
    where = cell.ref.on(line)
    if not name.isidentifier():
        raise CellError(
            "DB103",
            (f"'{name}'", where, f" cannot be the name of {_an(role)}."),
            hint="use letters, digits and underscores, and do not begin with a digit.",
            names=[name],
        )
    reason = "a Python keyword" if keyword.iskeyword(name) else "a builtin" if name in builtin_names() else ""
    if reason:
        raise CellError(
            "DB103",
            (f"'{name}'", where, f" is {reason}, so it cannot be the name of {_an(role)}."),
            hint=f"choose another name, for example '{name}_value'.",
            names=[name],
        )
    if name.startswith("_") and role != "helper":
        raise CellError(
            "DB103",
            (f"'{name}'", where, f" is private, so it cannot be the name of {_an(role)}."),
            hint=f"write '{name.lstrip('_') or 'value'}', or put the helper into %%setup.",
            names=[name],
        )


def not_allowed(
    cell: CellSource, node: ast.stmt, what: str, hint: str, names: Collection[str] = ()
) -> CellError:
    """The error DB105 for code that is not allowed in a cell of this kind."""
    return CellError("DB105", (cell.ref.head(node.lineno), f"{what}."), hint=hint, names=names)


def _an(role: str) -> str:
    return f"an {role}" if role[0] in "aeiou" else f"a {role}"


def _syntax_error(cell: CellSource, error: SyntaxError) -> CellError:
    rows = cell.placed.split("\n")
    number = min(max(error.lineno or 1, 1), len(rows))
    shell = _ipython_error(cell, rows, number)
    if shell is not None:
        return shell
    row = rows[number - 1].replace("\0", "␀")
    hint = "the dataflow is unchanged; correct the cell and run it again."
    if "outside function" in error.msg and cell.magic == "node":
        hint = "a bare body ends with its value; delete the word, or write a `def` under %%node."
    caret = max((error.offset or 1) - 1, 0)
    frames = (f"  Cell {cell.label}, line {number}", f"    {row}", f"    {' ' * caret}^")
    return CellError(
        "DB101",
        (cell.ref.subject(), f" is not valid Python on line {number}: {error.msg}."),
        hint=hint,
        reason=f"{error.msg}.",
        span=_span(error, row, number - 1),
        frames=frames,
    )


def _span(error: SyntaxError, row: str, number: int) -> Span:
    """The span of a syntax error in its line, at least one character long."""
    last = len(row.rstrip())
    start = max(min((error.offset or 1) - 1, last - 1), 0)
    end = (error.end_offset or 0) - 1 if error.end_lineno == error.lineno else last
    return span(number, start, min(max(end, start + 1), max(len(row), start)))


def _ipython_error(cell: CellSource, rows: list[str], number: int) -> CellError | None:
    for candidate in (number, number - 1):  # Python sometimes reports the line below
        row = rows[candidate - 1] if candidate >= 1 else ""
        match = _IPYTHON_LINE.match(row) or _IPYTHON_ASSIGN.match(row)
        if match is None:
            continue
        return CellError(
            "DB102",
            (
                cell.ref.subject(candidate),
                f" is IPython syntax, which an exported module cannot hold: {row.strip()}",
            ),
            hint=_instead(match.groupdict()),
            names=[row.strip()],
        )
    return None


def _instead(parts: dict[str, str | None]) -> str:
    sign, name, rest = parts.get("sign") or "?", parts.get("name") or "", parts.get("rest") or ""
    if sign.startswith("%") and name in _TIMING:
        return (
            f"write '{rest}'; every node is timed anyway." if rest else "drop it; every node is timed anyway."
        )
    if sign.startswith("!"):
        return "run the command in an ordinary cell, or use subprocess.run in a %%setup helper."
    return "put it into an ordinary cell."
