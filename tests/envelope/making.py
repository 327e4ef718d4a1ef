"""Envelopes for tests: a small notebook with fitted values, exported once."""

from __future__ import annotations

from pathlib import Path

from kernel_magics.envelope.export import export_envelope
from kernel_magics.export.report import Report
from kernel_magics.export.request import ExportRequest
from tests.export.notebooks import make_session

SETUP = "%%setup\nimport numpy as np\nimport pandas as pd"
CELLS = (
    SETUP,
    "%%inputs\npeople: pd.DataFrame = pd.DataFrame({'age': [20, 40, 60], 'city': ['A', 'B', 'A']})  # who\n"
    "paid: pd.Series = pd.Series([1.0, 2.0, 6.0])",
    "%%params\nscale: float = 10.0",
    "%%node rates --fitted\npaid.groupby(people['city']).mean().to_dict()",
    "%%node middle --fitted\npeople['age'].mean()",
    "%%node by_city --fitted\npd.DataFrame({'mean': paid.groupby(people['city']).mean()})",
    "%%node age\npeople['age'] - middle",
    "%%node score\n# How much somebody pays.\n(people['city'].map(rates) + people['city'].map(by_city['mean']) + age) * scale",
    "%%node error --tag metric=lower\nfloat((score - paid).abs().mean())",
    "%%check score --warn\nscore > 0  # positive",
)
FRAME = {"age": [30, 50], "city": ["B", "A"]}
SCORES = [(2.0 + 2.0 - 10.0) * 10.0, (3.5 + 3.5 + 10.0) * 10.0]


def make(folder: Path, *cells: str, **options: object) -> Report:
    """Export cells as the envelope in this folder."""
    pickle = bool(options.pop("allow_pickle", False))
    options = {"outputs": ("score",), **options}
    request = ExportRequest("people", "people.ipynb", folder, **options)  # type: ignore[arg-type]
    return export_envelope(make_session(*(cells or CELLS)), request, allow_pickle=pickle)
