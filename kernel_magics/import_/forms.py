"""A form is one way to write a part of a module as a cell; several forms may be equivalent."""

from __future__ import annotations

import ast
import contextlib
import itertools
import math
import re
import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from kernel_magics.engine.cells.family import Unreadable, literal
from kernel_magics.engine.cells.family import members as members_of
from kernel_magics.engine.cells.options import when_text
from kernel_magics.engine.graph.module import base_name, check_of
from kernel_magics.engine.source.choice import Except
from kernel_magics.engine.source.permits import cut_permit
from kernel_magics.engine.span import replaced, span_of
from kernel_magics.import_ import bare
from kernel_magics.import_.checks import check_cell, conditions_of
from kernel_magics.import_.functions import Written, functions_of, without
from kernel_magics.import_.query import sql_cell

_AXES = 5  # number of loop variables in one family
MOST = 1000  # combinations that a `--where` is tried on, for each member


@dataclass(frozen=True, slots=True)
class Style:
    """How a cell is to be written.

    Attributes:
        bare: whether a plain function may become a bare body.
        as_comment: docstrings of bare bodies as comments.
        hinted: bare bodies declare the type of their value.
        assigned: bare bodies end with an assignment of their value to its name.
        options: the other options on the magic's line.
    """

    bare: bool = False
    as_comment: bool = True
    hinted: bool = True
    assigned: bool = False
    options: str = ""


def forms(text: str, params: Collection[str], style: Style = Style()) -> Iterator[str]:
    """The cells from which a part of a module may come, the most natural first.

    Args:
        params: names in %%params cells, whose defaults are there.
    """
    why, text = cut_permit(text)
    if why is not None:
        style = replace(style, options=f"{style.options} --future {shlex.quote(why)}".strip())
    functions = list(functions_of(text))
    if len(functions) > 1:
        functions, style = _with_checks(functions, style)
    if len(functions) == 1:
        check = check_cell(functions[0])
        if check:
            yield check
        query = sql_cell(functions[0], style.options)
        if query:
            yield query
    for comment, hinted in itertools.product((style.as_comment, not style.as_comment), (True, False)):
        hints = hinted == style.hinted
        cell = _bare(functions, comment, hints, style)
        if cell:
            yield cell
    if functions and not any(function.when for function in functions):
        whole = len(functions) == len(list(functions_of(text))) and all(i.text in text for i in functions)
        kept = text if whole else "\n\n\n".join(i.text for i in functions)
        yield defs(kept, functions, params, style)
    elif functions:
        marked = [_marked(function) for function in functions]
        text = "\n\n\n".join(function.text for function in marked)
        yield defs(text, marked, params, style)


WHEN: Final = "hamilton.function_modifiers.config.when"
"""The mark of variants that stand in one cell, which only a cell decorated for Apache Hamilton has."""


def _marked(function: Written) -> Written:
    """A variant with the decorator that a cell of functions obeys."""
    edits = []
    for mark in function.node.decorator_list if function.when else ():
        if isinstance(mark, ast.Call):
            several = ast.unparse(mark.func).strip("_").endswith("when_not")
            edits.append((span_of(mark.func, function.rows), f"{WHEN}_not_in" if several else WHEN))
    return next(functions_of(replaced(function.text, edits))) if edits else function


def _with_checks(functions: list[Written], style: Style) -> tuple[list[Written], Style]:
    """The nodes of a part, and a style with the options for their checks, whose messages are the rules."""
    found = {item.name: check_of(item.node) for item in functions}
    nodes = [item for item in functions if found[item.name] is None]
    names = [base_name(item.node) for item in nodes]
    subjects = [check[1] for check in found.values() if check is not None]
    if not subjects or not set(subjects) <= set(names):
        return functions, style
    options: dict[str, None] = {}
    several = len({base_name(item.node) for item in nodes if item.is_public}) > 1
    rules = _family_rules(functions, found, nodes[0]) if not nodes[0].is_public else None
    for kind, rule in rules or ():
        options[f"--{kind} {shlex.quote(rule)}"] = None
    for item in functions if rules is None else ():
        check = found[item.name]
        for message, _ in (conditions_of(item) or []) if check else []:
            rule = f"{check[1]}: {message}" if check and several else message
            options[f"--{'check' if check and check[0] == 'fail' else 'warn'} {shlex.quote(rule)}"] = None
    return nodes, replace(style, options=" ".join([style.options, *options]).strip())


