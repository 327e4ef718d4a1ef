"""A form is what a decorated function of Apache Hamilton says, as a cell of functions without decorators."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from keyword import iskeyword
from typing import Any

from kernel_magics.engine.cells.modifiers import Decorator, Unwritable, word_of
from kernel_magics.engine.cells.options import when_text
from kernel_magics.engine.cells.validators import Condition
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.tree import Function, defaults, is_literal


@dataclass(frozen=True)
class Form:
    """A cell of nodes.

    Attributes:
        text: the functions.
        names: of the nodes.
        when: the params that choose this variant, with their values.
        tags: of all its nodes; `own_tags` those of one, by its name.
        notes: what the form leaves out.
        module: the file name of its module.
        conditions: what `check_output` demands of its nodes.
        uncached: its values are computed in each run.
        lazy: it is computed only when it is asked for.
        inner: of what a decorator calls inside, which no other decorator of the function sees.
    """

    text: str
    names: tuple[str, ...]
    when: tuple[tuple[str, object], ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    module: str = ""
    conditions: tuple[Condition, ...] = ()
    uncached: bool = False
    lazy: bool = False
    inner: bool = False
    own_tags: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def _is_apart(self) -> bool:
        """True where each node has a cell of its own, and what they call is in the setup."""
        return bool(self.own_tags) and len(self.names) > 1

    @property
    def setup(self) -> str:
        """Functions for the setup: of a variant all, as its cell is a bare body; else what cells share."""
        found = []
        if not self.when:
            private = [
                block.text for block in blocks(self.text) if getattr(block.node, "name", "_")[0] == "_"
            ]
            return "\n\n\n".join(private) if self._is_apart else ""
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
        if self._is_apart and not self.when:
            return [
                text
                for block in blocks(self.text)
                if (name := getattr(block.node, "name", "_"))[0] != "_"
                for text in self._alone(name, block.text).cells()
            ]
        options = self._options(self.names[0] if len(self.names) == 1 else "")
        if not self.when:
            warns = {"warn": " --warn", "fail": ""}
            checks = [
                f"%%check {item.subject}{warns[item.severity]}\n{item.of(item.subject)}"
                for item in self.conditions
            ]
            return [" ".join(["%%node", *options]) + f"\n{self.text}", *checks]
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
                whens = [f"--when {shlex.quote(when_text(*each))}" for each in self.when]
                head = " ".join([f"%%node {node.name}", *self._options(node.name), *whens, *rules])
                found.append(f"{head}\n{wait}{self._private(node.name)}({given})")
        return found

    def _alone(self, name: str, text: str) -> Form:
        """One of its nodes."""
        mine = tuple(item for item in self.conditions if item.subject == name)
        tags = {**self.tags, **self.own_tags.get(name, {})}
        return replace(self, text=text, names=(name,), tags=tags, own_tags={}, conditions=mine)

    def _options(self, name: str) -> list[str]:
        """The options of the magic's line, without those of a variant."""
        tags = {**self.tags, **self.own_tags.get(name, {})}
        found = [f"--tag {shlex.quote(f'{key}={value}')}" for key, value in tags.items()]
        found += ["--cache off"] if self.uncached else []
        return [*found, "--lazy"] if self.lazy else found


