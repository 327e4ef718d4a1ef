"""The extension measured in a real JupyterLab: typing, marks after a run, and memory over many edits.

    python benchmarks/lab_page.py [--cells 500] [--edits 1000] [--json]

Needs Chromium and Playwright. Typing stands beside the same notebook, run as well, where the extension is disabled:
what JupyterLab takes by itself.
"""

import argparse
import json
import shutil
import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.browser.lab import Lab
from tests.browser.notebook import NotebookTab
from tests.browser.side import Side

GOALS = {"key_ms": 50, "marks_ms": 100}
KEYS = 40

TYPE = """async ([cell, keys]) => {
    const shown = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    const rest = (pause) => new Promise((resolve) => setTimeout(resolve, pause));
    const notebook = window.labOfTests.shell.currentWidget.content;
    notebook.activeCellIndex = cell;
    notebook.mode = "edit";
    const editor = notebook.widgets[cell].editor.editor;
    await rest(1000);
    const times = [];
    for (let i = 0; i < keys; i++) {
        const end = editor.state.doc.length;
        const start = performance.now();
        editor.dispatch({ changes: { from: end, insert: i % 10 === 9 ? "\\n" : "1" }, selection: { anchor: end + 1 } });
        await shown();
        times.push(performance.now() - start);
        await rest(i % 8 === 7 ? 500 : 60);
    }
    return times;
}"""
LONGEST = """async (script) => {
    const seen = [];
    const observer = new PerformanceObserver((list) => seen.push(...list.getEntries().map((entry) => entry.duration)));
    observer.observe({ type: "longtask" });
    window.longTasks = seen;
}"""
MARKS = """async (cell) => {
    const tab = window.labOfTests.shell.currentWidget;
    const kernel = tab.sessionContext.session.kernel;
    const mark = () => tab.content.widgets[cell].node.querySelector(".db-mark")?.dataset.state;
    let replied = 0;
    const heard = (_, { msg }) => { if (msg.header.msg_type === "execute_reply") replied = performance.now(); };
    kernel.anyMessage.connect(heard);
    tab.content.activeCellIndex = cell;
    const before = mark();
    await window.labOfTests.commands.execute("notebook:run-cell");
    while (mark() === before) await new Promise((resolve) => requestAnimationFrame(resolve));
    kernel.anyMessage.disconnect(heard);
    return Math.max(0, performance.now() - replied);
}"""


def cells(count: int) -> list[str]:
    """A notebook of small features, each reading two earlier ones."""
    texts = ["%load_ext kernel_magics", "%%inputs\nf0: int = 1\nf1: int = 2"]
    for at in range(2, count):
        texts.append(f"%%node f{at}\n# Feature {at}.\nf{at - 1} % 7 + f{at // 2}")
    return texts


def typing(page: Page, cell: int) -> dict[str, float]:
    """Milliseconds from a key to the screen, and the longest task meanwhile."""
    page.evaluate(LONGEST, "")
    times = page.evaluate(TYPE, [cell, KEYS])
    longest = page.evaluate("() => Math.max(0, ...window.longTasks)")
    most = statistics.quantiles(times, n=10)[-1]
    return {
        "median": statistics.median(times),
        "nine_in_ten": most,
        "worst": max(times),
        "longest_task": longest,
    }


