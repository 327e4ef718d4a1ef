"""A draft is written beside its place; what killed processes left is removed with the next one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from kernel_magics.tables.drafts import Draft
from kernel_magics.tables.files import write_whole
from tests.processes import kill_session
from tests.waiting import until

LEFT = ".dagbook-abc_1234"
KILLED = """
import sys, time
from pathlib import Path
from kernel_magics.tables.drafts import Draft
with Draft(Path(sys.argv[1]) / "x.csv") as part:
    part.write_text("half")
    Path(sys.argv[1], "up").touch()
    time.sleep(600)
"""


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    """While it lives its draft stays; afterwards the next file that is written there takes it away."""
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], start_new_session=True)
    until((tmp_path / "up").exists, "the draft is there")
    write_whole(tmp_path / "y.csv", lambda part: part.write_text("whole"))
    assert len(list(tmp_path.glob(".dagbook-*/x.csv"))) == 1
    kill_session(process)
    write_whole(tmp_path / "y.csv", lambda part: part.write_text("whole again"))
    assert sorted(each.name for each in tmp_path.iterdir()) == ["up", "y.csv"]
    assert (tmp_path / "y.csv").read_text() == "whole again"


@pytest.mark.parametrize("what", ["link", "folder", "linked folder", "other name", "empty"])
def test_nothing_else_is_removed(tmp_path: Path, what: str) -> None:
    """A planted name leads to no file outside, and to no folder."""
    place, outside = tmp_path / "out", tmp_path / "outside"
    for folder in (place, outside):
        folder.mkdir()
    (outside / "kept.txt").write_text("kept")
    left = place / (".dagbook-other" if what == "other name" else LEFT)
    if what == "linked folder":
        left.symlink_to(outside)
    else:
        left.mkdir()
    if what == "link":
        (left / "a.txt").symlink_to(outside / "kept.txt")
    if what == "folder":
        (left / "inner").mkdir()
    if what == "other name":
        (left / "kept.txt").write_text("kept")
    with Draft(place / "x.csv") as part:
        part.write_text("x")
        assert part.parent.parent == place
    assert [each.name for each in place.iterdir()] == [left.name]
    assert (outside / "kept.txt").read_text() == "kept"
    assert what != "other name" or (left / "kept.txt").exists()
