"""The page in a real browser: drawn, clicked, walked, and not fooled by texts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nbext.page import html_page
from nbext.static_files import FrontendMissing
from tests.browser.waiting import shows, until
from tests.recorded import FOLDER

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = pytest.mark.browser

VIEW: dict[str, Any] = json.loads((FOLDER / "view_v1.json").read_text(encoding="utf-8"))
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WHERE = """name => {
    const d = dagbookScene.drawing(), c = dagbookScene.camera(), at = dagbookScene.find(name);
    const box = document.querySelector('.db-canvas').getBoundingClientRect();
    return [box.left + d.x[at] * c.k + c.x, box.top + d.y[at] * c.k + c.y];
}"""


@pytest.fixture(scope="module")
def browser(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A headless Chromium."""
    path = request.getfixturevalue("chromium")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield chromium
        chromium.close()


class Shown:
    """A page that shows a view, with everything it complained about."""

    def __init__(self, browser: Any, folder: Path, view: dict[str, Any], scheme: str = "light") -> None:
        try:
            html = html_page(view)
        except FrontendMissing as missing:
            pytest.fail(str(missing))
        file = folder / "view.html"
        file.write_text(html, encoding="utf-8")
        context = browser.new_context(viewport={"width": 1200, "height": 620}, color_scheme=scheme)
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())
        self.settle()

    def settle(self) -> None:
        """Wait until the picture is painted and stays as it is."""
        self.page.wait_for_selector("[data-painted]")
        self.until("dagbookScene.settled()")

    def until(self, condition: str) -> None:
        """Wait for a condition; the page itself may evaluate no text, as Playwright's own waiting would."""
        until(self.page, lambda: self.page.evaluate(condition), condition, str)

    def items(self) -> list[list[str]]:
        """Kind and name of everything in the picture, once it stays as it is."""
        self.settle()
        found: list[list[str]] = self.page.evaluate(
            "dagbookScene.drawing().picture.items.map(item => [item.type, item.name])"
        )
        return found

    def click(self, name: str, count: int = 1) -> None:
        """Click the card of a node."""
        self.settle()
        x, y = self.page.evaluate(WHERE, name)
        self.page.mouse.click(x, y, click_count=count)

    def colours(self) -> int:
        """The number of different colours on the canvas."""
        count: int = self.page.evaluate(
            """() => {
                const c = document.querySelector('.db-canvas');
                const data = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
                return new Set(new Uint32Array(data.buffer)).size;
            }"""
        )
        return count


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_recorded_view_is_drawn(browser: Any, tmp_path: Path, scheme: str) -> None:
    """Light and dark follow the reader's setting; nothing is fetched and the console is empty."""
    shown = Shown(browser, tmp_path, VIEW, scheme)
    root = shown.page.locator(".db-root")
    assert root.get_attribute("data-theme") == scheme
    until(shown.page, lambda: shown.colours() > 50, "a picture", lambda: str(shown.colours()))
    background = shown.page.evaluate("getComputedStyle(document.querySelector('.db-root')).backgroundColor")
    assert (sum(int(n) for n in background[4:-1].split(",")) > 380) == (scheme == "light")
    assert shown.complaints == []
    assert [url for url in shown.requests if not url.startswith(("file:", "blob:"))] == []


def test_a_click_opens_the_details(browser: Any, tmp_path: Path) -> None:
    """The panel shows what is known; a link in it leads on; Esc leaves."""
    shown = Shown(browser, tmp_path, VIEW)
    shown.click("cost_per_signup")
    panel = shown.page.locator(".db-panel")
    shows(panel, "cost_per_signup", "stale", "below 8 euro", "35 of 363 rows", "Source", "Inputs", "region")
    panel.locator(".db-histogram rect").first.wait_for()
    panel.get_by_role("button", name="rolling_spend", exact=True).click()
    panel.locator("h3", has_text="rolling_spend").wait_for()
    shown.page.keyboard.press("Escape")
    panel.wait_for(state="hidden")


def test_evil_texts_do_nothing(browser: Any, tmp_path: Path) -> None:
    """Markup in names, docstrings, tags, previews and headings stays text, wherever it is shown."""
    evil = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    summary = {
        "type": evil,
        "shape": evil,
        "preview": evil,
        "nulls": 0.5,
        "histogram": None,
        "top": [[evil, 3]],
    }
    node = {
        "name": evil, "kind": "value", "inputs": [f"{evil}2"], "waiting": [f"{evil}2"], "doc": evil, "type": evil,
        "group": evil, "tags": {evil: evil}, "source": evil, "summary": summary, "cell": evil,
        "error": {"code": evil, "message": evil, "hint": evil}, "state": "failed",
    }  # fmt: skip
    other = {
        "name": "b",
        "kind": "check",
        "inputs": [evil],
        "conditions": [{"message": evil, "held": False, "detail": evil}],
    }
    shown = Shown(browser, tmp_path, {"version": 1, "title": evil, "groups": [evil], "nodes": [node, other]})
    shown.click(evil)
    shows(shown.page.locator(".db-panel"), "<img src=x onerror=alert(1)>")
    shown.page.mouse.move(*shown.page.evaluate(WHERE, "b"))
    shown.page.locator(".db-search-input").fill("img")
    shows(shown.page.get_by_role("option").first, "<img src=x")
    shows(shown.page.locator("ul[aria-label=Nodes]"), "<img src=x")
    assert shown.page.locator("img").count() == 0
    assert shown.complaints == []


