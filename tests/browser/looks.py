"""Pictures of the graph to look at: `python -m tests.browser.looks FOLDER [--sizes 8,60,500]`, in a real JupyterLab.

Each size is taken light and dark, 1400 and 1000 pixels wide, in the side panel and below a cell.
"""

import argparse
import shutil
import sys
from pathlib import Path

from tests.browser.lab import Lab
from tests.browser.notebook import NotebookTab
from tests.browser.shop import cells
from tests.browser.side import Side

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WIDTHS = (1400, 1000)
HEIGHT = 900
# Every graph on the screen, not only one of them.
PAINTED = """() => {
  const seen = [...document.querySelectorAll(".db-root")].filter((root) => root.clientWidth > 1);
  return seen.length > 0 && seen.every((root) => "painted" in root.dataset && root.getAttribute("aria-busy") !== "true");
}"""
INLINE = "() => [...document.querySelectorAll('.jp-Notebook .db-root')].at(-1)?.closest('.jp-OutputArea-output').scrollIntoView()"


def look(lab: Lab, size: int, folder: Path) -> None:
    """Take every picture of one size."""
    tab = lab.open(lab.write(f"shop_{size}.ipynb", cells(size)))
    tab.run_all()
    side = Side(tab)
    for width in WIDTHS:
        tab.page.set_viewport_size({"width": width, "height": HEIGHT})
        for theme, name in THEMES.items():
            tab.theme(name)
            side.command("show-panel")
            side.graph()
            _shoot(tab, folder / f"{size}_{theme}_{width}_side.png")
            tab.page.evaluate("() => window.labOfTests.shell.collapseRight()")
            tab.page.evaluate(INLINE)
            _shoot(tab, folder / f"{size}_{theme}_{width}_inline.png")
    tab.theme(THEMES["light"])
    tab.close()


def _shoot(tab: NotebookTab, path: Path) -> None:
    Side(tab).tidy()
    tab.page.wait_for_function(PAINTED)
    tab.page.mouse.move(5, 5)
    tab.page.wait_for_timeout(1500)  # a layout that is on its way arrives; a picture waits for nothing else
    tab.page.screenshot(path=path)


def main() -> None:
    """Take the pictures that the command line names."""
    parser = argparse.ArgumentParser(description="Pictures of the graph, to look at.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sizes", default="8,60,500")
    arguments = parser.parse_args()
    found = shutil.which("chromium")
    if found is None:
        sys.exit("There is no `chromium` on the path.")
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with Lab(found) as lab:
        for size in arguments.sizes.split(","):
            look(lab, int(size), arguments.folder)


if __name__ == "__main__":
    main()
