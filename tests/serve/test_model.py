"""Fields of a request have the types of the samples' columns: what another type would hide is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from pydantic import ValidationError, create_model

from kernel_magics.serve.model import field_of
from kernel_magics.tables.schema import Column

TAKEN: list[tuple[str, Any, Any]] = [
    ("int8", 3, 3),
    ("int64", 3.0, 3),
    ("int64", -(2**63), -(2**63)),
    ("float64", 3, 3.0),
    ("float64", None, None),
    ("bool", False, False),
    ("str", "", ""),
    ("datetime64[us]", "2026-01-31", "2026-01-31T00:00:00"),
    ("datetime64[us]", "2026-01-31T05:00:00.5", "2026-01-31T05:00:00.500000"),
    ("datetime64[us, UTC]", "2026-01-31T05:00:00Z", "2026-01-31T05:00:00Z"),
]
REFUSED: list[tuple[str, Any]] = [
    ("int8", 128),
    ("int64", 2**63),
    ("int64", 2.0**60),  # a float that may stand for its neighbours, too
    ("int64", 3.5),
    ("int64", True),
    ("int64", "3"),
    ("uint8", -1),
    ("float64", False),
    ("float64", "0.5"),
    ("bool", 0),
    ("str", 3),
    ("datetime64[us]", 1_769_835_600),
    ("datetime64[us]", "2026-01-31T05:00:00Z"),
    ("datetime64[us]", "2026-02-30"),
    ("datetime64[us, UTC]", "2026-01-31T05:00:00"),
]


@pytest.mark.parametrize(("dtype", "given", "found"), TAKEN)
def test_values_of_the_type_are_taken(dtype: str, given: Any, found: Any) -> None:
    """As JSON has them; a gap where the type has one."""
    model = create_model("Row", x=field_of(Column("x", dtype)))
    assert model.model_validate({"x": given}).model_dump(mode="json") == {"x": found}


@pytest.mark.parametrize(("dtype", "given"), REFUSED)
def test_values_of_another_type_are_refused(dtype: str, given: Any) -> None:
    """Also those that Python would turn into one of the type without a word."""
    model = create_model("Row", x=field_of(Column("x", dtype)))
    with pytest.raises(ValidationError, match="x"):
        model.model_validate({"x": given})


def test_the_document_tells_the_bounds() -> None:
    """So that whoever makes requests from it makes right ones."""
    model = create_model(
        "Row", x=field_of(Column("x", "int8")), day=field_of(Column("day", "datetime64[us]"))
    )
    found = model.model_json_schema()["properties"]
    assert (found["x"]["minimum"], found["x"]["maximum"]) == (-128, 127)
    assert re.search(found["day"]["anyOf"][0]["pattern"], "2026-01-31T05:00:00")


def test_a_category_is_one_of_its_members() -> None:
    """Or a gap; the document lists them."""
    column = Column("x", "category", members=("a", "b"), of=Column(dtype="str"))
    model = create_model("Row", x=field_of(column))
    assert model.model_validate({"x": None}).model_dump() == {"x": None}
    assert model.model_json_schema()["properties"]["x"]["anyOf"][0]["enum"] == ["a", "b"]
    with pytest.raises(ValidationError):
        model.model_validate({"x": "c"})
