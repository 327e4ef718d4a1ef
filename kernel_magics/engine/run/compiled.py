"""The compiled form of a plan is one generated function of straight-line calls."""

from __future__ import annotations

import linecache
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import blake2b
from types import FrameType, FunctionType, TracebackType
from typing import Any, Final

from kernel_magics.engine.errors import DataflowError
from kernel_magics.engine.graph.plan import Plan, Step
from kernel_magics.engine.run.call import Calls, Function, apart, failure, final_value, lend, reads, result
from kernel_magics.engine.run.check import quick_result
from kernel_magics.engine.run.self_contained import self_contained
from kernel_magics.engine.run.user_frames import show_user_frames
from kernel_magics.engine.values.value import MISSING, Values

_NAME: Final = "dataflow"
_FEW: Final = 8  # outputs whose types are tested one by one before all are taken apart
_Row = tuple[str, Step | None]  # a line of the function, and the call in it


@dataclass(frozen=True, slots=True)
class Request:
    """What to compile.

    Attributes:
        defaults: values of sources that may be left out.
        fixed: values of sources that cannot be given, because they chose the plan's variants.
        extra: the function ignores keywords that are no source.
    """

    plan: Plan
    calls: Calls
    defaults: Mapping[str, object] = field(default_factory=dict)
    fixed: Mapping[str, object] = field(default_factory=dict)
    extra: bool = False


def compile_plan(request: Request) -> Callable[..., dict[str, Any]]:
    """Compile a plan to one function, with the sources as keywords and the outputs by name as its result.

    Readers are isolated from each other as in a run, but only where necessary: not for immutable types
    (tested for each value), and not for the result of a self-contained function with one reader. Checks do
    not run unless they are outputs.

    Each call is on a line of its own, so an error is attributed to its node without cost on success.

    The function raises:
        TypeError: an input is missing or unknown.
        RunError: DB301 when a node fails, DB304 for a value that can be read only once.
    """
    mark = _mark(request.plan)
    namespace = _tools(request, mark)
    rows = list(_rows(request, mark, namespace))
    owners = {number: step for number, (_, step) in enumerate(rows, start=1) if step is not None}
    locals_ = [_local(name, mark) for name in request.plan.names]
    namespace[f"{mark}failed"] = _locator(request, owners, locals_)
    source = "".join(f"{text}\n" for text, _ in rows)
    file = f"<{_NAME} {blake2b(source.encode(), digest_size=6).hexdigest()}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    exec(compile(source, file, "exec", dont_inherit=True), namespace)
    made: FunctionType = namespace[_NAME]
    keywords = _keywords(request)
    made.__kwdefaults__ = {name: request.defaults[name] for name in keywords if name in request.defaults}
    made.__doc__ = f"{', '.join(keywords) or 'nothing'} -> {', '.join(request.plan.outputs)}"
    return made


def _mark(plan: Plan) -> str:
    """A prefix for internal names that no name of the plan begins with."""
    mark = "_"
    while any(name.startswith(mark) for name in plan.names):
        mark += "_"
    return mark


def _local(name: str, mark: str) -> str:
    """The variable for a name's value; names in namespaces (`us.cost`) are not identifiers."""
    return name if name.isidentifier() else f"{mark}n_{name.encode().hex()}"


def _keywords(request: Request) -> list[str]:
    names = [request.plan.names[slot] for slot in request.plan.sources]
    return [name for name in names if name not in request.fixed]


def _tools(request: Request, mark: str) -> dict[str, Any]:
    """The globals of the generated function, beside its calls."""
    tools: dict[str, Any] = {
        "type": type,
        "shared": request.calls.shared,
        "isolate": request.calls.values.isolate,
        "lend": partial(lend, calls=replace(request.calls, alias=True)),
        "lend_own": partial(lend, calls=replace(request.calls, alias=False)),
        "apart": partial(apart, values=request.calls.values),
        "final_value": final_value,
        "errors": BaseException,
    }
    fixed = {f"fixed_{name}": value for name, value in request.fixed.items()}
    return {f"{mark}{name}": value for name, value in {**tools, **fixed}.items()}


