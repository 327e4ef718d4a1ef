"""A recorded file is the text that a test expects; `DAGBOOK_RECORD=1 pytest …` records it anew."""

import difflib
import os
from pathlib import Path

FOLDER = Path(__file__).parent / "recorded"
# These are shipped, too: `dagbook explain` shows them.
_SHIPPED = Path(__file__).parents[1] / "kernel_magics" / "assist" / "errors"


def recorded_path(name: str) -> Path:
    """Where the recorded file of that name is."""
    shipped = _SHIPPED / name
    return shipped if shipped.exists() else FOLDER / name


def check_recorded(name: str, text: str) -> None:
    """Compare a text with the recorded file of that name, or record it when `DAGBOOK_RECORD=1` is set."""
    path = recorded_path(name)
    if os.environ.get("DAGBOOK_RECORD") == "1":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        return
    assert path.exists(), f"tests/recorded/{name} is missing; DAGBOOK_RECORD=1 records it"
    expected = path.read_text(encoding="utf-8")
    if expected != text:
        lines = difflib.unified_diff(
            expected.splitlines(), text.splitlines(), f"recorded/{name}", "now", lineterm="", n=1
        )
        shown = "\n".join(list(lines)[:40])
        raise AssertionError(f"differs from the recorded file (DAGBOOK_RECORD=1 refreshes it):\n{shown}")
