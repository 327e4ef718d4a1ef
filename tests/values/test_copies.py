"""Copies of objects by their own protocols: each keeps what it holds, and what is one object stays one."""

import types

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kernel_magics.engine.values.value import PlainValues
from kernel_magics.values import VALUES
from tests.examples import examples


class Slotted:
    """Copied by the state of its slots, a tuple that is made for each copy."""

    __slots__ = ("held",)

    def __init__(self, held):
        self.held = held


class Reduced:
    """Copied by arguments that are made for each copy."""

    def __init__(self, held):
        self.held = held

    def __reduce__(self):
        return Reduced, ([self.held],), {"held": self.held}


class Stated:
    """Copied by a state that is made for each copy."""

    def __init__(self, held):
        self.held = held

    def __getstate__(self):
        return {"kept": [self.held]}

    def __setstate__(self, state):
        (self.held,) = state["kept"]


class Grown(list):
    """Copied member by member."""


held = st.recursive(
    st.integers(0, 9) | st.builds(np.array, st.lists(st.integers(0, 9), max_size=2)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.integers(0, 3), inner, max_size=3)
        | st.lists(inner, max_size=4).map(tuple)
        | st.lists(inner, max_size=4).map(Grown)
        | st.sampled_from([Slotted, Reduced, Stated, types.SimpleNamespace]).flatmap(
            lambda kind: inner.map(lambda value: kind(**{"held": value}))
        )
    ),
    max_leaves=12,
)


def told(value):
    """What a value holds, as text."""
    if isinstance(value, np.ndarray):
        return f"array{value.tolist()}"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {told(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}[{', '.join(map(told, value))}]"
    return f"{type(value).__name__}({told(value.held)})" if hasattr(value, "held") else repr(value)


@examples(200)
@given(st.lists(held, min_size=2, max_size=6))
def test_each_of_many_objects_is_copied_as_itself(value):
    """Instances side by side keep their own contents, by whatever protocol they are copied."""
    assert told(VALUES.isolate(value)) == told(value)
    assert told(PlainValues().isolate(value)) == told(value)


def test_one_object_in_two_places_stays_one_object():
    """What a value holds twice, its copy holds twice, inside instances too."""
    inner = [1]
    copied = VALUES.isolate([Slotted(inner), Reduced(inner), inner, np.array([1])])
    assert copied[2] is not inner
    assert copied[0].held is copied[1].held is copied[2]
