"""The provenance of a value is what it was made from, as a key that is the same in every kernel."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from hashlib import blake2b
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, ModuleType
from typing import Final

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.local_code import local_modules
from kernel_magics.engine.run.origin import imported_roots, origins
from kernel_magics.engine.run.runtime import MODULE, Namespace, Runtime
from kernel_magics.engine.session.impure import imported_names, node_impurity, volatile_reads
from kernel_magics.engine.session.memo import Memo
from kernel_magics.engine.values.picture import is_cache

Digest = Callable[[object], str | None]


class Provenance:
    """Keys of nodes, made from the code, the constants of the setup, the imported code and the inputs'
    values.

    Args:
        digest: the digest of a value, the same in every kernel; None for unsupported types.
        environment: what else affects all results, such as versions of libraries.
        settings: what affects them and can change while a kernel runs.
    """

    def __init__(self, digest: Digest, environment: str, settings: Callable[[], str] = str) -> None:
        self._digest, self._environment, self._settings = digest, environment, settings
        self._now: str | None = None
        self._states: dict[str, str | None] = {}
        self._digests: dict[str, tuple[int, str | None]] = {}  # by name, with the value's version
        self._setups: dict[tuple[str, ...], str | None] = {}
        self._impure: dict[str, str] = {}
        self._volatile: dict[str, str] = {}
        self._origins: dict[frozenset[str], str | None] = {}
        self._names: dict[str, str] | None = None
        self._runs: tuple[object, int] = (None, -1)

    def key(self, graph: Graph, runtime: Runtime, node: Node, memos: Mapping[str, Memo]) -> str | None:
        """The key of a node; None if a part of it has no digest."""
        self._follow(runtime)
        setup = self._setup(graph, runtime, node)
        if setup is None:
            return None
        if self._now is None:
            self._now = self._settings()
        parts = [self._environment, self._now, node.kind, node.digest, setup]
        if runtime.homes:  # several nodes can be made from one function, for a config
            own = self._own(runtime.function(graph, node)), self._digest(dict(runtime.config))
            if None in own:
                return None
            parts += [node.name, *filter(None, own)]
        for item in node.inputs:
            if item.name in graph.nodes:
                memo = memos.get(item.name)
                digest = self.digest(item.name, memo) if memo is not None else None
                if digest is None:
                    return None
                parts.append(f"{item.name}={digest}")
        return blake2b("\0".join(parts).encode(), digest_size=20).hexdigest()

    def digest(self, name: str, memo: Memo) -> str | None:
        """The digest of a memo's value, computed on first use."""
        known = self._digests.get(name)
        if known is None or known[0] != memo.version:
            known = self._digests[name] = (memo.version, self._digest(memo.value))
        return known[1]

    def record_digest(self, name: str, memo: Memo, digest: str) -> None:
        """Record the digest of a value that was loaded from a store."""
        self._digests[name] = (memo.version, digest)

    def impurity(self, graph: Graph, runtime: Runtime, node: Node) -> str:
        """What a node reads beside its inputs, as far as its code shows; "" for nothing."""
        self._follow(runtime)
        if node.digest not in self._impure:
            self._impure[node.digest] = node_impurity(graph, node, self._origins_of(graph))
        return self._impure[node.digest]

    def volatile_reads(self, graph: Graph, runtime: Runtime, node: Node) -> str:
        """What a node reads beside its inputs each time it runs, as far as its code shows; "" for nothing."""
        self._follow(runtime)
        if node.digest not in self._volatile:
            self._volatile[node.digest] = volatile_reads(graph, node, self._origins_of(graph))
        return self._volatile[node.digest]

    def _origins_of(self, graph: Graph) -> Mapping[str, str]:
        if self._names is None:
            self._names = imported_names(graph.setup)
        return self._names

    def _follow(self, runtime: Runtime) -> None:
        """Clear what is cached about the setup if it has run again."""
        if self._runs != (runtime, runtime.runs):
            self._runs = (runtime, runtime.runs)
            self._names = None
            for known in (self._setups, self._impure, self._volatile, self._origins):
                known.clear()

    def _own(self, function: object) -> str | None:
        """A digest of a module's function as it is in memory, which its file need not say.

        What a decorator made is determined by the files and the config.
        """
        if not isinstance(function, FunctionType) or function.__closure__:
            return ""
        return self._all(_held(function), ())

    def _setup(self, graph: Graph, runtime: Runtime, node: Node) -> str | None:
        roots = {root for source in node.sources for root in imported_roots(source)} | runtime.homes
        if not node.uses and not roots:
            return ""
        if node.uses not in self._setups:
            self._setups[node.uses] = self._shared(graph, runtime.namespace, node.uses)
        roots |= {root for item in graph.setup.closure(node.uses) for root in imported_roots(item.code)}
        parts = self._setups[node.uses], self._imported(roots), self._held_by(roots)
        return None if None in parts else "|".join(filter(None, parts))

    def _shared(self, graph: Graph, namespace: Namespace, uses: tuple[str, ...]) -> str | None:
        """A digest of the statements that bind these names, of their values and of imported code."""
        closure = graph.setup.closure(uses)
        roots = {root for statement in closure for root in imported_roots(statement.code)}
        digests = [self._imported(roots)]
        for statement in closure:
            if not statement.is_import:
                bound = [namespace[name] for name in statement.binds if name in namespace]
                digests += [self._constant(value) for value in bound]
        texts = [statement.code for statement in closure]
        return _joined([*digests, *texts])

    def begin_run(self) -> None:
        """What local modules hold, and the settings, may have changed."""
        self._now = None
        self._states.clear()

    def _held_by(self, roots: Iterable[str]) -> str | None:
        """What the variables of local modules hold, which need not be what their files say."""
        for root in roots:
            if root not in self._states:
                variables = (item for _, module in local_modules(root) for item in _variables(module))
                self._states[root] = _joined(map(self._variable, variables))
        return _joined([self._states[root] for root in sorted(roots)])

    def _variable(self, item: tuple[str, object]) -> str | None:
        digest = self._constant(item[1])
        return None if digest is None else f"{item[0]}={digest}"

    def _imported(self, roots: Iterable[str]) -> str | None:
        wanted = frozenset(roots)
        if wanted not in self._origins:
            self._origins[wanted] = origins(wanted)
        return self._origins[wanted]

    def _constant(self, value: object, around: tuple[int, ...] = ()) -> str | None:
        """A digest of a value that the setup bound; its own code is covered by the statements."""
        if id(value) in around:
            return "cycle"
        inside = (*around, id(value))
        if isinstance(value, functools.partial):
            return self._all([value.func, *value.args, *value.keywords.items()], inside)
        if isinstance(value, FunctionType | type) and value.__module__ == MODULE:
            held = _held(value) if isinstance(value, FunctionType) else _attributes(value)
            return self._all(held, inside)
        if isinstance(value, ModuleType):
            return self._imported([value.__name__.partition(".")[0]])
        if isinstance(value, FunctionType | BuiltinFunctionType | type):
            return self._named(value)
        if type(value).__module__ == MODULE:
            return self._all(_state(value), inside)
        if hasattr(value, "__wrapped__") and type(value).__module__ == "functools":
            return self._constant(value.__wrapped__, inside)
        return self._digest(value)

    def _all(self, values: Iterable[object], around: tuple[int, ...]) -> str | None:
        return _joined([self._constant(value, around) for value in values])

    def _named(self, value: FunctionType | BuiltinFunctionType | type) -> str | None:
        """A digest of a function or class that can be imported by its module and name."""
        module = value.__module__ or ""
        found: object = sys.modules.get(module)
        for name in value.__qualname__.split("."):
            found = getattr(found, name, None)
        origin = self._imported([module.partition(".")[0]])
        return f"{module}.{value.__qualname__} {origin}" if found is value and origin is not None else None


