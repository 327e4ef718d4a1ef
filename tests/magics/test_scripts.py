"""Scripts in a real kernel: after any actions, the values are those of a fresh kernel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from tests.magics.kernel import Kernel
from tests.magics.person import KINDS, Script, state_of
from tests.magics.scripts import ROOT, Sockets

EDITS = int(os.environ.get("DAGBOOK_EDITS", "200"))
SCRIPTS = os.environ.get("DAGBOOK_KERNEL_SCRIPTS", "60")
ERRORS = ("DB101", "DB201", "DB202", "DB203", "DB301", "DB302", "DB305", "KeyboardInterrupt", "NameError")
ONE = """
import json, sys, tempfile
from pathlib import Path
from tests.magics.person import Script, state_of
from tests.magics.scripts import Forks
with tempfile.TemporaryDirectory() as folder, Forks(Path(folder)) as place:
    script = Script(place, int(sys.argv[1]))
    script.run(10)
    print("END " + json.dumps([script.steps, state_of(script.kernel)]))
"""


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Another process: kernels are forked where there are no threads."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=900
    )


@cache
def scripts() -> subprocess.CompletedProcess[str]:
    """The command, for some scripts; DAGBOOK_KERNEL_SCRIPTS=10000 for more of them."""
    return python("-m", "tests.magics.scripts", "--scripts", SCRIPTS)


@pytest.fixture(scope="module")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sockets]:
    """Two kernels as JupyterLab starts them."""
    with Sockets(tmp_path_factory.mktemp("scripts")) as made:
        yield made


@pytest.mark.slow
def test_scripts_end_with_the_values_of_a_fresh_kernel() -> None:
    """Many scripts, each in a kernel of its own: the command finds no difference."""
    done = scripts()
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert f"{SCRIPTS} scripts of 12 steps in a real kernel: 0 with a difference" in done.stdout


@pytest.mark.slow
def test_the_scripts_do_everything_that_a_person_does() -> None:
    """Every kind of action and of error occurs: the tally counts them."""
    tally = scripts().stdout.splitlines()[-2].split()
    assert {*KINDS, *ERRORS} <= set(tally)


@pytest.mark.parametrize("seed", [2, 7])
def test_a_script_is_the_same_through_sockets(sockets: Sockets, seed: int) -> None:
    """A kernel that JupyterLab starts has the same messages as a forked one, and no value differs either."""
    script = Script(sockets, seed)
    found = script.run(10)
    assert not found, "\n".join([*script.steps, *found])
    forked = python("-c", ONE, str(seed))
    steps, state = json.loads(forked.stdout.partition("END ")[2])
    assert (script.steps, state_of(script.kernel)) == (steps, state), forked.stderr


def test_a_difference_is_found(sockets: Sockets) -> None:
    """The comparison can fail: a value changed behind the session's back is reported."""
    script = Script(sockets, 99)
    script.say("kernel_state.begin()")
    script.cell("inputs 1", "%%inputs\nx: int = 3\ny = [1, 2]")
    script.say("from dataclasses import replace")
    script.say("memos = kernel_state.session().memos._memos; memos['x'] = replace(memos['x'], value=4)")
    assert script.compare() == ["x: 4 here, 3 in a fresh kernel"]


@pytest.mark.slow
def test_edits_leave_memory_flat(process: Kernel) -> None:
    """However often a node that holds 4 MB is edited, old values go; DAGBOOK_EDITS=1000 for more of them."""
    process.run("%dataflow reset")
    process.run("%%setup\nimport numpy as np", "s")
    process.run("%%inputs\nx = np.zeros(500_000)", "i")
    process.run("%%node z\ny.sum()", "z")
    process.run("import gc, psutil; me = psutil.Process()")
    used = []
    for number in range(EDITS):
        assert process.run(f"%%node y\nx + {number}", "y").status == "ok"
        if number % 50 == 49:
            used.append(
                int(process.run("gc.collect(); print(me.memory_info().rss // 2**20)", "m").text.split()[-1])
            )
    assert used[-1] - used[0] < 40, used  # ten values of the node


def test_values_survive_the_comparison(sockets: Sockets) -> None:
    """The dumped state is what a user sees."""
    kernel = sockets.worked()
    kernel.run("%%node a\n41 + 1", "a")
    assert state_of(kernel)["values"] == {"a": "42"}
