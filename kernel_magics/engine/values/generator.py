"""A random generator is state, not a value: each draw changes it, so its readers depend on each other."""

import random


def holds_generator(value: object) -> bool:
    """Whether a value is a random generator of Python, NumPy or PyTorch, or a container of one."""
    members = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple | set) else ()
    )
    return _generates(type(value)) or any(map(_generates, set(map(type, members))))


def _generates(kind: type) -> bool:
    if kind.__module__ == "builtins":  # most values, and most members of containers
        return False
    if issubclass(kind, random.Random):
        return True
    return any(
        base.__module__.startswith("numpy.random")
        or (base.__module__.startswith("torch") and base.__name__ == "Generator")
        for base in kind.__mro__
        if base is not object
    )
