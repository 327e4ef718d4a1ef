"""A notebook tab: one open notebook, driven by JupyterLab's own commands and read as a person reads it."""

import json
import re
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.graph import GraphWidget

_READY = """() => {
  const tab = window.labOfTests?.shell?.currentWidget;
  return Boolean(tab?.content?.widgets?.length && tab.context?.isReady)
    && tab.sessionContext.session?.kernel?.status === "idle";
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
_CELLS = "window.labOfTests.shell.currentWidget.content"


class NotebookTab:
    """What a person does with a notebook, and what they see."""

    def __init__(self, page: Page, address: str, app: str) -> None:
        self.page, self.app = page, app
        self._address = address

    def load(self) -> None:
        """Go to the notebook and wait for its kernel."""
        self.page.goto(self._address, wait_until="domcontentloaded")
        self.page.wait_for_function(_READY, timeout=60_000)

    def close(self) -> None:
        """End the kernel and close the page."""
        self.page.evaluate("() => window.labOfTests.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()

    # -- commands ------------------------------------------------------------------------------------------

    def command(self, name: str, **arguments: object) -> None:
        """Begin one of JupyterLab's commands; `wait` waits for its end, and for that of the cells it runs."""
        self.page.evaluate(_COMMAND, [name, arguments])

    def wait(self, seconds: float = 40) -> None:
        """Wait until the command has ended, the kernel is idle and no cell is queued."""
        self.page.wait_for_function(_IDLE, timeout=seconds * 1000)

    def run_all(self) -> None:
        """Run every cell to its end."""
        self.command("notebook:run-all-cells")
        self.wait()

    def start_cell(self, cell: int) -> None:
        """Begin to run a cell, counted from 0."""
        self.select(cell)
        self.command("notebook:run-cell")

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

    def restart_and_run_all(self) -> None:
        """Restart the kernel, with the dialog that asks for consent, and run every cell."""
        self.command("notebook:restart-run-all")
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
    def active_cell(self) -> int:
        """Index of the active cell."""
        return int(self.page.evaluate(f"() => {_CELLS}.activeCellIndex"))

    def cell(self, cell: int) -> Locator:
        """A cell on the page."""
        return self.page.locator(".jp-Notebook .jp-Cell").nth(cell)

    def in_view(self, cell: int) -> bool:
        """Whether a cell is on the screen."""
        box = self.cell(cell).bounding_box()
        height = self.page.viewport_size["height"] if self.page.viewport_size else 0
        return box is not None and -5 <= box["y"] < height - 20

    def content(self) -> list[dict[str, Any]]:
        """The cells with their outputs, as they would be saved."""
        text = self.page.evaluate(f"() => JSON.stringify({_CELLS}.model.toJSON().cells)")
        cells: list[dict[str, Any]] = json.loads(text)
        return cells

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
        widget = GraphWidget(self.page.locator(".jp-Notebook .db-root").nth(at))
        widget.root.wait_for()
        return widget
