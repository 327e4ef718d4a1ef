"""The runtime executes the texts of a graph: it holds their namespaces and functions."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import inspect
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import CellType, FunctionType, ModuleType
from typing import Any

from kernel_magics.engine.cells.definition import Cell
from kernel_magics.engine.cells.injection import Injection
from kernel_magics.engine.errors import RunError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.made import is_block, is_foreign
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.setup import Setup
from kernel_magics.engine.run.failure import cell_file, first_line, format_frames, own_frames, refuse_iterator
from kernel_magics.engine.run.origin import loading
from kernel_magics.engine.run.whereabouts import at
from kernel_magics.engine.source.mapped import MappedSource, Signature, annotate, ended_rows, on_line
from kernel_magics.engine.source.tree import expression
from kernel_magics.engine.values.value import Values

Namespace = dict[str, Any]
MODULE = "dagbook_setup"
_PLACED = (ast.stmt, ast.expr, ast.arg, ast.keyword, ast.alias, ast.excepthandler, ast.pattern)


class Runtime:
    """Namespaces and compiled functions of one session.

    Args:
        values: compares setup constants after their cell ran again.
        callables: functions that exist already, by their names (dataflows made from modules).
        defaults: values of params that are not defaults of these functions.
        homes: the top-level packages of the modules that these functions come from.
        config: values by which decorators of these modules decide.
    """

    def __init__(
        self,
        values: Values,
        callables: Mapping[str, Callable[..., object]] | None = None,
        defaults: Mapping[str, object] | None = None,
        homes: Iterable[str] = (),
        config: Mapping[str, object] | None = None,
    ) -> None:
        self.homes, self.config = frozenset(homes), config or {}
        self._values = values
        self._callables, self._given_defaults = dict(callables or {}), defaults or {}
        self._module = ModuleType(MODULE)
        self.runs = 0  # how often the setup ran
        self._executed: tuple[Cell, ...] = ()
        self._grown = 0  # how often cells were run in an existing namespace
        self._bumps: dict[str, int] = {}
        self._keys: dict[tuple[str, ...], str] = {}
        self._functions: dict[str, tuple[object, Callable[..., object]]] = {}
        self.asked = 0  # how often a function was asked for

    @property
    def namespace(self) -> Namespace:
        """The names that the setup cells bound."""
        return self._module.__dict__

    def run_setup(self, setup: Setup, again: str | None = None) -> bool:
        """Bring the setup's namespace up to date; all or nothing.

        Cells that were only added behind the others run in the present namespace; any other change runs them
        all in a new one, so that nothing a deleted line bound survives.

        Args:
            again: id of a cell to run although its text is the same.

        Returns:
            whether anything ran.

        Raises:
            RunError: DB305; the old namespace is kept.
        """
        if self._executed is setup.cells and again is None:
            return False
        done = len(self._executed)
        same = [cell.body for cell in self._executed]
        grown = [cell.body for cell in setup.cells[:done]] == same
        grown = grown and again not in [cell.id for cell in setup.cells[:done]]
        if grown and len(setup.cells) == done:
            self.__dict__.update(_executed=setup.cells)
            return False
        grown = grown and done > 0
        added = setup.cells[done if grown else 0 :]
        module, before = self._module if grown else ModuleType(MODULE), dict(self.namespace)
        for name in setup.touched(cell.id for cell in added) & before.keys() if grown else ():
            before[name] = self._values.isolate(before[name])
        executed = self._executed
        if grown:  # until the cells have run, it is unknown what they change
            self.__dict__.update(_executed=(), _grown=self._grown + 1)
        try:
            with loading():
                for cell in added:
                    run_cell(cell, module.__dict__)
            self._replace(module, setup.cells, self._changed(before, module.__dict__))
        except BaseException:
            if grown:
                self._rebuild(executed, before)
            raise
        return True

    def _rebuild(self, cells: tuple[Cell, ...], before: Namespace) -> None:
        """Run the previous cells again, because a cell that failed may have changed any of their values.

        If that fails or is interrupted, the cells run again when the namespace is next needed.
        """
        module = ModuleType(MODULE)
        for cell in cells:
            run_cell(cell, module.__dict__)
        self._replace(module, cells, self._changed(before, module.__dict__))

    def _replace(self, module: ModuleType, cells: tuple[Cell, ...], changed: Iterable[str]) -> None:
        """Replace the present namespace in one step: an interrupt leaves the old one or the new one."""
        bumps = {**self._bumps, **{name: self._bumps.get(name, 0) + 1 for name in changed}}
        self.__dict__.update(
            _module=module, _executed=cells, runs=self.runs + 1, _bumps=bumps, _functions={}, _keys={}
        )

    def mark(self) -> Mapping[str, Any]:
        """A snapshot of the state, for `go_back`."""
        return dict(self.__dict__)

    def go_back(self, mark: Mapping[str, Any], setup: Setup) -> bool:
        """Restore the state of a snapshot, which had run this setup.

        Returns:
            whether the setup has run again since, so that constants may have other values.
        """
        if self._grown == mark["_grown"]:  # the namespace of the snapshot is unchanged
            self.__dict__.update(mark, runs=self.runs + 1)
        self.run_setup(setup)
        return self._bumps is not mark["_bumps"]

    def setup_key(self, setup: Setup, uses: Sequence[str]) -> str:
        """Changes when the code or a constant behind these names changed."""
        names = tuple(uses)
        if not names:
            return ""
        if names not in self._keys:
            bound = {name for statement in setup.closure(names) for name in statement.binds}
            bumps = "".join(f" {name}{self._bumps[name]}" for name in sorted(bound & self._bumps.keys()))
            self._keys[names] = setup.digest(names) + bumps
        return self._keys[names]

    def run_values(self, cell: Cell) -> Namespace:
        """Run an `%%inputs` or `%%params` cell in a copy of the setup; returns the values of its names.

        Raises:
            RunError: DB305.
        """
        namespace = dict(self.namespace)
        run_cell(cell, namespace)
        absent = [item.name for item in cell.definitions if item.name not in namespace]
        if absent:
            raise RunError(
                "DB305",
                (cell.ref.subject(), f" ended without a value for '{absent[0]}'."),
                hint="assign it on every path.",
                names=absent,
            )
        for name, given in cell.injected.items():
            namespace[name] = injected_value(cell, name, given, namespace)
        for item in cell.definitions:
            refuse_iterator(item.name, cell.ref, namespace[item.name])
        return {item.name: namespace[item.name] for item in cell.definitions}

    def function(self, graph: Graph, node: Node) -> Callable[..., object]:
        """The node's function, compiled from the text that the export writes."""
        self.asked += 1
        if node.function in self._callables:
            return self._callables[node.function]
        text = shipped_text(graph, node)
        tag = (node.cell, text, *(helper.text for helper in node.helpers))
        known = self._functions.get(node.function)
        if known is not None and known[0] == tag:
            return known[1]
        namespace = self.globals_for([*node.uses, *default_uses(graph, node)])
        for part in [*(helper.text for helper in node.helpers), text]:
            exec(compile_text(part, node.cell, node.cell_id, graph), namespace)
        function = namespace[node.function]
        if isinstance(function, FunctionType) and is_foreign(function):
            raise RunError(
                "DB311",
                (
                    f"'{node.name}'",
                    node.ref.on(),
                    f" has {'types' if is_block(function) else 'a decorator'} of Apache Hamilton, "
                    "which no cell obeys.",
                ),
                hint="keep it in a module for Dataflow.from_module, or write what it makes as nodes.",
                names=[node.name],
            )
        self._functions[node.function] = (tag, function)
        return function  # type: ignore[no-any-return]

    def default(self, node: Node) -> object:
        """The default of a param: that of a function, or a module constant if it chooses variants."""
        if node.name in self._given_defaults:
            return self._given_defaults[node.name]
        for function in self._callables.values():
            parameter = inspect.signature(function).parameters.get(node.name)
            if parameter is not None and parameter.default is not parameter.empty:
                return parameter.default
        for function in self._callables.values():
            names = getattr(function, "__globals__", {})
            if node.name in names:
                return names[node.name]
        raise KeyError(node.name)

    def hint(self, node: Node) -> Any:
        """The declared type of an input or param, as text if it cannot be evaluated; None if not declared."""
        spaces = [getattr(function, "__globals__", {}) for function in self._callables.values()]
        found: Any = node.type or None
        for space in spaces or [self.namespace]:
            with contextlib.suppress(Exception):  # such as a name that is imported for type checkers only
                while isinstance(found, str):
                    found = eval(found, dict(space))
        return found

    def globals_for(self, names: Sequence[str]) -> Namespace:
        """A namespace with these names of the setup and Python's builtins, and nothing else."""
        namespace: Namespace = {"__name__": MODULE, "__builtins__": builtins}
        namespace.update((name, self.namespace[name]) for name in names if name in self.namespace)
        return namespace

    def _changed(self, old: Namespace, new: Namespace) -> Iterator[str]:
        """The names whose value changed, even if their code did not.

        A class that ran again is a different class: older objects are not instances of it. A removed name
        counts as changed, since its former value is not known when it is defined again.
        """
        for name in old.keys() - new.keys():
            if not name.startswith("__") and not isinstance(old[name], ModuleType):
                yield name
        for name in new.keys() & old.keys():
            first, second = _unwrapped(old[name]), _unwrapped(new[name])
            if name.startswith("__") or isinstance(second, ModuleType) or first is second:
                continue
            if isinstance(first, FunctionType) and isinstance(second, FunctionType):
                first, second = _held(first), _held(second)  # changes of the code are covered by the digest
            if not self._values.equal(first, second):
                yield name


