"""Hamilton: modules with decorators of Apache Hamilton become dataflows; imported only for such modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import ModuleType

from kernel_magics.engine.graph.imported import import_modules
from kernel_magics.engine.graph.module import ReadModules, needs_resolving, own_functions, read_modules

__all__ = ["read"]


def read(
    modules: Sequence[ModuleType], config: Mapping[str, object] | None = None, overrides: bool = False
) -> ReadModules:
    """Link the functions of modules, decorated or not.

    Args:
        config: values for decorators.
        overrides: a later module's function replaces an earlier one of its name.

    Raises:
        SourceError: DB403 without source, DB441 when decorators cannot be resolved.
        LinkError: names clash, or links form a cycle.
    """
    if not needs_resolving(modules):
        return read_modules(modules, overrides=overrides)
    # Imports Hamilton, as decorated modules do.
    from kernel_magics.hamilton.resolve import config_keys, resolve_functions  # noqa: PLC0415

    own = {module.__file__ or module.__name__: own_functions(module) for module in modules}
    made = {file: resolve_functions(functions, config or {}) for file, functions in own.items()}
    found = None if overrides else import_modules(modules, made)
    found = found or read_modules(modules, made, overrides)
    keys = config_keys(each for functions in own.values() for each in functions.values())
    return replace(found, deciding=keys)
