"""The verdicts on labelled functions: nothing that is unsafe is called safe, and little that is safe is missed."""

from __future__ import annotations

import pytest

from tests.nature.judging import mistakes, nature_of, world
from tests.nature.labels import Label
from tests.nature.second import SECOND
from tests.nature.third import ALL_THIRD
from tests.nature.zoo import ZOO

EVERY = [*ZOO, *SECOND, *ALL_THIRD]
OFTEN = [
    "guarded", "many_units", "large_stores", "encoded_with_fallback", "mean_for_unknown", "half_missing",
    "upper_if_sharp", "rare_as_other", "first_of_category", "sums_of_known_stores", "sorted_anew",
    "next_on_a_date", "filled_both_ways", "days_since_promotion", "fading", "total_of_yesterday",
    "last_five", "remembered_in_default", "sum_of_local_day", "other_clock_than_first", "padded",
    "one_when_alone", "next_at_christmas", "every_seventh_size", "next_when_clocks_go_back", "codes_by_appearance",
]  # fmt: skip


def judged(label: Label, seed: int = 0) -> list[str]:
    """The mistakes about one function; those that are only missed do not count where that is expected."""
    found = mistakes(label, nature_of(label, world(label.world), seed))
    return [str(mistake) for mistake in found if mistake.unsafe or not label.hard]


@pytest.mark.parametrize("name", OFTEN)
def test_some_functions(name: str) -> None:
    """What is hardest to tell apart is told apart."""
    label = next(label for label in EVERY if label.name == name)
    assert judged(label) == []


@pytest.mark.slow
@pytest.mark.parametrize("label", EVERY, ids=[label.name for label in EVERY])
def test_every_function(label: Label) -> None:
    """No function of the zoo is called safe where it is not, and none is missed unless that is expected."""
    assert judged(label) == []


@pytest.mark.slow
@pytest.mark.parametrize("label", EVERY[::4], ids=[label.name for label in EVERY[::4]])
def test_other_chances(label: Label) -> None:
    """What is drawn at random does not decide what is safe."""
    unsafe = [
        str(mistake) for mistake in mistakes(label, nature_of(label, world(label.world), 7)) if mistake.unsafe
    ]
    assert unsafe == []
