"""The ordinary cells of a notebook of Apache Hamilton, written without its drivers."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Final

from kernel_magics.convert.hamilton_cells import Book
from kernel_magics.convert.hamilton_drivers import Driver, Request, Step, shown_names
from kernel_magics.engine.cells.form import node_name
from kernel_magics.engine.cells.modifiers import Unwritable
from kernel_magics.engine.errors import quoted
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.hamilton.names import own_name

_PICTURE: Final = "a picture of a driver"
_LEFT: Final = "# Left out, as it needs "


@dataclass(frozen=True)
class Home:
    """A converted notebook, as drivers of its modules see it.

    Attributes:
        path: its name; "" for the one with the ordinary cells.
        modules: whose functions are its nodes.
        graph: its dataflow.
        config: values of its params.
        samples: sources of the values of its inputs.
        optional: inputs with samples that a request may leave out, and which have then another value.
    """

    path: str
    modules: frozenset[str]
    graph: Graph
    config: Mapping[str, object]
    samples: Mapping[str, str]
    optional: frozenset[str] = frozenset()

    def is_table(self, names: Sequence[str] | None) -> bool:
        """Whether a request for these names gives the one table that they name, as it is."""
        if names is None or len(names) != 1 or self.kind(names[0]) != "value":
            return False
        return str(self.graph.node(_plain(names[0])).type or "").endswith("DataFrame")

    def kind(self, name: str) -> str:
        """`value`, `input` or `param`; "" for no name of the dataflow."""
        plain = _plain(name)
        if plain in self.graph.names():
            return self.graph.node(plain).kind
        return "input" if self.graph.read_by(plain) else ""


@dataclass
class Rest:
    """The ordinary cells.

    Attributes:
        homes: the notebooks, the main one first.
        notes: remarks by the cell's place, also those of drivers.
    """

    book: Book
    homes: Sequence[Home]
    notes: dict[int, list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Start with the modules of cells, whose names are not defined any more."""
        self._ours = {name for home in self.homes for name in home.modules}
        self._gone = {
            name: f"the module '{name}', whose functions are cells"
            for name, module in self.book.modules.items()
            if not module.stays and name in self._ours
        }
        main = self.homes[0].graph if self.homes else Graph()
        bound = {name for steps in self.book.steps.values() for step in steps for name in step.binds}
        self._functions = {name for name in main.names() if main.node(name).kind == "value"} - bound
        self._used: set[str] = set()
        self._flows: set[int] = set()
        self._has_pandas = False

    def write(self) -> dict[int, str]:
        """The text of each ordinary cell by its place; "" for nothing left."""
        written: dict[int, list[tuple[Step, Sequence[str] | None]]] = {}
        for place in sorted(self.book.steps):
            written[place] = [(step, self._step(step, place)) for step in self.book.steps[place]]
        for step in reversed([step for rows in written.values() for step, given in rows if given is None]):
            if step.kind == "object" and self._used.intersection(step.binds):
                self._used |= step.reads()
        return {place: self._text(place, rows) for place, rows in written.items()}

    def _text(self, place: int, written: Sequence[tuple[Step, Sequence[str] | None]]) -> str:
        """The rows of a cell; imports and builders are known now to be needed or not."""
        rows: list[str] = []
        for number, (step, given) in enumerate(written):
            own = given if given is not None else self._late(step, place)
            if (
                own
                and own[0].startswith(_LEFT)
                and own[0] in rows
                and not any(map(_is_code, _since(rows, own[0])))
            ):
                own = own[1:]
            gap = list(step.gap)
            if not own and step.rows:
                while gap and gap[-1].strip():
                    gap.pop()
                rows += gap if number else step.gap if len(written) > 1 and not step.aliases else []
                continue
            while gap and not gap[0].strip() and _blank(reversed(rows)) + _blank(gap) > 2:
                gap.pop(0)
            rows += [*gap, *own]
        while rows and not rows[0].strip():
            rows.pop(0)
        body = "\n".join(rows).rstrip("\n")
        return (
            body
            if any(row.strip() and not row.lstrip().startswith("#") for row in rows)
            else (body if "# Left out" in body else "")
        )

    def _late(self, step: Step, place: int) -> Sequence[str]:
        if step.kind == "object":
            return step.rows if self._used.intersection(step.binds) else []
        if step.kind == "import":
            assert isinstance(step.node, ast.Import | ast.ImportFrom)
            kept = [
                alias
                for alias in step.node.names
                if (alias.asname or alias.name.partition(".")[0]) in self._used
            ]
            if len(kept) == len(step.node.names):
                return list(step.rows)
            return [ast.unparse(_import_of(step.node, kept))] if kept else []
        driver = step.driver
        home = self._home(driver) if driver is not None else None
        if driver is None or id(driver) not in self._flows or home is None:
            return []
        if not home.path:
            return [f"%dataflow as {driver.variable}"]
        load = f"{driver.variable} = Dataflow.from_notebook({home.path!r})"
        return ["from kernel_magics import Dataflow", "", load]

    # -- statements ----------------------------------------------------------------------------------------

    def _step(self, step: Step, place: int) -> Sequence[str] | None:
        """What stands in place of a statement; None where later statements decide it."""
        for name in step.binds:
            self._gone.pop(name, None)
        if step.kind == "import":
            return None
        if self._is_theirs(step):
            self._used |= step.all_reads()
            return step.rows
        if step.kind == "setting" or not step.rows:
            return []
        if step.kind == "module":
            self._gone[step.binds[0]] = f"the module '{step.binds[0]}', whose functions are cells"
            return []
        if step.kind == "build" and step.driver is not None:
            self._build(step.driver, place)
            return None
        if step.kind == "show" and step.driver is not None:
            home = self._home(step.driver)
            self._gone |= dict.fromkeys(step.binds, _PICTURE)
            return [shown_names(step)] if home is not None and not home.path else []
        if isinstance(step.node, ast.Import | ast.ImportFrom):
            return self._import(step)
        reason = next((self._gone[name] for name in sorted(step.reads()) if name in self._gone), "")
        reason = reason or next(filter(None, map(self._refused, step.requests)), "")
        reason = reason or self._called(step)
        if reason == _PICTURE and isinstance(step.node, ast.Expr) and isinstance(step.node.value, ast.Name):
            return []
        if reason:
            return self._left_out(step, place, reason)
        if step.kind == "object":
            return None
        self._used |= step.reads()
        return self._asked(step) if step.requests else step.rows

    def _is_theirs(self, step: Step) -> bool:
        """Whether a statement is about drivers of modules alone that are not converted."""
        drivers = [request.driver for request in step.requests]
        drivers += [step.driver] if step.driver is not None else []
        modules = {name for driver in drivers for name in driver.modules}
        return bool(modules) and self._ours.isdisjoint(modules)

    def _called(self, step: Step) -> str:
        """Why a statement cannot run that calls a function of a module by its name, which is a value here."""
        called = sorted(
            part.func.id
            for part in ast.walk(step.node)
            if isinstance(part, ast.Call)
            and isinstance(part.func, ast.Name)
            and part.func.id in self._functions
        )
        return f"'{called[0]}' as a function, which is the name of its value" if called else ""

    def _import(self, step: Step) -> Sequence[str]:
        """An import without modules that cells define."""
        assert isinstance(step.node, ast.Import | ast.ImportFrom)
        ours = {name for name in self._ours if not self.book.modules[name].stays}
        if isinstance(step.node, ast.ImportFrom):
            theirs = (step.node.module or "").partition(".")[0] in ours
            if theirs:
                reason = f"the module '{step.node.module}', whose functions are cells"
                self._gone |= dict.fromkeys(step.binds, reason)
            return [] if theirs else step.rows
        kept = [alias for alias in step.node.names if alias.name not in ours]
        for alias in step.node.names:
            if alias.name in ours:
                why = f"the module '{alias.name}', whose functions are cells"
                self._gone[alias.asname or alias.name] = why
            elif alias.name == "pandas" and alias.asname == "pd":
                self._has_pandas = True
        if len(kept) == len(step.node.names):
            return step.rows
        return [ast.unparse(_import_of(step.node, kept))] if kept else []

    def _build(self, driver: Driver, place: int) -> None:
        if driver.variable:
            self._gone[driver.variable] = f"'{driver.variable}', a driver of Hamilton"
        known = self.notes.setdefault(place, [])
        known += [text for text in driver.left if text not in known]

    def _left_out(self, step: Step, place: int, reason: str) -> list[str]:
        """The statement as a comment with the reason."""
        first = step.text.strip().split("\n")[0]
        known = self.notes.setdefault(place, [])
        text = f"is a comment now: it needs {reason}"
        same = [number for number, each in enumerate(known) if each.endswith(text)]
        if same:
            known[same[0]] = f"{known[same[0]].removesuffix(f' {text}').removesuffix(' …')} … {text}"
        else:
            known.append(f"`{first[:60]}` {text}")
        self._gone |= dict.fromkeys(step.binds, f"'{', '.join(step.binds)}', which is left out")
        return [f"{_LEFT}{reason}.", *(f"# {row}".rstrip() for row in step.rows)]

    # -- requests ------------------------------------------------------------------------------------------

    def _home(self, driver: Driver) -> Home | None:
        """The notebook whose dataflow has the nodes of a driver."""
        if driver.unknown or not driver.modules:
            return None
        return next((home for home in self.homes if home.modules.issuperset(driver.modules)), None)

    def _refused(self, request: Request) -> str:
        """Why a request has no place."""
        driver = request.driver
        if driver.unknown:
            return f"{quoted(driver.unknown)}, which no cell and no file beside the notebook defines"
        home = self._home(driver)
        if home is None:
            return f"{quoted(driver.modules)} together, which are no dataflow"
        for name in request.names or ():
            if not home.kind(name):
                return f"'{name}', which is no node of {quoted(driver.modules)} as they are in the end"
        texts = [request.inputs_text, request.overrides, driver.config_text]
        texts += [request.text] if request.names is None else []
        read = {
            part.id
            for text in texts
            if text
            for part in ast.walk(ast.parse(text))
            if isinstance(part, ast.Name)
        }
        return next((self._gone[name] for name in sorted(read) if name in self._gone), "")

    def _asked(self, step: Step) -> list[str]:
        """A statement with what its requests are here."""
        above: dict[str, None] = {}
        simple = isinstance(step.node, ast.Assign | ast.AnnAssign | ast.Expr | ast.AugAssign)
        text, whole = step.text, getattr(step.node, "value", None)
        for request in sorted(step.requests, key=lambda each: (-each.call.lineno, -each.call.col_offset)):
            home = self._home(request.driver)
            assert home is not None
            if simple and not home.path and self._is_live(request, home):
                above[f"%compute {' '.join(map(_plain, request.names or ()))}".rstrip()] = None
                if isinstance(step.node, ast.Expr) and request.call is whole:
                    return list(above)
                if request.driver.table and not self._has_pandas and not home.is_table(request.names):
                    self._has_pandas = True
                    above["import pandas as pd"] = None
                text = _put(text, request.call, _collected(request, home))
                continue
            variable = request.driver.variable or "flow"
            if request.driver.variable:
                self._flows.add(id(request.driver))
            else:
                line = f"flow = Dataflow.from_notebook({home.path!r})"
                above |= dict.fromkeys(
                    ["from kernel_magics import Dataflow", line] if home.path else ["%dataflow as flow"]
                )
            text = _put(text, request.call, _call(request, home, variable))
        return [*reversed(above), *text.split("\n")] if len(above) < 3 else [*above, *text.split("\n")]

    def _is_live(self, request: Request, home: Home) -> bool:
        """Whether the values that the notebook has are those that a request gives."""
        if request.names is None or not request.complete or request.overrides or request.driver.config_text:
            return False
        given = {**request.driver.config, **request.inputs}
        if not home.optional.intersection(home.samples) <= given.keys():
            return False
        for name, source in given.items():
            kind = home.kind(name)
            if kind == "value" or (kind == "input" and home.samples.get(name) != source):
                return False
            if kind == "param" and not _is_value(source, home.config.get(name, ...)):
                return False
        return True


