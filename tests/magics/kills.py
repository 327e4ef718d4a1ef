"""Kernels killed at random moments of a run that keeps results on disk, and of an export; then a new one goes on.

    python -m tests.magics.kills --runs 200 --exports 10 [--seed 0]

After each kill: every result on disk is whole and is reused by the next kernel, the rest is computed, and every value
is that of a kernel that nobody killed; the exported files are the old set or the new one. Prints what differs, and
exits with 1 if anything does.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kernel_magics.store import DiskStore
from kernel_magics.store.entry import read_entry
from tests.export.writers import wait_for_writers
from tests.magics.forked import Fork, Ground
from tests.magics.scripts import ROOT

SETUP = "%%setup\nimport time\n\nimport numpy as np\nimport pandas as pd"
INPUTS = "%%inputs\nstart: int = {start}"
NODES = {
    "small": "start + 1",
    "table": "time.sleep(0.01)\npd.DataFrame(np.random.default_rng(small).normal(size=(40_000, 8)), columns=list('abcdefgh'))",
    "texts": "pd.Series([f'{number % 97} of {small}' for number in range(20_000)])",
    "array": "time.sleep(0.01)\nnp.random.default_rng(start).normal(size=600_000)",
    "nested": "{'one': [small] * 2_000, 'two': {'three': texts.head(50).to_dict()}}",
    "wide": "table.assign(total=table.sum(axis=1))",
    "mean": "float(wide['total'].mean() + array.mean())",
}
SHORT = ("%%node small\nstart + 1", "%%node\ndef double(small):\n    return small * 2")
EXTRA = "%%node extra\nsmall + 1"
EXPORT = "%export feats.py --refresh-examples --force"
FILES = ("feats.py", "test_feats.py", "test_feats.json", "feats.baseline.json")
STATE = (
    "import json\nfrom kernel_magics.values import VALUES\n"
    "held = session().memos\n"
    "print('STATE ' + json.dumps({{name: [VALUES.digest(held[name].value), held[name].stored]"
    " for name in {names} if name in held and held[name].error is None}}))"
)


class Killer:
    """A folder with a notebook, and kernels that come and go in it."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.random = folder, random.Random(seed)
        sys.path.insert(0, ROOT)
        first = ["from tests.magics.kernel_state import session", "import pandas", "%dataflow cache disk"]
        self.ground = Ground(folder, first)
        self.store = DiskStore(folder / ".dagbook" / "cache")
        self.seen: Counter[str] = Counter()

    def kernel(self, start: int, *cells: str) -> Fork:
        """A new kernel that has run the notebook's cells; it computes on request."""
        kernel = self.ground.fork()
        cells = cells or tuple(f"%%node {name}\n{body}" for name, body in NODES.items())
        for id, text in enumerate(["%dataflow lazy", SETUP, INPUTS.format(start=start), *cells]):
            result = kernel.run(text, str(id))
            if result.error:
                raise RuntimeError(result.error)
        return kernel

    def state(self, kernel: Fork) -> dict[str, tuple[str, bool]]:
        """A digest of each node's value, and whether it came from disk."""
        said = kernel.run(STATE.format(names=list(NODES)), "o")
        return {name: tuple(item) for name, item in json.loads(said.text.partition("STATE ")[2]).items()}

    def kept(self) -> set[str]:
        """Names of the nodes whose results are on disk; what is there must be whole."""
        names = set()
        for path in self.store.folder.glob("??/*.jsonl"):
            entry = read_entry(path, path.stem)
            if entry is None or self.store.get(path.stem) is None:
                raise AssertionError(f"half a result: {path.name}")
            names.add(entry.name)
        return names

    def run(self, start: int) -> list[str]:
        """A kernel is killed while it computes or writes; another one continues. Returns what is wrong then."""
        self.store.clear()
        calm = self.kernel(start)
        began = time.monotonic()
        calm.run("%compute", "c")
        lasts = time.monotonic() - began
        expected = {name: digest for name, (digest, _) in self.state(calm).items()}
        calm.close()
        self.store.clear()
        killed = self.kernel(start)
        killed.send("%compute", "c")
        time.sleep(self.random.random() * lasts * 1.5)
        killed.kill()
        try:
            kept = self.kept()
        except AssertionError as error:
            return [str(error)]
        self.seen[f"{len(kept)} of {len(NODES)} kept"] += 1
        after = self.kernel(start)
        after.run("%compute", "c")
        found = self.state(after)
        after.close()
        problems = [
            f"{name}: another value"
            for name, digest in expected.items()
            if found.get(name, ("",))[0] != digest
        ]
        reused = {name for name, (_, stored) in found.items() if stored}
        return problems + ([f"kept {sorted(kept)}, reused {sorted(reused)}"] if kept != reused else [])

    def export(self, start: int) -> list[str]:
        """A kernel is killed while it exports; what the files are then, and whether the next one can export."""
        before, after = self.exported(start, 0), self.exported(start, 1)
        self.exported(start, 0)
        killed = self.kernel(start, *SHORT, EXTRA)
        killed.send(EXPORT, "e")
        time.sleep(self.random.random() * self.lasts * 1.1)
        killed.kill()
        wait_for_writers(self.folder)
        files = self.files()
        problems = [] if files in (before, after) else [f"a mixture: {self.mixture(files, before, after)}"]
        self.seen["new files" if files == after else "old files"] += 1
        if self.exported(start, 1) != after:
            problems.append("the next export gives other files")
        left = [
            path.name
            for path in self.folder.iterdir()
            if path.name.startswith(".") and path.name != ".dagbook"
        ]
        return problems + ([f"left behind: {left}"] if left else [])

    def exported(self, start: int, extra: int) -> dict[str, bytes]:
        """The files of an export without a kill."""
        kernel = self.kernel(start, *SHORT, *[EXTRA][:extra])
        began = time.monotonic()
        result = kernel.run(EXPORT, "e")
        self.lasts = time.monotonic() - began
        kernel.close()
        if result.error:
            raise RuntimeError(result.error)
        return self.files()

    def files(self) -> dict[str, bytes]:
        """The contents of the exported files."""
        paths = {name: self.folder / name for name in FILES}
        return {name: path.read_bytes() for name, path in paths.items() if path.exists()}

    @staticmethod
    def mixture(files: dict[str, bytes], before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, str]:
        """Which file is of which set."""
        kinds = {"old": before, "new": after}
        return {
            name: next((kind for kind, there in kinds.items() if there.get(name) == text), "neither")
            for name, text in files.items()
        }


def main() -> int:
    """Kill, look, and report."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--exports", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        killer = Killer(Path(folder), asked.seed)
        for kill, count in ((killer.run, asked.runs), (killer.export, asked.exports)):
            for number in range(count):
                for line in kill(number):
                    wrong += 1
                    print(f"!! {kill.__name__} {number}: {line}", flush=True)
    print("  ".join(f"{word}: {count}" for word, count in sorted(killer.seen.items())))
    print(f"{asked.runs} runs and {asked.exports} exports killed: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