def _family_rules(
    functions: Sequence[Written], checks: Mapping[str, tuple[str, str] | None], helper: Written
) -> list[tuple[str, str]] | None:
    """The rules of a family, which members have with their own values; None if they have others."""
    calls = {item.name: _call(item, helper) for item in functions}
    rules: dict[tuple[str, int], list[tuple[Mapping[str, object], str]]] = {}
    for item in functions:
        check = checks[item.name]
        if check is None:
            continue
        call = calls.get(check[1])
        if call is None:
            return None
        kind = "check" if check[0] == "fail" else "warn"
        for place, (message, _) in enumerate(conditions_of(item) or []):
            rules.setdefault((kind, place), []).append((call.bindings, message))
    said = [(kind, bare.unfilled(members, str)) for (kind, _), members in rules.items()]
    count = sum(call is not None for call in calls.values())
    if any(len(members) != count for members in rules.values()):
        return None
    return [(kind, rule) for kind, rule in said if rule] if all(rule for _, rule in said) else None


def defs(text: str, functions: Sequence[Written], params: Collection[str], style: Style) -> str:
    """A part as a cell of functions."""
    for function in functions:
        if function.is_public:
            text = text.replace(function.text, without(function, defaults=frozenset(params)), 1)
    return "\n".join([f"%%node {style.options}".rstrip(), text])


def _bare(functions: Sequence[Written], comment: bool, hinted: bool, style: Style) -> str | None:
    """A part as a bare body: a family, several outputs, a variant, or one plain function."""
    if not functions:
        return None
    first = functions[0]
    if not first.is_public:
        return _family(functions, comment, hinted, style)
    names = bare.outputs(first) if len(functions) > 1 else None
    if names is None and not (len(functions) == 1 and (first.when or style.bare)):
        return None
    if names is not None and [item.name for item in functions[1:]] != _suffixed(names, first):
        return None
    line = [", ".join(names or [_name(first)]), *_when(first)]
    return _cell(line, first, names, _name(first), comment, hinted, style)


def _cell(
    line: Sequence[str],
    function: Written,
    names: Sequence[str] | None,
    plain: str,
    comment: bool,
    hinted: bool,
    style: Style,
) -> str | None:
    rows = bare.body_rows(function)
    if rows is None:
        return None
    returns = function.node.returns
    hint = function.segment(returns) if returns and hinted else ""
    ended = (
        bare.without_return(function, rows)
        if names
        else bare.ending(function, rows, plain, hint, style.assigned)
    )
    if ended is None:
        return None
    head = " ".join(part for part in ["%%node", *line, style.options] if part)
    return "\n".join([head, *bare.with_doc(function, ended, comment)])


def _name(function: Written) -> str:
    """The node's name, without the suffix of a variant."""
    return base_name(function.node)


def _suffix(function: Written) -> str:
    return function.name[len(_name(function)) :]


def _suffixed(names: Sequence[str], function: Written) -> list[str]:
    return [f"{name}{_suffix(function)}" for name in names]


def _when(function: Written) -> list[str]:
    return [
        f"--when {shlex.quote(when_text(key, value))}"
        if isinstance(value, Except)
        else bare.option("--when", key, [value])
        for key, value in function.when
    ]


@dataclass(frozen=True, slots=True)
class _Call:
    """A member's call of the family's helper."""

    function: Written
    given: Sequence[str]
    bindings: Mapping[str, object]


