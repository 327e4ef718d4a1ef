"""A test run: the exported tests run against the module in a clean process, before any file is written."""

from __future__ import annotations

import os
import re
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kernel_magics.engine.errors import ExportError
from kernel_magics.export.clean.process import run_clean

_ENDED: Final = re.compile(r" (PASSED|FAILED|ERROR|SKIPPED|XFAIL|XPASS)\b")


@dataclass(frozen=True, slots=True)
class TestRun:
    """The number of tests, and the message of each failing one by its name."""

    __test__ = False

    tests: int
    failed: Mapping[str, str]


def run_tests(files: Mapping[Path, str], test_file: Path, neighbours: Sequence[str]) -> TestRun:
    """Run a test file of an export that is not written yet.

    Args:
        files: the whole export.
        neighbours: folders of local modules that the module imports and that are not part of the export.

    Raises:
        ExportError: DB505 when pytest itself fails.
    """
    root = Path(os.path.commonpath([str(path.parent) for path in files]))
    with tempfile.TemporaryDirectory(prefix="dagbook-") as name:
        folder = Path(os.path.realpath(name))
        for path, text in files.items():
            copy = folder / "export" / path.relative_to(root)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text, encoding="utf-8")
        result = folder / "result.xml"
        options = ["-v", "--tb=short", "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={folder}"]
        options.append(f"--confcutdir={folder}")  # or pytest reads a conftest.py of the folders above
        known = os.pathsep.join(map(os.path.abspath, [*neighbours, *_python_path()]))
        done = run_clean(
            [
                "-m",
                "pytest",
                *options,
                f"--junitxml={result}",
                str(folder / "export" / test_file.relative_to(root)),
            ],
            folder,
            # unbuffered, so that the name of a test that ends the process is there
            {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": known, "PYTHONUNBUFFERED": "1"},
        )
        if not result.is_file():
            test = _unfinished(done.output)
            during = f" in {test}" if test else ""
            raise ExportError(
                "DB505",
                f"pytest ended with code {done.code}{during}, without a result.",
                hint="see the lines above.",
                frames=done.output.strip().split("\n")[-15:],
            )
        return _read(result)


def _unfinished(output: str) -> str:
    """The test that ran when pytest ended, which is the last line without an outcome; "" for none."""
    name = output.rstrip().rpartition("\n")[2].partition("::")[2]
    return "" if _ENDED.search(name) else name.strip()


def _python_path() -> list[str]:
    return [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]


def _read(result: Path) -> TestRun:
    failed: dict[str, str] = {}
    cases = list(ElementTree.parse(result).getroot().iter("testcase"))
    for case in cases:
        for outcome in case:
            if outcome.tag in ("failure", "error"):
                failed[case.get("name") or "the file"] = (
                    outcome.text or outcome.get("message") or ""
                ).strip()
    return TestRun(len(cases), failed)
