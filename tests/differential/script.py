"""A script of a notebook's user: what is on the page, what the kernel must hold, and how both are compared."""

from __future__ import annotations

import ast
import random
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.differential.cells import CellText, Writer
from tests.differential.kernel import Answer, Hung, Kernel, State
from tests.differential.meaning import BLOCKED, FAILED, UNKNOWN, WAITING, meaning

ACTIONS = {
    "nodes": 10,
    "edit": 9,
    "family": 2,
    "variants": 2,
    "setup": 4,
    "inputs": 2,
    "params": 2,
    "check": 2,
    "test": 1,
    "delete": 3,
    "turn_ordinary": 1,
    "ordinary": 3,
    "again": 2,
    "module": 2,
    "compute": 2,
    "mode": 1,
    "memory": 1,
    "executor": 1,
    "stop": 3,
    "status": 1,
}
EXECUTORS = ("threads",) * 9 + ("processes",)
NO_CELL = ("DB0", "DB1", "DB2")  # codes of cells that are refused

Broken = Callable[[], None] | None


@dataclass
class Page:
    """A notebook's page with its kernel.

    Attributes:
        cells: accepted cells in their order, as the page's user knows them.
        left: cells that left the dataflow with an error when another one was deleted.
        gone: deleted cells that the kernel was not told yet.
        past: setup cells as they were before they were edited, were deleted or left.
        own: names to which ordinary cells may have given values of their own.
    """

    kernel: Kernel
    cells: dict[str, CellText] = field(default_factory=dict)
    left: dict[str, CellText] = field(default_factory=dict)
    gone: dict[str, CellText] = field(default_factory=dict)
    past: list[CellText] = field(default_factory=list)
    own: set[str] = field(default_factory=set)


