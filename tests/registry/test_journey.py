"""The journey of a notebook: which of its envelopes are where, what they wait for, and nothing of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.registry.changes import promote, publish
from kernel_magics.registry.journey import journey
from tests.registry.making import envelope, later, registry


def test_an_envelope_waits_for_what_the_rules_say(tmp_path: Path) -> None:
    """In staging, waiting for a day, drift and an approval; the notebook's folder is beside the registry."""
    root, (digest,) = registry(tmp_path, 0.8)
    work = tmp_path / "work"
    work.mkdir()
    (first,) = journey("n.ipynb", work, later(0))[0]["envelopes"]
    assert (first["places"], first["next"]) == ([], ["staging"])
    promote(root, now=later(0))
    (found,) = journey("n.ipynb", work, later(3))
    assert (found["path"], found["name"], found["problem"]) == ("../registry", "churn", "")
    (one,) = found["envelopes"]
    assert (one["digest"], one["places"]) == (digest, [{"name": "staging", "hours": 3.0}])
    (wait,) = one["waits"]
    assert wait["environment"] == "production"
    assert wait["for"][0] == "staging.hours >= 24 (staging.hours is 3)"
    assert wait["for"][-1] == "1 approval from platform or risk (by nobody yet)"
    assert len(wait["for"]) == 3


def test_other_notebooks_and_far_registries_are_left_out(tmp_path: Path) -> None:
    """An envelope of another notebook, a registry beyond the repository, a folder that only looks like one."""
    registry(tmp_path, 0.8)
    assert journey("other.ipynb", tmp_path) == []
    deep = tmp_path / "repository" / "notebooks"
    deep.mkdir(parents=True)
    assert len(journey("n.ipynb", deep)) == 1
    (tmp_path / "repository" / ".git").mkdir()
    (tmp_path / "repository" / "log.jsonl").touch()
    assert journey("n.ipynb", deep) == []


@pytest.mark.parametrize("name", ["log.jsonl", "rules.yaml"])
def test_a_damaged_registry_says_so(tmp_path: Path, name: str) -> None:
    """Its problem stands in the place of its envelopes."""
    root, _ = registry(tmp_path, 0.8)
    (root / name).write_text("{")
    (found,) = journey("n.ipynb", tmp_path)
    assert found["problem"]
    assert found["envelopes"] == []


def test_of_many_only_the_latest_are_shown(tmp_path: Path) -> None:
    """And those that are somewhere, however old they are."""
    root, digests = registry(tmp_path, 0.9)
    promote(root, now=later(0))
    for number in range(8):
        publish(envelope(tmp_path / "out", 0.1 + number / 100), root)
    found = journey("n.ipynb", tmp_path)[0]["envelopes"]
    assert len(found) == 6
    assert found[-1]["digest"] == digests[0]
