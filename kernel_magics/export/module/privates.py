"""Private names: public helper functions of the setup get a leading underscore in the module.

Without it they would be nodes there, for Dagbook and for Apache Hamilton alike.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from kernel_magics.engine.cells.statements import Statement
from kernel_magics.engine.errors import ExportError
from kernel_magics.engine.message import CellRef
from kernel_magics.engine.source.rewrite import renamed
from kernel_magics.engine.source.scopes import Reference


def private_names(statements: Iterable[Statement], taken: Collection[str]) -> dict[str, str]:
    """New names for the public functions that these statements define.

    Raises:
        ExportError: DB509 when the new name is taken.
    """
    found: dict[str, str] = {}
    for statement in statements:
        for name in statement.functions:
            if name.startswith("_"):
                continue
            if f"_{name}" in taken:
                raise _refusal(name, statement.ref, f"'_{name}' exists, too")
            found[name] = f"_{name}"
    return found


def rename(source: str, names: Mapping[str, str], cell: CellRef) -> str:
    """Rename globals in the source of statements, keeping every other character.

    Raises:
        ExportError: DB509 where a nested function uses the same name for something else, and where the new
            name would have another meaning.
    """
    names = {old: new for old, new in names.items() if old in source}
    new = {new: old for old, new in names.items()}

    def wanted(item: Reference) -> str:
        home = item.home
        if home.parent is None and item.name in new and item.name not in names:
            raise _refusal(new[item.name], cell, f"'{item.name}' exists, too")
        if item.name not in names or item.role == "keyword":
            return item.name
        if home.kind == "function":
            raise _refusal(item.name, cell, "an inner function uses the same name")
        if home.parent is None and item.role == "import":
            raise _refusal(item.name, cell, "an import brings it under that name")
        return item.name if home.parent is not None else names[item.name]

    text = renamed(source, wanted) if names else source
    if text is None:
        raise _refusal(next(iter(names)), cell, "not every mention of it can be renamed")
    return text


def _refusal(name: str, cell: CellRef, reason: str) -> ExportError:
    return ExportError(
        "DB509",
        (f"the helper '{name}' of ", cell.subject(), f" would become '_{name}' in the module, but {reason}."),
        hint=f"rename the helper, for example to '_{name}_helper', in the notebook.",
        names=[name],
    )