def _family(functions: Sequence[Written], comment: bool, hinted: bool, style: Style) -> str | None:
    helper = functions[0]
    calls = [call for call in (_call(item, helper) for item in functions[1:]) if call]
    if not calls:
        return None
    suffix = _suffix(calls[0].function)
    plain = helper.name.removeprefix("_").removesuffix(suffix)
    if not calls[0].bindings:
        calls = _named_often(plain, calls) or _named(plain, calls)
    elif len({repr(call.bindings) for call in calls}) < len(calls):
        calls = _named_too(plain, calls)
    names = bare.outputs(helper) if len(calls) < len(functions) - 1 else None
    templates = _templates(plain, names, calls, functions[1:])
    loops = _loops([call.bindings for call in calls])
    uses = _uses(helper, calls)
    if templates is None or not loops or uses is None:
        return None
    line = [", ".join(templates), *loops, *uses, *_when(calls[0].function)]
    return _cell(line, helper, names, plain, comment, hinted, style)


def _named(plain: str, calls: Sequence[_Call]) -> list[_Call]:
    """The calls with the loop variable's values taken from the names, for a body that does not read it."""
    names = [plain, *(base_name(call.function.node) for call in calls)]
    head = _shared(names)
    tail = _shared([name[head:][::-1] for name in names])
    middles = [name[head : len(name) - tail] for name in names]
    if not middles[0].isidentifier() or not all(middles):
        return list(calls)
    values = [literal(middle) for middle in middles[1:]]
    return [replace(call, bindings={middles[0]: value}) for call, value in zip(calls, values, strict=True)]


def _named_often(plain: str, calls: Sequence[_Call]) -> list[_Call]:
    """The same where a loop variable stands in the name more than once (`low_k_and_high_k`); else none."""
    for word in dict.fromkeys(re.findall(r"[^\W\d_]+", plain)):
        head, *rest = re.split(rf"(?<![^\W_]){word}(?![^\W_])", plain)
        pattern = re.compile(f"{re.escape(head)}(?P<value>.+?){'(?P=value)'.join(map(re.escape, rest))}")
        found = [pattern.fullmatch(base_name(call.function.node)) for call in calls]
        values = [match["value"] for match in found if match]
        if len(rest) > 1 and len({*values}) == len(calls):
            return [
                replace(call, bindings={word: literal(value)})
                for call, value in zip(calls, values, strict=True)
            ]
    return []


def _named_too(plain: str, calls: Sequence[_Call]) -> list[_Call]:
    """The calls with the values of one more loop variable, which only names have."""
    known = list(calls[0].bindings)
    for template in bare.braced(plain, known):
        for word in dict.fromkeys(re.findall(r"[^\W\d_]+", re.sub(r"{\w+}", "_", template))):
            parts = re.split(rf"(?<![^\W_]){word}(?![^\W_])", template, maxsplit=1)
            found = [_with(call, word, parts) for call in calls]
            if (
                len(parts) == 2
                and all(found)
                and len({repr(call.bindings) for call in found if call}) == len(calls)
            ):
                return [call for call in found if call]
    return list(calls)


def _with(call: _Call, word: str, parts: Sequence[str]) -> _Call | None:
    """A call with the value of the loop variable `word`, which stands between two parts of the name."""
    name = base_name(call.function.node)
    head, tail = (bare.fill(part, call.bindings) for part in (parts[0], parts[-1]))
    middle = name[len(head) : len(name) - len(tail)]
    if not middle or name != f"{head}{middle}{tail}":
        return None
    return replace(call, bindings={**call.bindings, word: literal(middle)})


def _shared(names: Sequence[str]) -> int:
    """The length of the common prefix of all names."""
    return sum(1 for _ in itertools.takewhile(lambda signs: len(set(signs)) == 1, zip(*names, strict=False)))


