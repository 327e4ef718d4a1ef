"""More than 150 attacks on what keeps values apart: each is stopped, told, or has a row in the guide's table."""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.run.event import Noticed
from kernel_magics.engine.session.session import Session
from kernel_magics.flow.flow import Flow
from kernel_magics.flow.request import prepare
from kernel_magics.values import VALUES
from kernel_magics.workspace import Workspace
from tests.engine.driver import Notebook, source
from tests.isolation import attacks
from tests.isolation.attacks import OWN, PROCESSES, SETUP, STATE, Attack

KEPT = {"bin": bin, "sqrt": np.sqrt}
GUIDE = Path(__file__).parents[2] / "notebooks" / "guide" / "security.md"


class Kernel:
    """A workspace without a shell: cells of ours are registered and computed, others are run."""

    def __init__(self) -> None:
        self.workspace = Workspace({}, Session(VALUES))
        self.notebook = Notebook(self.workspace.session)
        self.said: list[str] = []

    def ours(self, id: str, text: str) -> None:
        """Run one of our cells; its error is said."""
        session = self.notebook.session
        try:
            changed = session.register(source(id, text))
        except DataflowError as error:
            self.said += error.lines()
            return
        if text.startswith("%%setup"):
            self.workspace.publisher.share(id)
        for event in session.compute(session.stale_after(changed)):
            if isinstance(event, Noticed):
                self.said.append(event.line)
        self.workspace.publisher.refresh(session.graph.names())

    def ordinary(self, text: str) -> None:
        """Run an ordinary cell; what it raises is its own matter."""
        self.workspace.begin_cell(text)
        try:
            exec(text, self.workspace.publisher.variables)
        except Exception as error:
            self.said.append(repr(error))
        self.said += self.workspace.end_cell()

    def seen(self, look: str) -> object:
        """What another node sees now."""
        self.ours("look", f"%%node look\n{look}")
        memo = self.notebook.session.memos["look"]
        return memo.value if memo.error is None else str(memo.error)

    def failed(self, name: str) -> bool:
        """Whether a node failed."""
        memo = self.notebook.session.memos.get(name)
        return memo is None or memo.error is not None


@pytest.fixture(autouse=True)
def process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process is as before when a test ends."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAGBOOK_HERE", "1")
    with pd.option_context("display.max_rows", 60), np.errstate(), np.printoptions():
        yield


def named(found: list[Attack], often: int = 1) -> list[object]:
    """Parameters with readable ids; all but every `often`-th are run by the gate alone."""
    slow = [[] if place % often == 0 else [pytest.mark.slow] for place in range(len(found))]
    return [
        pytest.param(attack, id=attack.name, marks=marks) for attack, marks in zip(found, slow, strict=True)
    ]


def attacked(value: str) -> Kernel:
    """A kernel with the setup and a value."""
    kernel = Kernel()
    kernel.ours("setup", SETUP)
    kernel.ours("v", f"%%node v\n{value}")
    return kernel


@functools.cache
def unattacked(value: str, look: str) -> object:
    """What is seen of a value to which nobody does anything: the same for all attacks on it."""
    return attacked(value).seen(look)


@pytest.mark.parametrize("attack", named(attacks.VALUES))
def test_a_value_that_others_read(attack: Attack) -> None:
    """Whatever a reader does to a value, the next one sees what was computed."""
    calm, kernel = unattacked(attack.value, attack.look), attacked(attack.value)
    if attack.by == "node":
        kernel.ours("attack", f"%%node attack\n{attack.body}\nlen(repr(v)) * 0")
    else:
        kernel.ordinary(attack.body)
    same = calm == kernel.seen(attack.look)
    assert same == (attack.outcome == "stopped"), (kernel.said, kernel.seen(attack.look))


def test_who_changes_what_cannot_be_copied_is_told() -> None:
    """The cell that did it, not the node that reads the value next; what cannot be undone is stale."""
    kernel = Kernel()
    kernel.ours(
        "setup",
        "%%setup\ndef kept(n):\n    return lambda: n.append(1) or len(n)\nW = [1]\ndef add():\n    W.append(2)",
    )
    kernel.ours("f", "%%node f\nkept([])")
    kernel.ours("i", "%%node i\n[iter('abc')]")
    kernel.ordinary("f(), list(i[0])\nadd()")
    assert kernel.said == [
        "'f' is as its node made it again: other cells cannot change it.",
        "'i' is stale: this cell changed what cannot be copied, and it cannot be undone.",
        "'W' of the setup is as its cell says again: other cells cannot change it.",
    ]
    assert kernel.seen("i[0].__length_hint__(), len(W)") == (3, 1)