def _variables(module: ModuleType) -> Iterator[tuple[str, object]]:
    """What a module holds beside code and caches: its variables, those of its classes, and defaults."""
    for name, value in vars(module).items():
        if name.startswith("__") or is_cache(name) or isinstance(value, ModuleType):
            continue
        if isinstance(value, FunctionType | type):
            if value.__module__ == module.__name__:
                held = _defaults(value) if isinstance(value, FunctionType) else _attributes(value)
                data = [item for item in held if not isinstance(item, FunctionType | type)]
                yield name, data
        elif type(value).__module__.partition(".")[0] not in _CODE:
            yield name, value


_CODE: Final = frozenset(
    {"_thread", "abc", "functools", "logging", "threading", "types", "typing", "weakref"}
)


def _joined(parts: Iterable[str | None]) -> str | None:
    hasher = blake2b(digest_size=16)
    for part in parts:
        if part is None:
            return None
        hasher.update(f"{len(part)}:{part}".encode())
    return hasher.hexdigest()


def _held(function: FunctionType) -> list[object]:
    """The values in a function: its constants, defaults and closure variables."""
    return [*_constants(function.__code__), *_defaults(function)]


def _defaults(function: FunctionType) -> list[object]:
    cells = [cell.cell_contents for cell in function.__closure__ or () if cell != CellType()]
    named = [part for item in (function.__kwdefaults__ or {}).items() for part in item]
    return [*(function.__defaults__ or ()), *named, *cells]


def _constants(code: CodeType) -> list[object]:
    inner = [part for item in code.co_consts if isinstance(item, CodeType) for part in _constants(item)]
    return [
        code.co_code,
        code.co_names,
        *(item for item in code.co_consts if not isinstance(item, CodeType)),
        *inner,
    ]


def _attributes(kind: type) -> list[object]:
    """The bases and attributes of a class, without those that Python and decorators add."""
    if issubclass(kind, Enum):
        return [part for member in kind for part in (member.name, member.value)]
    found: list[object] = [*kind.__bases__]
    for name, value in vars(kind).items():
        inside = getattr(value, "__func__", getattr(value, "fget", getattr(value, "func", value)))
        descriptor = hasattr(type(inside), "__get__") and not isinstance(inside, FunctionType)
        if not name.startswith(("__", "_abc_")) and not descriptor:
            found += [name, inside]
    return found


def _state(value: object) -> list[object]:
    """The type and state of an instance of a class of the setup."""
    if isinstance(value, Enum):
        return [type(value), value.name]
    slots = [name for kind in type(value).__mro__ for name in vars(kind).get("__slots__", ())]
    held = {name: getattr(value, name) for name in slots if hasattr(value, name)}
    content = list(value) if isinstance(value, list | tuple) else []
    known = type(value).__mro__[-2].__module__ == MODULE or isinstance(value, list | tuple)
    parts = [part for item in {**held, **getattr(value, "__dict__", {})}.items() for part in item]
    return [type(value), *content, *parts] if known else [_UNKNOWN]


_UNKNOWN = object()
