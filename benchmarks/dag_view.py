"""The live graph measured: layout, first paint, panning, state changes, and how long the page is ever blocked.

    python benchmarks/dag_view.py [--sizes 1000,10000] [--json]

Needs Chromium and Playwright, Node with `npm ci` done in nbext/frontend, and `dot` for the comparison of crossings.
"""

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from nbext.page import html_page

FRONTEND = Path(__file__).parent.parent / "nbext" / "frontend"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
GOALS = {"first_paint_ms": 1500, "frame_ms": 50, "changes_ms": 100, "longest_block_ms": 50}

MEASURE = """async text => {
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    const shown = () => new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];
    const root = document.querySelector('.db-root'), scene = dagbookScene, store = dagbookStore;
    const painted = async () => {
        const before = root.dataset.painted;
        while (root.dataset.painted === before) await frame();
        await shown();
    };
    const view = JSON.parse(text);
    // The last task also holds the page's own reading of the text that Playwright sent.
    await new Promise(resolve => setTimeout(resolve, 300));
    performance.mark('dagbook-begin');

    let start = performance.now();
    store.replace(view);
    while (scene.drawing() === null || scene.drawing().picture.items.length < view.nodes.length) await frame();
    await painted();
    const first = performance.now() - start;

    const frames = {};
    for (const [name, move] of Object.entries({
        pan_all: i => scene.pan(i % 40 < 20 ? 6 : -6, i % 40 < 20 ? 4 : -4),
        zoom: i => scene.zoom(i % 80 < 40 ? 1.09 : 1 / 1.09),
        pan_near: i => scene.pan(i % 40 < 20 ? -24 : 24, 12),
    })) {
        if (name === 'pan_near') { scene.fit(false); scene.zoom(0.4 / scene.camera().k); await painted(); }
        const times = [];
        let last = await frame();
        for (let i = 0; i < 160; i++) {
            move(i);
            const now = await frame();
            times.push(now - last);
            last = now;
        }
        frames[name] = median(times);
        await new Promise(resolve => setTimeout(resolve, 500));
    }
    scene.fit(false);
    await new Promise(resolve => setTimeout(resolve, 1200));

    const changes = [];
    for (let round = 0; round < 5; round++) {
        const state = round % 2 ? 'fresh' : 'stale';
        const nodes = store.graph.view.nodes.slice(round * 7, round * 7 + 500).map(node => ({...node, state}));
        start = performance.now();
        store.update({nodes});
        await shown();
        changes.push(performance.now() - start);
        await new Promise(resolve => setTimeout(resolve, 1000));
    }
    performance.mark('dagbook-end');
    return {first_paint_ms: first, frames_ms: frames, frame_ms: Math.max(...Object.values(frames)),
            changes_ms: median(changes)};
}"""


def dataflow(count: int, seed: int = 1) -> dict[str, Any]:
    """A view of `count` nodes, mostly reading near ones, as a large notebook would have."""
    draw = random.Random(seed)
    inputs = max(3, count * 8 // 100)
    nodes = []
    for at in range(count):
        back = min(at, max(20, count // 6))
        sources: set[int] = set()
        for _ in range(0 if at < inputs else 1 + int(draw.random() * 2.2)):
            near = max(0, at - 1 - int(draw.random() ** 2 * back))
            sources.add(draw.randrange(inputs) if draw.random() < 0.25 else near)
        kind = "value" if at >= inputs else "param" if at % 4 == 3 else "input"
        nodes.append(
            {
                "name": f"feature_{at}",
                "kind": kind,
                "inputs": [f"feature_{source}" for source in sorted(sources)],
                "cell": f"[{at + 1}]",
                "cell_id": f"c{at}",
                "doc": f"The feature of number {at}.",
                "type": "pd.Series[float]",
                "tags": {"owner": draw.choice(("ads", "ops"))},
                "source": f"def feature_{at}():\n    return 1\n",
                "state": draw.choices(("fresh", "stale", "failed"), (90, 8, 2))[0],
                "seconds": draw.random() / 50,
                "summary": {"type": "Series[float64]", "shape": "365", "preview": "0  1.0", "nulls": 0.0},
            }
        )
    return {"version": 1, "title": f"{count} nodes", "mode": "auto", "groups": [], "nodes": nodes}


def in_browser(browser: Browser, count: int) -> dict[str, Any]:
    """Measure one size in a fresh page."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "view.html")
        file.write_text(html_page({"version": 1, "title": "", "mode": "auto", "nodes": []}), encoding="utf-8")
        page = browser.new_page(viewport={"width": 1200, "height": 700})
        page.goto(file.as_uri())
        page.wait_for_function("globalThis.dagbookScene !== undefined")
        browser.start_tracing(page=page, categories=["toplevel", "devtools.timeline", "blink.user_timing"])
        measured: dict[str, Any] = page.evaluate(MEASURE, json.dumps(dataflow(count)))
        measured["longest_block_ms"] = longest_task(json.loads(browser.stop_tracing())["traceEvents"])
        page.close()
    return measured


def longest_task(events: list[dict[str, Any]]) -> float:
    """Milliseconds of processor time of the page's longest task between the marks.

    Processor time, because on a busy machine the clock also counts the turns of other programs.
    """
    marks = {event["name"]: event for event in events if str(event.get("name")).startswith("dagbook-")}
    begin, end = marks["dagbook-begin"], marks["dagbook-end"]
    return max(
        event["tdur"] / 1000
        for event in events
        if event["ph"] == "X"
        and (event["pid"], event["tid"]) == (begin["pid"], begin["tid"])
        and begin["ts"] < event["ts"] < end["ts"]
        and "tdur" in event
    )


def layout() -> dict[str, Any]:
    """Measure the layout by itself, in Node."""
    done = subprocess.run(
        ["node", "bench/layout.mjs"], cwd=FRONTEND, capture_output=True, text=True, check=True
    )
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def report(measured: dict[str, Any]) -> bool:
    """Print the measurements beside the goals; True when all are met."""
    good = True
    print("layout, seconds of CPU:", {n: round(s, 3) for n, s in measured["layout"]["cpu"].items()})
    for count, rows in measured["layout"]["quality"].items():
        own = sum(row["own"] for row in rows)
        if rows[0]["dot"] is None:
            print(f"crossings at {count} nodes: {own} (no `dot` here to compare with)")
            continue
        dot = sum(row["dot"] for row in rows)
        good &= own <= 1.1 * dot
        print(
            f"crossings at {count} nodes: {own}, dot {dot} ({own / dot - 1:+.1%}) {[(r['own'], r['dot']) for r in rows]}"
        )
    for count, row in measured["browser"].items():
        print(f"{count} nodes in Chromium:")
        for name, goal in GOALS.items():
            met = row[name] < goal
            good &= met
            print(f"  {name:18} {row[name]:8.1f}  goal < {goal}  {'ok' if met else 'MISSED'}")
        print("  median frames:", {name: round(ms, 1) for name, ms in row["frames_ms"].items()})
    return good


def main() -> int:
    """Run all measurements."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", default="1000,10000")
    parser.add_argument("--json", action="store_true", help="print the raw numbers")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        print("There is no `chromium` on the path.", file=sys.stderr)
        return 2
    measured: dict[str, Any] = {"layout": layout(), "browser": {}}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for size in options.sizes.split(","):
            measured["browser"][size] = in_browser(browser, int(size))
        browser.close()
    if options.json:
        print(json.dumps(measured, indent=1))
        return 0
    return 0 if report(measured) else 1


if __name__ == "__main__":
    sys.exit(main())