@pytest.mark.parametrize("attack", named([item for item in attacks.VALUES if item.by == "node"], often=3))
def test_a_value_in_a_run_outside_a_kernel(attack: Attack) -> None:
    """The same holds there, except for what cannot be copied: nobody watches who changes it."""
    shared = attack.name in attacks.UNWATCHED_VALUES
    calm, seen = _looked(attack, "None"), _looked(attack, attack.body)
    assert (calm == seen) == (attack.outcome == "stopped" and not shared)


def _looked(attack: Attack, body: str) -> object:
    """What a node sees of the value in a run without a session, after another one did something to it."""
    return _looked_at(attack.value, attack.look, body)


@functools.cache
def _looked_at(value: str, look: str, body: str) -> object:
    texts = (SETUP, f"%%node v\n{value}", f"%%node a\n{body}\n1", f"%%node look\na\n{look}")
    flow = Flow.of_cells(source(f"c{place}", text) for place, text in enumerate(texts))
    asked = prepare(flow, ["look"], checks="off")
    try:
        return repr(asked.program.run(asked.slots(), lambda *_: None)["look"])
    except DataflowError:  # it was refused, and the other node's value is what it was
        return _looked_at(value, look, "None")


def test_the_setup_in_a_run_outside_a_kernel() -> None:
    """Nobody watches it there, and the guide has a row for that."""
    texts = ("%%setup\nW = [1]", "%%node a\nw = W\nw.append(2)\nlen(w)", "%%node b\na + len(W)")
    flow = Flow.of_cells(source(f"c{place}", text) for place, text in enumerate(texts))
    found = []
    for _ in range(2):
        asked = prepare(flow, ["b"], checks="off")
        found.append(asked.program.run(asked.slots(), lambda *_: None)["b"])
    assert found == [4, 6]
    assert f"| **{attacks.UNWATCHED}** |" in GUIDE.read_text("utf-8")


@pytest.mark.parametrize("attack", named(STATE))
def test_state_of_the_setup(attack: Attack) -> None:
    """A node that changes it fails with its name, and others see what the setup's cell says."""
    calm, kernel = Kernel(), Kernel()
    for each in (calm, kernel):
        each.ours("setup", f"{SETUP}{attack.value}\n")
    try:
        expected = calm.seen(attack.look)
        kernel.ours("attack", f"%%node attack\n{attack.body}\n1")
        assert (kernel.seen(attack.look) == expected) == (attack.outcome == "stopped")
        assert kernel.failed("attack") == (attack.outcome == "stopped"), kernel.said
    finally:
        exec(attack.undo)


@pytest.mark.parametrize("how", OWN)
def test_what_a_node_keeps_for_itself(how: str) -> None:
    """It fails: its value would be another one the next time."""
    kernel = Kernel()
    kernel.ours("v", "%%node v\n1")
    kernel.ours("attack", OWN[how])
    assert kernel.failed("attack")


@pytest.mark.parametrize("attack", named(PROCESSES))
def test_the_process(attack: Attack) -> None:
    """What is looked at is undone and told; the rest is in the guide."""
    calm, kernel = Kernel(), Kernel()
    for each in (calm, kernel):
        each.ours("setup", SETUP)
    before = dict(os.environ)
    try:
        expected = calm.seen(attack.look.replace("repr(v)", "1"))
        kernel.ours("attack", f"%%node attack\n{attack.body}\n1")
        told = [line for line in kernel.said if "'attack' changes" in line]
        assert bool(told) == (attack.outcome == "told"), kernel.said
        if attack.outcome == "told":
            assert dict(os.environ) == before
        else:
            assert (kernel.seen(attack.look) == expected) == (attack.outcome == "stopped")
    finally:
        exec(attack.undo, {"KEPT": KEPT})


def test_there_are_enough_of_them() -> None:
    """At least 150 attacks are tried."""
    assert len([*attacks.VALUES, *STATE, *PROCESSES, *OWN]) >= 150


def test_each_that_gets_through_is_in_the_guide() -> None:
    """The table has a row for every attack that others can see."""
    found = {item.row for item in [*attacks.VALUES, *STATE, *PROCESSES] if item.outcome == "documented"}
    assert found <= set(re.findall(r"^\| \*\*(.+?)\*\*", GUIDE.read_text("utf-8"), re.MULTILINE))


def test_the_guide_names_tests_and_errors_that_exist() -> None:
    """Every path and every error code on the page is real, and the README leads to the page."""
    text, root = GUIDE.read_text("utf-8"), GUIDE.parents[2]
    paths = re.findall(r"`(tests/[\w/]+\.py)`", text)
    codes = set(re.findall(r"DB\d{3}", text))
    sources = "".join(path.read_text("utf-8") for path in (root / "kernel_magics").rglob("*.py"))
    assert len(paths) > 5
    assert [path for path in paths if not (root / path).is_file()] == []
    assert [code for code in codes if f'"{code}"' not in sources] == []
    assert "notebooks/guide/security.md" in (root / "README.md").read_text("utf-8")
