"""The function that makes the members of a large family, from the one function that they share.

The text below the imports is part of modules with such families; Dagbook itself imports it nowhere.
"""

import functools
import inspect
from collections.abc import Callable, Mapping
from typing import TypeVar, cast

# -- shipped from here on

_Value = TypeVar("_Value")


def _member(
    name: str, family: Callable[..., _Value], reads: Mapping[str, str] | None = None, /, **values: object
) -> Callable[..., _Value]:
    """A function of this name that calls `family` with these values.

    Args:
        reads: the names of parameters of `family` in this member, if they differ.
    """
    names = dict(reads or {})
    own = {new: old for old, new in names.items()}

    def call(*args: object, **given: object) -> _Value:
        return family(*args, **{own.get(key, key): value for key, value in given.items()}, **values)

    async def wait(*args: object, **given: object) -> object:
        value = call(*args, **given)
        return await value if inspect.isawaitable(value) else value

    chosen: Callable[..., object] = wait if inspect.iscoroutinefunction(family) else call
    member = cast(Callable[..., _Value], functools.wraps(family)(chosen))
    signature = inspect.signature(family)
    kept = [item for key, item in signature.parameters.items() if key not in values]
    kept = [item.replace(name=names.get(item.name, item.name)) for item in kept]
    member.__dict__["__signature__"] = signature.replace(parameters=kept)
    hints = {key: hint for key, hint in family.__annotations__.items() if key not in values}
    member.__annotations__ = {names.get(key, key): hint for key, hint in hints.items()}
    member.__name__ = member.__qualname__ = name
    for key, value in values.items():
        member.__doc__ = member.__doc__ and member.__doc__.replace(f"{{{key}}}", str(value))
    return member
