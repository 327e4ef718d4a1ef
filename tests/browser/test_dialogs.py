"""Converting and exporting from the page, in a real JupyterLab: dialogs, and what they leave behind."""

import os
from pathlib import Path

import pytest

from kernel_magics import Envelope
from kernel_magics.registry.changes import promote, publish
from tests.browser.conftest import OpenCells
from tests.browser.lab import Lab
from tests.browser.side import Side
from tests.browser.waiting import shows
from tests.registry.making import RULES, envelope

pytestmark = pytest.mark.browser

ORDINARY = [
    "#md # Clicks",
    "import pandas as pd",
    "df = pd.DataFrame({'clicks': [1, 2, 3], 'views': [10, 0, 30]})\ndf.head()",
    "df = df[df['views'] > 0]",
    "df['ctr'] = df['clicks'] / df['views']",
    "best = df['ctr'].max()",
    "print(best)",
]


def test_converting_shows_a_proposal_and_changes_cells_in_one_step(open_cells: OpenCells) -> None:
    """The preview holds cells and graph; cells then change in place, run, and one undo brings the old ones back."""
    side = Side(open_cells(ORDINARY))
    before = side.sources()
    side.command("convert")
    dialog = side.page.locator(".jp-Dialog")
    dialog.locator(".db-proposal-node").first.wait_for()
    shows(dialog, "%%setup", "%%node")
    dialog.locator(".db-root canvas").first.wait_for()
    dialog.locator('.db-convert-proof[data-done="yes"]').wait_for()
    shows(dialog, "4 values are equal", "4 of 4 computing cells are in the dataflow (100%)")
    side.accept()
    side.until(lambda: side.sources() != before, "other cells", lambda: str(side.sources()))
    assert side.sources()[0] in (before[0], "%load_ext kernel_magics")
    side.tab.run_all()
    assert side.tab.errors() == []
    side.tab.wait_output(-1, "0.1")
    side.until(lambda: "fresh" in side.marks().values(), "fresh nodes", lambda: str(side.marks()))
    side.tab.command("notebook:undo-cell-action")
    side.until(lambda: side.sources() == before, "the old cells", lambda: str(side.sources()))


def test_code_that_nobody_ran_is_run_on_demand_only(lab: Lab) -> None:
    """The preview of a notebook that was only opened runs none of its code until asked; cancelling changes nothing."""
    code = "from pathlib import Path\nPath('was-run.txt').write_text('x')\nn = 1"
    tab = lab.open(lab.write("unrun.ipynb", [code, "m = n + 1", "print(m)"]))
    side = Side(tab)
    before = side.sources()
    side.command("convert")
    dialog = side.page.locator(".jp-Dialog")
    dialog.locator(".db-proposal").first.wait_for()
    button = dialog.get_by_role("button", name="Run both versions")
    button.wait_for()
    assert not (lab.root / "was-run.txt").exists()
    button.click()
    dialog.locator(".db-convert-proof[data-done]").wait_for()
    assert (lab.root / "was-run.txt").exists()
    dialog.locator(".jp-mod-reject").click()
    dialog.wait_for(state="hidden")
    assert side.sources() == before
    tab.close()


def test_exporting_shows_the_proof_module_and_tests(lab: Lab, open_cells: OpenCells) -> None:
    """The dialog holds the report of the export, the files, and the command for CI."""
    side = Side(
        open_cells(
            [
                "%load_ext kernel_magics",
                "%%inputs\nclicks: int = 10\nviews: int = 40",
                "%%node ctr\n# Clicks per view.\nclicks / views",
            ]
        )
    )
    side.wait_marks({1: "fresh"})
    side.command("export")
    side.accept("ads.py")
    report = side.page.locator('.db-export-report[data-done="yes"]')
    report.wait_for()
    shows(report, "module and notebook agree on")
    dialog = side.page.locator(".jp-Dialog")
    dialog.locator(".db-export-file").nth(1).wait_for()
    shows(dialog, "test_ads.py", "-o ads.py --check", "def ctr(")
    dialog.locator(".jp-mod-accept").last.click()
    assert "def ctr(" in Path(lab.root, "ads.py").read_text()


def test_an_envelope_is_exported_and_its_journey_shown(lab: Lab, open_cells: OpenCells) -> None:
    """The dialog says, read-only, where envelopes are and what they wait for; it writes one, and what comes next."""
    name = "test_an_envelope_is_exported_and_its_journey_shown.ipynb"
    source = {"notebook": name, "commit": None, "dirty": None}
    registry = lab.root / "registry"
    digest, _ = publish(envelope(lab.home / "published", source=source), registry)
    (registry / "rules.yaml").write_text(RULES)
    promote(registry)
    side = Side(open_cells(["%load_ext kernel_magics", "%%inputs\nage: int = 3", "%%node score\nage * 2"]))
    side.wait_marks({1: "fresh"})
    side.command("export")
    dialog = side.page.locator(".jp-Dialog")
    journey = dialog.locator(".db-journey")
    shows(journey, "Registry: registry", f"{digest[:12]} in staging for 0.0 h", "for production")
    shows(journey, "staging.hours >= 24", "1 approval from platform or risk (by nobody yet)")
    assert journey.locator("button, input, a").count() == 0
    dialog.locator("select").select_option("envelope")
    shows(dialog, "It runs without the notebook")
    dialog.locator("input").last.fill("score")
    dialog.locator("input").first.fill("people")
    side.page.screenshot(path=Path(os.environ.get("DAGBOOK_SCREENSHOTS", lab.home)) / "envelope.png")
    dialog.locator(".jp-mod-accept").click()
    side.page.locator('.db-export-report[data-done="yes"]').wait_for(timeout=90_000)
    dialog.locator(".db-export-file").nth(1).wait_for()
    shows(dialog, "dagbook publish people registry", "-o people --target envelope --outputs score --check")
    assert Envelope.open(lab.root / "people").outputs == ("score",)
    dialog.locator(".jp-mod-accept").last.click()


def test_a_refused_export_shows_its_error(open_cells: OpenCells) -> None:
    """A waiting node cannot be exported: the dialog shows code, message and hint."""
    side = Side(open_cells(["%load_ext kernel_magics", "%%inputs\nx: int = 1", "%%node a\nx + y"]))
    side.wait_marks({1: "fresh"})
    side.command("export")
    side.accept("ads.py")
    report = side.page.locator('.db-export-report[data-done="no"]')
    report.wait_for()
    shows(report, "DB203")
    side.page.locator(".jp-Dialog .jp-mod-accept").last.click()
