"""The inline placement runs calls in the current thread: output, Ctrl-C and debuggers work as in any cell."""

from __future__ import annotations

from kernel_magics.engine.graph.plan import Step
from kernel_magics.engine.run.call import Calls, arguments, failure, lend, result, subject_of
from kernel_magics.engine.run.check import quick_result
from kernel_magics.engine.run.event import Failed, Finished


class Inline:
    """Runs calls one after the other; see `schedule.Placement`."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._function, self._shared, self._isolate = calls.function, calls.shared, calls.values.isolate
        self._lends = calls.values.lends

    def start(self, step: Step, slots: list[object]) -> object:
        """Run the call; returns its value."""
        shared, isolate = self._shared, self._isolate
        node = step.node
        try:
            function = self._function(node)
            if node.kind == "check" and len(step.args) == 1 and not step.kwargs:
                quick = quick_result(node, function, slots[step.args[0]], self._calls.values)
                if quick is not None:
                    return quick
            if step.kwargs:
                given, named = arguments(step, slots, self._calls)
                value = function(*given, **named)
            else:
                given = [slots[slot] for slot in step.args]
                if all(map(shared.__contains__, map(type, given))):
                    value = function(*given)
                elif node.kind == "value" and self._lends(function, given):
                    return lend(function, given, {}, self._calls)
                else:
                    value = function(*[item if type(item) in shared else isolate(item) for item in given])
            if type(value) in shared:
                return value
            return result(node, value, subject_of(step, slots), self._calls.values)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever a function raises is its failure
            raise failure(step, slots, self._calls, error) from error

    def wait(self) -> tuple[Step, Finished | Failed]:
        """Never called: no call is ever pending."""
        raise LookupError

    def stop(self) -> None:
        """Nothing is pending."""
