"""Linking decides what the names in a cell refer to: an input, the setup, a helper or a builtin."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType

from kernel_magics.engine.cells.definition import Cell, Code, Definition, Member
from kernel_magics.engine.errors import LinkError, did_you_mean
from kernel_magics.engine.graph.node import Helper, Input, Node, code_digest
from kernel_magics.engine.source.mapped import MappedSource, docstring, generated
from kernel_magics.engine.source.names import builtin_names

ALIASES = {  # usual aliases of common libraries
    "pd": "import pandas as pd",
    "np": "import numpy as np",
    "pl": "import polars as pl",
    "pa": "import pyarrow as pa",
    "plt": "import matplotlib.pyplot as plt",
    "sns": "import seaborn as sns",
    "dt": "import datetime as dt",
    "alt": "import altair as alt",
    "nx": "import networkx as nx",
    "px": "import plotly.express as px",
    "go": "import plotly.graph_objects as go",
    "sm": "import statsmodels.api as sm",
    "smf": "import statsmodels.formula.api as smf",
    "tf": "import tensorflow as tf",
    "xr": "import xarray as xr",
    "gpd": "import geopandas as gpd",
    "stats": "from scipy import stats",
    "torch": "import torch",
    "scipy": "import scipy",
    "sklearn": "import sklearn",
    "duckdb": "import duckdb",
    "math": "import math",
    "re": "import re",
    "json": "import json",
    "itertools": "import itertools",
    "functools": "import functools",
    "statistics": "import statistics",
    "Path": "from pathlib import Path",
    "Counter": "from collections import Counter",
    "defaultdict": "from collections import defaultdict",
    "partial": "from functools import partial",
}


def link_cell(
    cell: Cell,
    setup_names: Collection[str],
    params: Collection[str] = (),
    extensions: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Node, ...]:
    """Link a cell: its nodes, given the names that the setup binds and the names of params.

    In the function of a bare body, params come last because they have defaults.

    Args:
        extensions: attributes that the setup adds to objects of libraries, each with a name whose statements
            add it.

    Raises:
        LinkError: DB111 for a body that assigns a name which it reads from the setup.
    """
    _refuse_shadowing(cell, setup_names)
    nodes = (_link(cell, definition, setup_names, params) for definition in cell.definitions)
    return tuple(_extended(node, extensions) if extensions else node for node in nodes)


def _extended(node: Node, extensions: Mapping[str, str]) -> Node:
    """The node with the setup names that add the attributes which its code mentions."""
    source = "\n".join(node.sources)
    more = [name for key, name in extensions.items() if re.search(rf"\.\s*{key}\b", source)]
    return replace(node, uses=tuple(dict.fromkeys([*node.uses, *more]))) if more else node


def _refuse_shadowing(cell: Cell, setup_names: Collection[str]) -> None:
    first = cell.definitions[0] if cell.definitions else None
    if first is None or first.kind != "value" or first.code is None or not first.code.bare:
        return
    bound = first.member.bindings if first.member else {}
    shared = {read for read in first.code.reads if read in setup_names and read not in bound}
    for item in first.code.rebound:
        if item.name not in shared:
            continue
        hazard = item.hazard()
        said = (cell.ref.head(hazard.line), f"{hazard.what}.")
        raise LinkError("DB111", said, hint=hazard.hint, names=hazard.pieces)


def lacking(
    node: Node,
    known: Collection[str],
    setup_names: Collection[str] = (),
    outside: Mapping[str, str] = MappingProxyType({}),
) -> LinkError:
    """The error DB109 for a function that uses a global which does not exist.

    Args:
        known: the names of nodes.
        outside: what ordinary cells define, as `Graph.outside` has it.
    """
    name = node.lacks[0]
    what = f"uses '{name}', which the setup does not define"
    close = did_you_mean(name, setup_names)
    if name in known:
        fix = f"make it a parameter: `def {node.name}(…, {name})`."
    elif name in ALIASES:
        fix = f"add `{ALIASES[name]}` to %%setup."
    elif name in ("display", "get_ipython"):
        what = f"uses '{name}', which only a notebook has"
        fix = "show values in an ordinary cell."
    elif outside.get(name) == "code":
        fix = moving_hint(name)
    else:
        fix = f"{close} Otherwise make" if close else "make"
        fix += f" it a parameter, or define '{name}' in a %%setup cell."
    return LinkError(
        "DB109",
        (f"'{node.name}'", node.ref.on(), f" {what}."),
        hint=fix,
        names=[node.name, name],
    )


def moving_hint(name: str) -> str:
    """What to do about a function, class or import of an ordinary cell."""
    return f"an ordinary cell defines '{name}': move it to %%setup."


def _link(cell: Cell, definition: Definition, setup_names: Collection[str], params: Collection[str]) -> Node:
    code = definition.code
    common = partial(
        Node,
        name=definition.name,
        kind=definition.kind,
        cell_id=cell.id,
        cell=cell.label,
        line=definition.line,
        function=code.name if code else definition.name,
        group=cell.group,
        doc=definition.doc,
        type=definition.hint,
        value=definition.value,
        tags=definition.tags,
        when=definition.when,
        cache=definition.cache,
        lazy=definition.lazy,
        fitted=definition.fitted,
        future=definition.future,
        severity=definition.severity,
        subject=definition.subject,
        own_defaults=definition.own_defaults,
        family=definition.family,
        is_async=bool(code and code.is_async),
    )
    if code is None:
        uses = tuple(name for name in definition.reads if name in setup_names)
        return common(uses=uses, digest=_declaration_digest(cell))
    if not code.bare:
        return _link_def(common, code, cell.helpers, setup_names)
    if definition.member is None:
        return _link_body(common, code, setup_names, params)
    return _link_member(common, definition, code, definition.member, setup_names, params)


def _declaration_digest(cell: Cell) -> str:
    given = "".join(f"{name}={item.given};" for name, item in cell.injected.items())
    return code_digest(MappedSource(cell.body, ()), (), given)


def bare_function(
    code: Code, setup_names: Collection[str], params: Collection[str], last: Collection[str] = ()
) -> tuple[MappedSource, list[str], list[str]]:
    """A bare body as a `def` (inputs, then params, then `last`), and the setup names that it uses."""
    uses = [read for read in code.reads if read in setup_names and read not in last]
    known = {*setup_names, *builtin_names()} - set(last)
    inputs = [read for read in code.reads if read not in known]
    inputs.sort(key=lambda name: (name in last, name in params))
    header = f"{_async(code)}def {code.name}({', '.join(inputs)}):"
    return generated(header, code.text.lines[0]) + code.text, inputs, uses


_Make = Callable[..., Node]
"""Makes a node of what is still missing: with 27 fields, it is worth it to be made once."""


def _link_body(make: _Make, code: Code, setup_names: Collection[str], params: Collection[str]) -> Node:
    text, inputs, uses = bare_function(code, setup_names, params)
    return _with(make, tuple(Input(name) for name in inputs), text, (), uses, ())


def _link_member(
    make: _Make,
    definition: Definition,
    code: Code,
    member: Member,
    setup_names: Collection[str],
    params: Collection[str],
) -> Node:
    """The small function of a family member, which calls the shared function of the family."""
    shared, names, uses = bare_function(code, setup_names, params, last=member.bindings)
    inputs = [member.renames.get(name, name) for name in names if name not in member.bindings]
    bound = [f"{name}={member.bindings[name]!r}" for name in names if name in member.bindings]
    call = f"{'await ' if code.is_async else ''}{code.name}({', '.join([*inputs, *bound])})"
    function = f"{definition.name}{code.name.partition('__')[1]}{code.name.partition('__')[2]}"
    doc = f"    {docstring(definition.doc)}\n" if definition.doc else ""
    unique = list(dict.fromkeys(inputs))
    source = f"{_async(code)}def {function}({', '.join(unique)}):\n{doc}    return {call}"
    return _with(
        partial(make, function=function),
        tuple(Input(name) for name in unique),
        generated(source, code.text.lines[0]),
        (Helper(code.name, shared),),
        uses,
        (),
    )


def _async(code: Code) -> str:
    return "async " if code.is_async else ""


def _link_def(make: _Make, code: Code, helpers: Sequence[Code], setup_names: Collection[str]) -> Node:
    own = {helper.name: helper for helper in helpers}
    needed: dict[str, Code] = {}
    uses: list[str] = []
    lacks: list[str] = []
    queue = [code]
    while queue:
        current = queue.pop()
        for name in current.reads:
            if name in own:
                if name not in needed:
                    needed[name] = own[name]
                    queue.append(own[name])
            elif name in setup_names:
                uses.append(name)
            elif name not in builtin_names() and name != code.name:
                lacks.append(name)
    inputs = tuple(Input(item.name, item.optional, item.keyword_only) for item in code.params)
    ordered = tuple(Helper(helper.name, helper.text) for helper in helpers if helper.name in needed)
    return _with(make, inputs, code.text, ordered, uses, lacks)


def _with(
    make: _Make,
    inputs: tuple[Input, ...],
    text: MappedSource,
    helpers: tuple[Helper, ...],
    uses: Sequence[str],
    lacks: Sequence[str],
) -> Node:
    return make(
        inputs=inputs,
        text=text,
        helpers=helpers,
        uses=tuple(dict.fromkeys(uses)),
        lacks=tuple(dict.fromkeys(lacks)),
        digest=code_digest(text, helpers, repr(inputs)),
    )
