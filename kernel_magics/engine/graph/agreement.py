"""Types agree when each function gets the type that it declares; what is not declared agrees with all."""

from __future__ import annotations

import ast
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from kernel_magics.engine.cells.defs import params_of
from kernel_magics.engine.errors import LinkError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.made import item_type
from kernel_magics.engine.graph.module import GIVEN
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.source.tree import Function

_UNKNOWN: Final = object()


def type_errors(graph: Graph, namespace: Mapping[str, object]) -> list[LinkError]:
    """What functions declare in contradiction to each other; executes hints alone.

    Args:
        namespace: what hints look up; a hint that cannot be evaluated says nothing.

    Returns:
        for each name at most one error DB212, for the first reader whose type contradicts.
    """
    declared: dict[str, list[tuple[Node, str]]] = {}
    for node in graph:
        for name, hint in _hints(node):
            declared.setdefault(name, []).append((node, hint))
    return [
        error
        for name, readers in declared.items()
        if (error := next(_contradictions(graph, name, readers, dict(namespace)), None))
    ]


def _hints(node: Node) -> Iterator[tuple[str, str]]:
    """The inputs of a function for which it declares a type."""
    if node.text is None or node.kind not in ("value", "check"):
        return
    syntax = next((item for item in ast.parse(node.text.source).body if isinstance(item, Function)), None)
    names = set(node.input_names)
    for param in params_of(syntax) if syntax is not None else ():
        if param.hint and param.name in names:
            yield param.name, param.hint


def _returned(node: Node) -> str:
    """What a node's own function declares for its value, as written; "" where another text makes it."""
    if node.text is None or node.kind != "value":
        return ""
    found = [item for item in ast.parse(node.text.source).body if isinstance(item, Function)]
    returns = found[0].returns if len(found) == 1 and found[0].name == node.function else None
    decorated = returns is not None and bool(found[0].decorator_list)
    if returns is None or (decorated and _bare(ast.unparse(returns)) != _bare(node.type)):
        return ""
    return ast.unparse(returns)


def _bare(hint: str) -> str:
    """The name of a type without its module and its arguments."""
    return hint.partition("[")[0].rpartition(".")[2]


def _contradictions(
    graph: Graph, name: str, readers: Iterable[tuple[Node, str]], namespace: dict[str, object]
) -> Iterator[LinkError]:
    own = [node for node in graph.nodes.get(name, ()) if node.cell_id != GIVEN]
    made = [(node, item_type(hint)) for node in own if (hint := _returned(node) or node.type)]
    readers = list(readers)
    for reader, wanted in readers:
        for node, given in made:
            if not _fits(_evaluated(given, namespace), _evaluated(item_type(wanted), namespace)):
                yield _error(name, given, node, wanted, reader)
        if made or any(node.kind == "value" for node in graph.nodes.get(name, ())):
            continue
        first, other = readers[0]
        one, two = _evaluated(other, namespace), _evaluated(wanted, namespace)
        if not _fits(one, two) and not _fits(two, one):  # an input that nothing declares
            yield _error(name, other, first, wanted, reader)


def _error(name: str, given: str, node: Node, wanted: str, reader: Node) -> LinkError:
    source = "is" if node.name == name else f"is, for '{node.name}',"
    return LinkError(
        "DB212",
        (
            f"'{reader.name}'",
            reader.ref.on(reader.line),
            f" takes '{name}' as {wanted}, which {source} {given}",
            node.ref.on(node.line),
            ".",
        ),
        hint="correct the hint that is wrong, or convert the value in a node between them.",
        names=[reader.name, name],
    )


def _evaluated(hint: str, namespace: dict[str, object]) -> Any:
    """The type that a hint names; `_UNKNOWN` if it cannot be told."""
    known = {"typing": typing, "NoneType": type(None), **namespace}
    try:
        found = eval(hint, known)
        return eval(found, known) if isinstance(found, str) else found
    except NameError:
        return _of_a_library(hint, namespace)
    except Exception:
        return _UNKNOWN


def _of_a_library(name: str, namespace: Mapping[str, object]) -> Any:
    """The class that decorators name without its module, such as `Series`, if only one has that name."""
    modules = [item for item in namespace.values() if isinstance(item, types.ModuleType)]
    found = {id(item): item for module in modules if isinstance(item := vars(module).get(name), type)}
    return next(iter(found.values())) if len(found) == 1 else _UNKNOWN


def _fits(given: Any, wanted: Any) -> bool:
    """Whether a value of one type may stand where another is wanted; True where it cannot be told."""
    given, wanted = _plain(given), _plain(wanted)
    if given is _UNKNOWN or wanted is _UNKNOWN or given == wanted:
        return True
    if Any in (given, wanted) or object in (given, wanted):
        return True
    if any(isinstance(item, str | typing.TypeVar) for item in (given, wanted)):
        return True
    if isinstance(given, list) and isinstance(wanted, list):  # what a callable takes
        return len(given) == len(wanted) and all(map(_fits, wanted, given))
    if _is_union(given):
        return all(_fits(item, wanted) for item in typing.get_args(given))
    if _is_union(wanted):
        return any(_fits(given, item) for item in typing.get_args(wanted))
    outer = [typing.get_origin(item) or item for item in (given, wanted)]
    if not all(isinstance(item, type) for item in outer):
        return True
    if not issubclass(outer[0], outer[1]):
        return False
    inner = [typing.get_args(item) for item in (given, wanted)]
    if not all(inner) or len(inner[0]) != len(inner[1]):
        return True
    return all(_fits(one, two) for one, two in zip(*inner, strict=True))


def _plain(hint: Any) -> Any:
    """A type without what is annotated; None as its class."""
    if typing.get_origin(hint) is typing.Annotated:
        return typing.get_args(hint)[0]
    return type(None) if hint is None else hint


def _is_union(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)
