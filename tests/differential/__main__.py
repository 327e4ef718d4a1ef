"""`python -m tests.differential --scripts 5000 --seed 1`: play scripts, print every difference and a summary."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.differential.faults import FAULTS
from tests.differential.script import Script


def main(arguments: list[str]) -> int:
    """Returns 1 when a script found a difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.differential")
    parser.add_argument("--scripts", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the first script; the others follow")
    parser.add_argument("--length", type=int, default=12, help="actions of a script")
    parser.add_argument("--fault", choices=sorted(FAULTS), help="planted, to see the tester find it")
    parser.add_argument("--verbose", action="store_true", help="print each script")
    asked = parser.parse_args(arguments)
    start, seen, differing = time.monotonic(), Counter[str](), []
    for seed in range(asked.seed, asked.seed + asked.scripts):
        script = Script(seed, FAULTS.get(asked.fault))
        problems = script.play(asked.length)
        seen += script.seen
        if problems:
            differing.append(seed)
        if not (seed - asked.seed + 1) % 500:
            print(f"… {seed - asked.seed + 1} scripts, {len(differing)} with differences", flush=True)
        if asked.fault and problems:
            print(problems[0])
            return 1
        if problems or asked.verbose:
            print(
                f"== seed {seed}", *script.steps, *(f"!! {line}" for line in problems), sep="\n", flush=True
            )
    print(
        f"{asked.scripts} scripts, {len(differing)} with differences {differing}, {time.monotonic() - start:.0f} s"
    )
    print(", ".join(f"{count} {name}" for name, count in seen.most_common()))
    return bool(differing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