def _is_code(row: str) -> bool:
    return bool(row.strip()) and not row.lstrip().startswith("#")


def _blank(rows: Iterable[str]) -> int:
    """How many rows are empty before the first one that is not."""
    return sum(1 for _ in takewhile(lambda row: not row.strip(), rows))


def _since(rows: Sequence[str], row: str) -> list[str]:
    """The rows below the last one that is `row`."""
    return list(rows[len(rows) - list(reversed(rows)).index(row) :])


def _plain(name: str) -> str:
    try:
        return own_name(node_name(name))
    except Unwritable:
        return name


def _is_value(source: str, value: object) -> bool:
    try:
        return bool(ast.literal_eval(source) == value)
    except ValueError:
        return False


def _import_of(node: ast.Import | ast.ImportFrom, names: Sequence[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(list(names))
    return ast.ImportFrom(node.module, list(names), node.level)


def _collected(request: Request, home: Home) -> str:
    """What a request gives, of values that the notebook has."""
    if request.driver.table and home.is_table(request.names):
        return _plain((request.names or ("",))[0])
    entries = "{" + ", ".join(f"{name!r}: {_plain(name)}" for name in request.names or ()) + "}"
    return f"pd.DataFrame({entries})" if request.driver.table else entries


def _call(request: Request, home: Home, variable: str) -> str:
    """`flow.run(…)` in place of `dr.execute(…)`."""
    names = request.names
    parts = [request.text if names is None else f"[{', '.join(repr(_plain(name)) for name in names)}]"]
    params = {
        name: source
        for name, source in request.driver.config.items()
        if home.kind(name) == "param" and not _is_value(source, home.config.get(name, ...))
    }
    inputs = request.inputs_text
    if request.complete and any(
        home.kind(name) == "param" or _plain(name) != name for name in request.inputs
    ):
        params |= {name: text for name, text in request.inputs.items() if home.kind(name) == "param"}
        inputs = _dict({name: text for name, text in request.inputs.items() if name not in params})
    parts += [f"inputs={inputs}"] if inputs else []
    if request.driver.config_text:
        parts.append(f"params={request.driver.config_text}")
    elif params:
        parts.append(f"params={_dict(params)}")
    parts += [f"overrides={request.overrides}"] if request.overrides else []
    if inputs and (request.given is None or not all(map(home.kind, request.given))):
        parts.append("extra='ignore'")
    one = request.driver.table and not request.waits and home.is_table(names)
    method = "arun" if request.waits else "frame" if request.driver.table and not one else "run"
    value = f"[{_plain(names[0])!r}]" if one and names else ""
    return f"{'await ' if request.waits else ''}{variable}.{method}({', '.join(filter(None, parts))}){value}"


def _dict(entries: Mapping[str, str]) -> str:
    return (
        "{" + ", ".join(f"{_plain(name)!r}: {text}" for name, text in entries.items()) + "}"
        if entries
        else ""
    )


def _put(text: str, node: ast.expr, new: str) -> str:
    """A statement with another text in place of an expression."""
    rows = text.split("\n")
    last = node.end_lineno or node.lineno
    head = rows[node.lineno - 1].encode()[: node.col_offset].decode()
    tail = rows[last - 1].encode()[node.end_col_offset :].decode()
    return "\n".join([*rows[: node.lineno - 1], f"{head}{new}{tail}", *rows[last:]])


def remarks(notes: Mapping[int, Sequence[str]]) -> Iterator[tuple[int, str]]:
    """The remarks in order."""
    for place in sorted(notes):
        for text in notes[place]:
            yield place, text
