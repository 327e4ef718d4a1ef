"""The protocol of values: isolation, equality, digests and type names of what nodes compute."""

import contextlib
import hashlib
import types
from collections.abc import Callable, Generator, Hashable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from kernel_magics.engine.source.type_name import type_name
from kernel_magics.engine.values.canonical import Buffer, Hasher, Parts, canonical, plain_parts
from kernel_magics.engine.values.failing import Failing
from kernel_magics.engine.values.isolation import isolate
from kernel_magics.engine.values.picture import Way
from kernel_magics.engine.values.surroundings import Probe, settings
from kernel_magics.engine.values.traverse import MISSING, Memo, traverse

__all__ = ["MISSING", "Buffer", "Failing", "Hasher", "Parts", "PlainValues", "Values"]

_BY_IDENTITY = (types.FunctionType, types.BuiltinFunctionType, types.ModuleType, type)


class Values(Protocol):
    """All operations on values that the engine needs."""

    def isolate(self, value: object) -> object:
        """A copy whose changes are not visible in `value`; an uncopyable object is returned itself."""

    def reads_only(self, function: Callable[..., object]) -> bool:
        """True for a function that needs no isolated copies of arguments that are `lendable`."""

    def lendable(self, value: object) -> bool:
        """True for a value that a function which only reads its arguments cannot change."""

    def lends(self, function: Callable[..., object], given: Sequence[object]) -> bool:
        """True when a function needs no copies of these, and a copy takes longer than finding that out."""

    def handed_on(self, value: object) -> Sequence[object]:
        """The parts of a value that others computed from it may have as they are."""

    def detach(self, value: object) -> None:
        """Give a value `handed_on` parts of its own."""

    def kept(self, value: object, given: Sequence[object]) -> object:
        """What such a function returned; of what it was lent, it is one, or it holds none."""

    def equal(self, a: object, b: object) -> bool:
        """True only if no reader could distinguish the two; False for unsupported types."""

    def digest(self, value: object) -> str | None:
        """32 hex digits, equal exactly for equal values; None for unsupported types."""

    def type_name(self, value: object) -> str:
        """The annotation that a person would write."""

    def truth(self, outcome: object) -> bool | None:
        """Whether a boolean is true, or all of several are; None for any other outcome.

        A missing truth value (NA, null) is not true, just as a comparison with NaN is not.
        """

    def failing(self, outcome: object, value: object, names: Sequence[str]) -> Failing | None:
        """The rows for which a condition's outcome is false; None for an outcome without rows.

        Args:
            outcome: one boolean for each row, or the error of a schema.
            value: the value that was checked.
            names: strings in the condition, such as columns.
        """

    def bare(self, value: object) -> object:
        """A fast object that supports only comparisons with the numbers of `value`; MISSING without one."""

    def guard(self) -> AbstractContextManager[None]:
        """A context for a node's code, in which writes that would be lost silently become errors."""

    def heard(self, refuse: Callable[[str], None]) -> AbstractContextManager[None]:
        """Active while it is recorded what code does: tells of clocks and draws that Python does not hear."""

    def settings(self) -> str:
        """How the process and its libraries are set, as far as that is not the usual way."""

    def way(self, value: object) -> Way | None:
        """How an object of a library is looked at for changes in its place; None where that is not known."""

    def surroundings(self) -> Mapping[str, Probe]:
        """What libraries keep for the whole process, such as options, by name."""


