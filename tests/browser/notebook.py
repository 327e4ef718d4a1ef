"""A notebook tab: one open notebook, controlled by JupyterLab's own commands and read as a user sees it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from tests.browser.graph import GraphWidget
from tests.browser.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

# A connected kernel without a name would make the next command open the dialog that selects a kernel.
_READY = """(path) => {
  const tab = window.labOfTests?.shell?.currentWidget, session = tab?.sessionContext;
  return Boolean(tab?.content?.widgets?.length && tab.context?.isReady && tab.context.path === path && session?.isReady)
    && !session.hasNoKernel && session.session?.kernel?.status === "idle";
}"""
_IDLE = """() => {
  const tab = window.labOfTests.shell.currentWidget;
  const asked = (cell) => cell.model.type === "code" && cell.node.querySelector(".jp-InputPrompt")?.textContent.includes("*");
  return !window.labBusy && tab.sessionContext.session?.kernel?.status === "idle" && !tab.content.widgets.some(asked);
}"""
_COMMAND = """([name, args]) => {
  window.labBusy = true;
  const done = () => { window.labBusy = false; };
  window.labOfTests.commands.execute(name, args).then(done, done);
}"""
_CLOSE = """async (end) => {
  const tab = window.labOfTests.shell.currentWidget;
  if (end) await tab.sessionContext.shutdown();
  tab.context.model.dirty = false;
  tab.close();
}"""
_CELLS = "window.labOfTests.shell.currentWidget.content"
_IN_VIEW = f"""(cell) => {{
  const box = {_CELLS}.widgets[cell].node.getBoundingClientRect();
  return box.top >= 0 && box.top < window.innerHeight;
}}"""


class NotebookTab:
    """The actions of a user on a notebook, and what they see."""

    def __init__(self, page: Page, path: str) -> None:
        self.page = page
        self.path = path

    def wait_ready(self) -> None:
        """Wait until the notebook is there and its kernel idle."""
        self.page.wait_for_function(_READY, arg=self.path)

    def reload(self) -> None:
        """Reload the page: its scripts start again, the kernel keeps running."""
        self.page.reload(wait_until="domcontentloaded")
        self.wait_ready()

    def close(self, end: bool = True) -> None:
        """Close the notebook without saving, and end its kernel unless told not to."""
        self.page.evaluate(_CLOSE, end)

    # -- commands ------------------------------------------------------------------------------------------

    def command(self, name: str, **arguments: object) -> None:
        """Begin one of JupyterLab's commands; `wait` waits for its end, and for that of the cells it runs."""
        self.page.evaluate(_COMMAND, [name, arguments])

    def wait(self) -> None:
        """Wait until the command has ended, the kernel is idle and no cell is queued."""
        self.page.wait_for_function(_IDLE)

    def run_all(self) -> None:
        """Run every cell to its end."""
        self.command("notebook:run-all-cells")
        self.wait()

    def start_cell(self, cell: int) -> None:
        """Begin to run a cell, counted from 0."""
        self.select(cell)
        self.command("notebook:run-cell")

    def interrupt(self) -> None:
        """Interrupt the kernel while a cell runs."""
        self.page.evaluate("() => window.labOfTests.commands.execute('notebook:interrupt-kernel')")

    def run_cell(self, cell: int, source: str | None = None) -> None:
        """Run a cell to its end, with another text first if one is given."""
        if source is not None:
            self.edit(cell, source)
        self.start_cell(cell)
        self.wait()

    def select(self, cell: int) -> None:
        """Make a cell the active one."""
        self.page.evaluate(f"(cell) => {{ {_CELLS}.activeCellIndex = cell; }}", cell)

    def edit(self, cell: int, source: str) -> None:
        """Give a cell another text."""
        self.page.evaluate(
            f"([cell, text]) => {_CELLS}.widgets[cell].model.sharedModel.setSource(text)", [cell, source]
        )

    def delete_cell(self, cell: int) -> None:
        """Delete a cell as the menu does."""
        self.select(cell)
        self.command("notebook:delete-cell")
        self.wait()

    def restart(self) -> None:
        """Restart the kernel, with the dialog that asks for consent."""
        self.command("kernelmenu:restart")
        self.page.locator(".jp-Dialog .jp-mod-accept").click()
        self.wait()

    def save(self) -> None:
        """Save the notebook."""
        self.command("docmanager:save")
        self.wait()

    def theme(self, name: str) -> None:
        """Change the application's theme, for instance to `JupyterLab Dark`."""
        self.command("apputils:change-theme", theme=name)
        self.wait()

    # -- reading -------------------------------------------------------------------------------------------

    @property
    def _notebook(self) -> Locator:
        return self.page.locator(".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook")

    def cell(self, cell: int) -> Locator:
        """A cell on the page."""
        return self._notebook.locator(".jp-Cell").nth(cell)

    def in_view(self, cell: int) -> bool:
        """Whether the top of a cell is on the screen."""
        return bool(self.page.evaluate(_IN_VIEW, cell))

    def wait_in_view(self, cell: int) -> None:
        """Wait until the page has scrolled to a cell."""
        self.page.wait_for_function(_IN_VIEW, arg=cell)

    def content(self) -> list[dict[str, Any]]:
        """The cells with their outputs, as they would be saved."""
        text = self.page.evaluate(f"() => JSON.stringify({_CELLS}.model.toJSON().cells)")
        cells: list[dict[str, Any]] = json.loads(text)
        return cells

    def wait_output(self, cell: int, text: str) -> None:
        """Wait until a cell's outputs hold a text: what a kernel sends outside a run comes when it comes."""
        until(
            self.page,
            lambda: text in str(self.content()[cell]["outputs"]),
            f"'{text}' below cell {cell}",
            lambda: str(self.content()[cell]["outputs"]),
        )

    def errors(self) -> list[str]:
        """The texts of all error outputs."""
        return [
            re.sub(r"\x1b\[[\d;]*m", "", "\n".join(output.get("traceback") or [output["evalue"]]))
            for cell in self.content()
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]

    def graph(self, at: int = 0) -> GraphWidget:
        """The live graph, the first one or another."""
        widget = GraphWidget(self._notebook.locator(".db-root").nth(at))
        widget.root.wait_for()
        return widget
