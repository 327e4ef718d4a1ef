"""Kernels after random work hold what fresh ones hold, and what plain Python computes; the tester finds faults."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.differential.boundaries import ACTIONS
from tests.differential.faults import FAULTS

ROOT = Path(__file__).parents[2]


def _play(*options: str, program: str = "tests.differential") -> subprocess.CompletedProcess[str]:
    """Play scripts in a process without threads, which can be forked."""
    return subprocess.run(
        [sys.executable, "-m", program, *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=900,
    )


@pytest.mark.slow
def test_two_hundred_scripts_end_as_fresh_kernels_do() -> None:
    """Params, families, variants, setups, modules, executors, memory, Ctrl-C, two kernels on one cache."""
    played = _play("--scripts", "200", "--seed", "1")
    assert played.returncode == 0, played.stdout + played.stderr
    assert "200 scripts, 0 with differences" in played.stdout


@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS)
def test_planted_faults_are_found(fault: str) -> None:
    """A kernel that is wrong in one way differs from a fresh one within 60 scripts."""
    played = _play("--scripts", "60", "--fault", fault)
    assert played.returncode == 1, f"no script found {fault}: {played.stdout}{played.stderr}"


@pytest.mark.slow
def test_ctrl_c_in_magics_leaves_the_old_state_or_the_new_one() -> None:
    """Cells, edits, deletions, commands and an export, stopped at moments from the first to the last."""
    played = _play("--factor", "3.5", program="tests.differential.boundaries")
    assert played.returncode == 0, played.stdout + played.stderr
    assert played.stdout.count(" 0 wrong") == len(ACTIONS)