def _call(function: Written, helper: Written) -> _Call | None:
    if len(function.statements) != 1 or not isinstance(function.statements[0], ast.Return):
        return None
    value = function.statements[0].value
    call = value.value if isinstance(value, ast.Await) else value
    if not isinstance(call, ast.Call) or ast.unparse(call.func) != helper.name:
        return None
    if not all(isinstance(item, ast.Name) for item in call.args):
        return None
    try:
        bindings = {item.arg or "": ast.literal_eval(item.value) for item in call.keywords}
    except ValueError:
        return None
    return _Call(function, [ast.unparse(item) for item in call.args], bindings)


def _templates(
    plain: str, names: Sequence[str] | None, calls: Sequence[_Call], functions: Sequence[Written]
) -> list[str] | None:
    """The name or names on the magic's line."""
    if names is None:
        if len(calls) != len(functions):
            return None
        found = [bare.template(plain, [(call.bindings, _name(call.function)) for call in calls])]
    else:
        size = len(names) + 1
        if len(functions) != size * len(calls):
            return None
        suffix = _suffix(calls[0].function)
        found = [
            bare.template(
                name,
                [
                    (call.bindings, functions[size * number + place].name.removesuffix(suffix))
                    for number, call in enumerate(calls)
                ],
            )
            for place, name in enumerate(names, start=1)
        ]
    done = [item for item in found if item is not None]
    return done if len(done) == len(found) else None


def _loops(members: Sequence[Mapping[str, object]]) -> list[str] | None:
    """`--for` of each variable, and the `--where` that leaves pairs out; None when there is no such loop."""
    found: dict[str, dict[tuple[type, object], None]] = {}
    for bindings in members:
        for key, value in bindings.items():
            found.setdefault(key, {})[type(value), value] = None
    axes = {key: [value for _, value in values] for key, values in found.items()}
    if len(axes) > _AXES or not axes:
        return None
    # a call lists variables in the order in which its body reads them
    orders = [(axes, order) for order in itertools.permutations(axes)]
    with contextlib.suppress(TypeError):  # pairs that are left out may hide the order of values
        orders += [({key: sorted(axes[key]) for key in axes}, order) for _, order in orders]  # type: ignore[type-var]
    for axes, order in orders:
        wanted = [tuple(bindings[key] for key in order if key in bindings) for bindings in members]
        loops = [bare.option("--for", key, axes[key]) for key in order]
        count = math.prod(len(values) for values in axes.values())
        if count == len(wanted) and [*itertools.product(*(axes[key] for key in order))] == wanted:
            return loops
        if len(wanted) < count <= MOST * len(wanted) and len(set(wanted)) == len(wanted):
            for condition in _conditions(order, wanted):
                filled = _filled(order, axes, condition)
                if filled == wanted:
                    return [*loops, f"--where {shlex.quote(condition)}"]
    return None


_COMPARISONS = ("<", "<=", ">", ">=", "!=")


def _conditions(order: Sequence[str], wanted: Sequence[tuple[object, ...]]) -> Iterator[str]:
    """What may leave out all other pairs: a comparison of two variables, else a list of those that stay."""
    for first, second in itertools.combinations(order, 2):
        yield from (f"{first} {sign} {second}" for sign in _COMPARISONS)
    yield f"({', '.join(order)}) in {wanted!r}"


def _filled(
    order: Sequence[str], axes: Mapping[str, Sequence[object]], condition: str
) -> list[tuple[object, ...]]:
    try:
        found = members_of({key: axes[key] for key in order}, [condition])
    except Unreadable:
        return []
    return [tuple(bindings.values()) for bindings in found]


def _uses(helper: Written, calls: Sequence[_Call]) -> list[str] | None:
    """`--uses` for every name that refers to a sibling."""
    found: list[str] = []
    names = [arg.arg for arg, _ in helper.params]
    for place, name in enumerate(names):
        if name in calls[0].bindings:
            continue
        members = [(call.bindings, call.given[place] if place < len(call.given) else "") for call in calls]
        if all(given == name for _, given in members):
            continue
        pattern = bare.unfilled(members)
        if pattern is None:
            return None
        short = pattern.replace("{", "").replace("}", "") == name
        found.append(f"--uses {pattern if short else f'{name}={pattern}'}")
    return found