class PlainValues:
    """Values of the standard library's types. Subclasses support others by `copied` and `parts`."""

    hasher: Callable[[bytes], Hasher] = staticmethod(hashlib.sha256)  # twice as fast as blake2b

    def copied(self, value: object) -> object:
        """An isolated copy of a value of another library; MISSING for an unsupported type."""
        return MISSING

    def owned(self, value: object) -> object:
        """As `copied`, of a value inside an object, whose methods may write into it."""
        return self.copied(value)

    def parts(self, value: object) -> Parts | None:
        """The parts of a value of another library; None for an unsupported type."""
        return None

    def isolate(self, value: object) -> object:
        """See `Values.isolate`."""
        try:
            return isolate(value, self.copied, self.owned)
        except RecursionError:  # only for object columns inside object columns
            return value

    def reads_only(self, function: Callable[..., object]) -> bool:
        """See `Values.reads_only`; nothing is known of code here."""
        return False

    def lendable(self, value: object) -> bool:
        """See `Values.lendable`."""
        return False

    def lends(self, function: Callable[..., object], given: Sequence[object]) -> bool:
        """See `Values.lends`."""
        return False

    def handed_on(self, value: object) -> Sequence[object]:
        """See `Values.handed_on`."""
        return ()

    def detach(self, value: object) -> None:
        """See `Values.detach`."""

    def kept(self, value: object, given: Sequence[object]) -> object:
        """See `Values.kept`."""
        return value

    def equal(self, a: object, b: object) -> bool:
        """See `Values.equal`."""
        memo: Memo[bool] = Memo()
        try:
            return traverse((a, b), self._compare, _pair_key, memo, on_cycle=False)
        except RecursionError:  # only for sets in sets and object cells, which recurse
            return False

    def digest(self, value: object) -> str | None:
        """See `Values.digest`."""
        raw = canonical(value)
        if raw is not None:
            return self.hasher(raw).hexdigest()[:32]
        memo: Memo[str | None] = Memo()
        try:
            return traverse(value, self._hash, id, memo, on_cycle=None)
        except RecursionError:
            return None

    def type_name(self, value: object) -> str:
        """See `Values.type_name`."""
        return type_name(value)

    def truth(self, outcome: object) -> bool | None:
        """See `Values.truth`."""
        if isinstance(outcome, bool):
            return outcome
        if not isinstance(outcome, Sequence) or len(getattr(outcome, "shape", ())) != 1:
            return None
        return all(outcome) if all(isinstance(row, bool) for row in outcome) else None

    def failing(self, outcome: object, value: object, names: Sequence[str]) -> Failing | None:
        """See `Values.failing`."""
        if not isinstance(outcome, Sequence) or len(getattr(outcome, "shape", ())) != 1:
            return None
        places = [place for place, held in enumerate(outcome) if not held]
        return Failing(len(places), len(outcome))

    def bare(self, value: object) -> object:
        """See `Values.bare`; comparisons of plain values are fast already."""
        return MISSING

    def guard(self) -> AbstractContextManager[None]:
        """See `Values.guard`; plain values need none."""
        return contextlib.nullcontext()

    def heard(self, refuse: Callable[[str], None]) -> AbstractContextManager[None]:
        """See `Values.heard`; Python hears its own."""
        return contextlib.nullcontext()

    def settings(self) -> str:
        """See `Values.settings`."""
        return settings()

    def way(self, value: object) -> Way | None:
        """See `Values.way`; no library is known here."""
        return None

    def surroundings(self) -> Mapping[str, Probe]:
        """See `Values.surroundings`; there are none of libraries."""
        return {}

    def _parts(self, value: object) -> Parts | None:
        return plain_parts(value, self.digest) or self.parts(value)

    def _compare(self, pair: tuple[object, object]) -> Generator[tuple[object, object], bool, bool]:
        a, b = pair
        if type(a) is not type(b):
            return False
        if isinstance(a, _BY_IDENTITY):
            return a is b
        raw = canonical(a)
        if raw is not None:
            return raw == canonical(b)
        left, right = self._parts(a), self._parts(b)
        if left is None or right is None or not _alike(left, right):
            return False
        for one, other in zip(left.children, right.children, strict=True):
            if not (yield (one, other)):
                return False
        return True

    def _hash(self, value: object) -> Generator[object, str | None, str | None]:
        parts = self._parts(value)
        if parts is None:
            return None
        hasher = self.hasher(f"{len(parts.key)}:{parts.key}:{len(parts.children)}:".encode())
        for buffer in parts.buffers:
            buffer.feed(hasher)
        for child in parts.children:
            raw = canonical(child)
            digest = (yield child) if raw is None else self.hasher(raw).hexdigest()[:32]
            if digest is None:
                return None
            hasher.update(digest.encode())
        return hasher.hexdigest()[:32]


def _alike(a: Parts, b: Parts) -> bool:
    if a.key != b.key or (len(a.children), len(a.buffers)) != (len(b.children), len(b.buffers)):
        return False
    return all(one.same(other) for one, other in zip(a.buffers, b.buffers, strict=True))


def _pair_key(pair: tuple[object, object]) -> Hashable:
    return id(pair[0]), id(pair[1])
