"""A random generator is state, not a value: each draw changes it, so its readers depend on each other."""

import random


def holds_generator(value: object) -> bool:
    """Whether a value is a random generator of Python, NumPy or PyTorch, or a container of one."""
    members = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple | set) else ()
    )
    return _is_generator(value) or any(_is_generator(member) for member in members)


def _is_generator(value: object) -> bool:
    if isinstance(value, random.Random):
        return True
    kinds = [kind for kind in type(value).__mro__ if kind is not object]
    return any(
        kind.__module__.startswith("numpy.random")
        or (kind.__module__.startswith("torch") and kind.__name__ == "Generator")
        for kind in kinds
    )
