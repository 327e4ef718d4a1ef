"""Written forms: what a decorated function of Apache Hamilton says, written as functions without decorators.

The one table of forms: for decorated functions in `%%node` cells, and for modules and notebooks that become
cells. Reads the text only; neither the module nor Hamilton is imported.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from kernel_magics.engine.cells.constants import constants_of, folded
from kernel_magics.engine.cells.form import Form, Source
from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, items_of, word_of, words_of
from kernel_magics.engine.cells.nested import nested, nested_each, with_columns
from kernel_magics.engine.cells.piped import mutated, outputs_of, piped_input, piped_output
from kernel_magics.engine.cells.shapes import (
    by_sources,
    by_values,
    columns,
    done,
    extracts,
    fields,
    injected,
    loaded,
    parameterized,
    unpacked,
)
from kernel_magics.engine.cells.stored import loaded_from, saved_to
from kernel_magics.engine.cells.typed import typed_fields
from kernel_magics.engine.cells.validators import Condition, conditions_of
from kernel_magics.engine.cells.variants import base, variants
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.choice import When, both
from kernel_magics.engine.source.tree import Function, defaults, is_literal

Config = Mapping[str, object] | None
"""Values by which variants are chosen; None where they are not known."""

SHAPES: Final[Mapping[str, Callable[[Source, Decorator, str], Iterator[Form]]]] = {
    "dataloader": loaded,
    "does": done,
    "extract_columns": columns,
    "extract_fields": fields,
    "inject": injected,
    "load_from": loaded_from,
    "parameterize": parameterized,
    "parameterize_extract_columns": extracts,
    "parameterize_sources": by_sources,
    "parameterize_values": by_values,
    "parameterized_subdag": nested_each,
    "parametrized": by_values,
    "parametrized_input": by_sources,
    "pipe_input": piped_input,
    "pipe_output": piped_output,
    "save_to": saved_to,
    "subdag": nested,
    "unpack_fields": unpacked,
    "with_columns": with_columns,
}
_ORDER: Final = ("creates", "inputs", "nodes", "values")
"""In which order Hamilton applies decorators, whatever the order of the text; of one kind from below."""
_STAGES: Final[Mapping[str, str]] = {
    **dict.fromkeys(SHAPES, "nodes"),
    **dict.fromkeys(("dataloader", "does", "subdag", "parameterized_subdag"), "creates"),
    **dict.fromkeys(("load_from", "pipe_input", "with_columns"), "inputs"),
    **dict.fromkeys(
        ("extract_columns", "extract_fields", "pipe_output", "save_to", "unpack_fields"), "values"
    ),
}


def write(source: Source) -> list[Form]:
    """The forms of a function; none where its variant does not exist for the config.

    Arguments of decorators are computed, of constants alone, only where forms cannot be made of them as they
    are written.

    Raises:
        Unwritable: a decorator, or several together, have no form.
    """
    try:
        return _write(source)
    except Unwritable:
        made = [folded(decorator, source.constants) for decorator in source.decorators]
        if [ast.unparse(each.call) for each in made] == [
            ast.unparse(each.call) for each in source.decorators
        ]:
            raise
        return _write(replace(source, decorators=made))


def _write(source: Source) -> list[Form]:
    name, tags, notes = source.node.name, dict[str, str](), list[str]()
    whens: list[When] = [()]
    own_tags: dict[str, dict[str, str]] = {}
    shapes: list[Decorator] = []
    checks: list[Decorator] = []
    uncached = saves = False
    for decorator in source.decorators:
        match decorator.name.split("."):
            case ["config", *_]:
                pairs = itertools.product(whens, variants(decorator, source.config))
                whens = [chosen for one, more in pairs if (chosen := both(one, more)) is not None]
                own = decorator.keywords().get("name")
                name = word_of(own) if own is not None else base(source.node.name)
            case ["tag"]:
                given = decorator.keywords()
                found = {key: _text(value) for key, value in given.items() if key[-1] != "_"}
                for output in words_of(given["target_"]) if "target_" in given else ():
                    own_tags[output] = {**own_tags.get(output, {}), **found}
                tags |= found if "target_" not in given else {}
            case ["tag_outputs"]:
                for output, value in decorator.keywords().items():
                    if not isinstance(value, ast.Dict):
                        raise Unwritable("the arguments of @tag_outputs are computed")
                    own_tags[output] = {key: _text(item) for key, item in items_of(value).items()}
            case ["cache"]:
                uncached = uncached or _is_uncached(decorator)
            case ["schema", "output"]:
                pass
            case ["check_output" | "check_output_custom"]:
                checks.append(decorator)
            case ["datasaver"]:
                saves = True
            case [word, *_] if word in SHAPES:
                shapes.append(decorator)
            case ["mutate" | "hamilton_exclude"]:
                pass
            case _:
                raise Unwritable(f"@{decorator.name} has no form in cells")
    if not whens:
        return []
    made = _made(source, shapes, name)
    conditions: list[Condition] = []
    for check in checks:
        try:
            conditions += conditions_of(check, _targets(made, shapes, source))
        except Unwritable as error:
            notes.append(f"@{check.name} of '{name}' is left out ({error}): write a %%check {name} cell")
    return [
        Form(
            form.text,
            form.names,
            when,
            tags,
            tuple(notes) if number == 0 else (),
            own_tags={key: value for key, value in own_tags.items() if key in form.names},
            conditions=tuple(item for item in conditions if item.subject in form.names),
            uncached=uncached or saves or form.uncached,
            lazy=saves or form.lazy,
        )
        for when in whens
        for number, form in enumerate(made)
    ]


def together(
    found: Iterable[tuple[Block, Sequence[Decorator]]],
    config: Config,
    setup: bool,
    statements: Sequence[ast.stmt] = (),
) -> list[Source]:
    """The functions of one text, each with the others that decorators name.

    Args:
        statements: all of the text, where it has more than functions.
        setup: functions that are no nodes are in the setup; otherwise they are private helpers of the cell.

    Raises:
        Unwritable: `@mutate` is about a function that is defined elsewhere.
    """
    constants = constants_of(statements)
    classes = {node.name: node for node in statements if isinstance(node, ast.ClassDef)}
    listed = [
        Source(block, decorators, config, constants=constants, classes=classes) for block, decorators in found
    ]
    sources = mutated({source.node.name: source for source in listed})
    used = {
        part.id
        for source in sources.values()
        for decorator in source.decorators
        if decorator.name != "mutate"  # it changes what it names, and calls nothing of it
        for part in ast.walk(decorator.call)
        if isinstance(part, ast.Name) and part.id in sources
    }
    apart = {name for name, source in sources.items() if source.is_helper}
    private = frozenset(name for name in (used - apart if setup else used | apart) if name[0] != "_")
    return [
        replace(sources.get(each.node.name, each), block=each.block, others=sources, private=private)
        for each in listed
    ]


def _made(source: Source, shapes: Sequence[Decorator], name: str) -> list[Form]:
    """The forms of the function under decorators that make nodes or give inputs, in the order of Hamilton."""
    stages = [_STAGES[each.name.partition(".")[0]] for each in shapes]
    targets = [_target(source, each) for each, stage in zip(shapes, stages, strict=True) if stage == "inputs"]
    if len(set(targets)) < len(targets) or {"inputs", "nodes"} <= set(stages):
        raise Unwritable(f"{' and '.join(f'@{each.name}' for each in shapes)} together have no form in cells")
    if len(targets) > 1:
        shapes = [_aimed(source, each) for each in shapes]
    places = [(_ORDER.index(stage), -place) for place, stage in enumerate(stages)]
    ordered = [shape for _, shape in sorted(zip(places, shapes, strict=True), key=lambda item: item[0])]
    if source.node.name in source.private:
        made, rest = [_apart(source, name)], ordered
    elif ordered:
        made, rest = list(_shape(source, ordered[0], name)), ordered[1:]
    else:
        return [Form(source.defined(name), (name,))]
    for number, decorator in enumerate(rest, start=2):
        made = [form for each in made for form in _more(source, decorator, each, made, number)]
    return made


def _target(source: Source, decorator: Decorator) -> str:
    """The parameter to which a decorator gives a value."""
    word = "inject_" if decorator.name.startswith("load_from") else "on_input"
    given = decorator.keywords().get(word)
    return word_of(given) if given is not None else next(iter(source.params), "")


def _aimed(source: Source, decorator: Decorator) -> Decorator:
    """A decorator that names the parameter which is the first one of the function as it is written."""
    if decorator.name not in ("pipe_input", "with_columns") or "on_input" in decorator.keywords():
        return decorator
    more = ast.keyword("on_input", ast.Constant(_target(source, decorator)))
    call = ast.Call(decorator.call.func, decorator.call.args, [*decorator.call.keywords, more])
    return replace(decorator, call=call)


def _shape(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    return SHAPES[decorator.name.partition(".")[0]](source, decorator, name)


def _apart(source: Source, name: str) -> Form:
    """A function that decorators of others call: a helper for them, and a node that calls it."""
    given = {param: param for param in source.params}
    doc = ast.get_docstring(source.node) or ""
    text = source.calling(name, source.helper, given, source.params, doc)
    return Form(f"{source.defined(source.helper)}\n\n\n{text}", (name,))


def _more(
    source: Source, decorator: Decorator, form: Form, made: Sequence[Form], number: int
) -> Iterator[Form]:
    """A form under one more decorator, which is applied to the nodes that it is about."""
    if form.inner:
        yield form
        return
    wanted = _about(decorator, made)
    texts, names, extra = list[str](), list[str](), list[Form]()
    for block in blocks(form.text):
        name = getattr(block.node, "name", "_")
        if name not in wanted:
            texts.append(block.text)
            names += [name] if name in form.names else []
            continue
        for each in _shape(source.within(block, number), decorator, name):
            if name in each.names and not each.inner:
                texts.append(each.text)
                names += each.names
            else:
                extra.append(each)
    if names or not extra:
        yield replace(form, text="\n\n\n".join(texts), names=tuple(names))
        yield from extra
    else:  # all its nodes have other names now, and what is left are functions that they call
        yield replace(extra[0], text="\n\n\n".join([*texts, extra[0].text]))
        yield from extra[1:]


def _about(decorator: Decorator, made: Sequence[Form]) -> set[str]:
    """The nodes to which a decorator is applied: those that it names, or those that no other one reads."""
    names = {name for form in made if not form.inner for name in form.names}
    named = outputs_of(decorator) if decorator.name == "pipe_output" else []
    if decorator.name.startswith("save_to") and "target_" in decorator.keywords():
        named = words_of(decorator.keywords()["target_"])
    if set(named) - names:
        raise Unwritable(
            f"@{decorator.name} is about {sorted(set(named) - names)[0]!r}, which is no node there"
        )
    functions = (block.node for form in made for block in blocks(form.text))
    read = {arg.arg for node in functions if isinstance(node, Function) for arg, _ in defaults(node.args)}
    return set(named) or names - read


def _targets(made: Sequence[Form], shapes: Sequence[Decorator], source: Source) -> dict[str, str]:
    """The nodes that validators without a target are about, with types; of a value taken apart, its parts."""
    returns = ast.unparse(source.node.returns) if source.node.returns is not None else ""
    parts = _parts_of(source.node.returns)
    if any(each.name == "dataloader" for each in shapes):
        returns = next(iter(parts), "")
    names = [name for form in made if not form.inner for name in form.names]
    if not any(map(_is_taken_apart, shapes)):
        return dict.fromkeys(names, returns)
    shape = next(each for each in shapes if _is_taken_apart(each))
    hints = dict.fromkeys(names[1:], "Series" if shape.name == "extract_columns" else "")
    first = shape.call.args[0] if shape.call.args else None
    if shape.name == "extract_fields":
        typed = first is None and "fields" not in shape.keywords()
        fields = items_of(first) if isinstance(first, ast.Dict) else {}
        fields = typed_fields(source.node.returns, source.classes, source.constants) if typed else fields
        hints |= {key: ast.unparse(value) for key, value in fields.items()}
    if shape.name == "unpack_fields" and len(parts) == len(hints):
        hints = dict(zip(hints, parts, strict=True))
    return hints


def _parts_of(hint: ast.expr | None) -> list[str]:
    """The types of `tuple[int, str]`."""
    inner = hint.slice if isinstance(hint, ast.Subscript) else None
    return list(map(ast.unparse, inner.elts)) if isinstance(inner, ast.Tuple) else []


def _is_taken_apart(shape: Decorator) -> bool:
    """True for a decorator with a node for the whole value, and nodes for its parts."""
    return shape.name in ("extract_columns", "extract_fields", "unpack_fields")


def _is_uncached(decorator: Decorator) -> bool:
    """True for a function that is to run each time."""
    behavior = decorator.keywords().get("behavior")
    return isinstance(behavior, ast.Constant) and behavior.value in ("disable", "recompute", "ignore")


def _text(value: ast.expr) -> str:
    """A tag's value as text."""
    if not is_literal(value):
        raise Unwritable("the value of a tag is computed")
    found = ast.literal_eval(value)
    return ",".join(map(str, found)) if isinstance(found, list | tuple) else str(found)
