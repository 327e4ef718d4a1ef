"""An error is a value: a code, facts, and the text made from them; nothing here prints.

Code reads the facts (names, cells, line, path, reason) and never parses the text.

DataflowError
├── UsageError    DB0xx  a command or magic got arguments that it does not take
├── CellError     DB1xx  a cell cannot become nodes (syntax, names, options)
├── LinkError     DB2xx  cells contradict each other (duplicates, cycles, missing names)
│   └── WaitingError DB203
├── RunError      DB3xx  running failed (nodes, checks, tests, inputs)
│   ├── NodeError    DB301
│   ├── CheckError   DB302
│   └── TestError    DB303
├── SourceError   DB4xx  a file cannot be read or written
└── ExportError   DB5xx  the exported module would not be right
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from difflib import get_close_matches
from typing import Self

from kernel_magics.engine.message import CellRef, Message, Part
from kernel_magics.engine.span import Span
from kernel_magics.engine.visible import visible


class DataflowError(Exception):
    """Base of every error that Dagbook raises.

    Args:
        message_parts: the message; cells and lines in it are mentions.
        hint: what to do about it ("" for none); it may mention cells, too.
        concerns: the cells concerned; those that the message mentions by default.
        line: by default that of the span, or else of the first cell which the message mentions.
        reason: by default the message without cells and lines.

    Attributes:
        code: stable identifier such as `DB203`.
        message_parts: the message in parts.
        names: the names (or other pieces of the cell's text) concerned, the most important one first.
        path: a path in the graph: the names of a cycle, its first one repeated at the end.
        concerns: the cells concerned.
        line: the line in the first of these cells, as an editor numbers it (0: unknown).
        span: the exact piece of the cell's text, if known.
        frames: traceback lines of the user's own code, formatted (empty for most).
    """

    def __init__(
        self,
        code: str,
        message_parts: Part | Message | Iterable[Part],
        *,
        hint: Part | Message | Iterable[Part] = "",
        names: Iterable[str] = (),
        path: Iterable[str] = (),
        concerns: Iterable[CellRef] | None = None,
        line: int | None = None,
        span: Span | None = None,
        reason: str = "",
        frames: Sequence[str] = (),
    ) -> None:
        self.code = code
        self.message_parts, self._hint, self._reason = Message.of(message_parts), Message.of(hint), reason
        mentions = list(self.message_parts.mentions())
        self.names, self.path, self.frames = tuple(names), tuple(path), tuple(frames)
        self.concerns = tuple(dict.fromkeys(item.cell for item in mentions) if concerns is None else concerns)
        self.span = span
        lines = [span.start.line + 1] if span else [item.line for item in mentions]
        self.line = line if line is not None else (lines or [0])[0]
        super().__init__(code, self.message, self.hint)

    @property
    def message(self) -> str:
        """The message with the names of the things and places concerned."""
        return str(self.message_parts)

    @property
    def hint(self) -> str:
        """What to do about it ("" when nothing helps)."""
        return str(self._hint)

    @property
    def cells(self) -> tuple[str, ...]:
        """Labels of the cells concerned, such as `[4]`."""
        return tuple(cell.label for cell in self.concerns)

    @property
    def reason(self) -> str:
        """The message without its place, for a display that shows the place itself."""
        return self._reason or self.message_parts.render(lambda _: "", lines=False)

    def relabelled(self, label: Callable[[CellRef], str]) -> Self:
        """The same error about cells with other labels; "" leaves a cell out of the text."""
        other = copy(self)
        other.message_parts, other._hint = self.message_parts.relabelled(label), self._hint.relabelled(label)
        other.concerns = tuple(CellRef(cell.id, label(cell)) for cell in self.concerns)
        return other

    def hinted(self, hint: str) -> Self:
        """The same error with another hint."""
        other = copy(self)
        other._hint = Message.of(hint)
        other.args = (other.code, other.message, other.hint)
        return other

    def add(self, message_parts: Part | Message) -> None:
        """Append to the message."""
        self.message_parts += message_parts
        self.args = (self.code, self.message, self.hint)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle all attributes, since the constructor takes keywords."""
        return (_rebuild, (type(self), dict(self.__dict__)))

    def lines(self) -> list[str]:
        """The text as the user sees it: traceback of their code, then the message, then the hint."""
        hint = [f"Hint: {self.hint}"] if self.hint else []
        return [visible(line) for line in (*self.frames, f"{self.code} {self.message}", *hint)]

    def __str__(self) -> str:
        hint = f"   Hint: {self.hint}" if self.hint else ""
        return f"{self.code} {self.message}{hint}"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback of our own code; the cell still fails."""
        return self.lines()


def _rebuild(cls: type[DataflowError], state: dict[str, object]) -> DataflowError:
    """Restore an error from its attributes (for pickle)."""
    error = cls.__new__(cls)
    error.__dict__.update(state)
    error.args = (error.code, error.message, error.hint)
    return error


class UsageError(DataflowError):
    """A command or magic got arguments that it does not take; on the command line, exit code 2."""


class CellError(DataflowError):
    """A cell cannot become nodes."""


class LinkError(DataflowError):
    """Cells contradict each other."""


class WaitingError(LinkError):
    """A node was requested that needs a name which is not defined."""


class RunError(DataflowError):
    """Running failed."""


class NodeError(RunError):
    """A node's function raised; `__cause__` is the original exception."""


class CheckError(RunError):
    """A check of severity fail did not hold."""


class TestError(RunError):
    """A `%%test` cell failed."""

    __test__ = False  # not a test class for pytest, despite its name


class SourceError(DataflowError):
    """A file cannot be read or written."""


class ExportError(DataflowError):
    """The exported module would not be right, so nothing was written."""


def too_much(
    error: RecursionError | MemoryError, what: Part | Message | Iterable[Part] = "the input"
) -> CellError:
    """DB119 for code or data that Python cannot hold.

    Args:
        what: the subject of the sentence.
    """
    why = (
        "is nested too deeply" if isinstance(error, RecursionError) else "is nested too deeply, or too large,"
    )
    message_parts = Message.of(what) + f" {why} for Python."
    return CellError("DB119", message_parts, hint="split it into steps with names of their own.")


def no_memory(error: MemoryError) -> RunError:
    """DB344 for data that do not fit into memory."""
    return RunError(
        "DB344",
        "there is not enough memory" + (f": {str(error).strip().rstrip('.')}." if str(error) else "."),
        hint="give fewer rows or columns; `dagbook run --key COLUMN` reads and computes them in parts.",
    )


def close_name(name: str, known: Iterable[str]) -> str:
    """The known name that is closest to `name`, "" when none is close."""
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.6)), "")


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"did you mean 'views'?"` when a known name is close to `name`, else ""."""
    close = close_name(name, known)
    return f"did you mean '{close}'?" if close else ""


def quoted(names: Iterable[str]) -> str:
    """`'a', 'b' and 'c'`, for messages."""
    parts = [f"'{name}'" for name in names]
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}" if parts else "nothing"
