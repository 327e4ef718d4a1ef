"""The modules of a flow: of what a caller gives, those whose source can be read."""

from __future__ import annotations

import inspect
import linecache
import textwrap
from collections.abc import Sequence
from types import CodeType, FunctionType, ModuleType
from typing import TypeGuard

from kernel_magics.engine.errors import SourceError


def as_modules(given: Sequence[object]) -> list[ModuleType]:
    """The modules; one without a file, such as one made of functions, as one with their source.

    Raises:
        SourceError: DB403 for anything else.
    """
    return [_as_module(each) for each in given]


def _as_module(given: object) -> ModuleType:
    if not isinstance(given, ModuleType):
        shown = f"'{given}'" if isinstance(given, str) else f"a {type(given).__name__}"
        raise SourceError(
            "DB403",
            f"{shown} is no module.",
            hint="import the module, and give it: Dataflow.from_module(features).",
        )
    return given if getattr(given, "__file__", None) else _with_source(given)


def _with_source(module: ModuleType) -> ModuleType:
    """A copy of a module of functions whose source is theirs, at the lines that they say."""
    own = [value for value in vars(module).values() if _is_of(value, module)]
    file = f"<functions of {module.__name__}>"
    rows: list[str] = []
    made = ModuleType(module.__name__, module.__doc__)
    made.__dict__.update(vars(module))
    try:
        for function in own:
            text = textwrap.dedent(inspect.getsource(function))
            setattr(made, function.__name__, _placed(function, len(rows) + 1, file))
            rows += [*text.rstrip().split("\n"), "", ""]
    except (OSError, TypeError):
        rows = []
    if not rows:
        raise SourceError(
            "DB403",
            f"the source of module '{module.__name__}' cannot be read.",
            hint="import it from a file.",
        )
    made.__file__ = file
    linecache.cache[file] = (len(rows), None, [f"{row}\n" for row in rows], file)
    return made


def _is_of(value: object, module: ModuleType) -> TypeGuard[FunctionType]:
    return isinstance(value, FunctionType) and value.__module__ == module.__name__


def _placed(function: FunctionType, line: int, file: str) -> FunctionType:
    """A function that says that it is in this file, from this line on."""
    code = _moved(function.__code__, line - function.__code__.co_firstlineno, file)
    made = FunctionType(
        code, function.__globals__, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    made.__dict__.update(function.__dict__)
    made.__module__, made.__qualname__, made.__doc__ = (
        function.__module__,
        function.__qualname__,
        function.__doc__,
    )
    made.__annotations__ = function.__annotations__
    return made


def _moved(code: CodeType, by: int, file: str) -> CodeType:
    inner = tuple(_moved(item, by, file) if isinstance(item, CodeType) else item for item in code.co_consts)
    return code.replace(co_firstlineno=code.co_firstlineno + by, co_filename=file, co_consts=inner)
