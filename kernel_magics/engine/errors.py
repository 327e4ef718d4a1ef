"""An error is a value with a code, a message, a hint and the cells it concerns; nothing here prints.

DataflowError
├── UsageError    DB0xx  a command or magic was called with words that it does not take
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

from collections.abc import Iterable, Sequence
from difflib import get_close_matches


class DataflowError(Exception):
    """Base of every error that Dagbook raises.

    Attributes:
        code: stable identifier such as `DB203`.
        message: one sentence that names the thing and the place.
        hint: what to do about it ("" when nothing helps).
        cells: labels of the cells concerned, such as `[4]`.
        frames: traceback lines of the user's own code, formatted (empty for most).
        line: the line of the cell that it is about, as an editor numbers it (0: none in particular).
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        hint: str = "",
        cells: Sequence[str] = (),
        frames: Sequence[str] = (),
        line: int = 0,
    ) -> None:
        super().__init__(code, message, hint)
        self.code = code
        self.message = message
        self.hint = hint
        self.cells = tuple(cells)
        self.frames = tuple(frames)
        self.line = line

    def __reduce__(self) -> tuple[object, ...]:
        """Cross process borders whole, although the constructor takes keywords."""
        return (_rebuild, (type(self), dict(self.__dict__)))

    def lines(self) -> list[str]:
        """The text as a person sees it: traceback of their code, then the message, then the hint."""
        hint = [f"Hint: {self.hint}"] if self.hint else []
        return [*self.frames, f"{self.code} {self.message}", *hint]

    def __str__(self) -> str:
        hint = f"   Hint: {self.hint}" if self.hint else ""
        return f"{self.code} {self.message}{hint}"

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback of our own code; the cell still fails."""
        return self.lines()


def _rebuild(cls: type[DataflowError], state: dict[str, object]) -> DataflowError:
    """Make an error again from its attributes (for pickle)."""
    error = cls.__new__(cls)
    error.__dict__.update(state)
    error.args = (state["code"], state["message"], state["hint"])
    return error


class UsageError(DataflowError):
    """A command or magic was called with words that it does not take; on the command line, exit code 2."""


class CellError(DataflowError):
    """A cell cannot become nodes."""


class LinkError(DataflowError):
    """Cells contradict each other."""


class WaitingError(LinkError):
    """A node was asked for while something it needs is not defined."""


class RunError(DataflowError):
    """Running failed."""


class NodeError(RunError):
    """A node's function raised; `__cause__` is the original exception."""


class CheckError(RunError):
    """A check of severity fail did not hold."""


class TestError(RunError):
    """A `%%test` cell failed."""

    __test__ = False  # the name is ours, not a test class for pytest


class SourceError(DataflowError):
    """A file cannot be read or written."""


class ExportError(DataflowError):
    """The exported module would not be right, so nothing was written."""


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
