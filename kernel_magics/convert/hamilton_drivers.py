"""Drivers of Apache Hamilton in ordinary cells: what they are built of, and what they are asked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from kernel_magics.convert.changing import changed_names
from kernel_magics.engine.source.blocks import blocks
from kernel_magics.engine.source.references import read_names
from kernel_magics.engine.source.tree import dotted_names, imported_as, is_literal, parsed, statement

_OPAQUE: Final = re.compile(r"\s*%%(?!(?:time|timeit|capture|prun)\b)")
_LINE_MAGIC: Final = re.compile(r"(?m)^([ \t]*)(?:[%!?].*|[^\n#'\"]*\?)$")
_THEIRS: Final = re.compile(
    r"(?m)^(?:#[^\n]*\n)*"
    r"(?:[ \t]*%(?:re)?load_ext\s+hamilton\S*[^\n]*"
    r"|[ \t]*%(?:print_module|reset_module|module_to_cell|insert_module)\b[^\n]*"
    r"|[ \t]*\?*%%?(?:incr_)?cell_to_module\?*)[ \t]*(?:\n|\Z)"
)
_DICT: Final = re.compile(r"\s*%%set_dict[ \t]+(?P<name>\w+)[ \t]*\n")
_HOME: Final = ("hamilton", "hamilton_sdk")
_TABLES: Final = ("PandasDataFrameResult", "SimplePythonDataFrameGraphAdapter")
_PLAIN: Final = ("DictResult", "DefaultAdapter", "SimplePythonGraphAdapter")
_CHANGES_NOTHING: Final = ("build", "copy", "enable_dynamic_execution", "allow_module_overrides")
_ELSEWHERE: Final = {
    "with_cache": "`flow.run(cache=PATH)` and `%%node --cache disk` store values",
    "with_remote_executor": "`%compute --executor` and `flow.run(executor=…)` take executors",
    "with_local_executor": "`%compute --executor` and `flow.run(executor=…)` take executors",
    "with_execution_manager": "`%compute --executor` and `flow.run(executor=…)` take executors",
    "with_materializers": "write values in a node, or in an ordinary cell",
    "with_adapters": "a dataflow has no adapters; `flow.run(listeners=…)` takes hooks",
}
SHOWS: Final = {
    "display_all_functions": "",
    "visualize_execution": "",
    "visualize_path_between": "",
    "visualize_materialization": "",
    "display_upstream_of": "--upstream",
    "display_downstream_of": "--downstream",
}


@dataclass(frozen=True)
class Driver:
    """A driver, or the builder of one.

    Attributes:
        modules: names of its modules, in order.
        unknown: the sources of modules that are not known.
        config: sources of the values by name, as far as they are literal; `config_text` is the whole where
            some are not.
        table: a request gives a table.
        left: what has no place in a dataflow, as remarks.
        variable: the name that it has.
    """

    modules: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    config: Mapping[str, str] = field(default_factory=dict)
    config_text: str = ""
    table: bool = False
    left: tuple[str, ...] = ()
    variable: str = ""


@dataclass(frozen=True)
class Request:
    """What a driver is asked for.

    Attributes:
        call: the expression, with its place in the statement.
        names: the outputs; None where they are not known before a run. `text` is their source.
        inputs: sources of the literal inputs; `inputs_text` is the whole.
        given: names of all inputs; None where they are not known before a run.
        overrides: their source.
    """

    call: ast.expr
    driver: Driver
    names: tuple[str, ...] | None
    text: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    inputs_text: str = ""
    given: tuple[str, ...] | None = ()
    overrides: str = ""

    @property
    def complete(self) -> bool:
        """Whether all inputs are literal."""
        return self.given is not None and set(self.given) == set(self.inputs)

    @property
    def waits(self) -> bool:
        """Whether it is awaited."""
        return isinstance(self.call, ast.Await)


Kind = Literal["kept", "import", "build", "show", "setting", "module", "object"]


@dataclass(frozen=True)
class Step:
    """A statement of an ordinary cell.

    Attributes:
        rows: its lines, `gap` those above it.
        kind: `import` and `setting` are of Apache Hamilton alone; `show` draws a dataflow; `module` makes a
            module of functions; `object` assigns an object of Apache Hamilton.
        driver: that is built, or drawn.
        requests: in it.
        aliases: names that an import of Apache Hamilton binds, with what they are.
    """

    rows: tuple[str, ...]
    gap: tuple[str, ...]
    node: ast.stmt
    kind: Kind = "kept"
    driver: Driver | None = None
    requests: tuple[Request, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """Its source."""
        return "\n".join(self.rows)

    @property
    def binds(self) -> tuple[str, ...]:
        """The names that it binds."""
        return tuple(read_names([self.node]).binds)

    def all_reads(self) -> set[str]:
        """The names that it reads."""
        return {
            part.id
            for part in ast.walk(self.node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load)
        }

    def reads(self) -> set[str]:
        """The names that it reads outside its requests."""
        inside = {
            id(part)
            for request in self.requests
            for part in ast.walk(request.call)
            if part is not request.call
        }
        return {
            part.id
            for part in ast.walk(self.node)
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load) and id(part) not in inside
        }


class Reading:
    """Reads the statements of a notebook in order, as far as drivers are concerned; executes nothing.

    Attributes:
        values: of plain assignments so far, as sources.
        drivers: drivers and builders by the variable that has them.
        imports: modules by the name that an import gives them, with the cell.
        made: the functions of modules that are made of functions.
        seen: all statements so far.
    """

    def __init__(self, module: Callable[[str, int], str]) -> None:
        """Read with `module`, which gives the name of a module by its source and the cell, or ""."""
        self._module = module
        self._aliases: dict[str, str] = {}
        self.imports: dict[str, tuple[str, int]] = {}
        self.made: dict[str, tuple[str, ...]] = {}
        self.seen: list[Step] = []
        self._inner: set[str] = set()
        self.values: dict[str, ast.expr] = {}
        self.drivers: dict[str, Driver] = {}

    def cell(self, source: str, place: int) -> list[Step] | None:
        """The statements of a cell; None for a cell that is no Python."""
        text = _assigned(_THEIRS.sub("", source))
        if _OPAQUE.match(text):
            return None
        masked = _LINE_MAGIC.sub(lambda found: f"{found[1]}pass", text)
        try:
            found = blocks(masked)
        except SyntaxError:
            return None
        rows, last, steps = text.split("\n"), 0, list[Step]()
        hidden = masked.split("\n")
        for block in found:
            own = rows[block.first - 1 : block.last]
            alone = hidden[block.first - 1 : block.last] != own or block.first > last
            lines = own if alone else block.code.split("\n")
            shared = any(
                other is not block and other.first <= block.last and block.first <= other.last
                for other in found
            )
            if shared:
                lines = block.code.split("\n")
            node = statement(
                "\n".join(hidden[block.first - 1 : block.last]) if not shared else "\n".join(lines)
            )
            steps.append(self._step(node, lines, rows[last : block.first - 1], place))
            self.seen.append(steps[-1])
            last = block.last
        if steps and (rest := rows[last:]):
            steps.append(Step((), tuple(rest), ast.Pass()))
        return steps

    def config(self, text: str) -> dict[str, str]:
        """The literal entries of a variable's value."""
        return self._entries(ast.Name(text))[0] if text.isidentifier() else {}

    def _step(self, node: ast.stmt, rows: Sequence[str], gap: Sequence[str], place: int) -> Step:
        step = Step(tuple(rows), tuple(gap), node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            return self._import(step, node, place)
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign | ast.Expr) else None
        target = _target(node)
        for name in {*changed_names(node), *(() if target else step.binds)}:
            self.values.pop(name, None)
        built = self._driver(value, place) if value is not None else None
        if target and value is not None:
            self.values[target] = value
            self.drivers.pop(target, None)
        if isinstance(value, ast.Call) and self.path(value.func).endswith(".create_temporary_module"):
            functions = tuple(item.id for item in value.args if isinstance(item, ast.Name))
            if target and len(functions) == len(value.args):
                self.made[target] = functions
                return replace(step, kind="module")
        if built is not None:
            built = replace(built, variable=target or built.variable)
            if target:
                self.drivers[target] = built
            return replace(step, kind="build", driver=built)
        if target and value is not None and (name := _imported(value)):
            self.imports[target] = name, place
        requests = tuple(self._requests(node, place))
        if requests:
            return replace(step, requests=requests)
        call = value.value if isinstance(value, ast.Await) else value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in SHOWS:
            shown = self._driver(call.func.value, place)
            if shown is not None:
                return replace(step, kind="show", driver=shown)
        if isinstance(node, ast.Expr) and isinstance(call, ast.Call) and self._is_theirs(call.func):
            return replace(step, kind="setting")
        if target and isinstance(call, ast.Call) and self._is_theirs(call.func):
            return replace(step, kind="object")
        return step

    def _import(self, step: Step, node: ast.Import | ast.ImportFrom, place: int) -> Step:
        found: dict[str, str] = {}
        for alias in node.names:
            whole = f"{node.module or ''}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
            plain = isinstance(node, ast.Import) and not alias.asname
            if whole.partition(".")[0] in _HOME:
                found[imported_as(alias)] = whole.partition(".")[0] if plain else whole
            else:
                self.imports[whole if plain else imported_as(alias)] = whole.lstrip("."), place
        self._aliases |= found
        return replace(step, kind="import", aliases=found) if found else step

    # -- drivers -------------------------------------------------------------------------------------------

    def path(self, value: ast.expr) -> str:
        """`hamilton.driver.Builder` for `driver.Builder`; "" for what is not of Apache Hamilton."""
        first, *others = dotted_names(value)
        home = self._aliases.get(first, "")
        return ".".join([home, *others]) if home else ""

    def _is_theirs(self, value: ast.expr) -> bool:
        while isinstance(value, ast.Attribute | ast.Call):
            value = value.value if isinstance(value, ast.Attribute) else value.func
        return isinstance(value, ast.Name) and value.id in self._aliases

    def _driver(self, value: ast.expr, place: int) -> Driver | None:
        """The driver or builder that an expression gives."""
        if isinstance(value, ast.Await):
            return self._driver(value.value, place)
        if isinstance(value, ast.Name):
            return self.drivers.get(value.id)
        if not isinstance(value, ast.Call):
            return None
        path = self.path(value.func)
        if path.endswith(".Builder"):
            return Driver()
        if path.endswith((".Driver", ".AsyncDriver")):
            return self._legacy(value, place, path.endswith(".Driver"))
        if not isinstance(value.func, ast.Attribute):
            return None
        base = self._driver(value.func.value, place)
        return self._with(base, value.func.attr, value, place) if base is not None else None

    def _legacy(self, call: ast.Call, place: int, table: bool) -> Driver:
        """`driver.Driver(config, *modules, adapter=…)`, whose requests give a table."""
        config, given = call.args[:1], Driver(table=table)
        for argument in config:
            given = self._with(given, "with_config", ast.Call(call.func, [argument], []), place) or given
        given = self._with(given, "with_modules", ast.Call(call.func, call.args[1:], []), place) or given
        for keyword in call.keywords:
            if keyword.arg in ("adapter", "result_builder"):
                given = replace(given, table=False)
                changed = self._with(given, "with_adapters", ast.Call(call.func, [keyword.value], []), place)
                given = changed or given
        return given

    def _with(self, given: Driver, method: str, call: ast.Call, place: int) -> Driver | None:
        """A builder after one of its methods; None for a method that gives something else."""
        if method == "with_modules":
            known, unknown = list(given.modules), list(given.unknown)
            for argument in call.args:
                name = self._module(ast.unparse(argument), place)
                (known if name else unknown).append(name or ast.unparse(argument))
            return replace(given, modules=tuple(known), unknown=tuple(unknown))
        if method == "with_config":
            if not call.args:
                return given
            entries, names = self._entries(call.args[0])
            text = "" if names is not None and set(names) == set(entries) else ast.unparse(call.args[0])
            return replace(given, config={**given.config, **entries}, config_text=text)
        if method in ("with_adapter", "with_adapters"):
            left, table = list(given.left), given.table
            for argument in call.args:
                value = self._value(argument)
                word = dotted_names(value.func)[-1] if isinstance(value, ast.Call) else ""
                table = word in _TABLES or (table and word not in _PLAIN)
                if word not in (*_TABLES, *_PLAIN):
                    why = "a request gives a dict" if "Result" in word else _ELSEWHERE["with_adapters"]
                    left.append(f"`{_short(ast.unparse(value))}` is left out: {why}")
            return replace(given, left=tuple(left), table=table)
        if method in _CHANGES_NOTHING:
            return given
        if method.startswith("with_"):
            given_text = [ast.unparse(each) for each in call.args]
            given_text += [f"{item.arg}={ast.unparse(item.value)}" for item in call.keywords]
            text = f"{method}({', '.join(given_text)})"
            why = _ELSEWHERE.get(method, "a dataflow has nothing of its kind")
            return replace(given, left=(*given.left, f"`{_short(text)}` is left out: {why}"))
        return None

    # -- requests ------------------------------------------------------------------------------------------

    def _requests(self, node: ast.stmt, place: int) -> Iterator[Request]:
        """The calls of `execute` in a statement, the outer one of each two."""
        self._inner = {
            name
            for part in ast.walk(node)
            for name in (_bound(part) if part not in getattr(node, "targets", []) else ())
        }
        waiting: list[ast.AST] = [node]
        while waiting:
            part = waiting.pop(0)
            call = part.value if isinstance(part, ast.Await) else part
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                asked = call.func.attr in ("execute", "raw_execute")
                driver = self._driver(call.func.value, place) if asked else None
                if driver is not None:
                    assert isinstance(part, ast.expr)
                    yield self._request(part, call, driver)
                    continue
            waiting += ast.iter_child_nodes(part)

    def _request(self, whole: ast.expr, call: ast.Call, driver: Driver) -> Request:
        given = {item.arg: item.value for item in call.keywords if item.arg}
        given |= dict(zip(("final_vars", "overrides", "display_graph", "inputs"), call.args, strict=False))
        asked, inputs = given.get("final_vars"), given.get("inputs")
        if isinstance(inputs, ast.Constant) and inputs.value is None:
            inputs = None
        entries, names = self._entries(inputs) if inputs is not None else ({}, ())
        overrides = given.get("overrides")
        return Request(
            whole,
            driver,
            self._outputs(asked),
            ast.unparse(asked) if asked is not None else "",
            entries,
            ast.unparse(inputs) if inputs is not None else "",
            names,
            ast.unparse(overrides) if overrides is not None else "",
        )

    def _outputs(self, asked: ast.expr | None) -> tuple[str, ...] | None:
        asked = self._value(asked) if asked is not None else None
        if not isinstance(asked, ast.List | ast.Tuple):
            return None
        found = []
        for item in asked.elts:
            value = self._value(item)
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                found.append(value.value)
            elif isinstance(item, ast.Attribute | ast.Name):
                found.append(ast.unparse(item).rpartition(".")[2])
            else:
                return None
        return tuple(found)

    def _value(self, value: ast.expr) -> ast.expr:
        """What a variable was assigned last."""
        if not isinstance(value, ast.Name) or value.id in self._inner:
            return value
        return self.values.get(value.id, value)

    def _entries(self, value: ast.expr) -> tuple[dict[str, str], tuple[str, ...] | None]:
        """The entries of a dict that are literal, as sources, and the names of all, if these are known."""
        value = self._value(value)
        known: dict[str, str] = {}
        names: dict[str, None] | None = {}
        pairs: list[tuple[ast.expr | None, ast.expr]] = []
        if isinstance(value, ast.Dict):
            pairs = list(zip(value.keys, value.values, strict=True))
        elif isinstance(value, ast.Call) and ast.unparse(value.func) == "dict" and not value.args:
            pairs = [(ast.Constant(item.arg) if item.arg else None, item.value) for item in value.keywords]
        else:
            names = None
        for key, item in pairs:
            if key is None:
                more, inner = self._entries(item)
                known |= more
                names = None if names is None or inner is None else names | dict.fromkeys(inner)
            elif isinstance(key, ast.Constant):
                known.pop(str(key.value), None)
                names = None if names is None else names | {str(key.value): None}
                if is_literal(found := self._value(item)):
                    known[str(key.value)] = ast.unparse(found)
            else:
                names = None
        return known, None if names is None else tuple(names)


