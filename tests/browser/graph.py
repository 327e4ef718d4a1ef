"""A graph widget: the live graph on a page, read through what it offers to screen readers."""

import io
import re
import time
from collections.abc import Callable

from playwright.sync_api import Locator

SECONDS = 15.0


def until(condition: Callable[[], object], what: str, page_of: Locator, seconds: float = SECONDS) -> None:
    """Wait until a condition holds; raises AssertionError with `what` when it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"still not so after {seconds:.0f} s: {what}")
        page_of.page.wait_for_timeout(30)  # lets the page's events in


class GraphWidget:
    """One view of the dataflow; its list of nodes says of each `name, kind, state, more`."""

    def __init__(self, root: Locator) -> None:
        self.root = root
        self.canvas = root.locator("canvas.db-canvas")
        self.panel = root.locator("aside.db-panel")
        self.list = root.locator("ul[aria-label=Nodes]")
        self.progress = root.get_by_role("progressbar", include_hidden=True)
        self.compute_stale = root.locator(".db-toolbar .db-main")

    # -- reading -------------------------------------------------------------------------------------------

    def lines(self) -> list[str]:
        """What the hidden list says, a line for each node."""
        return self.list.locator("li").all_text_contents()

    def states(self) -> dict[str, str]:
        """The state of each node by name."""
        parts = [line.split(", ") for line in self.lines()]
        return {part[0]: part[2] for part in parts if len(part) > 2}

    def wait_states(self, **states: str) -> None:
        """Wait until these nodes are in these states."""
        want = states.items()
        until(lambda: want <= self.states().items(), f"{states}", self.root)

    def wait_names(self, names: set[str]) -> None:
        """Wait until exactly these nodes are shown."""
        until(lambda: set(self.states()) == names, f"nodes {sorted(names)}", self.root)

    def wait_details(self, *texts: str) -> str:
        """Wait until the details panel shows all these texts; returns all that it shows."""
        for text in texts:
            self.panel.get_by_text(text, exact=False).first.wait_for()
        return self.panel.inner_text()

    def background(self) -> str:
        """The colour that is painted in the canvas' corner, as `#rrggbb`."""
        return str(
            self.canvas.evaluate(
                """canvas => "#" + [...canvas.getContext("2d").getImageData(3, 3, 1, 1).data].slice(0, 3)
                .map((part) => part.toString(16).padStart(2, "0")).join("")"""
            )
        )

    # -- acting --------------------------------------------------------------------------------------------

    def key(self, *keys: str) -> None:
        """Press keys on the canvas."""
        for key in keys:
            self.canvas.press(key)

    def choose(self, name: str) -> None:
        """Open a node's details through the list for screen readers."""
        self.list.get_by_role("button", name=re.compile(rf"^{re.escape(name)},")).dispatch_event("click")
        self.panel.get_by_role("heading", name=name, exact=True).wait_for()

    def find_by_pointer(self, name: str) -> dict[str, float]:
        """Where on the canvas a node is drawn: found by hovering, as the selected node's details tell its name."""
        raise NotImplementedError

    def button(self, text: str) -> Locator:
        """A button of the details panel."""
        return self.panel.get_by_role("button", name=text, exact=True)


__all__ = ["GraphWidget", "io", "until"]