def _rows(request: Request, mark: str, namespace: dict[str, Any]) -> Iterator[_Row]:
    """The lines of the function; its calls are added to `namespace`."""
    plan = request.plan
    uses = Counter(slot for step in plan.steps for slot in [*step.args, *(slot for _, slot in step.kwargs)])
    uses.update(plan.outputs.values())
    outputs = frozenset(plan.outputs.values())
    freed: set[int] = set()
    aliases = False  # whether outputs may be sources or other outputs
    guarded: set[int] = set()  # slots whose value is isolated for each reader unless it is immutable
    keywords = _keywords(request)
    names = [_local(name, mark) for name in keywords]
    parameters = [*(["*"] if keywords else []), *names, *([f"**{mark}extra"] if request.extra else [])]
    yield f"def {_NAME}({', '.join(parameters)}):", None
    yield "    try:", None
    for slot in plan.sources:
        if plan.names[slot] in request.fixed:
            yield f"        {_local(plan.names[slot], mark)} = {mark}fixed_{plan.names[slot]}", None
        guarded.add(slot)
        yield f"        {_flag(plan, slot, mark)}", None
    for number, step in enumerate(plan.steps):
        function = request.calls.function(step.node)
        if step.node.kind == "check":
            function = _judge(step, function, request.calls.values)
        namespace[f"{mark}{number}"] = function
        owned = uses[step.slot] == 1 and self_contained(function)
        if not guarded.isdisjoint(reads(step)) and request.calls.values.reads_only(function):
            alias = not owned or step.slot in outputs
            if alias and not aliases:
                aliases, left = True, [slot for slot in plan.sources if slot not in freed]
                given = "".join(f"{_local(plan.names[slot], mark)}, " for slot in left)
                yield f"        {mark}given = ({given})", None
            tool = f"{mark}{'lend' if alias else 'lend_own'}"
            yield f"        {_lending(plan, step, f'{mark}{number}', mark, guarded, tool)}", step
        else:
            yield f"        {_call(plan, step, f'{mark}{number}', mark, guarded)}", step
        if not owned:
            guarded.add(step.slot)
            name = _local(plan.names[step.slot], mark)
            namespace[f"{mark}n{number}"] = step.node
            final = f"({name} := {mark}final_value({mark}n{number}, {name})) is {mark}shared"
            yield f"        {_flag(plan, step.slot, mark)} or {final}", step  # `is` gives False
        freed.update(step.frees)
        if step.frees:
            yield f"        del {', '.join(_local(plan.names[slot], mark) for slot in step.frees)}", None
    outer = guarded.intersection(plan.sources)
    results = [f"{name!r}: {_read(plan, slot, mark, outer)}" for name, slot in plan.outputs.items()]
    found = f"{{{', '.join(results)}}}"
    if aliases:
        tests = [f"{mark}s{slot}" if slot in guarded else _test(plan, slot, mark) for slot in sorted(outputs)]
        whole = f"{mark}apart({found}, {mark}given)"
        found = f"{found} if {' and '.join(tests)} else {whole}" if 0 < len(tests) <= _FEW else whole
    yield f"        return {found}", None
    yield f"    except {mark}errors as {mark}error:", None
    yield f"        raise {mark}failed({mark}error) from {mark}error", None


def _flag(plan: Plan, slot: int, mark: str) -> str:
    return f"{mark}s{slot} = {_test(plan, slot, mark)}"


def _test(plan: Plan, slot: int, mark: str) -> str:
    return f"{mark}type({_local(plan.names[slot], mark)}) in {mark}shared"


def _read(plan: Plan, slot: int, mark: str, guarded: Collection[int]) -> str:
    name = _local(plan.names[slot], mark)
    return f"{name} if {mark}s{slot} else {mark}isolate({name})" if slot in guarded else name


def _call(plan: Plan, step: Step, callee: str, mark: str, guarded: Collection[int]) -> str:
    given = [_read(plan, slot, mark, guarded) for slot in step.args]
    named = [_keyword(name, _read(plan, slot, mark, guarded)) for name, slot in step.kwargs]
    return f"{_local(plan.names[step.slot], mark)} = {callee}({', '.join([*given, *named])})"


def _lending(plan: Plan, step: Step, callee: str, mark: str, guarded: Collection[int], tool: str) -> str:
    """A call that may get its arguments themselves, where they are not immutable anyway."""
    bare = _call(plan, step, callee, mark, ())
    flags = [f"{mark}s{slot}" for slot in dict.fromkeys(reads(step)) if slot in guarded]
    given = "".join(f"{_local(plan.names[slot], mark)}, " for slot in step.args)
    named = ", ".join(f"{name!r}: {_local(plan.names[slot], mark)}" for name, slot in step.kwargs)
    return f"{bare} if {' and '.join(flags)} else {tool}({callee}, ({given}), {{{named}}})"


def _keyword(name: str, value: str) -> str:
    return f"{name}={value}" if name.isidentifier() else f"**{{{name!r}: {value}}}"


def _judge(step: Step, function: Function, values: Values) -> Function:
    """The function of a check, followed by the evaluation of its conditions."""
    node = step.node

    def judge(*given: object, **named: object) -> object:
        quick = quick_result(node, function, given[0], values) if len(given) == 1 and not named else None
        if quick is not None:
            return quick
        return result(node, function(*given, **named), given[0] if given else None, values)

    return judge


def _locator(
    request: Request, owners: Mapping[int, Step], variables: Sequence[str]
) -> Callable[[BaseException], DataflowError]:
    """Makes a handler that maps an exception of the generated function to the error of the node that raised
    it.

    Args:
        variables: those that hold the values of the plan's slots.
    """

    def locate(error: BaseException) -> DataflowError:
        trace: TracebackType | None = error.__traceback__
        if isinstance(error, KeyboardInterrupt):
            show_user_frames(error)
        if trace is None or trace.tb_lineno not in owners or isinstance(error, KeyboardInterrupt):
            raise error
        frame: FrameType = trace.tb_frame
        slots = [frame.f_locals.get(name, MISSING) for name in variables]
        return failure(owners[trace.tb_lineno], slots, request.calls, error)

    return locate
