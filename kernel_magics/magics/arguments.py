"""Arguments of line magics, parsed by argparse; wrong usage is an error of the cell, with its usage line."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Sequence
from typing import NoReturn

from kernel_magics.engine.errors import UsageError

_CHOICE = re.compile(r"argument .*: invalid choice: '(.*)' \(choose from (.*)\)")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        choice = _CHOICE.fullmatch(message)
        if choice:
            message = f"'{choice[1]}' is none of {choice[2].replace(chr(39), '')}"
        usage = self.format_usage().removeprefix("usage: ").strip()
        raise UsageError("DB001", f"{self.prog}: {message}.", hint=f"usage: {' '.join(usage.split())}")


def parser(prog: str, description: str) -> argparse.ArgumentParser:
    """A parser that raises DB001 instead of leaving the process."""
    return _Parser(
        prog=prog, description=description, add_help=False, allow_abbrev=False, exit_on_error=False
    )


def parse(spec: argparse.ArgumentParser, line: str) -> argparse.Namespace:
    """Parse a magic's line.

    Raises:
        UsageError: DB001 for wrong usage.
    """
    try:
        words: Sequence[str] = shlex.split(line)
        return spec.parse_args(words)
    except argparse.ArgumentError as error:
        spec.error(str(error))
    except ValueError as error:
        spec.error(str(error).lower())
