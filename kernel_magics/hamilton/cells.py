"""The cells of a module of Apache Hamilton: setup, inputs, params and nodes, read from its text."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kernel_magics.engine.cells.delayed import settled
from kernel_magics.engine.cells.form import Form, Source
from kernel_magics.engine.cells.modifiers import Unwritable, aliases, decorators
from kernel_magics.engine.cells.spread import begins_block, spread
from kernel_magics.engine.cells.written import together, write
from kernel_magics.engine.errors import SourceError, quoted
from kernel_magics.engine.source.blocks import Block, blocks
from kernel_magics.engine.source.choice import shown
from kernel_magics.engine.source.references import definition_reads
from kernel_magics.engine.source.tree import Function
from kernel_magics.hamilton.calls import called_nodes, under_private_names
from kernel_magics.hamilton.given import given, reads
from kernel_magics.hamilton.inside import knowing, modules_inside
from kernel_magics.hamilton.names import in_cells, own_names
from kernel_magics.hamilton.setup import binds, setup_of


@dataclass(frozen=True)
class Cells:
    """A module as cells.

    Attributes:
        setup: the text of the setup, without its magic; "" for none.
        inputs: lines of the inputs, `params` those of the params.
        forms: the cells of nodes, in the module's order.
        notes: what is left out, and which samples are missing.
    """

    setup: str
    inputs: tuple[str, ...]
    params: tuple[str, ...]
    forms: tuple[Form, ...]
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the nodes, each once."""
        return tuple(dict.fromkeys(name for form in self.forms for name in form.names))

    @property
    def optional(self) -> frozenset[str]:
        """What functions read and have a default for."""
        return frozenset(name for name, _, has_default in reads(self.forms) if has_default)

    def texts(self) -> list[str]:
        """The texts of the cells, in order."""
        found = [f"%%setup\n{self.setup}"] if self.setup else []
        found += ["%%inputs\n" + "\n".join(self.inputs)] if self.inputs else []
        found += ["%%params\n" + "\n".join(self.params)] if self.params else []
        return [*found, *(text for form in self.forms for text in form.cells())]


def read_cells(
    texts: Sequence[tuple[str, str]],
    config: Mapping[str, object] | None = None,
    samples: Mapping[str, str] | None = None,
) -> Cells:
    """The cells of modules, given as (source, file name), that are one dataflow.

    Args:
        config: values by which variants are chosen, where they are known.
        samples: sources of inputs' values.

    Raises:
        SourceError: DB404 for a syntax error, DB418 for decorators that cells cannot express, DB411 for no
            node.
    """
    shared: list[Block] = []
    forms: list[Form] = []
    read = {
        name: [block for block in _blocks(text, name) if not _is_main(block.node)] for text, name in texts
    }
    sources_of = {name: _sources(found, name, config) for name, found in read.items()}
    inside = modules_inside(read, sources_of)
    for name, found in read.items():
        sources, modules = sources_of[name], inside.get(name, {})
        nested = any(name in each.values() for each in inside.values())
        start = len(shared)
        for block in found:
            source = sources.get(id(block))
            if source is None:
                shared.append(block)
                continue
            own = source.node.name
            words = [item.name for item in source.decorators]
            if nested:
                shared.append(_as_setup(block, source.defined(f"_{own.lstrip('_')}")))
                continue
            if source.is_helper or own.startswith("_"):
                if "mutate" in words and len(words) > 1:
                    other = next(word for word in words if word != "mutate")
                    raise _refused(name, own, f"@{other} above a helper has no form in cells")
                shared.append(_as_setup(block, source.defined(own)))
                continue
            try:
                made = write(knowing(source, modules, sources_of))
            except Unwritable as error:
                raise _refused(name, own, str(error)) from None
            if own in source.private:
                made, helper = _apart(made, f"_{own}")
                made = [_hinted(form, source) for form in made]
                shared.append(_as_setup(block, helper or source.defined(f"_{own}")))
            forms += [replace(form, module=name) for form in made]
        called = _called(found, sources.values())
        shared[start:], forms = _calling(name, shared[start:], forms, called)
        _refuse_other(name, shared[:start], shared[start:])
    if not forms:
        raise SourceError(
            "DB411",
            f"{quoted([name for _, name in texts])} has no function that could be a node.",
            hint="a node is a public function on the top level.",
        )
    try:
        forms = spread(forms)
    except Unwritable as error:
        starts = [block.node for text, name in texts for block in _blocks(text, name)]
        first = next(node for node in starts if isinstance(node, Function) and begins_block(node))
        raise _refused(texts[0][1], first.name, str(error)) from None
    forms, notes = _without_others(forms)
    try:
        forms, changed = in_cells(forms)
    except Unwritable as error:
        raise _refused(texts[0][1], forms[0].names[0], str(error)) from None
    notes += changed
    notes += [
        f"the functions of '{module}' are helpers, which a decorator of '{name}' runs"
        for name, modules in inside.items()
        for module in modules.values()
    ]
    _refuse_calls(forms)
    defined = {
        (name.removesuffix(".py"), bound)
        for name, rows in read.items()
        for block in rows
        if not block.is_import
        for bound in binds(block)
    }
    setup = setup_of(shared, forms, {alias for modules in inside.values() for alias in modules}, defined)
    inputs, params, missing = given(forms, own_names(config or {}), own_names(samples or {}), setup)
    notes += [note for form in forms for note in form.notes]
    if missing:
        notes.append(
            f"{quoted(missing)} {'has' if len(missing) == 1 else 'have'} no sample: write it for `...`"
        )
    return Cells(setup, tuple(inputs), tuple(params), tuple(forms), tuple(notes))


