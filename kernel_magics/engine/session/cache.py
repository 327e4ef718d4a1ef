"""The cache decides which results are kept in a store and which of the stored results are still valid."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any

from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.call import Calls, Function
from kernel_magics.engine.run.origin import imported_roots
from kernel_magics.engine.run.recorder import Record, recording, still
from kernel_magics.engine.run.runtime import Runtime
from kernel_magics.engine.run.tasks import finish
from kernel_magics.engine.session.memo import Memo
from kernel_magics.engine.session.provenance import Digest, Provenance
from kernel_magics.engine.session.store import Cache, Result, Store


class ResultCache:
    """Results of nodes in a store, which outlive the kernel.

    Attributes:
        mode: the mode of nodes without `--cache`; nodes that are known to read more than their inputs are
            kept only if their own cell says `--cache disk`.
        unkept: nodes that should be kept and cannot be, with the reason.

    Args:
        digest: of a value, the same in every kernel; None for unsupported types.
        store: where results are kept; None for nowhere.
        settings: of the process and of libraries, as far as they are not the defaults.
    """

    def __init__(self, digest: Digest, store: Store | None, settings: Callable[[], str] = str) -> None:
        self._store = store
        self.mode: Cache = "memory"
        self.unkept: dict[str, str] = {}
        self._records: dict[str, Record] = {}
        version = ".".join(map(str, sys.version_info[:2]))
        self._provenance = Provenance(digest, f"{version} {store.environment if store else ''}", settings)

    def find(self, graph: Graph, runtime: Runtime, node: Node, memos: Mapping[str, Memo]) -> Result | None:
        """The stored result of a node, if everything that it was made from is unchanged."""
        key = self._key(graph, runtime, node, memos)
        result = self._store.get(key) if self._store is not None and key is not None else None
        return result if result is not None and still(result.reads) else None

    def is_kept(self, node: Node) -> bool:
        """Whether it has to be known what a node does when it runs, because its value is to be kept."""
        return self._store is not None and (node.cache or self.mode) == "disk"

    def recorded(self, calls: Calls, node: Node, name: str = "") -> Function:
        """The node's function; what it does when it runs is recorded if its value is to be kept.

        Args:
            name: of the node for which the value is kept, if another one runs in its place.
        """
        function = calls.function(node)
        if not self.is_kept(node):
            return function

        @functools.wraps(function)
        def run(*args: Any, **kwargs: Any) -> object:
            record = Record()
            with calls.values.heard(record.refuse), recording(record):
                value = finish(function(*args, **kwargs))
            self._records[name or node.name] = record
            return value

        return run

    def begin_run(self) -> None:
        """What modules hold and how libraries are set is looked at again."""
        self._provenance.begin_run()

    def digest(self, name: str, memo: Memo) -> str | None:
        """The digest of a memo's value, also after the value is evicted."""
        return self._provenance.digest(name, memo)

    def impurity(self, graph: Graph, runtime: Runtime, node: Node) -> str:
        """What a node reads beside its inputs, as far as its code shows; "" for nothing."""
        return self._provenance.impurity(graph, runtime, node)

    def volatile_reads(self, graph: Graph, runtime: Runtime, node: Node) -> str:
        """What a node reads beside its inputs each time it runs, as far as its code shows; "" for nothing."""
        return self._provenance.volatile_reads(graph, runtime, node)

    def record_stored(self, name: str, memo: Memo, result: Result) -> None:
        """Record the digest of a memo that was made from a stored result."""
        self._provenance.record_digest(name, memo, result.digest)

    def keep(self, graph: Graph, runtime: Runtime, node: Node, memos: Mapping[str, Memo]) -> None:
        """Put a node's value into the store if its mode is disk."""
        record = self._records.pop(node.name, None)
        key = self._key(graph, runtime, node, memos)
        if self._store is None or key is None:
            return
        code = node.uses or node.helpers or runtime.homes or imported_roots(node.source)
        unknown = record is None and bool(code)
        if not node.cache and (unknown or (record is not None and record.refused)):
            what = " and ".join(record.refused) if record is not None else ""
            ran = "it ran where it was not seen what it reads; compute it again"
            self.unkept[node.name] = f"when it ran, it used {what}" if what else ran
            return
        reads = record.reads() if record is not None else ()
        if reads is None:
            self.unkept[node.name] = "what it read changed while it ran, or is no ordinary file"
            return
        memo = memos[node.name]
        digest = self._provenance.digest(node.name, memo)
        if digest is None:  # an unsupported type
            content = self._store.fingerprint(memo.value)
            if content is None:
                self.unkept[node.name] = f"a {type(memo.value).__name__} cannot be stored"
                return
            digest = f"made {blake2b(f'{key} {content}'.encode(), digest_size=16).hexdigest()}"
            self._provenance.record_digest(node.name, memo, digest)
        self._store.put(key, node.name, Result(memo.value, digest, memo.seconds, memo.ran_at, reads))

    def _key(self, graph: Graph, runtime: Runtime, node: Node, memos: Mapping[str, Memo]) -> str | None:
        """The node's key; None if it is not to be kept, or cannot be kept safely."""
        self.unkept.pop(node.name, None)
        if self._store is None or (node.cache or self.mode) != "disk" or node.text is None:
            return None
        what = "" if node.cache else self._provenance.impurity(graph, runtime, node)
        if what:
            self.unkept[node.name] = f"it reads {what}; `--cache disk` on its cell keeps it all the same"
            return None
        key = self._provenance.key(graph, runtime, node, memos)
        if key is None:
            self.unkept[node.name] = "what it is made from has no digest"
        return key
