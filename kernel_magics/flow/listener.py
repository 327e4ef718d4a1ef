"""A listener follows runs: it learns what happens before and after each node, and can change nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.run.event import Event, Failed, Finished, Noticed, Reused, Started
from kernel_magics.flow.flow import Flow, Outputs
from kernel_magics.values import VALUES

Outcome = Finished | Failed | Reused


class Listener:
    """What follows the runs of a dataflow; override what you want to know.

    It gets copies of values. An exception that it raises is a warning, and the run goes on.

    Example:
        class Slow(Listener):
            def after(self, node, outcome):
                if isinstance(outcome, Finished) and outcome.seconds > 1:
                    print(node.name, outcome.seconds)

        flow.run("score", inputs={"age": 41}, listeners=[Slow()])
    """

    def before_run(self, title: str, outputs: tuple[str, ...], /) -> None:
        """A run begins; `title` is that of the dataflow."""

    def before(self, node: Node, /) -> None:
        """The function of a node or check is about to be called."""

    def after(self, node: Node, outcome: Outcome, /) -> None:
        """A node ended: it has a value, failed, or was read from the results that a folder keeps."""

    def after_run(self, error: BaseException | None, /) -> None:
        """The run ended, with this error or without one."""


@bracket
def listened(
    listeners: Sequence[Listener], flow: Flow, outputs: Outputs, note: Callable[[Event], None] | None
) -> Iterator[Callable[[Event], None]]:
    """What a run calls with its events so that the listeners, and `note`, follow it.

    Raises:
        UsageError: DB308 for an output that does not exist.
    """
    wanted = tuple(flow.wanted(outputs))

    def heard(event: Event) -> None:
        if note is not None:
            note(event)
        if isinstance(event, Noticed):
            return
        node = flow.graph.node(event.name)
        for each in listeners:
            if isinstance(event, Started):
                _call(each.before, node)
            elif isinstance(event, Finished):
                _call(each.after, node, replace(event, value=VALUES.isolate(event.value)))
            elif isinstance(event, Failed | Reused):
                _call(each.after, node, event)

    for each in listeners:
        _call(each.before_run, flow.title, wanted)
    error: BaseException | None = None
    try:
        yield heard
    except BaseException as caught:
        error = caught
        raise
    finally:
        for each in reversed(listeners):
            _call(each.after_run, error)


def _call(method: Callable[..., None], *arguments: object) -> None:
    try:
        method(*arguments)
    except Exception as error:
        name = f"{type(getattr(method, '__self__', method)).__name__}.{method.__name__}"
        warnings.warn(f"the listener {name} failed: {type(error).__name__}: {error}", stacklevel=4)
