"""Arguments of line magics, parsed by argparse; wrong usage is an error of the cell, with its usage line."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Sequence
from typing import NoReturn

from kernel_magics.engine.errors import UsageError
from kernel_magics.engine.source.grammar import magic

_CHOICE = re.compile(r"argument .*: invalid choice: '(.*)' \(choose from (.*)\)")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        choice = _CHOICE.fullmatch(message)
        if choice:
            message = f"'{choice[1]}' is none of {choice[2].replace(chr(39), '')}"
        usage = self.format_usage().removeprefix("usage: ").strip()
        raise UsageError("DB001", f"{self.prog}: {message}.", hint=f"usage: {' '.join(usage.split())}")


def parse(name: str, line: str) -> argparse.Namespace:
    """Parse the line of a line magic.

    Raises:
        UsageError: DB001 for wrong usage.
    """
    spec = _parser(name)
    try:
        words: Sequence[str] = shlex.split(line)
        return spec.parse_args(words)
    except argparse.ArgumentError as error:
        spec.error(str(error))
    except ValueError as error:
        spec.error(str(error).lower())


def refuse(name: str, message: str) -> NoReturn:
    """Refuse a combination of arguments that are valid by themselves.

    Raises:
        UsageError: DB001, with the usage line.
    """
    _parser(name).error(message)


def _parser(name: str) -> argparse.ArgumentParser:
    """A parser of the magic's grammar, which raises DB001 instead of exiting the process."""
    spec = _Parser(prog=f"%{name}", add_help=False, allow_abbrev=False, exit_on_error=False)
    for words in magic(name).words:
        nargs = None if words.count == "1" else words.count
        only = list(words.choices) if words.value == "choice" else None
        spec.add_argument(words.name, nargs=nargs, default=words.default, choices=only)
    for option in magic(name).options:
        if not option.value:
            spec.add_argument(option.name, action="store_true")
            continue
        spec.add_argument(
            option.name,
            metavar=option.metavar,
            type=int if option.value == "number" else str,
            choices=list(option.choices) if option.value == "choice" else None,
            default=option.default,
        )
    return spec
