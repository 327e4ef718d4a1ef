"""Mapped source: code with the line of the cell from which each of its lines came."""

from __future__ import annotations

import ast
import functools
import io
import re
import tokenize
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kernel_magics.engine.source.tree import Function, defaults, statement
from kernel_magics.engine.span import Position, Span, replaced, span_of

_UNSAFE = ("Cc", "Cs", "Zl", "Zp")  # control characters, lone surrogates, separators of lines

_LONG = re.compile(r"""'{3}|"{3}|\\\n|[fFtT][rR]?['"]""")  # the start of a string that can span lines
Edit = tuple[Span, str]


@dataclass(frozen=True, slots=True)
class MappedSource:
    """Source code of one function (or of a body that becomes one).

    Attributes:
        source: the code, without a final newline.
        lines: for each line of `source`, the line of the cell that it comes from, counted from 1 as an editor
            shows the cell, the magic's line included (of a module: the line of the file).
    """

    source: str
    lines: tuple[int, ...]

    @property
    def syntax(self) -> ast.stmt:
        """The syntax of its only statement, parsed on each access."""
        return statement(self.source)

    def __add__(self, other: MappedSource) -> MappedSource:
        return MappedSource(f"{self.source}\n{other.source}", self.lines + other.lines)


@functools.lru_cache(maxsize=16)
def rows_of(source: str) -> list[str]:
    """The lines of a source, not to be changed; cached, because each function of a large cell needs them."""
    return source.split("\n")


@functools.lru_cache(maxsize=16)
def ended_rows(source: str) -> list[str]:
    """The lines of a source with their line ends."""
    return [f"{row}\n" for row in rows_of(source)]


def on_line(source: str, first: int) -> str:
    """The source below empty lines, so that its first line has this number."""
    return "\n" * (first - 1) + source


def text_of(source: str, first: int = 1) -> MappedSource:
    """The text of consecutive cell lines, the first of which is line `first`."""
    count = source.count("\n") + 1
    return MappedSource(source, tuple(range(first, first + count)))


def generated(source: str, line: int) -> MappedSource:
    """Text without lines of its own in the cell, mapped to `line`."""
    return MappedSource(source, (line,) * (source.count("\n") + 1))


def indent(text: MappedSource) -> MappedSource:
    """Indent code by four columns without changing the strings in it."""
    inside = _string_lines(text.source)
    rows = [
        row if number in inside or not row.strip() else f"    {row}"
        for number, row in enumerate(text.source.split("\n"), start=1)
    ]
    return MappedSource("\n".join(rows), text.lines)


def dedent(text: MappedSource) -> MappedSource:
    """Unindent code by four columns without changing the strings in it."""
    inside = _string_lines(text.source)
    rows = [
        row if number in inside else row.removeprefix("    ")
        for number, row in enumerate(text.source.split("\n"), start=1)
    ]
    return MappedSource("\n".join(rows), text.lines)


def _string_lines(source: str) -> set[int]:
    """Lines that begin inside a string literal."""
    inside: set[int] = set()
    opened: list[int] = []
    if "\n" not in source or not _LONG.search(source):
        return inside
    for token in tokens(source):
        name = tokenize.tok_name[token.type]
        if name in ("FSTRING_START", "TSTRING_START"):
            opened.append(token.start[0])
        elif name in ("FSTRING_END", "TSTRING_END"):
            inside.update(range(opened.pop() + 1, token.end[0] + 1))
        elif name == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
    return inside


def tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    """Python's tokens, up to the first one that cannot be read."""
    try:
        yield from tokenize.generate_tokens(io.StringIO(source).readline)
    except (tokenize.TokenError, SyntaxError):
        return


@dataclass(frozen=True, slots=True)
class Signature:
    """The additions to a function's header: hints and defaults by parameter, and the return hint."""

    hints: Mapping[str, str] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    returns: str = ""


def annotate(text: MappedSource, signature: Signature) -> MappedSource:
    """Add hints and defaults to the header of a `def`, keeping every other character.

    An existing hint is kept. A default is written only where Python allows it (all later positional
    parameters have one). The number of lines does not change.
    """
    function = text.syntax
    if not isinstance(function, Function):
        raise TypeError(f"not a function: {text.source[:40]!r}")
    edits = list(_parameter_edits(function, signature, text.source.split("\n")))
    if signature.returns and function.returns is None:
        close = _closing_parenthesis(text.source, function)
        edits.append((Span(close, close), f" -> {signature.returns}"))
    return MappedSource(replaced(text.source, edits), text.lines) if edits else text


def _parameter_edits(function: Function, signature: Signature, rows: list[str]) -> Iterator[Edit]:
    allowed = True
    for arg, default in reversed(defaults(function.args)):
        keyword = arg in function.args.kwonlyargs
        yield from _edits(arg, default, signature, rows, keyword or allowed)
        allowed = allowed and (keyword or default is not None or arg.arg in signature.defaults)


def _edits(
    arg: ast.arg, default: ast.expr | None, signature: Signature, rows: list[str], allowed: bool
) -> Iterator[Edit]:
    hint = "" if arg.annotation else signature.hints.get(arg.arg, "")
    if hint not in ("", "Any") and isinstance(default, ast.Constant) and default.value is None:
        hint = f"{hint} | None"
    addition = f": {hint}" if hint else ""
    value = signature.defaults.get(arg.arg)
    if value is not None and default is None and allowed:
        addition += f" = {value}" if hint or arg.annotation else f"={value}"
    if addition:
        end = span_of(arg, rows).end
        yield Span(end, end), addition
    if value is not None and default is not None:
        yield span_of(default, rows), value


def _closing_parenthesis(source: str, function: Function) -> Position:
    """The position after the `)` of the parameter list."""
    depth, seen_def = 0, False
    for token in tokens(source):
        if not seen_def:
            seen_def = token.string == "def" and token.start[0] >= function.lineno
            continue
        depth += token.string in ("(", "[", "{")
        depth -= token.string in (")", "]", "}")
        if token.string == ")" and depth == 0:
            return Position(token.end[0] - 1, token.end[1])
    raise ValueError("no parameter list")


def docstring(text: str) -> str:
    """A triple-quoted literal for a function's docstring, its later lines indented by four."""
    safe = re.sub(r'"(?="|$)', r'\\"', text.strip().replace("\\", "\\\\"))
    safe = "".join(_escape(sign) if unicodedata.category(sign) in _UNSAFE else sign for sign in safe)
    rows = safe.split("\n")
    body = "\n".join([rows[0], *(f"    {row}" if row.strip() else "" for row in rows[1:])])
    return f'"""{body}"""' if len(rows) == 1 else f'"""{body}\n    """'


def _escape(sign: str) -> str:
    return sign if sign in "\n\t" else sign.encode("unicode_escape").decode()
