"""A notebook to test with: cells go in, and what happened comes out as short strings."""

from collections.abc import Iterable

from kernel_magics.engine.run.event import Event, Failed, Finished, Reused, Skipped
from kernel_magics.engine.run.testing import TestResult
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource, read_cell


class Notebook:
    """A session and its cells; labels are `[id]`."""

    def __init__(self, session: Session | None = None) -> None:
        self.session = session or Session()

    def run(self, id: str, text: str) -> list[str]:
        """Run a cell as JupyterLab does: register it, and in auto mode compute what is stale."""
        changed = self.session.register(source(id, text))
        wanted = self.session.stale_after(changed) if self.session.mode == "auto" else []
        return said(self.session.compute(wanted))

    def compute(self, *names: str, force: bool = False) -> list[str]:
        """Run `%compute`."""
        return said(self.session.compute(names or None, force))

    def delete(self, *ids: str) -> list[str]:
        """Delete cells; returns the removed names."""
        return self.session.forget(*ids)

    def test(self, id: str) -> TestResult:
        """Run a test cell."""
        return self.session.test(self.session.graph.cells[id])

    def value(self, name: str) -> object:
        """A node's value, as an ordinary cell reads it."""
        return self.session.value(name)

    def state(self, name: str) -> str:
        """A node's state."""
        return self.session.states()[name]

    def error(self, name: str) -> list[str]:
        """The lines that the user sees for a failed node."""
        error = self.session.memos[name].error
        assert error is not None, f"{name} did not fail"
        return error.lines()


def source(id: str, text: str) -> CellSource:
    """A cell of ours; its label is `[id]`."""
    cell = read_cell(text, id, f"[{id}]")
    assert cell is not None, f"no cell of ours: {text!r}"
    return cell


def notebook(*cells: str) -> Notebook:
    """A notebook that has run these cells in order, under the ids 1, 2, …"""
    made = Notebook()
    for number, text in enumerate(cells, start=1):
        made.run(str(number), text)
    return made


def said(events: Iterable[Event]) -> list[str]:
    """Events as short strings: `finished ctr`, `reused x`, `failed y DB301`, `skipped z`."""
    return [line for event in events if (line := _line(event))]


def _line(event: Event) -> str:
    if isinstance(event, Failed):
        return f"failed {event.name} {event.error.code}"
    words = {Finished: "finished", Reused: "reused", Skipped: "skipped"}
    word = words.get(type(event))
    return f"{word} {event.name}" if word else ""
