"""A child process runs one experiment of one contender: `python -m benchmarks.child MODULE:FUNCTION SIZE`."""

from __future__ import annotations

import importlib
import json
import sys


def main(argv: list[str]) -> None:
    """Print the results as JSON."""
    module, _, function = argv[0].partition(":")
    contender = importlib.import_module(f"benchmarks.contenders.{module}")
    print(json.dumps(getattr(contender, function)(int(argv[1]))))


if __name__ == "__main__":
    main(sys.argv[1:])
