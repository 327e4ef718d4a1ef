"""The terminal: how a command writes results and errors to stdout and stderr, whatever these are."""

from __future__ import annotations

import io
import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Final, TextIO

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import SourceError
from kernel_magics.engine.visible import visible

_OURS: Final = re.compile(r"DB\d{3} ")
_ANSWERS: Final = ContextVar[TextIO | None]("answers", default=None)
"""Where a command writes its results while what else is printed goes to stderr."""


def say(text: str, end: str = "\n", amber: bool = False) -> None:
    """Print text that may come from a file, so that a terminal shows it literally.

    Args:
        amber: it asks for attention, where stdout is a terminal with colours.

    Raises:
        BrokenPipeError: the reader has closed the stream.
        SourceError: DB405 when it cannot be written, to a full disk for example.
    """
    coloured = amber and _out().isatty() and not os.environ.get("NO_COLOR")
    with _arriving():
        print(f"\x1b[33m{visible(text)}\x1b[0m" if coloured else visible(text), end=end, file=_out())


def say_aside(text: str) -> None:
    """Print text on stderr, see `say`; on a terminal in place of a progress bar."""
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(f"{clear}{visible(text)}\n", end="", file=sys.stderr)  # at once, as others write there


@bracket
def prints_aside() -> Iterator[None]:
    """What a notebook's code prints goes to stderr, so that a program can read the JSON on stdout."""
    before, token = sys.stdout, _ANSWERS.set(sys.stdout)
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = before
        _ANSWERS.reset(token)


def _out() -> TextIO:
    return _ANSWERS.get() or sys.stdout


@bracket
def warnings_told() -> Iterator[None]:
    """Warnings are shown literally; those of failed checks each time, without a place in our code."""
    usual = warnings.showwarning

    def show(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if _OURS.match(str(message)):
            say_aside(f"warning: {message}".replace("   Hint: ", "\nHint: "))
        else:
            usual(visible(str(message)), category, filename, lineno, file, line)

    with warnings.catch_warnings():
        warnings.filterwarnings("always", message=_OURS.pattern)
        warnings.showwarning = show
        yield


def flush() -> None:
    """Flush all output; see `say`."""
    with _arriving():
        _out().flush()


@bracket
def _arriving() -> Iterator[None]:
    try:
        if isinstance(_out(), _Closed):
            raise OSError(9, "it is closed")
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        lose(_out())
        raise SourceError(
            "DB405",
            f"cannot write to stdout: {error.strerror or error}.",
            hint="nothing else is wrong; give the command a stdout that takes its text.",
        ) from None


def open_streams() -> None:
    """Make all output possible.

    A stream that was closed when the process began is replaced by one that discards everything, since the
    next
    opened file would get its number; characters that an encoding lacks are escaped.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number
    sys.stdout = sys.stdout or _Closed()
    sys.stderr = sys.stderr or io.StringIO()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def lose(stream: TextIO) -> None:
    """Discard what a stream still buffers: it cannot be written, and would be tried again at exit."""
    if not isinstance(stream, _Closed):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


class _Closed(io.StringIO):
    """A stdout that was closed: the output of the notebook's code is discarded."""
