"""A graph widget: the live graph on a page, read through what it offers to screen readers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.browser.waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator


# Moves a pointer that exists only for the canvas over a grid, until the tip names the node.
_PLACE_OF = """(canvas, name) => {
  const box = canvas.getBoundingClientRect(), tip = canvas.parentElement.querySelector(".db-tip");
  const move = (x, y) => canvas.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y, bubbles: true }));
  for (let y = box.top + 8; y < box.bottom; y += 16)
    for (let x = box.left + 8; x < box.right; x += 40) {
      move(x, y);
      if (!tip.hidden && tip.querySelector("b")?.textContent === name) return { x: x - box.left, y: y - box.top };
    }
  return null;
}"""
_CORNER = """canvas => "#" + [...canvas.getContext("2d").getImageData(3, 3, 1, 1).data].slice(0, 3)
  .map((part) => part.toString(16).padStart(2, "0")).join("")"""
_WATCH = """root => {
  const seen = root.seenByTests = [];
  const counts = () => Object.fromEntries([...root.querySelectorAll(".db-legend .db-key")]
    .map((key) => key.textContent.match(/^(.*?)(\\d+)$/)).filter(Boolean).map(([, name, count]) => [name, Number(count)]));
  const note = () => {
    const bar = root.querySelector("[role=progressbar]");
    const done = bar.hidden ? null : Number(bar.getAttribute("aria-valuenow"));
    const status = root.querySelector(".db-status").textContent;
    seen.push({ done, total: Number(bar.getAttribute("aria-valuemax")), status, ...counts() });
  };
  new MutationObserver(note).observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


class GraphWidget:
    """One view of the dataflow; its list has a line `name, kind, state, more` for each node."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.canvas = root.locator("canvas.db-canvas")
        self.panel = root.locator("aside.db-panel")
        self.list = root.locator("ul[aria-label=Nodes]")
        self.compute_stale = root.locator(".db-toolbar .db-main")

    # -- reading -------------------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """The lines of the list, one for each node."""
        return self.list.locator("li").all_text_contents()

    def states(self) -> dict[str, str]:
        """The state of each node by name."""
        parts = [line.split(", ") for line in self.lines()]
        return {part[0]: part[2] for part in parts if len(part) > 2}

    def wait_states(self, **states: str) -> None:
        """Wait until these nodes are in these states."""
        self._until(lambda: states.items() <= self.states().items(), f"{states}")

    def wait_names(self, names: set[str]) -> None:
        """Wait until exactly these nodes are shown."""
        self._until(lambda: set(self.states()) == names, f"just the nodes {sorted(names)}")

    def wait_lines(self, *parts: str) -> None:
        """Wait until one line of the list has all these parts."""
        self._until(lambda: any(all(part in line for part in parts) for line in self.lines()), f"{parts}")

    def wait_progress(self, done: int, total: int) -> None:
        """Wait until the bar shows that so many nodes of a run are done."""
        bar = self.root.get_by_role("progressbar")
        told = ("aria-valuenow", "aria-valuemax")
        self._until(
            lambda: [bar.get_attribute(name) for name in told] == [str(done), str(total)],
            f"{done} of {total} done",
        )

    def wait_background(self, colour: str) -> None:
        """Wait until the canvas' corner has this colour, as `#rrggbb`."""
        self._until(lambda: self.background() == colour, f"the background {colour}")

    def background(self) -> str:
        """The colour that is painted in the canvas' corner, as `#rrggbb`."""
        return str(self.canvas.evaluate(_CORNER))

    def details(self, *texts: str) -> str:
        """Wait until the details panel shows all these texts; returns all that it shows."""
        self._until(lambda: all(text in self.panel.inner_text() for text in texts), f"details with {texts}")
        return self.panel.inner_text()

    def watch(self) -> Callable[[], list[dict[str, int | str | None]]]:
        """Begin to note every change on the screen; returns what gives the notes.

        A note has `done` and `total` of the progress bar (`done` None: no bar), the `status` text, and how many
        nodes are in each state.
        """
        self.root.evaluate(_WATCH)
        return lambda: list(self.root.evaluate("root => root.seenByTests"))

    # -- acting --------------------------------------------------------------------------------------------

    def choose(self, name: str) -> None:
        """Open a node's details through the list for screen readers."""
        self.list.get_by_role("button", name=re.compile(rf"^{re.escape(name)},")).dispatch_event("click")
        self.details(name)

    def place_of(self, name: str) -> tuple[float, float]:
        """Where a node with a docstring is drawn, in pixels from the canvas' corner."""
        self.root.scroll_into_view_if_needed()
        found: list[dict[str, float]] = []

        def look() -> bool:
            place = self.canvas.evaluate(_PLACE_OF, name)
            found.extend([place] if place else [])
            return bool(found)

        self._until(look, f"'{name}' under the pointer")
        return found[0]["x"] + 10, found[0]["y"] + 10

    def click(self, name: str, times: int = 1) -> None:
        """Click on a node with the mouse, once or twice."""
        x, y = self.place_of(name)
        self.canvas.click(position={"x": x, "y": y}, click_count=times)

    def mode(self, name: str) -> None:
        """Press `auto` or `lazy`."""
        button = self.root.locator(".db-segments").get_by_role("button", name=name, exact=True)
        button.click()
        self._until(lambda: button.get_attribute("aria-pressed") == "true", f"mode {name}")

    def button(self, text: str) -> Locator:
        """A button of the details panel."""
        return self.panel.get_by_role("button", name=text, exact=True)

    def _until(self, condition: Callable[[], object], what: str) -> None:
        until(self.root.page, condition, what, lambda: "\n".join(self.lines()))
