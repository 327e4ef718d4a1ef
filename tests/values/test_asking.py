"""Tests that a function which only asks a model is told from one that could change it."""

from __future__ import annotations

from typing import Any

import pytest

from kernel_magics.values.asking import only_asks


def asks(model: Any, rows: Any) -> Any:
    """Only predicts."""
    first = model.predict(rows)
    return model.predict_proba(rows)[:, 1] + first


def keyword(rows: Any, *, model: Any) -> Any:
    """Only predicts."""
    return model.decision_function(rows)


def returns(model: Any, rows: Any) -> Any:
    """Hands it out."""
    return model.predict(rows), model


def passes(model: Any, rows: Any) -> Any:
    """Gives it to others."""
    return len(model), rows


def fits(model: Any, rows: Any) -> Any:
    """Changes it."""
    return model.fit(rows)


def reads(model: Any, rows: Any) -> Any:
    """Gets at what is in it."""
    return model.coef_


def writes(model: Any, rows: Any) -> Any:
    """Changes it."""
    model.coef_ = rows
    return model.predict(rows)


def encloses(model: Any, rows: Any) -> Any:
    """Gives it to a function."""
    return lambda: model


def renames(model: Any, rows: Any) -> Any:
    """Has it under another name."""
    other = model
    return other.fit(rows)


def both(model: Any, rows: Any) -> Any:
    """Has it in a container."""
    return [model, rows]


@pytest.mark.parametrize("function", [asks, keyword])
def test_asks(function: Any) -> None:
    """Methods of prediction need no copy."""
    assert only_asks(function, "model")


@pytest.mark.parametrize("function", [returns, passes, fits, reads, writes, encloses, renames, both, len])
def test_does_not_only_ask(function: Any) -> None:
    """Anything else does."""
    assert not only_asks(function, "model")


def test_of_a_name_that_is_no_parameter() -> None:
    """Nothing is known of other names."""
    assert not only_asks(asks, "other")
    assert not only_asks(asks, "first")