class Script:
    """One script; `steps` is its record and `problems` what was found.

    Args:
        seed: of all choices.
        broken: plants a fault in the kernel that works, not in the fresh one.
    """

    def __init__(self, seed: int, broken: Broken = None) -> None:
        self.random = random.Random(seed)
        self.write = Writer(self.random)
        self.steps: list[str] = []
        self.problems: list[str] = []
        self.seen: Counter[str] = Counter()
        self._broken = broken
        self._ids = 0
        self._home = Path(tempfile.mkdtemp(prefix="dagbook-script-"))
        self._folder = self._home / "work"
        self._disk = self.random.random() < 0.25
        self._pages: list[Page] = []

    def play(self, length: int) -> list[str]:
        """Act, compare, clean up; returns the problems."""
        try:
            self._folder.mkdir()
            self._write_module(1)
            for _ in range(2 if self._disk and self.random.random() < 0.6 else 1):
                self._pages.append(self._open())
            for name in self.random.choices(list(ACTIONS), list(ACTIONS.values()), k=length):
                page = self.random.choice(self._pages)
                self.seen[name] += 1
                self._look(page)
                getattr(self, f"_do_{name}")(page)
                if self._disk and self.random.random() < 0.03:
                    self._restart(page)
                if self.problems:
                    break
            for page in self._pages:
                if not self.problems:
                    self._compare(page)
        except Hung as error:
            self.problems.append(f"the kernel hangs or died: {error}")
        finally:
            for page in self._pages:
                page.kernel.close()
            shutil.rmtree(self._home)
        return self.problems

    # -- actions ---------------------------------------------------------------------------------------------

    def _open(self) -> Page:
        page = Page(Kernel(self._folder, self._broken))
        if self._disk:
            self._run(page, CellText("other", "%dataflow cache disk"), "mode")
        self._run(page, self.write.common(), self._new_id())
        for make in (
            self.write.setup,
            self.write.setup,
            self.write.inputs,
            self.write.params,
            self.write.chain,
        ):
            self._run(page, make(), self._new_id())
            self._look(page)
        return page

    def _look(self, page: Page) -> None:
        """Tell the writer what the page has."""
        setups = " ".join(cell.code for cell in page.cells.values() if cell.kind == "setup")
        self.write.known = frozenset(re.findall(r"\w+", setups))
        self.write.taken = frozenset(piece.name for cell in page.cells.values() for piece in cell.pieces)

    def _do_nodes(self, page: Page) -> None:
        self._run(page, self.write.nodes(), self._new_id())

    def _do_edit(self, page: Page) -> None:
        id = self.random.choice(list(page.cells))
        made = {
            "setup": self.write.setup,
            "inputs": self.write.inputs,
            "params": self.write.params,
            "nodes": self.write.nodes,
            "family": self.write.family,
            "check": self.write.check,
            "test": self.write.test,
        }[page.cells[id].kind]()
        if page.cells[id].code == self.write.common().code:
            made = self.write.common()
        self._run(page, made, id)

    def _do_family(self, page: Page) -> None:
        self._run(page, self.write.family(), self._new_id())

    def _do_variants(self, page: Page) -> None:
        name = self.write.nodes().pieces[0].name
        for when in self.random.sample((0, 1, 2), 2):
            cell = self.write.variants(when)
            piece = cell.pieces[0]
            if self.random.random() < 0.8 and name not in piece.inputs:
                text = re.sub(r"^%%node \w+", f"%%node {name}", cell.text)
                text = re.sub(rf"^{piece.name} = ", f"{name} = ", text, flags=re.MULTILINE)
                renamed = type(piece)(
                    name, piece.inputs, piece.code, piece.uses, piece.changes, piece.when, True
                )
                cell = CellText("nodes", text, pieces=(renamed,))
            self._run(page, cell, self._new_id())

    def _do_setup(self, page: Page) -> None:
        self._run(page, self.write.setup(), self._new_id())

    def _do_inputs(self, page: Page) -> None:
        self._run(page, self.write.inputs(), self._of_kind(page, "inputs"))

    def _do_params(self, page: Page) -> None:
        self._run(page, self.write.params(), self._of_kind(page, "params"))

    def _do_check(self, page: Page) -> None:
        self._run(page, self.write.check(), self._new_id())

    def _do_test(self, page: Page) -> None:
        self._run(page, self.write.test(), self._new_id())

    def _do_delete(self, page: Page) -> None:
        id = self.random.choice([*page.cells, *page.left])
        if (
            page.cells.get(id, CellText("", "")).code == self.write.common().code
            and self.random.random() < 0.8
        ):
            return
        cell = page.cells.pop(id, None) or page.left.pop(id)
        if cell.kind == "setup":
            page.past.append(cell)
        page.gone[id] = cell
        self.steps.append(f"[{self._name(page)}] delete {id}")

    def _do_turn_ordinary(self, page: Page) -> None:
        ids = [id for id, cell in page.cells.items() if cell.kind != "setup"]
        if ids:
            id = self.random.choice(ids)
            del page.cells[id]
            self._run(page, CellText("other", "turned = 1"), id)

    def _do_ordinary(self, page: Page) -> None:
        cell = self.write.ordinary()
        page.own |= set(re.findall(r"\w+", cell.text))
        self._run(page, cell, "ordinary")

    def _do_again(self, page: Page) -> None:
        id = self.random.choice([*page.cells, *page.left])
        self._run(page, page.cells.get(id) or page.left[id], id)

    def _do_module(self, page: Page) -> None:
        self._write_module(self.random.randint(1, 5))
        if self.random.random() < 0.5:
            self._run(page, CellText("other", "pass"), "ordinary")

    def _do_compute(self, page: Page) -> None:
        name = self.random.choice(("", "", "n1", "n2 n3", "--force", "f_1"))
        self._run(page, CellText("other", f"%compute {name}".strip()), "ordinary")

    def _do_mode(self, page: Page) -> None:
        self._run(
            page, CellText("other", f"%dataflow {self.random.choice(('auto', 'lazy', 'lazy'))}"), "mode"
        )

    def _do_memory(self, page: Page) -> None:
        size = self.random.choice(("100B", "1KB", "10B", "all"))
        self._run(page, CellText("other", f"%dataflow memory {size}"), "mode")

    def _do_executor(self, page: Page) -> None:
        executor = self.random.choice(EXECUTORS)
        force = self.random.choice(("", " --force"))
        self._run(page, CellText("other", f"%compute --executor {executor}{force}"), "ordinary")

    def _do_status(self, page: Page) -> None:
        self._run(
            page, CellText("other", self.random.choice(("%dataflow status", "%dag --static"))), "ordinary"
        )

    def _do_stop(self, page: Page) -> None:
        """Ctrl-C somewhere in a cell of any kind."""
        make = self.random.choice((self.write.nodes, self.write.setup, self.write.inputs, self.write.check))
        cell, id = make(), self.random.choice([*page.cells, self._new_id(), self._new_id()])
        if self.random.random() < 0.25:
            cell, id = CellText("other", "%compute --force"), "ordinary"
        if id in page.cells and page.cells[id].kind == "setup" and cell.kind != "setup":
            id = self._new_id()
        self._run(page, cell, id, stop_at=int(10 ** self.random.uniform(0, 4.3)))

    def _restart(self, page: Page) -> None:
        """A new kernel for the page: all its cells run again, with what the cache kept."""
        self.steps.append(f"[{self._name(page)}] restart")
        page.kernel.close()
        page.kernel, cells, page.cells, page.gone = Kernel(self._folder, self._broken), page.cells, {}, {}
        page.left = {}
        self._run(page, CellText("other", "%dataflow cache disk"), "mode")
        for id, cell in cells.items():
            self._run(page, cell, id)

    # -- running ---------------------------------------------------------------------------------------------

    def _new_id(self) -> str:
        self._ids += 1
        return f"c{self._ids}"

    def _of_kind(self, page: Page, kind: str) -> str:
        ids = [id for id, cell in page.cells.items() if cell.kind == kind]
        return self.random.choice(ids) if ids and self.random.random() < 0.8 else self._new_id()

    def _name(self, page: Page) -> str:
        return f"page {self._pages.index(page)}" if page in self._pages else f"page {len(self._pages)}"

    def _write_module(self, k: int) -> None:
        self.steps.append(f"modh.py with {k}")
        text = f"VALUE = {k}\n\ndef add(x):\n    return x + VALUE\n"
        (self._folder / "modh.py").write_text(text, encoding="utf-8")

    def _run(self, page: Page, cell: CellText, id: str, stop_at: int = 0) -> Answer:
        gone, page.gone = page.gone, {}
        note = f"   deleted {tuple(gone)}" if gone else ""
        note += f"   Ctrl-C at {stop_at}" if stop_at else ""
        answer = page.kernel.run(cell.text, id, tuple(gone), stop_at)
        text = "(the common setup)" if cell.code == self.write.common().code else cell.text
        self.steps.append(
            f"[{self._name(page)}] {id}{note}\n{text}\n  -> {answer.error or answer.code or 'ok'}"
        )
        if stop_at:
            self.steps[-1] += f"\n  printed {answer.printed[-300:]}"
            then = page.kernel.run("pass", "ordinary")
            answer = Answer(answer.code, answer.error, answer.printed + then.printed, then.cells)
        self.seen[answer.code or "ok"] += 1
        if "Error in callback" in answer.printed and not stop_at:
            self.problems.append(f"a callback failed: {answer.printed[-400:]}")
        stopped = bool(stop_at) and answer.code == "KeyboardInterrupt"
        if cell.kind != "other" and answer.code and not answer.code.startswith("DB") and not stopped:
            self.problems.append(f"an error without a code: {answer.code} {answer.error}")
        # Ctrl-C may come before the kernel takes the deletions: then the deleted tests run once more
        there = [*page.cells.values(), cell, *(gone.values() if stop_at else ())]
        tested = any(each.kind == "test" for each in there)
        self._follow(page, cell, id, answer, bool(stop_at), tested)
        return answer

    def _follow(
        self, page: Page, cell: CellText, id: str, answer: Answer, stopped: bool, tested: bool
    ) -> None:
        """Compare the dataflow's cells with what the page's user knows.

        Args:
            stopped: whether a Ctrl-C was sent.
            tested: whether a test could run.
        """
        there = answer.cells
        if cell.kind == "other":
            if id in page.cells:
                self.problems.append(f"{id} is ordinary")
        elif self._is_there(there, id, cell):
            may_run = answer.code == "DB113" or (tested and answer.code == "DB109")
            if _refuses(cell, answer.code) and not may_run:
                old = page.cells.get(id)
                if old is None or old.text != cell.text:
                    self.problems.append(f"{id} was refused ({answer.code}), and is in the dataflow")
            page.left.pop(id, None)
            if id in page.cells and page.cells[id].kind == "setup" and page.cells[id] != cell:
                page.past.append(page.cells[id])
            page.cells[id] = cell
        elif not answer.code and not stopped:
            self.problems.append(f"{id} ran, and is not in the dataflow")
        elif not _refuses(cell, answer.code) and answer.code != "DB113" and not stopped:
            self.problems.append(f"{id} failed with {answer.code} when it ran, and is not in the dataflow")
        for other in list(page.cells):
            if other not in there and "left the dataflow" in answer.printed:
                page.left[other] = page.cells.pop(other)
                if page.left[other].kind == "setup":
                    page.past.append(page.left[other])
        wrong = [other for other, known in page.cells.items() if not self._is_there(there, other, known)]
        more = [other for other in there if other not in page.cells]
        if wrong or more:
            self.problems.append(f"cells {wrong} differ from what ran, {more} should not be there")

    def _is_there(self, there: dict[str, str], id: str, cell: CellText) -> bool:
        return id in there and _squeezed(there[id]) == _squeezed(cell.text)

    # -- comparing -------------------------------------------------------------------------------------------

    def _compare(self, page: Page) -> None:
        self._run(page, CellText("other", "pass"), "ordinary")
        before = page.kernel.state()
        self._run(page, CellText("other", "%compute"), "ordinary")
        after = page.kernel.state()
        fresh = self._fresh(page)
        for moment in (before, after, fresh):
            if moment.unread:
                self.problems.append(f"fresh values cannot be read: {moment.unread}")
            for name, value in moment.seen.items():
                if value != moment.values[name] and (moment is fresh or name not in page.own):
                    self.problems.append(f"a cell reads '{name}' as {value}, it is {moment.values[name]}")
        self._differ("a fresh value before %compute", before, fresh, values_only=True)
        self._differ("after %compute", after, fresh)
        self._against_meaning(list(page.cells.values()), after)
        self.seen["values compared"] += len(after.values)

    def _fresh(self, page: Page) -> State:
        """The state of a new kernel in a new folder that ran the same cells.

        A `def` is refused when the setup lacks a name that it uses, and a family when its list is gone. One that
        ran before that setup cell was deleted stays: then the new kernel runs the deleted cell, too, and deletes it at the end.
        """
        state, unset = self._ran_anew(page, ())
        return self._ran_anew(page, _past(page))[0] if unset else state

    def _ran_anew(self, page: Page, past: Sequence[CellText]) -> tuple[State, bool]:
        """The state of a new kernel, and whether it lacks setup cells of the past."""
        folder = Path(tempfile.mkdtemp(dir=self._home)) / "work"
        shutil.copytree(self._folder, folder, ignore=lambda _, names: [n for n in names if n != "modh.py"])
        kernel = Kernel(folder)
        try:
            for id, cell in page.cells.items() if past else ():
                if cell.kind == "setup":
                    kernel.run(cell.text, id)
            for _ in range(3):  # a later one may need an earlier one
                for number, cell in enumerate(past):
                    if f"past{number}" not in kernel.run("pass", "ordinary").cells:
                        kernel.run(cell.text, f"past{number}")
            refused: dict[str, Answer] = {}
            for _ in range(3):  # a `def` may stand above the setup cell that it needs
                for id in refused or page.cells:
                    refused[id] = kernel.run(page.cells[id].text, id)
                refused = {
                    id: it for id, it in refused.items() if not self._is_there(it.cells, id, page.cells[id])
                }
            kernel.run("pass", "ordinary", tuple(f"past{number}" for number in range(len(past))))
            codes = {answer.code for answer in refused.values()}
            unset = "DB109" in codes and codes <= {"DB109", "DB210"}
            for id, answer in refused.items() if past or not unset else ():
                if answer.code == "DB210" and page.cells[id].kind == "family":
                    continue  # its list is none any more: it stays without members, which are compared
                self.problems.append(f"a fresh kernel refuses {id}: {answer.error}\n{page.cells[id].text}")
            kernel.run("%compute", "ordinary")
            return kernel.state(), unset
        finally:
            kernel.close()

    def _differ(self, moment: str, found: State, fresh: State, values_only: bool = False) -> None:
        for name, value in found.values.items():
            if value != fresh.values.get(name):
                self.problems.append(f"{moment}: '{name}' is {value}, fresh {fresh.values.get(name)}")
        if values_only:
            return
        for kind in ("states", "errors"):
            mine, others = getattr(found, kind), getattr(fresh, kind)
            for name in sorted({*mine, *others}):
                if mine.get(name) != others.get(name):
                    self.problems.append(
                        f"{moment}: {kind} of '{name}': {mine.get(name)!r}, fresh {others.get(name)!r}"
                    )

    def _against_meaning(self, cells: list[CellText], state: State) -> None:
        for name, meant in meaning(cells, (self._folder / "modh.py").read_text("utf-8")).items():
            there = state.states.get(name)
            right = {
                "fresh": there == "fresh" and state.values.get(name) == meant.value,
                FAILED: there == "failed",
                WAITING: there == "waiting",
                BLOCKED: there != "fresh",
                UNKNOWN: True,
            }[meant.state]
            self.seen[f"meant {meant.state}"] += 1
            if not right:
                self.problems.append(
                    f"plain Python: '{name}' should be {meant.state} {meant.value}, is {there} {state.values.get(name)}"
                    f" {state.errors.get(name, '')}"
                )