def shipped_text(graph: Graph, node: Node) -> MappedSource:
    """The text of a node's function with the defaults of its params, as in the module."""
    if node.text is None:
        raise ValueError(f"'{node.name}' has no function")
    params = [graph.node(item.name) for item in node.inputs if item.name in graph.nodes]
    defaults = {param.name: _one_line(param.value) for param in params if param.kind == "param"}
    return annotate(node.text, Signature(defaults=defaults)) if defaults else node.text


def _one_line(value: str) -> str:
    """A default for a header, whose number of lines must not change."""
    return ast.unparse(expression(value)) if "\n" in value else value


def _unwrapped(value: object) -> object:
    """The function whose results `functools.cache` keeps."""
    while isinstance(value, functools._lru_cache_wrapper):
        value = value.__wrapped__
    return value


def _held(function: FunctionType) -> list[object]:
    """The values in a function: its defaults and closure variables."""
    cells = function.__closure__ or ()
    inside = [cell.cell_contents for cell in cells if cell != CellType()]
    return [function.__defaults__, function.__kwdefaults__, inside]


def default_uses(graph: Graph, node: Node) -> list[str]:
    """Names of the setup that the defaults of a node's params use."""
    params = [graph.node(item.name) for item in node.inputs if item.name in graph.nodes]
    return [name for param in params if param.kind == "param" for name in param.uses]


