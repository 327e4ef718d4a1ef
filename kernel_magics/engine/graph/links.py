"""Links connect a name to the names that it reads (or to its readers); traversals are not recursive."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

Links = Callable[[str], Iterable[str]]


def closure(start: Iterable[str], links: Links) -> list[str]:
    """Every name reachable from `start` (itself left out unless a link leads back), nearest first."""
    found: dict[str, None] = {}
    queue = list(start)
    for name in queue:
        for target in links(name):
            if target not in found:
                found[target] = None
                queue.append(target)
    return list(found)


def order(wanted: Iterable[str], links: Links) -> list[str]:
    """`wanted` and all names reachable from them, in topological order."""
    done: dict[str, None] = {}
    for root in wanted:
        stack: list[tuple[str, bool]] = [(root, False)]
        while stack:
            name, ready = stack.pop()
            if name in done:
                continue
            if ready:
                done[name] = None
                continue
            ahead = [(target, False) for target in links(name) if target not in done]
            if not ahead:
                done[name] = None
                continue
            stack.append((name, True))
            stack += reversed(ahead)
    return list(done)


def path(start: str, end: str, links: Links) -> list[str]:
    """A shortest chain of links from `start` to `end`; [] when there is none."""
    came: dict[str, str] = {start: start}
    queue = [start]
    for name in queue:
        if name == end:
            break
        for target in links(name):
            if target not in came:
                came[target] = name
                queue.append(target)
    if end not in came:
        return []
    chain = [end]
    while chain[-1] != start:
        chain.append(came[chain[-1]])
    return chain[::-1]


def find_cycle(names: Sequence[str], links: Links) -> list[str]:
    """A cycle reachable from `names`, its first name repeated at the end; [] when there is none."""
    done: set[str] = set()
    for root in names:
        if root in done:
            continue
        trail: dict[str, None] = {root: None}
        stack = [iter(tuple(links(root)))]
        while stack:
            target = next(stack[-1], None)
            if target is None:
                stack.pop()
                done.add(trail.popitem()[0])
            elif target in trail:
                chain = list(trail)
                return [*chain[chain.index(target) :], target]
            elif target not in done:
                trail[target] = None
                stack.append(iter(tuple(links(target))))
    return []
