"""Run records, events, a registry's log and pictures have no secret, and nothing of what is marked as private."""

from __future__ import annotations

from pathlib import Path

import pytest

from kernel_magics.cli.main import main
from kernel_magics.registry.changes import approve
from kernel_magics.view import static_view
from tests.engine.driver import notebook
from tests.pipeline.making import CELLS, PIPELINE, make_project
from tests.registry.making import RULES, registry

KEY = "AKIA" + "QYLPMN5HFIQR7XYA"  # has the shape of a key, and is none
MARKED = [
    text.replace("%%inputs\n", "%%inputs --private city\n").replace("['X', 'Y']", "['Xanadu', 'Yonville']")
    for text in CELLS
]
BROKEN = "%%node\ndef score(home: pd.Series) -> pd.Series:\n    raise ValueError(home.iloc[0])"
CASES = {
    "a private value in an error": (*MARKED[:-2], BROKEN, MARKED[-1]),
    "a private value in a check": (*MARKED, "%%check home\nhome == 'nowhere'"),
    "a secret in an error": (
        *MARKED[:-2],
        f"%%node\ndef score(home: pd.Series) -> pd.Series:\n    raise ValueError('AKIA' + '{KEY[4:]}')",
        MARKED[-1],
    ),
}


@pytest.mark.parametrize("kind", CASES)
def test_records_and_events_tell_nothing(kind: str, tmp_path: Path) -> None:
    """The run fails; what it leaves for others says where, and no more."""
    path = make_project(tmp_path, f"{PIPELINE}lineage: events.jsonl\n", *CASES[kind])
    (tmp_path / "data" / "customers.csv").write_text("customer,city\na,Xanadu\nb,Yonville\nc,Xanadu\n")
    assert main(["pipeline", "run", str(path), "--day", "2026-01-01"]) == 1
    (record,) = (tmp_path / "runs" / "shop_daily").glob("*.json")
    left = record.read_text(encoding="utf-8") + (tmp_path / "events.jsonl").read_text(encoding="utf-8")
    assert '"failed"' in left
    assert '"FAIL"' in left
    assert [word for word in ("Xanadu", "Yonville", KEY[4:]) if word in left] == []


def test_a_note_of_an_approval_has_no_secret(tmp_path: Path) -> None:
    """A record stays for ever."""
    root, (digest,) = registry(tmp_path, 0.8, rules=RULES)
    approve(root, digest, "risk", note=f"fine, with {KEY}")
    assert KEY[4:] not in (root / "log.jsonl").read_text(encoding="utf-8")


def test_pictures_have_no_secret() -> None:
    """Neither in the source of a node nor in its description."""
    text = f"%%node y\n# Uses {KEY}.\nlen('AKIA' '{KEY[4:]}') + len('{KEY}')"
    document = str(static_view(notebook(text).session.graph))
    assert document.count("AKIA‹secret›") >= 2
    assert KEY not in document
