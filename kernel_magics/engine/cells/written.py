"""Written forms: what a decorated function of Apache Hamilton says, written as functions without decorators.

The one table of forms: for decorated functions in `%%node` cells, and for modules and notebooks that become
cells. Reads the text only; neither the module nor Hamilton is imported.
"""

from __future__ import annotations

import ast
import itertools
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, items_of, word_of, words_of
from kernel_magics.engine.cells.validators import Condition, conditions_of
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.tree import Function, defaults, is_literal


@dataclass(frozen=True)
class Form:
    """A cell of nodes.

    Attributes:
        text: the functions.
        names: of the nodes.
        when: the params that choose this variant, with their values.
        tags: of all its nodes.
        notes: what the form leaves out.
        module: the file name of its module.
        conditions: what `check_output` demands of its nodes.
        uncached: its values are computed in each run.
    """

    text: str
    names: tuple[str, ...]
    when: tuple[tuple[str, object], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    module: str = ""
    conditions: tuple[Condition, ...] = ()
    uncached: bool = False

    @property
    def setup(self) -> str:
        """Of a variant, its functions for the setup, because the cell of a variant is one bare body."""
        if not self.when:
            return ""
        found = []
        for block in blocks(self.text):
            name = getattr(block.node, "name", "_")
            found.append(block.text if name.startswith("_") else self._renamed(block, name))
        return "\n\n\n".join(found)

    def _renamed(self, block: Block, name: str) -> str:
        return re.sub(rf"(?m)^((?:async )?def ){name}\b", rf"\g<1>{self._private(name)}", block.text, count=1)

    def _private(self, name: str) -> str:
        """The name of a variant's function in the setup."""
        suffix = "_".join(re.sub(r"\W+", "_", str(value)) for _, value in self.when)
        return f"_{name}__{suffix}"

    def cells(self) -> list[str]:
        """The texts of its cells: one, or one for each node of a variant."""
        options = [f"--tag {shlex.quote(f'{key}={value}')}" for key, value in self.tags.items()]
        options += ["--cache off"] if self.uncached else []
        if not self.when:
            warns = {"warn": " --warn", "fail": ""}
            checks = [
                f"%%check {item.subject}{warns[item.severity]}\n{item.of(item.subject)}"
                for item in self.conditions
            ]
            return [" ".join(["%%node", *options]) + f"\n{self.text}", *checks]
        options += [f"--when {shlex.quote(f'{key}={_shown(value)}')}" for key, value in self.when]
        found = []
        for block in blocks(self.text):
            node = block.node
            if isinstance(node, Function) and not node.name.startswith("_"):
                given = ", ".join(f"{arg.arg}={arg.arg}" for arg, _ in defaults(node.args))
                wait = "await " if isinstance(node, ast.AsyncFunctionDef) else ""
                rules = [
                    f"--{'warn' if item.severity == 'warn' else 'check'} {shlex.quote(item.of('value'))}"
                    for item in self.conditions
                    if item.subject == node.name
                ]
                head = " ".join([f"%%node {node.name}", *options, *rules])
                found.append(f"{head}\n{wait}{self._private(node.name)}({given})")
        return found


@dataclass
class Source:
    """A function with what is known while its forms are written.

    Attributes:
        block: the statement, with the comments above it.
        decorators: those of Hamilton, the outermost first.
        config: values by which variants are chosen; None where they are not known.
    """

    block: Block
    decorators: Sequence[Decorator]
    config: Mapping[str, object] | None

    @property
    def node(self) -> Function:
        """The syntax of the function."""
        assert isinstance(self.block.node, Function)
        return self.block.node

    @property
    def params(self) -> list[str]:
        """The names of its parameters."""
        return [arg.arg for arg, _ in defaults(self.node.args)]

    def defined(self, name: str) -> str:
        """The function without decorators of Hamilton, under this name, with the comments above it."""
        rows = self.block.source.split("\n")
        kept = [
            part
            for each in self.node.decorator_list
            if not any(each is item.whole for item in self.decorators)
            for part in rows[each.lineno - 1 : each.end_lineno]
        ]
        body = rows[self.node.lineno - 1 : self.block.last]
        body[0] = re.sub(rf"(def\s+){self.node.name}\b", rf"\g<1>{name}", body[0], count=1)
        return "\n".join([*self.block.comments, *kept, *body])

    def calling(
        self, name: str, helper: str, given: Mapping[str, str], reads: Sequence[str], doc: str
    ) -> str:
        """A function that calls the helper with these arguments, given as source."""
        word, wait = ("async def", "await ") if isinstance(self.node, ast.AsyncFunctionDef) else ("def", "")
        own = {arg.arg: default for arg, default in defaults(self.node.args)}
        parameters = []
        for read in dict.fromkeys(reads):
            default = own.get(read) if given.get(read) == read else None
            parameters.append((read, "" if default is None else f"={self.block.segment(default)}"))
        parameters.sort(key=lambda item: bool(item[1]))
        head = f"{word} {name}({', '.join(f'{read}{value}' for read, value in parameters)}):"
        rows = [head, *([f"    {doc!r}"] if doc else [])]
        call = ", ".join(f"{key}={value}" for key, value in given.items())
        return "\n".join([*rows, f"    return {wait}{helper}({call})"])


def write(source: Source) -> list[Form]:
    """The forms of a function; none where its variant does not exist for the config.

    Raises:
        Unwritable: a decorator, or several together, have no form.
    """
    name, tags, notes = source.node.name, dict[str, str](), list[str]()
    whens: list[tuple[tuple[str, object], ...]] = [()]
    own_tags: dict[str, dict[str, str]] = {}
    shapes: list[Decorator] = []
    checks: list[Decorator] = []
    uncached = False
    for decorator in source.decorators:
        match decorator.name.split("."):
            case ["config", *_]:
                whens = [(*one, *more) for one in whens for more in _variants(decorator, source.config)]
                own = decorator.keywords().get("name")
                name = word_of(own) if own is not None else _base(source.node.name)
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
                pass
            case [word] if word in SHAPES:
                shapes.append(decorator)
            case _:
                raise Unwritable(f"@{decorator.name} has no form in cells")
    if not whens:
        return []
    if len(shapes) > 1:
        raise Unwritable(f"{' and '.join(f'@{each.name}' for each in shapes)} together have no form in cells")
    if not shapes:
        made = [Form(source.defined(name), (name,))]
    else:
        made = list(SHAPES[shapes[0].name](source, shapes[0], name))
    conditions: list[Condition] = []
    for check in checks:
        try:
            conditions += conditions_of(check, _targets(made, shapes, source))
        except Unwritable as error:
            notes.append(f"@{check.name} of '{name}' is left out ({error}): write a %%check {name} cell")
    if own_tags and any(len(form.names) > 1 for form in made):
        raise Unwritable("tags of one of several nodes in one cell have no form in cells")
    return [
        Form(
            form.text,
            form.names,
            when,
            {**tags, **own_tags.get(form.names[0], {})},
            tuple(notes) if number == 0 else (),
            conditions=tuple(item for item in conditions if item.subject in form.names),
            uncached=uncached,
        )
        for when in whens
        for number, form in enumerate(made)
    ]


def _targets(made: Sequence[Form], shapes: Sequence[Decorator], source: Source) -> dict[str, str]:
    """The nodes that validators without a target are about, with types; of a value taken apart, its parts."""
    returns = ast.unparse(source.node.returns) if source.node.returns is not None else ""
    names = [name for form in made for name in form.names]
    if not shapes or not _is_taken_apart(shapes[0]):
        return dict.fromkeys(names, returns)
    hints = dict.fromkeys(names[1:], "Series" if shapes[0].name == "extract_columns" else "")
    first = shapes[0].call.args[0] if shapes[0].call.args else None
    if shapes[0].name == "extract_fields" and isinstance(first, ast.Dict):
        hints |= {key: ast.unparse(value) for key, value in items_of(first).items()}
    return hints


def _is_taken_apart(shape: Decorator) -> bool:
    """True for a decorator with a node for the whole value, and nodes for its parts."""
    return shape.name in ("extract_columns", "extract_fields", "unpack_fields")


def _is_uncached(decorator: Decorator) -> bool:
    """True for a function that is to run each time."""
    behavior = decorator.keywords().get("behavior")
    return isinstance(behavior, ast.Constant) and behavior.value in ("disable", "recompute", "ignore")


# -- variants ------------------------------------------------------------------------------------------------


def _base(name: str) -> str:
    return name.rpartition("__")[0] or name


def _variants(
    decorator: Decorator, config: Mapping[str, object] | None
) -> list[tuple[tuple[str, object], ...]]:
    """The values for which a variant exists, as far as cells say it; [] if it does not for the config.

    A variant for several values is several variants.
    """
    word = decorator.name.partition(".")[2]
    given = {key: value for key, value in decorator.keywords().items() if key != "name"}
    if any(not is_literal(value) for value in given.values()):
        raise Unwritable(f"the arguments of @{decorator.name} are computed")
    values = {key: ast.literal_eval(value) for key, value in given.items()}
    plain = not any(isinstance(value, list | tuple | dict) for value in values.values())
    if word == "when" and plain:
        return [tuple(values.items())]
    if (
        word == "when_in"
        and config is None
        and all(isinstance(value, list | tuple) for value in values.values())
    ):
        pairs = ([(key, item) for item in value if item is not None] for key, value in values.items())
        return list(itertools.product(*pairs))
    if config is None:
        raise Unwritable(f"@{decorator.name} has no form in cells without values of the config")
    tests: dict[str, Callable[[object, object], bool]] = {
        "when": lambda have, want: have == want,
        "when_not": lambda have, want: have != want,
        "when_in": lambda have, want: have in want,  # type: ignore[operator]
        "when_not_in": lambda have, want: have not in want,  # type: ignore[operator]
    }
    if word not in tests:
        raise Unwritable(f"@{decorator.name} has no form in cells")
    return [()] if all(tests[word](config.get(key), value) for key, value in values.items()) else []


# -- one function, several nodes -----------------------------------------------------------------------------


def _columns(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@extract_columns("a", "b")`: the table, and a node for each column."""
    if decorator.call.keywords:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    yield Form(source.defined(name), (name,))
    for column in map(word_of, decorator.call.args):
        yield Form(f"def {_name(column)}({name}):\n    return {name}[{column!r}]", (column,))


def _fields(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@extract_fields({"low": int})`: the dict, and a node for each field."""
    arguments = decorator.call.args
    first = arguments[0] if arguments else None
    if decorator.call.keywords or first is None:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    types: dict[str, str] = {}
    if isinstance(first, ast.Dict):
        types = {key: ast.unparse(value) for key, value in items_of(first).items()}
        words = list(types)
    elif isinstance(first, ast.Call) and ast.unparse(first.func) == "dict" and not first.args:
        words = [str(item.arg) for item in first.keywords]
    elif isinstance(first, ast.List | ast.Tuple):
        words = [word_of(item) for item in first.elts]
    else:
        words = [word_of(item) for item in arguments]
    yield Form(source.defined(name), (name,))
    for word in words:
        returns = f" -> {types[word]}" if types.get(word) in _PLAIN else ""
        yield Form(f"def {_name(word)}({name}){returns}:\n    return {name}[{word!r}]", (word,))


def _extracts(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize_extract_columns(ParameterizedExtract(("a", "b"), {"x": source("n")}))`."""
    if decorator.call.keywords:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    outputs: dict[str, tuple[dict[str, tuple[str, list[str]]], str]] = {}
    parts: dict[str, list[str]] = {}
    for number, call in enumerate(decorator.call.args):
        if not isinstance(call, ast.Call) or not ast.unparse(call.func).endswith("ParameterizedExtract"):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        given = dict(zip(("output_columns", "input_mapping"), call.args, strict=False))
        given |= {str(item.arg): item.value for item in call.keywords}
        columns, mapping = given.get("output_columns"), given.get("input_mapping")
        if not isinstance(columns, ast.Tuple | ast.List) or not isinstance(mapping, ast.Dict):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        table = f"{name}__{number}"
        outputs[table] = _sources(source, items_of(mapping)), ""
        parts[table] = list(map(word_of, columns.elts))
    yield _called(source, outputs, {table: f".set_axis({words!r}, axis=1)" for table, words in parts.items()})
    for table, words in parts.items():
        for column in words:
            yield Form(f"def {_name(column)}({table}):\n    return {table}[{column!r}]", (column,))


_PLAIN: Final = ("bool", "float", "int", "str")


def _unpacked(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@unpack_fields("low", "high")`: the tuple, and a node for each of its parts."""
    if decorator.call.keywords:
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    yield Form(source.defined(name), (name,))
    for place, word in enumerate(map(word_of, decorator.call.args)):
        yield Form(f"def {_name(word)}({name}):\n    return {name}[{place}]", (word,))


def _parameterized(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize(plus={"by": value(1)})`: a helper, and a node for each output."""
    outputs: dict[str, tuple[dict[str, ast.expr], str]] = {}
    for output, item in decorator.keywords().items():
        first, *rest = item.elts if isinstance(item, ast.Tuple) and item.elts else [item]
        if not isinstance(first, ast.Dict):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        outputs[output] = items_of(first), word_of(rest[0]) if len(rest) == 1 else ""
    yield _called(
        source, {output: (_sources(source, items), doc) for output, (items, doc) in outputs.items()}
    )


def _by_sources(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize_sources(first={"x": "n"})`."""
    outputs = {}
    for output, item in decorator.keywords().items():
        if not isinstance(item, ast.Dict):
            raise Unwritable(f"the arguments of @{decorator.name} are computed")
        outputs[output] = (
            {key: (word_of(value), [word_of(value)]) for key, value in items_of(item).items()},
            "",
        )
    yield _called(source, outputs)


def _by_values(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@parameterize_values("k", {("one", "The first."): 1})`."""
    given = decorator.keywords()
    names = dict(zip(("parameter", "assigned_output"), decorator.call.args, strict=False)) | given
    parameter, table = names.get("parameter"), names.get("assigned_output")
    if parameter is None or not isinstance(table, ast.Dict):
        raise Unwritable(f"the arguments of @{decorator.name} are computed")
    outputs = {}
    for key, value in zip(table.keys, table.values, strict=True):
        parts = key.elts if isinstance(key, ast.Tuple) and key.elts else [key]
        output, *doc = [word_of(part) for part in parts if part is not None]
        outputs[output] = {word_of(parameter): (ast.unparse(value), list[str]())}, "".join(doc[:1])
    yield _called(source, outputs)


def _injected(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@inject(parts=group(source("a"), source("b")))`."""
    yield _called(source, {name: (_sources(source, decorator.keywords()), "")})


def _done(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@does(_sum)`: another function computes the value from the parameters."""
    if decorator.call.keywords or len(decorator.call.args) != 1:
        raise Unwritable("the options of @does have no form in cells")
    given = {param: param for param in source.params}
    helper = ast.unparse(decorator.call.args[0])
    doc = ast.get_docstring(source.node) or ""
    yield Form(source.calling(name, helper, given, source.params, doc), (name,))


def _loaded(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@dataloader()`: of the pair that it returns, the data."""
    given = {param: param for param in source.params}
    helper = f"_{source.node.name}"
    text = source.calling(name, helper, given, source.params, ast.get_docstring(source.node) or "")
    waits = isinstance(source.node, ast.AsyncFunctionDef)
    head, _, call = text.rpartition("return ")
    taken = f"({call})[0]" if waits else f"{call}[0]"
    yield Form(f"{source.defined(helper)}\n\n\n{head}return {taken}", (name,))


def _piped(source: Source, decorator: Decorator, name: str) -> Iterator[Form]:
    """`@pipe_input(step(f, by=1))` and `@pipe_output(…)`: steps before or after the function."""
    if decorator.call.keywords or isinstance(source.node, ast.AsyncFunctionDef):
        raise Unwritable(f"the options of @{decorator.name} have no form in cells")
    before = decorator.name == "pipe_input"
    if before and not source.params:
        raise Unwritable(f"'{name}' has no parameter for @{decorator.name}")
    rows, reads = [], list(source.params)
    value = source.params[0] if before else "value"
    for call in map(_step, decorator.call.args):
        given = {str(item.arg): _read(item.value, plain=True) for item in call.keywords}
        reads += [read for _, names in given.values() for read in names]
        arguments = ", ".join([value, *(f"{key}={text}" for key, (text, _) in given.items())])
        rows.append(f"    {value} = {ast.unparse(call.args[0])}({arguments})")
    while not before and value in reads:
        value, rows = f"{value}_", [row.replace(value, f"{value}_") for row in rows]
    helper, own = f"_{source.node.name}", ", ".join(f"{param}={param}" for param in source.params)
    rows = (
        [*rows, f"    return {helper}({own})"]
        if before
        else [f"    {value} = {helper}({own})", *rows, f"    return {value}"]
    )
    if any(default is not None for _, default in defaults(source.node.args)):
        raise Unwritable(f"@{decorator.name} of a function with defaults has no form in cells")
    head = f"def {name}({', '.join(dict.fromkeys(reads))}):"
    yield Form("\n".join([source.defined(helper), "", "", head, *rows]), (name,))


def _step(item: ast.expr) -> ast.Call:
    """`step(f, by=1)`, also with a name."""
    while isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr == "named":
        item = item.func.value
    is_step = isinstance(item, ast.Call) and ast.unparse(item.func).split(".")[-1] == "step"
    if is_step and isinstance(item, ast.Call) and len(item.args) == 1 and all(i.arg for i in item.keywords):
        return item
    raise Unwritable("this step of a pipe has no form in cells")


def _called(
    source: Source,
    outputs: Mapping[str, tuple[Mapping[str, tuple[str, list[str]]], str]],
    then: Mapping[str, str] | None = None,
) -> Form:
    """The function as a helper, and a node for each output that calls it.

    Args:
        outputs: by the node's name, for each parameter the source of its value and the names read, and a
            docstring.
        then: what stands behind the call, by the node's name.
    """
    helper = f"_{source.node.name}"
    texts = [source.defined(helper)]
    own = ast.get_docstring(source.node) or ""
    for output, (given, doc) in outputs.items():
        unknown = given.keys() - set(source.params)
        if unknown:
            raise Unwritable(f"'{source.node.name}' has no parameter {sorted(unknown)[0]!r}")
        values = {param: given.get(param, (param, [param])) for param in source.params}
        reads = [read for _, names in values.values() for read in names]
        arguments = {param: text for param, (text, _) in values.items()}
        filled = _filled(doc or own, given)
        text = source.calling(_name(output), helper, arguments, reads, filled)
        texts.append(text + (then or {}).get(output, ""))
    return Form("\n\n\n".join(texts), tuple(outputs))


def _filled(doc: str, given: Mapping[str, tuple[str, list[str]]]) -> str:
    """The docstring of an output; `{by}` in it stands for what the parameter is given."""
    return re.sub(
        r"\{(\w+)\}", lambda found: given[found[1]][0].strip("'\"") if found[1] in given else found[0], doc
    )


def _sources(source: Source, items: Mapping[str, ast.expr]) -> dict[str, tuple[str, list[str]]]:
    return {key: _read(value) for key, value in items.items()}


def _read(value: ast.expr, plain: bool = False) -> tuple[str, list[str]]:
    """What `value(…)`, `source(…)` and `group(…)` stand for: the source, and the names that it reads.

    Args:
        plain: a value may stand there as it is.
    """
    if plain and is_literal(value):
        return ast.unparse(value), []
    if not isinstance(value, ast.Call):
        raise Unwritable(f"`{ast.unparse(value)}` is neither value(…) nor source(…)")
    word = ast.unparse(value.func).split(".")[-1]
    if word == "value" and len(value.args) == 1 and not value.keywords:
        return ast.unparse(value.args[0]), []
    if word == "source" and len(value.args) == 1 and not value.keywords:
        name = word_of(value.args[0])
        return _name(name), [name]
    if word == "group" and not (value.args and value.keywords):
        listed = [_read(item) for item in value.args]
        named = {str(item.arg): _read(item.value) for item in value.keywords if item.arg}
        reads = [name for _, names in [*listed, *named.values()] for name in names]
        if named:
            return "{" + ", ".join(f"{key!r}: {text}" for key, (text, _) in named.items()) + "}", reads
        return f"[{', '.join(text for text, _ in listed)}]", reads
    raise Unwritable(f"`{ast.unparse(value)}` has no form in cells")


SHAPES: Final[Mapping[str, Callable[[Source, Decorator, str], Iterator[Form]]]] = {
    "dataloader": _loaded,
    "does": _done,
    "extract_columns": _columns,
    "extract_fields": _fields,
    "inject": _injected,
    "parameterize": _parameterized,
    "parameterize_extract_columns": _extracts,
    "parameterize_sources": _by_sources,
    "parameterize_values": _by_values,
    "parametrized": _by_values,
    "parametrized_input": _by_sources,
    "pipe_input": _piped,
    "pipe_output": _piped,
    "unpack_fields": _unpacked,
}


# -- arguments -----------------------------------------------------------------------------------------------


def _name(text: str) -> str:
    if not text.isidentifier():
        raise Unwritable(f"'{text}' is no name of a function")
    return text


def _text(value: ast.expr) -> str:
    """A tag's value as text."""
    if not is_literal(value):
        raise Unwritable("the value of a tag is computed")
    found = ast.literal_eval(value)
    return ",".join(map(str, found)) if isinstance(found, list | tuple) else str(found)


def _shown(value: object) -> str:
    """A value of `--when`: texts that look like another value, in quotes."""
    text = str(value)
    if not isinstance(value, str):
        return repr(value)
    plain = text == text.strip() and text and "," not in text
    return text if plain and not is_literal(text) else repr(text)