def run_cell(cell: Cell, namespace: Namespace) -> None:
    """Run a setup, inputs or params cell.

    Raises:
        RunError: DB305, with the traceback of the user's lines.
    """
    namespace["__builtins__"] = builtins
    show_lines(cell)
    code = compile(cell.placed, cell_file(cell.label, cell.id), "exec", dont_inherit=True)
    try:
        with at(f"running the {cell.magic} in cell {cell.label}"):
            exec(code, namespace)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise cell_failure(cell, error) from error


def injected_value(cell: Cell, name: str, item: Injection, namespace: Namespace) -> object:
    """The value of a param in place of its default.

    Raises:
        RunError: DB312, it is not of the param's type.
    """
    wanted, reason = item.type or type(namespace[name]).__name__, ""
    if item.source:
        try:
            value: object = eval(item.source, dict(namespace))
        except Exception as error:
            reason = f" ({type(error).__name__}: {first_line(error).rstrip('.')})"
        else:
            if item.type or isinstance(value, type(namespace[name])) or namespace[name] is None:
                return value
    hint = f"give a value of the type {wanted}; papermill's `-r {name} TEXT` gives a text as it is."
    if not item.type:
        hint = f"declare its type: `{name}: {wanted} = …`."
    raise RunError(
        "DB312",
        (f"param '{name}'", cell.ref.on(), f" must be {wanted}, and is given {item.given}{reason}."),
        hint=hint,
        names=[name],
    )


def cell_failure(cell: Cell, error: BaseException) -> RunError:
    """The error DB305 for a cell whose own code raised."""
    rows = own_frames(error)
    line = next((row.lineno for row in rows), None) or cell.first
    text = first_line(error).rstrip(".")
    hint = ""
    if isinstance(error, NameError):
        hint = f"a %%{cell.magic} cell sees the setup only; define the name there, or in this cell."
    return RunError(
        "DB305",
        (cell.ref.subject(), f" failed on line {line}: {type(error).__name__}: {text}."),
        hint=hint or "the dataflow is unchanged; correct the cell and run it again.",
        names=[error.name] if isinstance(error, NameError) and error.name else [],
        line=line,
        reason=f"{type(error).__name__}: {text}.",
        frames=format_frames(rows, error),
    )


def show_lines(cell: Cell) -> None:
    """Make the cell's lines available to tracebacks and debuggers."""
    name = cell_file(cell.label, cell.id)
    linecache.cache[name] = (len(cell.placed), None, ended_rows(cell.placed), name)


def compile_text(text: MappedSource, label: str, id: str, graph: Graph | None = None) -> Any:
    """Compile a text with the line numbers of the cell."""
    if graph is not None and id in graph.cells:
        show_lines(graph.cells[id])
    file, first = cell_file(label, id), text.lines[0]
    if text.lines == tuple(range(first, first + len(text.lines))):
        return compile(on_line(text.source, first), file, "exec", dont_inherit=True)
    tree = ast.parse(text.source)
    last = len(text.lines)
    queue: list[Any] = [tree]
    for item in queue:  # `ast.walk` takes three times as long
        for name in item._fields:  # not by `__dict__`, in which shared contexts may hold links to other trees
            part = getattr(item, name, None)
            if isinstance(part, ast.AST):
                queue.append(part)
            elif type(part) is list:
                queue += [child for child in part if isinstance(child, ast.AST)]
        if isinstance(item, _PLACED):
            item.end_lineno = text.lines[min(item.end_lineno or item.lineno, last) - 1]
            item.lineno = text.lines[min(item.lineno, last) - 1]
            item.end_lineno = max(item.end_lineno, item.lineno)
            if item.end_lineno == item.lineno:  # two lines of the text may come from one line of the cell
                item.end_col_offset = max(item.end_col_offset or 0, item.col_offset)
    return compile(tree, file, "exec", dont_inherit=True)
