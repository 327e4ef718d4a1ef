"""A notebook in a test is a few cells; here they become a session, and are exported."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.export.export import export_flow
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest
from kernel_magics.values import VALUES
from tests.warm import run_warm

HOME = Path(__file__).parents[2]

QUICK = (
    "%%setup\nimport os\n\nimport numpy as np\nimport pandas as pd\n\n# days in a week\nWEEK = 7\n\n\n"
    "def scaled(values, by=WEEK):\n    return values / by\n\n\ndef unused():\n    return os.getcwd()",
    "%%inputs\nspend: pd.Series = pd.Series([10.0, 20.0, 40.0, 0.0, 50.0, 60.0], name='s')\n"
    "signups = pd.Series([1, 4, 8, 0, 9, 7])",
    "%%params\nwindow: int = 3  # days\nrate: float = 1.25",
    "%%node\n# Mean spend of the last days.\n"
    "def rolling_mean(spend, window):\n    # short windows at the start count, too\n"
    "    return spend.rolling(window, min_periods=1).mean()",
    '%%node cost\n"""Money for one signup; empty without signups."""\nspend * rate / signups.replace(0, np.nan)',
    "%%node weekly\nscaled(rolling_mean)",
    "%%node lag_{k} --for k=1,2\n'''Cost {k} days ago.'''\ncost.shift(k)",
    "%%node low, high\nlow = float(cost.min())\nhigh = float(cost.max())",
    "%%check cost\ncost.dropna() >= 0  # never negative\nlen(cost) == len(spend)",
    "%%test cost\nresult = cost(pd.Series([10.0]), pd.Series([2]), rate=1.0)\nassert result[0] == 5.0",
    "%%test rolling_mean\nassert scaled(WEEK) == 1\nassert rolling_mean(pd.Series([1.0, 3.0]), 2)[1] == 2",
)


@dataclass(frozen=True)
class Export:
    """An export's report and files."""

    report: Report
    module: Path

    @property
    def tests(self) -> Path:
        return self.module.with_name(f"test_{self.module.name}")

    @property
    def examples(self) -> Path:
        return self.tests.with_suffix(".json")

    @property
    def text(self) -> str:
        return self.module.read_text(encoding="utf-8")


def make_session(*cells: str, groups: dict[int, str] | None = None) -> Session:
    """A session with these cells; `groups` gives the heading from the cell of that number on."""
    session = Session(VALUES)
    group, sources = "", []
    for number, text in enumerate(cells, start=1):
        group = (groups or {}).get(number, group)
        source = read_cell(text, f"cell-{number}", f"[{number}]", group)
        assert source is not None
        sources.append(source)
    session.register(*sources)
    return session


def export(folder: Path, *cells: str, groups: dict[int, str] | None = None, **options: Any) -> Export:
    """Export cells to `folder/features.py`."""
    module = folder / "features.py"
    session = make_session(*cells, groups=groups)
    return Export(export_flow(session, ExportRequest("nb", "nb.ipynb", module, **options)), module)


def run_python(code: str, folder: Path, *, dagbook: bool = False) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own in `folder`; without `dagbook` the project cannot be imported."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    if dagbook:
        environment["PYTHONPATH"] = str(HOME)
    else:
        code = f"sys.modules['kernel_magics'] = None\n{code}"
    return run_warm(["-c", f"import sys\nsys.path.insert(0, '.')\n{code}"], folder, environment)


def run_pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the exported tests in `folder`."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    command = [
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        os.devnull,
        f"--confcutdir={folder}",
        *options,
        ".",
    ]
    return run_warm(command, folder, environment)