@dataclass
class Source:
    """A function with what is known while its forms are written.

    Attributes:
        block: the statement, with the comments above it.
        decorators: those of Hamilton, the outermost first.
        config: values by which variants are chosen; None where they are not known.
        others: the functions of the same text, by name; `private` are those that decorators call, or that are
            no nodes: they are called by a private name.
        stem: what the names of its helpers are made of.
        value: the type of its value, where the function itself has no hint.
        modules: the functions of modules that decorators run as a whole, by the module's name there.
        constants: what names of the text stand for, as by `constants_of`; `classes` are those of the text.
    """

    block: Block
    decorators: Sequence[Decorator]
    config: Mapping[str, object] | None
    others: Mapping[str, Source] = field(default_factory=dict, repr=False)
    private: frozenset[str] = frozenset()
    stem: str = ""
    value: str = ""
    modules: Mapping[str, Sequence[Source]] = field(default_factory=dict, repr=False)
    constants: Mapping[str, ast.expr] = field(default_factory=dict, repr=False)
    classes: Mapping[str, ast.ClassDef] = field(default_factory=dict, repr=False)

    @property
    def node(self) -> Function:
        """The syntax of the function."""
        assert isinstance(self.block.node, Function)
        return self.block.node

    @property
    def params(self) -> list[str]:
        """The names of its parameters."""
        return [arg.arg for arg, _ in defaults(self.node.args)]

    @property
    def helper(self) -> str:
        """The name of the function as a helper."""
        return f"_{self.stem or self.node.name}"

    @property
    def is_async(self) -> bool:
        """True for `async def`."""
        return isinstance(self.node, ast.AsyncFunctionDef)

    @property
    def is_helper(self) -> bool:
        """True for a function that is no node, because a decorator says so."""
        return any(each.name in ("hamilton_exclude", "mutate") for each in self.decorators)

    @property
    def hint(self) -> str:
        """The type of its value; "" if it is unknown."""
        return ast.unparse(self.node.returns) if self.node.returns is not None else self.value

    def within(self, block: Block, number: int) -> Source:
        """A function that a form has for this one, to which another decorator is applied."""
        own, name = self.node.name, getattr(block.node, "name", "")
        stem = own if own == name or own.startswith(f"{name}__") else f"{own}_{name}"
        value = self.hint if own in (name, f"{name}__{own.rpartition('__')[2]}") else ""
        return replace(self, block=block, decorators=(), stem=f"{stem}_{number}", value=value)

    def call(self, function: ast.expr, arguments: str) -> str:
        """A call of a function that a decorator names; awaited if it is one of this text that must be."""
        name = ast.unparse(function)
        known = self.others.get(name)
        wait = "await " if known is not None and known.is_async else ""
        return f"{wait}{called_name(name, self.private)}({arguments})"

    def _parameters(self, reads: Sequence[str], changed: Collection[str]) -> str:
        """Parameters as source: its own ones with hints and defaults, where they mean the same."""
        own = {arg.arg: (arg, default) for arg, default in defaults(self.node.args) if arg.arg not in changed}
        plain, optional = [], []
        for read in dict.fromkeys(reads):
            arg, default = own.get(read, (None, None))
            typed = f"{read}: {ast.unparse(arg.annotation)}" if arg is not None and arg.annotation else read
            if default is None:
                plain.append(typed)
            else:
                optional.append(f"{typed}{' = ' if typed != read else '='}{self.block.segment(default)}")
        return ", ".join([*plain, *optional])

    def function(
        self, name: str, reads: Sequence[str], rows: Sequence[str], changed: Collection[str] = ()
    ) -> str:
        """A function of these rows with this one's docstring.

        Args:
            changed: parameters whose value is another one than that of this function.
        """
        word = "async def" if any("await " in row for row in rows) else "def"
        doc = ast.get_docstring(self.node)
        head = [f"{word} {name}({self._parameters(reads, changed)}):", *([f"    {doc!r}"] if doc else [])]
        return "\n".join([*head, *(f"    {row}" for row in rows)])

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
        changed = [read for read in reads if given.get(read) != read]
        head = f"{word} {name}({self._parameters(reads, changed)}):"
        rows = [head, *([f"    {doc!r}"] if doc else [])]
        call = ", ".join(f"{key}={value}" for key, value in given.items())
        return "\n".join([*rows, f"    return {wait}{helper}({call})"])


# -- arguments -----------------------------------------------------------------------------------------------


def called(
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
    helper = source.helper
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
        text = source.calling(node_name(output), helper, arguments, reads, filled)
        texts.append(text + (then or {}).get(output, ""))
    return Form("\n\n\n".join(texts), tuple(outputs))


def _filled(doc: str, given: Mapping[str, tuple[str, list[str]]]) -> str:
    """The docstring of an output; `{by}` in it stands for what the parameter is given."""
    return re.sub(
        r"\{(\w+)\}", lambda found: given[found[1]][0].strip("'\"") if found[1] in given else found[0], doc
    )


def called_name(name: str, private: Collection[str]) -> str:
    """The name by which a function is called."""
    return f"_{name}" if name in private and not name.startswith("_") else name


def node_name(text: str) -> str:
    """The name of a node in cells: `save__x` for `save.x`, `Tax_Rate` for `Tax Rate`."""
    name = re.sub(r"\W", "_", text.replace(".", "__"))
    if not name.isidentifier() or iskeyword(name):
        raise Unwritable(f"'{text}' is no name of a function")
    return name


def sources(source: Source, items: Mapping[str, ast.expr]) -> dict[str, tuple[str, list[str]]]:
    return {key: read(value) for key, value in items.items()}


def read(value: ast.expr, plain: bool = False) -> tuple[str, list[str]]:
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
        return node_name(name), [node_name(name)]
    if word == "group" and not (value.args and value.keywords):
        listed = [read(item) for item in value.args]
        named = {str(item.arg): read(item.value) for item in value.keywords if item.arg}
        reads = [name for _, names in [*listed, *named.values()] for name in names]
        if named:
            return "{" + ", ".join(f"{key!r}: {text}" for key, (text, _) in named.items()) + "}", reads
        return f"[{', '.join(text for text, _ in listed)}]", reads
    raise Unwritable(f"`{ast.unparse(value)}` has no form in cells")


def literal_of(value: ast.expr, what: str) -> Any:
    """The value of a literal argument.

    Raises:
        Unwritable: it is computed.
    """
    if not is_literal(value):
        raise Unwritable(f"{what} is computed")
    return ast.literal_eval(value)
