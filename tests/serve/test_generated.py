"""Schemathesis sends requests that it makes from the OpenAPI document; it has an environment of its own.

DAGBOOK_SCHEMATHESIS names its command.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from kernel_magics.serve.app import Limits
from tests.envelope.making import make
from tests.serve.serving import served

pytestmark = pytest.mark.schemathesis
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection,positive_data_acceptance"
)
SETUP = "%%setup\nimport numpy as np\nimport pandas as pd"
ENVELOPES = {
    "a frame": (
        SETUP,
        "%%inputs\norders: pd.DataFrame = pd.DataFrame({'count': pd.array([1, 2, 3], 'int8'), 'euro': [1.5, None, 3.0], 'paid': [True, False, True],\n"
        "    'city': ['A', 'B', None], 'day': pd.to_datetime(['2026-01-01', '2026-01-02', '2026-01-03'], utc=True), 'plan': pd.Categorical(['x', 'y', 'x'])})",
        "%%params\nscale: float = 2.0\nlimit: int = 3",
        "%%node usual --fitted\nfloat(orders['euro'].mean())",
        "%%node score\n(orders['euro'].fillna(usual) * scale + orders['count'] * orders['paid'] + orders['day'].dt.month).clip(upper=limit * 1e9)",
        "%%node place\norders['city'].fillna('?').str.upper() + orders['plan'].astype('str')",
        "%%check score --warn\nscore > 0  # positive",
    ),
    "columns": (
        SETUP,
        "%%inputs\nclicks: pd.Series = pd.Series([1, 2, 3])\nviews: pd.Series = pd.Series([10.0, 20.0, 40.0])",
        "%%node ctr\nclicks / views",
    ),
    "plain values": (
        "%%inputs\nage: int = 3\nname: str = 'a'\nshare: float = 0.5",
        "%%node score\nlen(name) + min(age, 9) * share",
    ),
}
OUTPUTS = {"a frame": ("score", "place"), "columns": ("ctr",), "plain values": ("score",)}


@pytest.mark.parametrize("kind", ENVELOPES)
def test_generated_requests_are_answered_or_refused_as_the_document_says(tmp_path: Path, kind: str) -> None:
    """What the document allows is answered, all else is refused, and nothing fails."""
    command = os.environ.get("DAGBOOK_SCHEMATHESIS", "")
    if not command:
        pytest.skip("DAGBOOK_SCHEMATHESIS names no command")
    make(tmp_path / "people", *ENVELOPES[kind], outputs=OUTPUTS[kind])
    log = tmp_path / "requests.jsonl"
    count = os.environ.get("DAGBOOK_EXAMPLES", "500")
    with served(tmp_path / "people", log, Limits(rows=20, size=100_000)) as address:
        words = ["run", f"{address}/openapi.json", "--max-examples", count, "--checks", CHECKS]
        words += [
            "--phases",
            "examples,coverage,fuzzing",
            "--continue-on-failure",
            "--suppress-health-check",
            "all",
        ]
        done = subprocess.run(
            [command, "--no-color", *words, "--warnings", "off"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-6000:]
    entries = [json.loads(line) for line in log.read_bytes().splitlines()]
    found = Counter(entry["status"] for entry in entries)
    assert set(found) <= {200, 413, 422}
    assert min(found[200], found[422]) > int(count) // 20, found
