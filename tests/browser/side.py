"""What the extension adds to a notebook: marks beside the cells, the side panel, underlines; as a person sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.browser.graph import GraphWidget
from tests.browser.notebook import NotebookTab
from tests.browser.waiting import shows, until

if TYPE_CHECKING:
    from playwright.sync_api import Locator

_TYPING = """() => {
  const editor = window.labOfTests.shell.currentWidget.content.activeCell?.editor;
  return Boolean(editor?.hasFocus());
}"""
_TIDY = """() => {
  for (const el of document.querySelectorAll(".jp-toast, .jp-Notification")) el.remove();
}"""


class Side:
    """The extension's part of a notebook.

    Args:
        tab: the notebook in front.
    """

    def __init__(self, tab: NotebookTab) -> None:
        self.tab = tab
        self.page = tab.page

    # -- marks ---------------------------------------------------------------------------------------------

    def marks(self) -> dict[int, str]:
        """The state of each cell that has a mark, by its place from 0."""
        found = self.page.evaluate(
            """() => window.labOfTests.shell.currentWidget.content.widgets.map(
                 (cell) => cell.node.querySelector(".db-mark")?.dataset.state ?? null)"""
        )
        return {at: state for at, state in enumerate(found) if state is not None}

    def wait_marks(self, expected: dict[int, str]) -> None:
        """Wait until these cells have these marks; with `{}`, until there is none."""
        self.until(
            lambda: expected.items() <= self.marks().items() if expected else not self.marks(),
            f"marks {expected}",
            lambda: str(self.marks()),
        )

    def wait_card(self, cell: int, *texts: str) -> None:
        """Wait until these texts are shown when the pointer rests on a cell's mark."""
        self.tab.cell(cell).locator(".db-mark-bar").hover()
        shows(self.page.locator(".db-card"), *texts)

    # -- the panel -----------------------------------------------------------------------------------------

    @property
    def panel(self) -> Locator:
        """The side panel."""
        return self.page.locator("#dagbook-panel")

    def show(self, name: str = "Graph") -> None:
        """Open the panel on one of its pages."""
        self.page.evaluate("() => window.labOfTests.commands.execute('dagbook:show-panel')")
        self.panel.wait_for()
        self.panel.get_by_role("tab", name=name).click()

    def text(self, *expected: str) -> str:
        """Wait until the panel shows these texts; returns all that it shows."""
        self.until(
            lambda: all(part in self.panel.inner_text() for part in expected),
            f"the panel shows {expected}",
            lambda: self.panel.inner_text(),
        )
        return self.panel.inner_text()

    def graph(self) -> GraphWidget:
        """The graph in the panel."""
        self.show("Graph")
        return self.shown_graph()

    def shown_graph(self) -> GraphWidget:
        """The graph that the panel shows now, also before cells ran."""
        widget = GraphWidget(self.panel.locator(".db-root"))
        widget.root.wait_for()
        return widget

    # -- editors -------------------------------------------------------------------------------------------

    def underlined(self, cell: int) -> list[str]:
        """The texts that are underlined in a cell."""
        return self.tab.cell(cell).locator(".db-wrong, .db-doubtful, .db-noted").all_text_contents()

    def wait_underlined(self, cell: int, *texts: str) -> None:
        """Wait until exactly these texts are underlined in a cell."""
        self.until(
            lambda: self.underlined(cell) == list(texts),
            f"{texts} underlined",
            lambda: str(self.underlined(cell)),
        )

    def cursor(self, cell: int, line: int, column: int) -> None:
        """Put the cursor into a cell."""
        self.page.evaluate(
            """([cell, line, column]) => {
              const notebook = window.labOfTests.shell.currentWidget.content;
              notebook.activeCellIndex = cell;
              notebook.mode = "edit";
              notebook.widgets[cell].editor.focus();
              notebook.widgets[cell].editor.setCursorPosition({ line, column });
            }""",
            [cell, line, column],
        )

    def wait_selected(self, cell: int, text: str) -> None:
        """Wait until a cell is active and a part of its text selected."""
        self.until(
            lambda: (self.active(), self.selected()) == (cell, text),
            f"'{text}' selected in cell {cell}",
            lambda: f"'{self.selected()}' in cell {self.active()}",
        )

    def type(self, cell: int, text: str, result: str) -> None:
        """Type into a cell when the page has put the cursor there, and wait until its text ends with the result."""
        self.until(
            lambda: self.active() == cell and self.page.evaluate(_TYPING),
            f"the cursor in cell {cell}",
            lambda: f"active: {self.active()} of {self.sources()}",
        )
        self.page.keyboard.type(text)
        self.until(lambda: self.sources()[cell].endswith(result), result, lambda: self.sources()[cell])

    def selected(self) -> str:
        """The selected text of the active cell."""
        return str(
            self.page.evaluate(
                """() => {
                  const { editor, model } = window.labOfTests.shell.currentWidget.content.activeCell;
                  if (!editor) return "";
                  const { start, end } = editor.getSelection();
                  return model.sharedModel.getSource().slice(editor.getOffsetAt(start), editor.getOffsetAt(end));
                }"""
            )
        )

    def sources(self) -> list[str]:
        """The text of every cell."""
        return ["".join(cell["source"]) for cell in self.tab.content()]

    def active(self) -> int:
        """Which cell is active, from 0."""
        return int(self.page.evaluate("() => window.labOfTests.shell.currentWidget.content.activeCellIndex"))

    def command(self, name: str) -> None:
        """Begin one of the extension's commands; dialogs may follow."""
        self.page.evaluate("(name) => void window.labOfTests.commands.execute(name)", f"dagbook:{name}")

    def accept(self, text: str | None = None) -> None:
        """Answer the dialog in front, with a text first if one is given."""
        dialog = self.page.locator(".jp-Dialog")
        dialog.wait_for()
        if text is not None:
            dialog.locator("input").fill(text)
        dialog.locator(".jp-mod-accept").click()

    def tidy(self) -> None:
        """Take the application's own notices away."""
        self.page.evaluate(_TIDY)

    def until(self, condition: Callable[[], object], what: str, shown: Callable[[], str]) -> None:
        """Wait for something; an AssertionError says what was shown instead."""
        until(self.page, condition, what, shown)
