"""`%dataflow samples LOG`: rows that production saw become the samples of a notebook, and one edit takes them back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.errors import DataflowError
from kernel_magics.monitor.labels import Labels
from kernel_magics.monitor.samples import Samples, Wanted
from kernel_magics.monitor.samples import read_samples as read
from kernel_magics.registry.expression import read_expression

PEOPLE = pd.DataFrame({"age": [20, 40, 60], "city": ["A", "B", "A"]})
SAMPLES = {"people": PEOPLE, "paid": pd.Series([1.0, 2.0, 6.0])}


def read_samples(log: Path, samples: dict[str, Any], wanted: Wanted) -> Samples:
    """The samples; those that are there now have nothing private."""
    return read(log, samples, wanted, lambda: samples)


def line(number: int, ages: list[int], **more: Any) -> dict[str, Any]:
    """A line as a service writes it."""
    return {
        "time": f"2026-01-01T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}.000+00:00",
        "id": f"r{number}",
        "digest": "ab" * 32,
        "status": 200,
        "inputs": {"rows": [{"age": age, "city": "C"} for age in ages], "inputs": None, "params": None},
        "outputs": {"score": [age / 10 for age in ages]},
        "warnings": [],
        "failed": [],
        "seconds": 0.001,
        **more,
    }


def write(path: Path, entries: list[dict[str, Any]]) -> Path:
    """A log."""
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries), encoding="utf-8")
    return path


def test_rows_become_the_sample_of_their_input(tmp_path: Path) -> None:
    """In its types, in the order of their time; refused requests and damaged lines give none."""
    entries = [line(9, [33]), line(1, [30, 31]), line(2, [99], status=422), line(3, [32])]
    log = write(tmp_path / "log.jsonl", entries)
    log.write_bytes(log.read_bytes() + b'{"torn": ')
    found = read_samples(log, {"people": PEOPLE}, Wanted())
    assert list(found.values) == ["people"]
    expected = pd.DataFrame({"age": [30, 31, 32, 33], "city": ["C"] * 4})
    pd.testing.assert_frame_equal(found.values["people"], expected)
    assert found.rows == 4
    assert (found.first[11:19], found.last[11:19]) == ("00:00:01", "00:00:09")


def test_columns_are_inputs_of_their_own(tmp_path: Path) -> None:
    """Where requests have a field for each input, each gets a column; arrays and names stay what they are."""
    samples = {"age": np.array([1.5, 2.5]), "city": pd.Series(["A", "B"], name="place")}
    log = write(tmp_path / "log.jsonl", [line(1, [30, 31])])
    found = read_samples(log, samples, Wanted()).values
    assert found["age"].tolist() == [30.0, 31.0]
    assert found["age"].dtype == "float64"
    assert (found["city"].tolist(), found["city"].name) == (["C", "C"], "place")


def test_plain_inputs_get_the_last_values(tmp_path: Path) -> None:
    """An input that is one value gets that of the last request."""
    entries = [line(n, [30 + n]) for n in range(3)]
    found = read_samples(write(tmp_path / "log.jsonl", entries), {"age": 1, "city": "A"}, Wanted())
    assert dict(found.values) == {"age": 32, "city": "C"}
    assert "last request" in found.notes[0]


def test_conditions_and_labels_choose_rows(tmp_path: Path) -> None:
    """By fields, outputs and warnings; what has come true gives the inputs that requests do not have."""
    entries = [line(n, [20 + n, 60 + n], warnings=["w"] if n > 7 else []) for n in range(10)]
    log = write(tmp_path / "log.jsonl", entries)
    people = {"people": PEOPLE}

    def ages(text: str) -> list[int]:
        found: list[int] = (
            read_samples(log, people, Wanted(where=read_expression(text))).values["people"]["age"].tolist()
        )
        return found

    assert ages("age > 66 and not warned") == [67]
    assert ages("age > 66") == [67, 68, 69]
    assert ages("outputs.score < 2.2") == [20, 21]
    assert ages("warned and age < 60") == [28, 29]
    (tmp_path / "labels.csv").write_text("request_id,row,paid\nr3,1,5.5\nr4,0,6.5\n")
    labels = Labels.read(tmp_path / "labels.csv", "request_id")
    found = read_samples(log, SAMPLES, Wanted(labels=labels)).values
    assert found["people"]["age"].tolist() == [63, 24]
    assert found["paid"].tolist() == [5.5, 6.5]


@given(counts=st.lists(st.integers(1, 40), min_size=1, max_size=30), most=st.integers(1, 50))
def test_the_choice_is_bounded_and_the_same_each_time(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], most: int
) -> None:
    """At most as many rows as asked for, each from the log, none twice."""
    ages = iter(range(10_000))
    entries = [line(n, [next(ages) for _ in range(count)]) for n, count in enumerate(counts)]
    log = write(tmp_path_factory.mktemp("log") / "log.jsonl", entries)
    one = read_samples(log, {"people": PEOPLE}, Wanted(most)).values["people"]["age"].tolist()
    assert one == read_samples(log, {"people": PEOPLE}, Wanted(most)).values["people"]["age"].tolist()
    assert len(one) == min(most, sum(counts))
    assert sorted(set(one)) == one
    assert set(one) <= set(range(sum(counts)))


def test_private_values_are_fakes(tmp_path: Path) -> None:
    """The log has none of them, and that is told."""
    entries = [line(1, [30])]
    entries[0]["inputs"]["rows"] = [{"age": "‹private›", "city": "C"}] * 4
    fakes = {"people": PEOPLE.assign(age=[1, 2, 3])}
    log = write(tmp_path / "log.jsonl", entries)
    found = read(log, {"people": PEOPLE}, Wanted(), lambda: fakes)
    assert found.values["people"]["age"].tolist() == [1, 2, 3, 1]
    assert found.notes[0].startswith("'age': private")


REFUSED = {
    "a row of the old sample is left": ([line(1, [30])], SAMPLES, "'paid' has a value for each row"),
    "other fields": (
        [line(1, [30])],
        {"people": PEOPLE.rename(columns={"age": "year"})},
        "fields 'age' and 'city'",
    ),
    "nothing answered": ([line(1, [30], status=500)], {"people": PEOPLE}, "no request in it was answered"),
    "two inputs fit": (
        [line(1, [30])],
        {"people": PEOPLE, "others": PEOPLE},
        "as 'people' and 'others' have",
    ),
    "another type": ([line(1, [2**70])], {"people": PEOPLE}, "age"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(tmp_path: Path, case: str) -> None:
    """One error that says what is wrong, rather than samples that belong to nothing."""
    entries, samples, said = REFUSED[case]
    with pytest.raises(DataflowError, match=said):
        read_samples(write(tmp_path / "log.jsonl", entries), samples, Wanted())
