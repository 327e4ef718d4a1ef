"""A kernel may be killed at any moment: what was finished and kept is reused, the rest is computed again."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.magics.kernel import Kernel
from tests.magics.scripts import ROOT

pytestmark = pytest.mark.slow

KILLS = os.environ.get("DAGBOOK_KERNEL_KILLS", "8")
CELLS = {
    "m": "%dataflow cache disk",
    "s": "%%setup\nimport numpy as np\nimport time",
    "i": "%%inputs\nx: int = 3",
    "a": "%%node first\nnp.arange(200_000) * x",
    "b": "%%node slow\ntime.sleep(wait)\nint(first.sum())",
}


def test_kills_at_random_moments() -> None:
    """In runs that write to disk and in exports; DAGBOOK_KERNEL_KILLS=200 for more of them."""
    command = [sys.executable, "-m", "tests.magics.kills", "--runs", KILLS, "--exports", "1"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert f"{KILLS} runs and 1 exports killed: 0 wrong" in done.stdout


def test_a_kernel_of_jupyter_is_killed_and_started_again(tmp_path: Path) -> None:
    """What was finished when the process died is read from disk, and what ran is computed."""
    first = Kernel(str(tmp_path))
    for id, text in CELLS.items():
        if id != "b":
            assert first.run(text, id).status == "ok"
    first.run("%%params\nwait: float = 60.0", "p")
    first.run("get_ipython().magics_manager.registry['DagbookMagics'].workspace.store.flush()", "f")
    first.send(CELLS["b"], "b")
    first.manager.signal_kernel(9)
    first.close()
    second = Kernel(str(tmp_path))
    try:
        said = {id: second.run(text, id).text for id, text in CELLS.items()}
        assert "fresh  from disk" in said["a"]
        assert "waits for 'wait'" in said["b"]
        assert "also updated: slow" in second.run("%%params\nwait: float = 0.0", "p").text
        assert second.run("slow", "o").text == str(3 * sum(range(200_000)))
    finally:
        second.close()
