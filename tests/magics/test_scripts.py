"""Scripts in a real kernel: whatever a person does, the values are those of a fresh kernel."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.magics.kernel import Kernel
from tests.magics.scripts import Pair, Script, state_of

EDITS = int(os.environ.get("DAGBOOK_EDITS", "200"))
SCRIPTS = int(os.environ.get("DAGBOOK_KERNEL_SCRIPTS", "8"))


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two kernels."""
    made = Pair(tmp_path_factory.mktemp("scripts"))
    yield made
    made.close()


@pytest.mark.parametrize("seed", range(SCRIPTS))
def test_a_script_ends_with_the_values_of_a_fresh_kernel(pair: Pair, seed: int) -> None:
    """Registration, edits, deletion, renaming, interrupts, failures, mutation, setup changes, reload, threads."""
    script = Script(pair, seed)
    found = script.run(10)
    assert not found, "\n".join([*script.steps, *found])


def test_a_difference_is_found(pair: Pair) -> None:
    """The comparison can fail: a value changed behind the session's back is reported."""
    script = Script(pair, 99)
    script.say("%dataflow reset")
    script.say("%dataflow auto")
    script.say("kernel_state.begin()")
    script.cell("inputs 1", "%%inputs\nx: int = 3\ny = [1, 2]")
    script.say("from dataclasses import replace")
    script.say("memos = kernel_state.session().memos; memos['x'] = replace(memos['x'], value=4)")
    assert script.compare() == ["x: 4 here, 3 in a fresh kernel"]


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


def test_values_survive_the_comparison(pair: Pair) -> None:
    """What the state holds is what a person sees."""
    pair.worked.run("%dataflow reset")
    pair.worked.run("%dataflow auto")
    pair.worked.run("%%node a\n41 + 1", "a")
    assert state_of(pair.worked)["values"] == {"a": "42"}