def test_the_keyboard_walks_the_graph(browser: Any, tmp_path: Path) -> None:
    """`/` searches, Enter goes to the match, arrows walk, and what is reached is announced."""
    shown = Shown(browser, tmp_path, VIEW)
    press = shown.page.keyboard.press
    press("/")
    shown.page.keyboard.type("ctr_tr")
    press("Enter")
    live = "document.querySelector('[aria-live]').textContent"
    shown.until(f"{live}.startsWith('ctr_trend, value')")
    press("ArrowRight")
    shown.until(f"{live}.startsWith('features, value, stale')")
    press("ArrowLeft")
    read = ["cost_per_signup", "rolling_spend", "ctr_trend", "spend_lag_1", "spend_lag_7", "spend_lag_28"]
    shown.until(f"{read}.includes({live}.split(',')[0])")
    press("Escape")
    press("Escape")
    shown.until(f"{live} === ''")
    assert shown.complaints == []


def test_changes_are_drawn_as_they_come(browser: Any, tmp_path: Path) -> None:
    """An update changes counts and picture; a removed node is gone; a new one appears."""
    shown = Shown(browser, tmp_path, VIEW)
    names = "dagbookScene.drawing().picture.items.map(item => item.name)"
    shown.page.evaluate(
        """() => {
            const features = dagbookStore.graph.node.get('features');
            dagbookStore.update({removed: ['ctr_trend'], nodes: [
                {name: 'new_one', kind: 'value', inputs: ['ctr']}, {...features, waiting: ['ctr_trend'], state: 'waiting'}]});
        }"""
    )
    shown.until(f"{names}.includes('new_one')")
    assert ["ghost", "ctr_trend"] in shown.items(), "features waits for it: it is shown as missing"
    shown.page.evaluate(
        "dagbookStore.update({nodes: dagbookStore.graph.view.nodes.map(n => ({...n, state: 'failed'})), progress: null})"
    )
    legend = "document.querySelector('.db-legend').innerText.replaceAll('\\n', '')"
    shown.until(f"{legend}.includes('failed{len(VIEW['nodes'])}')")
    assert shown.complaints == []


@pytest.mark.parametrize(
    ("entry", "suffix", "start", "names"),
    [
        ("Export as SVG", "svg", b"<svg", True),
        ("Export as PNG", "png", b"\x89PNG", False),
        ("Export as DOT", "dot", b"// quickstart\ndigraph", True),
        ("Export as Mermaid", "mmd", b"flowchart", True),
    ],
)
def test_the_menu_exports(
    browser: Any, tmp_path: Path, entry: str, suffix: str, start: bytes, names: bool
) -> None:
    """Each entry of the menu downloads the whole picture in its format."""
    shown = Shown(browser, tmp_path, VIEW)
    shown.page.get_by_role("button", name="More").click()
    with shown.page.expect_download() as waiting:
        shown.page.get_by_role("menuitem", name=entry).click()
    assert waiting.value.suggested_filename.endswith(f".{suffix}")
    content = Path(waiting.value.path()).read_bytes()
    assert content.startswith(start)
    assert not names or all(node["name"].encode() in content for node in VIEW["nodes"])
    assert shown.complaints == []


def test_every_control_has_a_name(browser: Any, tmp_path: Path) -> None:
    """A screen reader finds a name for each button, field and region, and the list has what the canvas shows."""
    shown = Shown(browser, tmp_path, VIEW)
    shown.click("cost_per_signup")
    shown.page.get_by_role("button", name="More").click()
    shown.page.get_by_role("menuitem").first.wait_for()
    lines = shown.page.locator("ul[aria-label=Nodes] li")
    until(shown.page, lambda: lines.count() == len(VIEW["nodes"]), "all lines", lambda: str(lines.count()))
    unnamed = shown.page.evaluate(
        """() => [...document.querySelectorAll('button, input, canvas, [role]')]
            .filter((el) => !el.closest('[hidden]') && !["presentation", "none"].includes(el.getAttribute('role')))
            .filter((el) => !(el.getAttribute('aria-label') || el.textContent.trim() || el.title || el.placeholder))
            .map((el) => el.outerHTML.slice(0, 120))"""
    )
    assert unnamed == []
    assert any(line.startswith("cost_per_signup, value, stale") for line in lines.all_text_contents())
    assert shown.page.locator("canvas.db-canvas").get_attribute("aria-label") is not None


