"""A column is said to be missing only where the code fails for it: tried with random programs."""

from __future__ import annotations

import ast
import random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from kernel_magics.lineage.missing import missing_columns, table_of
from tests.lineage.independence import result_of
from tests.lineage.programs import SETUP, inputs, program


@pytest.mark.parametrize("programs", [40, pytest.param(150, marks=pytest.mark.slow)])
def test_no_program_that_runs_has_a_missing_column(programs: int) -> None:
    """And of programs in which one name is misspelt, many are told before they run."""
    setup: dict[str, Any] = {}
    exec(SETUP, setup)
    told = failing = ran = 0
    for seed in range(programs):
        given = inputs(np.random.default_rng(seed))
        tables = {name: table for name, frame in given.items() if (table := table_of(frame)) is not None}
        body = program(seed, given, setup)
        columns = [name for frame in given.values() for name in frame.columns if f"'{name}'" in body]
        wrong = body
        if columns:
            name = random.Random(seed).choice(columns)
            wrong = body.replace(f"'{name}'", f"'{name}_misspelt'", 1)
        for text in {body, wrong}:
            missing = missing_columns(ast.parse(text).body, tables)
            try:
                result_of(text, given, setup)
            except (KeyError, AttributeError, pd.errors.UndefinedVariableError):
                failing, told = failing + 1, told + bool(missing)
            except Exception:  # whatever else the code says of these values
                continue
            else:
                ran += 1
                assert not missing, f"{text}\n{missing}"
    assert ran > programs * 2 / 3
    assert told > 0.2 * failing
