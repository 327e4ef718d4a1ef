"""`%dataflow samples LOG` in a kernel: files near the notebook, a new text for the cell of the inputs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.magics.kernel import Kernel

INPUTS = (
    "%%inputs --private email\n"
    "people: pd.DataFrame = pd.DataFrame({  # who asks\n    'age': [20, 40], 'email': ['a@b.org', 'c@d.org'],\n})  # one for each\n"
    "fee = 2"
)


@pytest.fixture
def log(folder: Path) -> Path:
    """The log of a service, near the notebook."""
    entries = [
        {
            "time": f"2026-01-01T00:00:0{n}",
            "id": f"r{n}",
            "digest": "ab" * 32,
            "status": 200,
            "inputs": {"rows": [{"age": 30 + n, "email": "‹private›"}], "inputs": {"fee": 3}},
            "outputs": {"pays": [(30 + n) * 3]},
            "warnings": [],
            "failed": [],
            "seconds": 0.001,
        }
        for n in range(5)
    ]
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    return path


def test_the_text_of_the_next_cell_brings_what_production_saw(kernel: Kernel, log: Path) -> None:
    """Its doc and options stay; in place of the old text it gives the new samples, and the old text the old ones."""
    kernel.run("%%setup\nimport pandas as pd", "s")
    kernel.run(INPUTS, "i")
    kernel.run("%%node pays\npeople['age'] * fee", "n")
    done = kernel.run('%dataflow samples log.jsonl --where "age > 31" --rows 2', "d")
    assert done.status == "ok", done.error
    assert "'people' and 'fee': 2 rows, from 2026-01-01T00:00:0" in done.text
    assert "'email': private" in done.text
    (file,) = (log.parent / "samples").iterdir()
    assert done.next_input == (
        "%%inputs --private email\n"
        f'people: pd.DataFrame = pd.read_parquet("samples/{file.name}")  # one for each\nfee = 3'
    )
    assert kernel.run("pays.tolist()").text == "[40, 80]"  # nothing has changed yet
    assert kernel.run(done.next_input, "i").status == "ok"
    found = json.loads(kernel.run("pays.tolist()").text)
    assert len(found) == 2
    assert set(found) <= {96, 99, 102}
    emails = kernel.run("people['email'].tolist()").text
    assert "@" in emails
    assert "a@b.org" not in emails
    assert b"a@b.org" not in file.read_bytes()
    kernel.run(INPUTS, "i")
    assert kernel.run("pays.tolist()").text == "[40, 80]"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("samples", "wants the log of a service"),
        ("samples log.jsonl --rows 0", "--rows must be at least 1"),
        ('samples log.jsonl --where "age.max() > 3"', "--where: 'age.max\\(\\)' is not of the language"),
        ("status --rows 3", "belong to 'samples'"),
        ("samples missing.jsonl", "DB403"),
    ],
)
def test_wrong_usage_is_told(kernel: Kernel, log: Path, line: str, said: str) -> None:
    """One error each, and no file."""
    kernel.run("%%setup\nimport pandas as pd", "s")
    kernel.run(INPUTS, "i")
    kernel.run("%%node pays\npeople['age'] * fee", "n")
    before = sorted(log.parent.rglob("*.parquet"))
    failed = kernel.run(f"%dataflow {line}", "d")
    assert failed.status == "error"
    assert said.replace("\\", "") in failed.error
    assert sorted(log.parent.rglob("*.parquet")) == before


def test_an_input_without_a_line_of_its_own_is_refused_before_a_file_is_written(
    kernel: Kernel, log: Path
) -> None:
    """Its statement binds several names, so that no expression stands for it alone."""
    kernel.run("%%setup\nimport pandas as pd", "s")
    both = "%%inputs\npeople, fee = pd.DataFrame({'age': [1], 'email': ['x']}), 2"
    kernel.run(both, "i")
    kernel.run("%%node pays\npeople['age'] * fee", "n")
    before = sorted(log.parent.rglob("*.parquet"))
    failed = kernel.run("%dataflow samples log.jsonl", "d")
    assert "DB574 the value of 'people' cannot be replaced" in failed.error
    assert sorted(log.parent.rglob("*.parquet")) == before
