"""Renaming of references in code, verified by reading the result again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from kernel_magics.engine.source.occurrences import placed
from kernel_magics.engine.source.references import body_names
from kernel_magics.engine.source.scopes import Reference
from kernel_magics.engine.span import replaced


def renamed(source: str, wanted: Callable[[Reference], str | None]) -> str | None:
    """Rename in code, keeping every other character; None if that is not possible.

    Args:
        wanted: the new name of a mention; None for a mention that would have to change, but cannot.

    Raises:
        SyntaxError: the source is not Python.
    """
    before = body_names(source).references
    names = [wanted(item) for item in before]
    imports = ((item.name, new) for item, new in zip(before, names, strict=True) if item.role == "import")
    if None in names or any(old != new for old, new in imports):
        return None
    text = replaced(source, ((item.span, wanted(item.reference) or "") for item in placed(before, source)))
    if text == source:
        return source if names == [item.name for item in before] else None
    try:
        after = body_names(text).references
    except SyntaxError:
        return None
    proved = names == [item.name for item in after] and same_scopes(before, after)
    return text if proved else None


def same_scopes(before: Sequence[Reference], after: Sequence[Reference]) -> bool:
    """True when two sources mention names in the same roles and resolve them to corresponding scopes."""
    if [item.role for item in before] != [item.role for item in after]:
        return False
    homes = [(one.home, two.home) for one, two in zip(before, after, strict=True)]
    return _decides(homes) and _decides((two, one) for one, two in homes)


def same_meaning(
    before: Sequence[Reference], after: Sequence[Reference], known: Iterable[tuple[str, str]] = ()
) -> bool:
    """True when two sources differ by a one-to-one renaming that leaves every name in its scope.

    Args:
        known: pairs of module names that must correspond here, too.
    """
    if not same_scopes(before, after):
        return False
    pairs: list[tuple[object, object]] = [
        ((one.home, one.name), (two.home, two.name))
        for one, two in zip(before, after, strict=True)
        if one.role != "keyword"
    ]
    roots = [(one.home.root, two.home.root) for one, two in zip(before[:1], after[:1], strict=True)]
    pairs += [((old, name), (new, to)) for old, new in roots for name, to in known]
    return _decides(pairs) and _decides((two, one) for one, two in pairs)


def _decides(pairs: Iterable[tuple[object, object]]) -> bool:
    """True when the first item of each pair determines the second."""
    found: dict[object, object] = {}
    return all(found.setdefault(one, two) == two for one, two in pairs)
