"""Hamilton: modules with decorators of Apache Hamilton become dataflows; imported only for such modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import ModuleType

from kernel_magics.engine.graph.imported import import_modules
from kernel_magics.engine.graph.module import ReadModules, needs_resolving, own_functions, read_modules

__all__ = ["deciding_keys", "read"]


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
    from kernel_magics.hamilton.resolve import resolve_functions  # noqa: PLC0415  # imports Hamilton

    made = {
        module.__file__ or module.__name__: resolve_functions(own_functions(module), config or {})
        for module in modules
    }
    known = None if overrides else import_modules(modules, made)
    return known or read_modules(modules, made, overrides)


def deciding_keys(modules: Sequence[ModuleType]) -> frozenset[str]:
    """Keys of the config that decorators of these modules read, as far as is known."""
    if not needs_resolving(modules):
        return frozenset()
    from kernel_magics.hamilton.resolve import config_keys  # noqa: PLC0415  # imports Hamilton

    return config_keys(each for module in modules for each in own_functions(module).values())