def memory(page: Page, kernel: int) -> dict[str, float]:
    """Megabytes that the page and the kernel hold, after a collection of garbage."""
    session = page.context.new_cdp_session(page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    pages = next(line for line in Path(f"/proc/{kernel}/status").read_text().splitlines() if "VmRSS" in line)
    return {"page": used / 1e6, "kernel": int(pages.split()[1]) / 1e3}


def edits(tab: NotebookTab, kernel: int, count: int, total: int) -> list[dict[str, float]]:
    """Memory after each fifth of so many edits: texts change, some cells run, some are deleted and brought back."""
    found = []
    for at in range(total):
        cell = 2 + (at * 37) % (count - 4)
        tab.edit(cell, f"%%node f{cell}\n# Edit {at}.\nf{cell - 1} % 7 + f{cell // 2} + {at % 2}")
        if at % 5 == 0:
            tab.run_cell(cell)
        if at % 25 == 0:
            tab.delete_cell(cell)
            tab.command("notebook:undo-cell-action")
            tab.wait()
        if (at + 1) % (total // 5) == 0:
            tab.page.wait_for_timeout(1500)
            found.append({"edits": at + 1, **memory(tab.page, kernel)})
    return found


class PlainLab(Lab):
    """A lab where the extension is disabled."""

    def _start_server(self) -> None:
        config = self.home / "config" / "labconfig" / "page_config.json"
        config.parent.mkdir(parents=True)
        config.write_text(json.dumps({"disabledExtensions": {"dagbook": True}}))
        super()._start_server()


def run(lab: Lab, count: int) -> NotebookTab:
    """The notebook, run from top to bottom."""
    tab = lab.open(lab.write("large.ipynb", cells(count)))
    tab.command("notebook:run-all-cells")
    tab.wait(600)
    return tab


def without(lab: Lab, count: int) -> dict[str, float]:
    """Typing where nothing of ours is in the page but outputs."""
    tab = run(lab, count)
    if tab.page.evaluate("() => window.labOfTests.hasPlugin('dagbook:plugin')"):
        raise RuntimeError("the extension is not disabled")
    tab.page.wait_for_timeout(4000)
    return typing(tab.page, count // 2)


def measure(lab: Lab, count: int, total: int) -> dict[str, Any]:
    """Everything, in one page."""
    tab = run(lab, count)
    page, middle = tab.page, count // 2
    result: dict[str, Any] = {}
    side = Side(tab)
    side.wait_marks({1: "fresh", count - 1: "fresh"})
    side.show()
    page.wait_for_timeout(4000)  # the graph is drawn
    result["typing"] = typing(page, middle)
    side.show("Problems")
    result["typing_with_problems"] = typing(page, middle)
    tab.edit(middle, cells(count)[middle])
    page.wait_for_timeout(1000)
    tab.run_cell(middle)
    times = []
    for at in range(7):
        leaf = count - 1
        tab.edit(leaf, f"%%node f{leaf}\nf{leaf - 1} + {at}")
        side.wait_marks({leaf: "edited"})
        times.append(page.evaluate(MARKS, leaf))
    result["marks_ms"] = statistics.median(times)
    tab.run_cell(0, "import os; print(os.getpid())")
    kernel = int("".join(tab.content()[0]["outputs"][0]["text"]))
    tab.run_cell(0, "%dataflow lazy")
    result["memory"] = edits(tab, kernel, count, total)
    result["key_ms"] = max(result[name]["median"] for name in ("typing", "typing_with_problems"))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cells", type=int, default=500)
    parser.add_argument("--edits", type=int, default=1000)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    chromium = shutil.which("chromium") or "chromium"
    with PlainLab(chromium) as lab:
        plain = without(lab, asked.cells)
    with Lab(chromium) as lab:
        result = {"typing_without": plain, **measure(lab, asked.cells, asked.edits)}
    if asked.json:
        print(json.dumps(result, indent=1))
        return
    for name in ("typing_without", "typing", "typing_with_problems"):
        row = {key: f"{value:.0f} ms" for key, value in result[name].items()}
        print(
            f"{name:<22} a key: median {row['median']}, nine in ten within {row['nine_in_ten']}, "
            f"worst {row['worst']}; longest task {row['longest_task']}"
        )
    print(f"{'marks after a run':<22} {result['marks_ms']:5.1f} ms after the reply")
    for row in result["memory"]:
        print(
            f"after {row['edits']:>5} edits      page {row['page']:6.1f} MB, kernel {row['kernel']:6.1f} MB"
        )
    for name, goal in GOALS.items():
        print(
            f"{name}: {result[name]:.1f}, wanted below {goal}: {'met' if result[name] < goal else 'NOT MET'}"
        )


if __name__ == "__main__":
    main()