def _blocks(text: str, name: str) -> list[Block]:
    try:
        return blocks(text.replace("\r\n", "\n"))
    except SyntaxError as error:
        raise SourceError(
            "DB404", f"'{name}' is not valid Python on line {error.lineno}: {error.msg}.", hint="correct it."
        ) from None


def _refused(name: str, function: str, reason: str) -> SourceError:
    return SourceError(
        "DB418",
        f"'{function}' of '{name}' cannot be written as cells: {reason}.",
        hint="run the module by Dataflow.from_module, or write what its decorators make as functions.",
        names=[function],
    )


def _calling(
    name: str, shared: Sequence[Block], forms: Sequence[Form], called: Collection[str]
) -> tuple[list[Block], list[Form]]:
    """Statements for the setup and forms of a module that call helpers where they called nodes."""
    if not called:
        return list(shared), list(forms)
    try:
        own = [_as_setup(block, under_private_names(block.text, called)) for block in shared]
        return own, [
            replace(form, text=under_private_names(form.text, called)) if form.module == name else form
            for form in forms
        ]
    except Unwritable as error:
        raise _refused(name, min(called), str(error)) from None


def _called(found: Iterable[Block], sources: Iterable[Source]) -> frozenset[str]:
    """The nodes of a module that its functions call."""
    return called_nodes(found) - {source.node.name for source in sources if source.is_helper}


def _sources(found: Sequence[Block], name: str, config: Mapping[str, object] | None) -> dict[int, Source]:
    """The functions of a module, by their blocks; those that others call are private ones, too."""
    known = aliases(block.node for block in found)
    functions = []
    for block in found:
        if isinstance(block.node, Function):
            try:
                own = [settled(each, known, config) for each in decorators(block.node, known)]
            except Unwritable as error:
                raise _refused(name, block.node.name, str(error)) from None
            functions.append((block, own))
    try:
        listed = together(functions, config, True, [block.node for block in found])
        called = _called(found, listed)
        return {
            id(source.block): replace(source, private=source.private | called) if called else source
            for source in listed
        }
    except Unwritable as error:
        changing = (block.node for block, own in functions if any(item.name == "mutate" for item in own))
        raise _refused(name, next(changing).name, str(error)) from None  # type: ignore[attr-defined]


def _refuse_other(name: str, before: Sequence[Block], own: Sequence[Block]) -> None:
    """Refuse a helper or constant of a module that other modules define in another way, or that hides one."""
    known = {bound: block.text for block in before if not block.is_import for bound in binds(block)}
    for block in own:
        for bound in binds(block) if not block.is_import else ():
            if known.get(bound, block.text) != block.text:
                raise _refused(name, bound, "another module defines this name, too, and there is one setup")
    helpers = [bound for block in own if isinstance(block.node, Function) for bound in binds(block)]
    twice = next((each for each in helpers if helpers.count(each) > 1), "")
    if twice and len({block.text for block in own if twice in binds(block)}) > 1:
        raise _refused(name, twice, "two functions would be the helper of this name")


def _as_setup(block: Block, text: str) -> Block:
    """A function as a statement of the setup."""
    return Block(block.node, text, first=block.first, last=block.last)


def _apart(made: Sequence[Form], helper: str) -> tuple[list[Form], str]:
    """The forms without a helper that others call, too, and the helper's text."""
    found, text = [], ""
    for form in made:
        parts = blocks(form.text)
        text = next((part.text for part in parts if getattr(part.node, "name", "") == helper), text)
        rest = [part.text for part in parts if getattr(part.node, "name", "") != helper]
        found.append(replace(form, text="\n\n\n".join(rest)))
    return found, text


def _hinted(form: Form, source: Source) -> Form:
    """A node that calls its function as a helper, with the type of that, which may begin a block."""
    if source.decorators or source.node.returns is None:
        return form
    head = re.compile(rf"(?m)^((?:async )?def {form.names[0]}\(.*\)):$")
    return replace(form, text=head.sub(rf"\1 -> {ast.unparse(source.node.returns)}:", form.text, count=1))


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _refuse_calls(forms: Sequence[Form]) -> None:
    """Refuse functions that call nodes by name: in a cell, a node is a value."""
    nodes = {name for form in forms for name in form.names}
    for form in forms:
        for block in blocks(form.text):
            if isinstance(block.node, Function):
                called = nodes.intersection(definition_reads(block.node))
                if called:
                    reason = f"it calls '{min(called)}', which is a node, as a function"
                    raise _refused(form.module, form.names[0], reason)


def _without_others(forms: Sequence[Form]) -> tuple[list[Form], list[str]]:
    """The forms without variants of a name that the config already chose, and remarks on these."""
    plain = {name for form in forms if not form.when for name in form.names}
    left = [form for form in forms if form.when and plain.intersection(form.names)]
    notes = (
        f"the variant of '{form.names[0]}' for {', '.join(shown(*each) for each in form.when)} "
        "is left out: the config chooses another one that --when cannot say"
        for form in left
    )
    return [form for form in forms if form not in left], list(notes)
