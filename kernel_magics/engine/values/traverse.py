"""Traversal of a nested value, depth first and without recursion, to any depth."""

from collections.abc import Callable, Generator, Hashable
from typing import Final, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
Step = Callable[[Item], Generator[Item, Result, Result]]


class Missing:
    """The type of `MISSING`."""


MISSING: Final = Missing()


class Memo(dict[Hashable, Result], Generic[Result]):
    """Results by the keys of their items.

    Keys are made of ids, which are unique only while an object exists. Items are often made on the way, such
    as the state of an object, so the memo keeps them for as long as it has their results.
    """

    def __init__(self) -> None:
        super().__init__()
        self.items_kept: list[object] = []


def traverse(
    root: Item,
    step: Step[Item, Result],
    key: Callable[[Item], Hashable],
    memo: Memo[Result],
    on_cycle: Result | Missing = MISSING,
) -> Result:
    """The result of `step(root)`; a step yields each child and is sent the child's result.

    The result of an item seen before (same `key`) comes from `memo`, so shared children are visited once.
    An item that contains itself has the result `on_cycle`; without it, the step has to fill `memo` first.
    """
    memo.items_kept.append(root)
    keys = [key(root)]
    steps = [step(root)]
    if not isinstance(on_cycle, Missing):
        memo[keys[0]] = on_cycle
    answer: Result | None = None
    while True:
        try:
            child = steps[-1].send(answer)  # type: ignore[arg-type]  # a generator is started by sending None
        except StopIteration as finished:
            answer = finished.value
            steps.pop()
            memo[keys.pop()] = finished.value
            if not steps:
                return finished.value  # type: ignore[no-any-return]
            continue
        child_key = key(child)
        known = memo.get(child_key, MISSING)
        if not isinstance(known, Missing):
            answer = known
            continue
        memo.items_kept.append(child)
        keys.append(child_key)
        steps.append(step(child))
        if not isinstance(on_cycle, Missing):
            memo[child_key] = on_cycle
        answer = None