def _bound(part: ast.AST) -> tuple[str, ...]:
    if isinstance(part, ast.arg):
        return (part.arg,)
    return (part.id,) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store) else ()


def _target(node: ast.stmt) -> str:
    targets = node.targets if isinstance(node, ast.Assign) else []
    targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
    return targets[0].id if len(targets) == 1 and isinstance(targets[0], ast.Name) else ""


def _assigned(text: str) -> str:
    """The assignment that a cell with `%%set_dict` stands for."""
    head = _DICT.match(text)
    body = parsed(text[head.end() :]) if head is not None else None
    assigned = [node for node in body.body if isinstance(node, ast.Assign)] if body is not None else []
    if head is None or body is None or len(assigned) < len(body.body):
        return text
    rows = [f"    {_target(node)!r}: {ast.unparse(node.value)}," for node in assigned if _target(node)]
    return "\n".join([f"{head['name']} = {{", *rows, "}"])


def _imported(value: ast.expr) -> str:
    """The module that `importlib.import_module("…")` gives; "" for any other expression."""
    called = isinstance(value, ast.Call) and dotted_names(value.func)[-1] == "import_module"
    first = value.args[0] if called and isinstance(value, ast.Call) and value.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


def shown_names(step: Step) -> str:
    """`%dag …` in place of a statement that draws a dataflow."""
    value = getattr(step.node, "value", None)
    call = value.value if isinstance(value, ast.Await) else value
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    option = SHOWS[call.func.attr]
    texts = [item.value for item in call.args if isinstance(item, ast.Constant)]
    names = [str(name) for name in texts if str(name).isidentifier()] if option else []
    return " ".join(["%dag", *(f"{option} {name}" for name in names)])
