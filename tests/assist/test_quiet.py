"""Quiet: what Python warns of in doubtful code stays unsaid, and other filters stay as they are."""

import ast
import warnings
from contextlib import ExitStack

import pandas as pd  # noqa: F401 - whose warning about chained assignment a run turns into an error

from kernel_magics.assist.quiet import quietly
from kernel_magics.values import VALUES

DOUBTFUL = "1 is 1"


def test_doubtful_code_is_parsed_in_silence(recwarn: object) -> None:
    """Warnings are suppressed within the block only, whatever filters others have set."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        before = list(warnings.filters)
        with quietly(), quietly():
            compile(DOUBTFUL, "cell", "exec")
            ast.parse("'\\d'")
        assert heard == []
        assert list(warnings.filters) == before
        compile(DOUBTFUL, "cell", "exec")
        assert len(heard) == 1


def test_a_run_on_another_thread_keeps_its_filters() -> None:
    """However typing and a run overlap, the run's filter holds to its end and nothing is left behind."""
    before = list(warnings.filters)
    for first_ends in (True, False):
        for typing_begins in (True, False):
            typing, run = ExitStack(), ExitStack()
            for begins in (typing_begins, not typing_begins):
                typing.enter_context(quietly()) if begins else run.enter_context(VALUES.guard())
            if first_ends:
                typing.close()
                assert any(kind.__name__ == "ChainedAssignmentError" for _, _, kind, _, _ in warnings.filters)
                run.close()
            else:
                run.close()
                typing.close()
            assert list(warnings.filters) == before
