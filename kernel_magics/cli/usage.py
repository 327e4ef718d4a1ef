"""Usage: an example for each command, and a suggestion for a mistyped word."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

from kernel_magics.engine.errors import close_name

EXAMPLES = {
    "new": "dagbook new features.ipynb",
    "tutorial": "dagbook tutorial",
    "explain": "dagbook explain DB203",
    "export": "dagbook export features.ipynb -o features.py",
    "import": "dagbook import features.py -o features.ipynb",
    "convert": "dagbook convert analysis.ipynb -o analysis_dataflow.ipynb",
    "run": "dagbook run features.ipynb -o out.parquet --input orders=orders.csv --param window=7",
    "check": "dagbook check features.ipynb --html report.html",
    "graph": "dagbook graph features.ipynb -o dag.svg --select '+ctr'",
    "lineage": "dagbook lineage features.ipynb ctr",
    "docs": "dagbook docs notebooks/ -o site/",
    "nature": "dagbook nature features.ipynb --outputs ctr",
    "serve": "dagbook serve churn/ --port 8000 --log requests.jsonl; dagbook serve registry@production",
    "publish": "dagbook publish churn/ registry/",
    "monitor": "dagbook monitor requests.jsonl --envelope registry@production -o report.html",
    "promote": "dagbook promote registry/ --dry-run",
    "mcp": "dagbook mcp notebooks/ --write",
    "diff": "dagbook diff HEAD~1:features.ipynb features.ipynb",
}
_CHOICE = re.compile(r"argument [^:]+: invalid choice: '([^']*)' \(choose from (.*)\)$", re.DOTALL)
_WORDS = re.compile(r"^unrecognized arguments: (.*)$", re.DOTALL)
_MISSING = "the following arguments are required"


class Parser(argparse.ArgumentParser):
    """A parser that suggests the command, the option or the choice that was meant."""

    chosen: Parser | None = None
    given: Sequence[str] = ()

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; remembers the words that were given, and the command that was chosen."""
        self.given = sys.argv[1:] if args is None else args
        found, rest = super().parse_known_args(args, namespace)
        table = self._table()
        self.chosen = None if table is None else table.choices.get(getattr(found, table.dest, None) or "")
        return found, rest

    def commands(self) -> dict[str, Parser]:
        """The parser of each command."""
        table = self._table()
        return {} if table is None else dict(table.choices)

    def _table(self) -> argparse._SubParsersAction[Parser] | None:
        tables = (action for action in self._actions if isinstance(action, argparse._SubParsersAction))
        return next(tables, None)

    def error(self, message: str) -> NoReturn:
        """Print the message with a suggestion, and end with exit code 2."""
        super().error(message + self._suggestion(message))

    def _suggestion(self, message: str) -> str:
        if choice := _CHOICE.match(message):
            return _meant(choice[1], [word.strip(" '") for word in choice[2].split(",")])
        if words := _WORDS.match(message):
            return self._option_meant(words[1].split())
        # A required option may be missing because it was mistyped.
        return self._option_meant(self.given) if message.startswith(_MISSING) else ""

    def _option_meant(self, words: Sequence[str]) -> str:
        if self.chosen is not None:
            return self.chosen._option_meant(words)
        options = self._option_string_actions
        typed = [word.split("=")[0] for word in words if word.startswith("-")]
        wrong = next((word for word in typed if word not in options), "")
        return _meant(wrong, list(options)) if wrong else ""


def add_examples(parser: Parser) -> None:
    """Give the help of each command its example, in front of what it has to say else."""
    for name, command in parser.commands().items():
        example = f"Example: {EXAMPLES[name]}" if name in EXAMPLES else ""
        said = command.epilog or ""
        command.epilog = said if said.startswith("Example") else ". ".join(filter(None, [example, said]))


def _meant(word: str, known: list[str]) -> str:
    close = close_name(word, known)
    return f"\nDid you mean '{close}'?" if close else ""
