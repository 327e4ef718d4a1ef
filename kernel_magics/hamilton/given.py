"""Given names: the inputs and params of cells of Apache Hamilton, as lines with samples and defaults."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping, Sequence

from kernel_magics.engine.cells.form import Form
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.choice import Except
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.source.tree import Function, defaults, expression


def given(
    forms: Sequence[Form], config: Mapping[str, object], samples: Mapping[str, str], setup: str
) -> tuple[list[str], list[str], list[str]]:
    """Lines of inputs and params, and the inputs without a sample."""
    nodes = {name for form in forms for name in form.names}
    known = {block for part in ast.parse(setup).body for block in read_names([part]).binds}
    needed: dict[str, str] = {}
    optional: dict[str, None] = {}
    for name, hint, has_default in reads(forms):
        if name in nodes:
            continue
        if has_default:
            optional[name] = None
        else:
            needed[name] = needed.get(name) or hint
    params = {key: repr(config[key]) for form in forms for key, _ in form.when if key in config}
    choices = [each for form in forms for each in form.when]
    for key, value in sorted(choices, key=lambda each: not isinstance(each[1], Except)):
        params.setdefault(key, "None" if isinstance(value, Except) else repr(value))
    for form in forms:
        params |= {} if not form.when else _defaults(form)
    params |= {name: repr(config[name]) for name in {**needed, **optional} if name in config}
    inputs, missing = [], []
    for name in [*needed, *(name for name in optional if name in samples and name not in needed)]:
        if name in params:
            continue
        hint = needed.get(name, "")
        typed = f": {hint}" if hint and _is_known(hint, known) else ""
        inputs.append(f"{name}{typed} = {samples.get(name, '...')}")
        missing += [name] if name not in samples else []
    return inputs, [f"{name} = {value}" for name, value in params.items()], missing


def _defaults(form: Form) -> dict[str, str]:
    """The defaults of a variant's functions, which its bare body cannot have."""
    found: dict[str, str] = {}
    for block in blocks(form.text):
        if isinstance(block.node, Function) and not block.node.name.startswith("_"):
            for arg, default in defaults(block.node.args):
                if default is not None:
                    found[arg.arg] = block.segment(default)
    return found


def reads(forms: Sequence[Form]) -> Iterator[tuple[str, str, bool]]:
    """What the nodes' functions read: the name, its hint, and whether it has a default."""
    for form in forms:
        for block in blocks(form.text):
            node = block.node
            if isinstance(node, Function) and not node.name.startswith("_"):
                for arg, default in defaults(node.args):
                    hint = ast.unparse(arg.annotation) if arg.annotation is not None else ""
                    yield arg.arg, hint, default is not None
        for key, _ in form.when:
            yield key, "", True


def _is_known(hint: str, known: set[str]) -> bool:
    names = {part.id for part in ast.walk(expression(hint)) if isinstance(part, ast.Name)}
    return all(name in known or hasattr(builtins, name) for name in names)
