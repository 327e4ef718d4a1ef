"""Usage: an example for each command, and a suggestion for a mistyped word."""

from __future__ import annotations

import argparse
import re
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
_CHOICE = re.compile(r"argument COMMAND: invalid choice: '([^']*)'")
_WORDS = re.compile(r"^unrecognized arguments: (.*)$", re.DOTALL)


class Parser(argparse.ArgumentParser):
    """A parser that suggests the command or the option that was meant."""

    chosen: Parser | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As argparse does; remembers the command that was chosen."""
        found, rest = super().parse_known_args(args, namespace)
        command = getattr(found, "command", None)
        self.chosen = self.commands().get(command) if command is not None else None
        return found, rest

    def commands(self) -> dict[str, Parser]:
        """The parser of each command."""
        tables = [
            action.choices for action in self._actions if isinstance(action, argparse._SubParsersAction)
        ]
        return dict(tables[0]) if tables else {}

    def error(self, message: str) -> NoReturn:
        """Print the message with a suggestion, and end with exit code 2."""
        super().error(message + self._suggestion(message))

    def _suggestion(self, message: str) -> str:
        if command := _CHOICE.match(message):
            return _meant(command[1], list(self.commands()))
        if words := _WORDS.match(message):
            wrong = next((word for word in words[1].split() if word.startswith("-")), "")
            options = (self.chosen or self)._option_string_actions
            return _meant(wrong.split("=")[0], list(options)) if wrong else ""
        return ""


def add_examples(parser: Parser) -> None:
    """Give the help of each command its example, in front of what it has to say else."""
    for name, command in parser.commands().items():
        example = f"Example: {EXAMPLES[name]}" if name in EXAMPLES else ""
        said = command.epilog or ""
        command.epilog = said if said.startswith("Example") else ". ".join(filter(None, [example, said]))


def _meant(word: str, known: list[str]) -> str:
    close = close_name(word, known)
    return f"\nDid you mean '{close}'?" if close else ""