def _past(page: Page) -> list[CellText]:
    """Setup cells of the past, the later first, without what present or later ones define, too.

    A list that stood in two cells at once would leave a family without members, which it never was.
    """
    setup = [cell for cell in page.cells.values() if cell.kind == "setup"]
    taken = {name for cell in setup for part in ast.parse(cell.code).body for name in _bound(part)}
    kept: list[CellText] = []
    for cell in reversed(page.past):
        parts = [part for part in ast.parse(cell.code).body if taken.isdisjoint(_bound(part))]
        taken.update(name for part in parts for name in _bound(part))
        if parts:
            kept.append(replace(cell, text="\n".join(["%%setup", *map(ast.unparse, parts)])))
    return kept


def _bound(part: ast.stmt) -> set[str]:
    """The names that a statement of a setup cell binds."""
    if isinstance(part, ast.FunctionDef | ast.ClassDef):
        return {part.name}
    if isinstance(part, ast.Import | ast.ImportFrom):
        return {item.asname or item.name for item in part.names}
    return {
        node.id for node in ast.walk(part) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _refuses(cell: CellText, code: str) -> bool:
    """Whether an error with this code is one of the cell, so that the dataflow is as before."""
    fails = ("DB305",) if cell.kind in ("setup", "inputs", "params") else ()
    return code.startswith((*NO_CELL, *fails))


def _squeezed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
