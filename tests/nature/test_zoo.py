"""The verdicts on labelled functions: nothing that is unsafe is called safe, and little that is safe is missed."""

from __future__ import annotations

import pytest

from tests.nature.fifth import ALL_FIFTH
from tests.nature.fourth import ALL_FOURTH
from tests.nature.judging import mistakes, nature_of, world
from tests.nature.labels import Label
from tests.nature.second import SECOND
from tests.nature.sixth import SIXTH
from tests.nature.third import ALL_THIRD
from tests.nature.zoo import ZOO

EVERY = [*ZOO, *SECOND, *ALL_THIRD, *ALL_FOURTH, *ALL_FIFTH, *SIXTH]
# Those that take less than two seconds each; the gate judges every function.
OFTEN = [
    "guarded", "encoded_with_fallback", "first_of_category", "remembered_in_default", "one_when_alone",
    "every_seventh_size", "weights_of_words",
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
