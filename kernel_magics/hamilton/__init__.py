"""Hamilton: modules with decorators of Apache Hamilton become dataflows; it is imported for those alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from importlib import import_module
from types import ModuleType

from kernel_magics.engine.graph.module import ReadModules, needs_resolving, own_functions, read_modules

__all__ = ["deciding_keys", "read"]

_RESOLVE = "kernel_magics.hamilton.resolve"  # imports Hamilton, which decorated modules have imported already


def read(
    modules: Sequence[ModuleType], config: Mapping[str, object] | None = None, overrides: bool = False
) -> ReadModules:
    """Link the functions of modules, decorated or not.

    Args:
        config: what decorators decide by.
        overrides: a later module's function replaces an earlier one of its name.

    Raises:
        SourceError: DB403 without source, DB408 when decorators cannot be resolved.
        LinkError: names clash, or links form a cycle.
    """
    if not needs_resolving(modules):
        return read_modules(modules, overrides=overrides)
    resolve = partial(import_module(_RESOLVE).resolve_functions, config=config or {})
    return read_modules(modules, resolve, overrides)


def deciding_keys(modules: Sequence[ModuleType]) -> frozenset[str]:
    """Keys of the config that decorators of these modules look at, as far as they say."""
    if not needs_resolving(modules):
        return frozenset()
    functions = (each for module in modules for each in own_functions(module).values())
    keys: frozenset[str] = import_module(_RESOLVE).config_keys(functions)
    return keys
