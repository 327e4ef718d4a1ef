"""The recorded view is what a session and a run really give: every kind, state and field, compared as a whole."""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from kernel_magics.engine.run.event import Finished, Started
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource, read_cell
from kernel_magics.quality.impact_view import impact_json
from kernel_magics.quality.session_impact import node_impact
from kernel_magics.values import VALUES
from kernel_magics.view import Outcomes, live_view, node_after
from kernel_magics.view.links import verdict
from kernel_magics.view.look import LOOK
from nbext.progress import RunProgress
from tests.recorded import check_recorded
from tests.view.examples import recorded_view

View = dict[str, Any]
EVIL = "<img src=x onerror=alert(1)>"
ROLLING = "%%node rolling_spend --tag owner=ads --tag tier=gold\n# Mean spend of the last `window` days.\n"
LAGS = "%%node spend_lag_{k} --for k=1,7,28\n# Spend {k} days before.\n"
CTR = "%%node ctr --tag owner=web\n# Clicks per view.\n"
WEEKDAY = (
    f"%%node weekday --tag 'note={EVIL}'\n"
    f"# {EVIL} 'single' \"double\" </script><script>alert(2)</script> ]]> &amp; \\\\n\n"
)
CELLS = {
    "Setup": [
        "%%setup\nimport numpy as np\nimport pandas as pd\n\nDAYS = pd.date_range('2025-01-01', periods=365)"
    ],
    "Inputs": [
        """%%inputs
spend: pd.Series = pd.Series(10.0 + np.arange(365) % 60, DAYS)  # Advertising spend per day, in euro.
signups: pd.Series = pd.Series(1 + np.arange(365) % 50, DAYS)  # New accounts per day.
clicks: pd.Series = pd.Series(np.where(np.arange(365) % 50, 7.0, np.nan), DAYS)
views: pd.Series = pd.Series(100 + np.arange(365) % 9, DAYS)  # Page views; "unique" per <visitor> & day.""",
        """%%params
region: str = "EU"  # Which market the features are for.
window: int = 3  # Days in the rolling mean.
größe: int = 0  # Names may be any Python identifier.""",
    ],
    "Spend features": [
        f"{ROLLING}spend.rolling(window).mean()",
        "%%check rolling_spend\nrolling_spend.dropna() >= 0  # never negative\nrolling_spend.notna().mean() > 0.9",
        f"{LAGS}spend.shift(k)",
        "%%node cost_per_signup --when region=US\n# Spend per new account; smoothed in the EU.\nspend / signups",
        "%%node cost_per_signup --when region=EU\nrolling_spend / signups",
        "%%check cost_per_signup --warn\ncost_per_signup.notna().mean() > 0.9  # no gaps\ncost_per_signup.dropna() < 8  # below 8 euro",
    ],
    "Engagement": [
        f"{CTR}clicks / views",
        "%%check ctr\nctr.dropna().between(0, 1)  # a share",
        "%%node ctr_trend\n# Rolling mean of ctr.\nctr.rolling(window).mean()",
        "%%node bounce_rate\n1 - veiws / views",
        f"{WEEKDAY}pd.Series(['{EVIL}', '<b>Mon</b>'])",
        "%%node weekday_effect\nint(signups.sum()) / größe",
    ],
    "": [
        "%%node features\n# All features side by side.\n"
        "columns = [rolling_spend, spend_lag_1, spend_lag_7, spend_lag_28, cost_per_signup, ctr_trend]\n"
        "pd.concat(columns, axis=1, keys=[1, 2, 3, 4, 5, 6])"
    ],
}
SECONDS = {"rolling_spend": 0.0123, "ctr": 0.0031, "features": 1.25, "weekday_effect": 0.0002}
"""How long some nodes took; the others took 2 ms."""


EDITS = {
    "c04": f"{ROLLING}spend.rolling(window).mean().dropna()",
    "c06": f"{LAGS}spend.shift(periods=k)",
    "c10": f"{CTR}clicks.div(views)",
    "c14": f"{WEEKDAY}pd.Series(['{EVIL}', '<b>Mon</b>', '\"Tue\" & \\'Wed\\''])",
}


def cells(edits: Mapping[str, str] = MappingProxyType({})) -> list[CellSource]:
    """The notebook's cells in order, some with another text."""
    pairs = [(heading, text) for heading, texts in CELLS.items() for text in texts]
    found = []
    for number, (heading, text) in enumerate(pairs, start=1):
        id = f"c{number:02}"
        cell = read_cell(edits.get(id, text), id, f"[{number}]", heading)
        assert cell is not None
        found.append(cell)
    return found


def view_of_a_run() -> View:
    """Four cells were edited in lazy mode; some of their nodes ran again, and now `ctr` runs."""
    session, outcomes = Session(VALUES), Outcomes()
    session.register(*cells())
    list(session.compute())
    session.mode = "lazy"
    session.register(*(cell for cell in cells(EDITS) if cell.id in EDITS))
    wanted = ["rolling_spend", "check_rolling_spend", "spend_lag_1", "spend_lag_7", "weekday"]
    progress = RunProgress({name: seconds_of(name) for name in [*wanted, "ctr", "check_ctr", "features"]})
    for event in session.compute(wanted):
        if isinstance(event, Finished):
            progress.note(replace(event, seconds=seconds_of(event.name)))
    view = live_view(session, "quickstart", outcomes)
    nodes = {node["name"]: node for node in view["nodes"]}
    found = node_impact(session, "rolling_spend")
    assert found is not None
    nodes["rolling_spend"]["impact"]["details"] = impact_json(found)
    nodes["ctr"] = node_after(session, Started("ctr"), outcomes)
    for name, node in nodes.items():
        node["seconds"] = node["seconds"] and seconds_of(name)
        node["ran_at"] = node["ran_at"] and "2026-01-31T12:00:00"
    return {**view, "progress": progress.to_json(), "nodes": list(nodes.values())}


def seconds_of(name: str) -> float:
    """How long a node took, by the clock of this test."""
    return SECONDS.get(name, 0.002)


def test_the_recorded_view_is_what_a_run_gives() -> None:
    """Progress, variants, families, impact with its details, checks, errors: the document that the page's tests draw."""
    check_recorded("view_v1.json", json.dumps(rounded(view_of_a_run()), indent=1, ensure_ascii=False) + "\n")


def test_the_recorded_view_has_everything() -> None:
    """Each kind, state, verdict and impact occurs, so that what draws the document draws them all."""
    view = recorded_view()
    nodes = view["nodes"]
    assert {node["kind"] for node in nodes} == {*LOOK["kinds"]}
    assert {node["state"] for node in nodes} == {*LOOK["states"]}
    assert {node["severity"] for node in nodes} == {None, "fail", "warn"}
    assert {verdict(node) for node in nodes} >= {"", "held", "warned"}
    assert {node["impact"]["verdict"] for node in nodes if node["impact"]} == {*LOOK["impacts"]}
    assert any(node["impact"] and node["impact"]["details"] for node in nodes)
    for field in ("progress", "groups", "title"):
        assert view[field], field
    for field in ("doc", "tags", "family", "variants", "waiting", "summary", "conditions", "error"):
        assert any(node[field] for node in nodes), field


def rounded(part: Any) -> Any:
    """The document with numbers of six digits: the last ones differ from machine to machine."""
    if isinstance(part, dict):
        return {key: rounded(value) for key, value in part.items()}
    if isinstance(part, list):
        return [rounded(value) for value in part]
    return float(f"{part:.6g}") if isinstance(part, float) else part