def families(count: int) -> dict[str, Any]:
    """A dataflow of ten headings, each with an input and a family that is read together."""
    nodes: list[dict[str, Any]] = []
    for topic in range(10):
        group, lags = f"Topic {topic}", [f"t{topic}_lag_{k}" for k in range(count)]
        nodes.append({"name": f"t{topic}", "kind": "input", "inputs": []})
        nodes += [{"name": lag, "inputs": [f"t{topic}"], "family": f"t{topic}_lag_{{k}}"} for lag in lags]
        nodes.append({"name": f"t{topic}_mean", "inputs": lags, "state": "stale" if topic else "failed"})
        nodes[-count - 2 :] = [
            {"kind": "value", "state": "fresh", "group": group, **node} for node in nodes[-count - 2 :]
        ]
    return {
        "version": 1,
        "title": "families",
        "groups": [f"Topic {topic}" for topic in range(10)],
        "nodes": nodes,
    }


def test_large_dataflows_are_shown_so_that_names_can_be_read(browser: Any, tmp_path: Path) -> None:
    """Headings are collapsed, show their failures, and are opened by a search, which centres what is found."""
    view = families(20)
    for node in view["nodes"]:
        if not node["name"].startswith("t3_"):
            node["family"] = ""
    shown = Shown(browser, tmp_path, view)
    assert shown.items() == [["group", f"Topic {topic}"] for topic in range(10)]
    shown.until("dagbookScene.camera().k > 0.3")
    shown.page.keyboard.press("/")
    shown.page.keyboard.type("t3_lag_7")
    shown.page.keyboard.press("Enter")
    shown.until("dagbookScene.drawing().selected >= 0")
    names = [name for _, name in shown.items()]
    assert {"t3", "t3_lag_7", "t3_mean", "Topic 2"} <= set(names)
    x, y = shown.page.evaluate(WHERE, "t3_lag_7")
    box = shown.page.locator(".db-canvas").bounding_box()
    assert abs(x - box["x"] - box["width"] / 2) < 3
    assert abs(y - box["y"] - box["height"] / 2) < 3
    assert shown.complaints == []


def test_a_deep_dataflow_begins_where_names_can_be_read(browser: Any, tmp_path: Path) -> None:
    """Without groups to collapse, the beginning is shown in a readable size; F shows all."""
    nodes = [
        {"name": f"step_{i}", "kind": "value", "inputs": [f"step_{i - 1}"] if i else [], "state": "fresh"}
        for i in range(60)
    ]
    shown = Shown(browser, tmp_path, {"version": 1, "title": "deep", "nodes": nodes})
    zoom = "dagbookScene.camera().k"
    shown.until(f"{zoom} === 0.6")
    shown.settle()
    box = shown.page.locator(".db-canvas").bounding_box()
    x, y = shown.page.evaluate(WHERE, "step_0")
    assert box["x"] < x < box["x"] + 300
    assert box["y"] < y < box["y"] + box["height"]
    shown.page.keyboard.press("f")
    shown.until(f"{zoom} < 0.2")
    assert shown.complaints == []


def test_how_a_dataflow_was_shown_is_kept(browser: Any, tmp_path: Path) -> None:
    """A page that is loaded again shows the same groups in the same places."""
    shown = Shown(browser, tmp_path, families(4))
    shown.page.get_by_role("button", name="More").click()
    shown.page.get_by_role("menuitem", name="Collapse families").click()
    places = """() => { const d = dagbookScene.drawing(); return Object.fromEntries(d.picture.items.map(
        (item, v) => [item.name, [Math.round(d.layout.x[v]), Math.round(d.layout.y[v])]])); }"""
    shown.until(f"'t1_lag_{{k}}' in ({places})()")
    shown.settle()
    before = shown.page.evaluate(places)
    shown.page.reload()
    shown.settle()
    after = shown.page.evaluate(places)
    assert after.keys() == before.keys()
    moved = [
        name for name, (x, y) in before.items() if abs(after[name][0] - x) + abs(after[name][1] - y) > 30
    ]
    assert len(moved) <= 3, moved
    assert shown.complaints == []


def test_a_tall_window_is_laid_out_from_top_to_bottom(browser: Any, tmp_path: Path) -> None:
    """What a node reads is above it, and arrows walk accordingly."""
    shown = Shown(browser, tmp_path, VIEW)
    shown.page.set_viewport_size({"width": 420, "height": 900})
    shown.page.evaluate("dagbookStore.replace({...dagbookStore.graph.view})")
    shown.until("dagbookScene.drawing().layout.down && dagbookScene.settled()")
    above = """() => { const d = dagbookScene.drawing(), e = d.picture.edges; let good = true;
        for (let i = 0; i < e.length; i += 2) good &&= d.layout.y[e[i]] < d.layout.y[e[i + 1]]; return good; }"""
    assert shown.page.evaluate(above)
    assert shown.complaints == []


def test_large_dataflows_appear_without_blocking(browser: Any, tmp_path: Path) -> None:
    """Two thousand nodes are drawn while the page stays responsive."""
    nodes = [
        {"name": f"n{i}", "kind": "value", "inputs": [f"n{i // 2}"] if i else [], "state": "fresh"}
        for i in range(2000)
    ]
    shown = Shown(browser, tmp_path, {"version": 1, "title": "large", "nodes": nodes})
    until(shown.page, lambda: shown.colours() > 3, "a picture", lambda: str(shown.colours()))
    assert shown.complaints == []
