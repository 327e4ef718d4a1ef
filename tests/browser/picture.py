"""The README's picture of the live graph: `python -m tests.browser.picture` makes it in a real JupyterLab."""

import shutil
import sys

from tests.browser.conftest import QUICKSTART
from tests.browser.lab import Lab

TARGET = QUICKSTART.parent / "images" / "live_dag.png"
PARAMS = "%%params\nwindow: int = 2  # weeks in the rolling mean"


def take(chromium: str) -> None:
    """Run the quickstart, make a param wait for its recompute, and look at a node that depends on it."""
    with Lab(chromium, scale=1.6) as lab:
        notebook = lab.open(lab.copy(QUICKSTART))
        notebook.page.set_viewport_size({"width": 1240, "height": 760})
        notebook.run_all()
        notebook.save()
        graph = notebook.graph()
        graph.mode("lazy")
        [params] = [at for at, cell in enumerate(notebook.content()) if "%%params" in "".join(cell["source"])]
        notebook.run_cell(params, PARAMS)
        graph.wait_states(avg_spend="stale", spend_vs_average="stale")
        graph.click("avg_spend")
        graph.details("Mean spend of the last weeks.")
        notebook.page.evaluate(
            "() => document.querySelector('.db-root').closest('.jp-Cell').scrollIntoView()"
        )
        notebook.page.mouse.move(5, 5)
        notebook.page.wait_for_timeout(800)
        notebook.page.screenshot(path=TARGET)


if __name__ == "__main__":
    found = shutil.which("chromium")
    if found is None:
        sys.exit("There is no `chromium` on the path.")
    take(found)
