"""An impure function reads more than its inputs: the clock, random state, files, the network.

A node whose function is impure each time it runs is volatile: its value holds as of its last run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from kernel_magics.engine.cells.statements import Statement
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.node import Node
from kernel_magics.engine.graph.setup import Setup
from kernel_magics.engine.run.recorder import CLOCK, FILES, NETWORK
from kernel_magics.engine.run.runtime import default_uses
from kernel_magics.engine.source.tree import FunctionOrClass, dotted_names
from kernel_magics.engine.values.surroundings import RANDOM

_ENVIRONMENT = "the environment"
_PROCESS = "hashes of this process"  # of texts they differ in each process, as addresses do
_ROOTS = {
    "time": CLOCK,
    "random": RANDOM,
    "secrets": RANDOM,
    "uuid": RANDOM,
    "numpy.random": RANDOM,
    "requests": NETWORK,
    "urllib.request": NETWORK,
    "http.client": NETWORK,
    "httpx": NETWORK,
    "aiohttp": NETWORK,
    "socket": NETWORK,
    "smtplib": NETWORK,
    "subprocess": FILES,
    "shutil": FILES,
    "glob": FILES,
    "sqlite3": FILES,
    "tempfile": FILES,
    "os.environ": _ENVIRONMENT,
    "os.getenv": _ENVIRONMENT,
    "os.listdir": FILES,
    "os.remove": FILES,
    "os.path.exists": FILES,
    "os.path.getmtime": FILES,
    "os.path.getsize": FILES,
    "os.path.isdir": FILES,
    "os.path.isfile": FILES,
    "os.scandir": FILES,
    "os.stat": FILES,
    "os.walk": FILES,
    "os.getcwd": _ENVIRONMENT,
    "os.getpid": _ENVIRONMENT,
    "os.urandom": RANDOM,
    "platform": _ENVIRONMENT,
    "getpass": _ENVIRONMENT,
    "sys.argv": _ENVIRONMENT,
    "duckdb.connect": FILES,
    "joblib.load": FILES,
    "numpy.fromfile": FILES,
    "numpy.genfromtxt": FILES,
    "numpy.load": FILES,
    "numpy.loadtxt": FILES,
    "numpy.memmap": FILES,
    "torch.load": FILES,
    "torch.rand": RANDOM,
    "torch.randint": RANDOM,
    "torch.randn": RANDOM,
    "torch.randperm": RANDOM,
}
_HARMLESS = ("time.strptime", "time.struct_time", "time.sleep", "uuid.UUID", "uuid.uuid5", "uuid.uuid3")
_SEEDED = ("numpy.random.default_rng", "numpy.random.Generator", "numpy.random.RandomState", "random.Random")
_METHODS = {
    "now": CLOCK,
    "today": CLOCK,
    "utcnow": CLOCK,
    "read_text": FILES,
    "read_bytes": FILES,
    "write_text": FILES,
    "write_bytes": FILES,
    "iterdir": FILES,
    "exists": FILES,
    "is_file": FILES,
    "is_dir": FILES,
    "glob": FILES,
    "rglob": FILES,
    "open": FILES,
    "cwd": FILES,
    "to_csv": FILES,
    "to_parquet": FILES,
    "to_pickle": FILES,
    "to_excel": FILES,
    "to_sql": FILES,
    "read_csv": FILES,
    "read_parquet": FILES,
    "read_json": FILES,
    "read_excel": FILES,
    "read_feather": FILES,
    "read_pickle": FILES,
    "read_table": FILES,
    "read_sql": FILES,
    "read_sql_query": FILES,
    "read_sql_table": FILES,
    "read_database": FILES,
    "read_fwf": FILES,
    "read_hdf": FILES,
    "read_ipc": FILES,
    "read_ndjson": FILES,
    "read_orc": FILES,
    "read_sas": FILES,
    "read_stata": FILES,
    "read_xml": FILES,
    "scan_csv": FILES,
    "scan_ipc": FILES,
    "scan_ndjson": FILES,
    "scan_parquet": FILES,
    "stat": FILES,
    "read_html": NETWORK,
    "read_gbq": NETWORK,
    "load_dataset": NETWORK,
    "urlopen": NETWORK,
}
_UNSEEDED = {"sample", "rvs", "train_test_split", "shuffle", "resample", "bootstrap"}
_SEEDS = {"random_state", "seed", "rng"}
_MOMENTS = ("pandas.Timestamp", "pandas.to_datetime", "numpy.datetime64")
_NAMES = {"open": FILES, "input": FILES, "hash": _PROCESS, "id": _PROCESS}


_WORDS = {*_METHODS, *_NAMES, *_UNSEEDED, "now", "today", *(root.rpartition(".")[2] for root in _ROOTS)}
"""A quick test: source without any of these words, or an alias of one, reads nothing impure."""

_SQL_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_VOLATILE_SQL = re.compile(
    r"\b(?:(?P<draw>random\s*\(|uuid\w*\s*\(|gen_random_uuid|setseed|tablesample|using\s+sample)"
    r"|current_(?:date|time|timestamp)|localtime\w*|get_current_\w+|(?:now|today|transaction_timestamp)\s*\()",
    re.IGNORECASE,
)

_WORD = re.compile(r"\w+")
_RUNS_LATER = re.compile(r"\b(lambda|class)\b")


def impure_nodes(graph: Graph) -> dict[str, str]:
    """What each impure node reads, by the name of its function, as far as the code shows."""
    origins = imported_names(graph.setup)
    found = {node.function: node_impurity(graph, node, origins) for node in graph if node.text is not None}
    return {name: what for name, what in found.items() if what}


def node_impurity(graph: Graph, node: Node, origins: Mapping[str, str]) -> str:
    """What a node reads beside its inputs, now or when the setup runs, as far as the code shows; "" for
    nothing.

    Args:
        origins: the full names of what the setup imports, see `imported_names`.
    """
    statements = _statements(graph, node)
    return " and ".join(impurity([*node.sources, *(item.code for item in statements)], origins))


def volatile_reads(graph: Graph, node: Node, origins: Mapping[str, str]) -> str:
    """What a node reads beside its inputs each time it runs: "files and the clock", or "" for nothing.

    What the setup read when it ran is a constant; a random generator that it created is state.

    Args:
        origins: see `node_impurity`.
    """
    if node.text is None:
        return ""
    statements = _statements(graph, node)
    later = [item.code for item in statements if item.functions or _RUNS_LATER.search(item.code)]
    found = dict.fromkeys(impurity([*node.sources, *later], origins))
    if any(_makes_generator(item.code, origins) for item in statements if not item.functions):
        found[RANDOM] = None
    return " and ".join(found)


def joined_reads(found: Iterable[str]) -> str:
    """Join what the variants of a node read into one text."""
    return " and ".join(dict.fromkeys(part for text in found if text for part in text.split(" and ")))


def _statements(graph: Graph, node: Node) -> list[Statement]:
    """The setup statements that a node uses, except imports."""
    names = [*node.uses, *default_uses(graph, node)]
    return [item for item in graph.setup.closure(names) if not item.is_import] if names else []


def _makes_generator(code: str, origins: Mapping[str, str]) -> bool:
    """True when a statement of the setup assigns a random generator."""
    if not any(full.rpartition(".")[2] in code for full in _SEEDED):
        return False
    made = [item.value for item in ast.walk(ast.parse(code)) if isinstance(item, ast.Assign | ast.AnnAssign)]
    return any(isinstance(value, ast.Call) and _dotted(value.func, origins) in _SEEDED for value in made)


def impurity(sources: Iterable[str], origins: Mapping[str, str]) -> tuple[str, ...]:
    """What these functions read beside their inputs, as far as their code shows.

    Args:
        origins: the full names of imported names.
    """
    found: dict[str, None] = {}
    aliases = {name for name, full in origins.items() if not _WORDS.isdisjoint(full.split("."))}
    for source in sources:
        words = _WORD.findall(source)
        if _WORDS.isdisjoint(words) and aliases.isdisjoint(words):
            continue
        tree = ast.parse(source)
        known = {**origins, **import_origins(tree), **{name: "" for name in _NAMES if _binds(tree, name)}}
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        closed = {id(call.func) for call in calls if _is_closed(call, known)}
        for node in ast.walk(tree):
            what = "" if id(node) in closed else _reads(node, known)
            if what:
                found[what] = None
    return tuple(found)


def _reads(node: ast.AST, origins: Mapping[str, str]) -> str:
    if isinstance(node, ast.Call):
        full = _dotted(node.func, origins)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "execute":
            return _query_reads(node)
        if full in _SEEDED:
            return "" if node.args or node.keywords else RANDOM
        for item in (node.func, *node.args):  # called, or handed on as in `names.map(hash)`
            if isinstance(item, ast.Name) and (what := _NAMES.get(_dotted(item, origins))):
                return what
        if _is_unseeded(node, full):
            return RANDOM
        if full in _MOMENTS and any(
            isinstance(item, ast.Constant) and item.value in ("now", "today") for item in node.args
        ):
            return CLOCK
        if isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
            return "" if _in_memory(node) else _METHODS[node.func.attr]
        if full.rpartition(".")[2] in _METHODS and "." in full:
            return _METHODS[full.rpartition(".")[2]]
    if isinstance(node, ast.Attribute) or (isinstance(node, ast.Name) and node.id in origins):
        full = _dotted(node, origins)
        if full in _HARMLESS or full in _SEEDED:
            return ""
        for root, what in _ROOTS.items():
            if full.startswith(f"{root}.") or (full == root and isinstance(node, ast.Attribute)):
                return "" if any(full == item or item.startswith(f"{full}.") for item in _SEEDED) else what
    return ""


def _binds(tree: ast.AST, name: str) -> bool:
    """True when code has a parameter or a variable of this name."""
    return any(
        (isinstance(node, ast.arg) and node.arg == name)
        or (isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store))
        or (isinstance(node, FunctionOrClass) and node.name == name)
        for node in ast.walk(tree)
    )


def _is_closed(call: ast.Call, origins: Mapping[str, str]) -> bool:
    """True for a database in memory that can reach no file and no network, as SQL cells open one."""
    if _dotted(call.func, origins) != "duckdb.connect" or call.args or len(call.keywords) != 1:
        return False
    config = call.keywords[0].value
    if call.keywords[0].arg != "config" or not isinstance(config, ast.Dict):
        return False
    options = {
        key.value: getattr(value, "value", None)
        for key, value in zip(config.keys, config.values, strict=True)
        if isinstance(key, ast.Constant)
    }
    return options.get("enable_external_access") is False


def _query_reads(call: ast.Call) -> str:
    """What the text of a query reads beside its tables: the clock, draws."""
    text = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
    found = _VOLATILE_SQL.search(_SQL_QUOTED.sub("''", text)) if isinstance(text, str) else None
    return "" if found is None else RANDOM if found["draw"] else CLOCK


def _is_unseeded(call: ast.Call, full: str) -> bool:
    """True for a draw without a seed; `resample` of pandas and `shuffle` of a generator are none."""
    name = full.rpartition(".")[2]
    if name not in _UNSEEDED or any(item.arg in _SEEDS or item.arg is None for item in call.keywords):
        return False
    options = {item.arg: getattr(item.value, "value", None) for item in call.keywords}
    if name == "train_test_split" and options.get("shuffle") is False:
        return False
    return name in ("sample", "rvs") or full.startswith(("sklearn.", "scipy."))


def _in_memory(call: ast.Call) -> bool:
    """True where no file is touched: `to_csv()` returns text, `read_csv(StringIO(text))` reads it."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    if name.startswith("read_"):
        source = call.args[0] if call.args else None
        return isinstance(source, ast.Call) and dotted_names(source.func)[-1] in ("StringIO", "BytesIO")
    return name.startswith("to_") and name != "to_sql" and not call.args and not call.keywords


def _dotted(node: ast.AST, origins: Mapping[str, str]) -> str:
    """The full dotted name: `np.random.rand` gives `numpy.random.rand`; an unknown root gives `…`."""
    root, *names = dotted_names(node)
    if not root or (names and root not in origins):
        return f"….{names[-1]}" if names else ""
    return ".".join([origins.get(root, root), *names])


def imported_names(setup: Setup) -> dict[str, str]:
    """The full names of what the setup imports: `np` means `numpy`."""
    found: dict[str, str] = {}
    for statement in setup.statements:
        if "import" in statement.code:
            found |= import_origins(statement.node)
    return found


def import_origins(tree: ast.AST) -> dict[str, str]:
    """The full names of what a piece of code imports: `np` means `numpy`."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for item in node.names:
                root = item.name.partition(".")[0]
                found[item.asname or root] = item.name if item.asname else root
        elif isinstance(node, ast.ImportFrom):
            found |= {item.asname or item.name: f"{node.module}.{item.name}" for item in node.names}
    return found
