"""`%export` in a kernel: of some nodes, of classes of the setup, of figures."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.magics.kernel import Kernel

PARTLY = ("%%inputs\na: int = 2", "%%node good\na + 1", "%%node bad\nnowhere + a", "%%node worse\ngood / 0")


def test_names_are_exported_without_what_fails(kernel: Kernel, folder: Path) -> None:
    """`%export PATH NAMES` and `--outputs` write these nodes and what they need; `--skip-failed` says what is missing."""
    for number, cell in enumerate(PARTLY):
        kernel.run(cell, f"c{number}")
    assert "DB203" in kernel.run("%export part.py").error
    assert not (folder / "part.py").exists()
    assert "1 node" in kernel.run("%export part.py good --no-run").text
    assert "def good" in (folder / "part.py").read_text()
    kernel.run("%export other.py --outputs good --no-run")
    assert "def good" in (folder / "other.py").read_text()
    said = kernel.run("%export rest.py --skip-failed").text
    assert "'bad' is left out: it waits for 'nowhere'." in said
    assert "'worse' is left out: it fails (DB301)." in said
    assert "def worse" not in (folder / "rest.py").read_text()


def test_values_of_setup_classes_export(kernel: Kernel, folder: Path) -> None:
    """Dataclasses, named tuples and enums of the setup are recorded from a kernel, whose classes are the module's (r02, r32)."""
    kernel.run(
        "%%setup\nimport enum\nfrom dataclasses import dataclass\nfrom typing import NamedTuple\n\n\n"
        "@dataclass\nclass Span:\n    a: int\n\n\nclass Pair(NamedTuple):\n    a: int\n\n\nclass Mode(enum.Enum):\n    ON = 1"
    )
    kernel.run("%%params\nspan: Span = Span(1)", "p")
    kernel.run("%%node made\n[span, Pair(2), Mode.ON]", "m")
    said = kernel.run("%export classes.py").text
    assert "module and notebook agree on 1 node" in said
    assert "1 passed there, with" in said
    assert "\nnote " not in said
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_classes.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 passed" in done.stdout


def test_a_figure_is_shown_once(kernel: Kernel) -> None:
    """A figure is drawn below its cell once, not again for its readers, a comparison or an export."""
    kernel.run("%matplotlib inline")
    kernel.run("%%setup\nimport matplotlib.pyplot as plt")
    kernel.run("%%inputs\nx: list = [1.0, 2.0]", "i")
    shown = kernel.run("%%node chart\nfig, ax = plt.subplots()\nax.plot(x)\nfig", "c")
    assert [kind for data in shown.bundles for kind in data if kind == "image/png"] == ["image/png"]
    for cell in ("%%node count\nlen(chart.axes)", "len(chart.axes)", "%export figure.py"):
        other = kernel.run(cell, "n")
        assert not [data for data in other.bundles if "image/png" in data], cell
        assert not other.error, cell
