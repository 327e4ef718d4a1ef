"""The worker is a clean process that runs a notebook, as plain cells or as a dataflow, and records values.

A script for `process.run_script`, in the notebook's own folder. A value is recorded as its fingerprint: a
digest (None for unsupported types) and its type.
"""

import contextlib
import hashlib
import io
import os
import pickle
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from traceback import format_exception_only
from types import FunctionType, ModuleType
from typing import Any

Fingerprint = tuple[str | None, str]
_ATOMS = (int, float, complex, str, bytes, type, FunctionType, ModuleType)
MODULE = "dagbook_setup"  # the module of a dataflow's setup: classes of both runs have the same name


class PlainRun:
    """The ordinary notebook, run statement by statement as Jupyter runs it.

    Args:
        values: digests values.
        cells: runs cells that are part of a dataflow already.
        folder: for files of the shell.
    """

    def __init__(self, values: Any, cells: Any, folder: Path) -> None:
        from kernel_magics.convert.shell import Shell  # noqa: PLC0415  # IPython is for this run alone

        self.values, self.cells = values, cells
        self.module = ModuleType(MODULE)
        sys.modules[MODULE] = self.module  # where pickle looks for the notebook's classes
        self.shell = Shell(self.module, folder)
        self.names = self.shell.names
        self.before: dict[int, dict[str, Fingerprint]] = {}
        self.after: dict[int, dict[str, Fingerprint]] = {}
        self.moved: dict[int, list[str]] = {}
        self.made: dict[int, list[str]] = {}
        self.shares: dict[int, dict[str, list[str]]] = {}  # the read names whose objects a new value contains
        self.drew: dict[int, dict[str, bytes | None]] = {}
        self.displayed: dict[int, str] = {}  # the variable whose object a call at a cell's end gave
        self.errors: dict[int, tuple[str, str]] = {}
        self.shown: dict[int, str] = {}
        self.shared: dict[str, Any] = {}
        self.cell = -1
        # values behind the last statement, and what they are
        self.latest: dict[str, tuple[object, State]] = {}

    def clean(self, name: str) -> object:
        """The value of a node; of the setup, the present value."""
        memo = self.cells.session.memos.get(name)
        return self.names[name] if memo is None or memo.error is not None else memo.value

    def run(self, statements: list[dict[str, Any]]) -> None:
        """Run every statement; the rest of a cell is skipped if one of its statements fails."""
        from kernel_magics.engine.run.whereabouts import at  # noqa: PLC0415  # as above

        failed = -1
        for statement in statements:
            if statement["cell"] == failed:
                self.errors[statement["number"]] = ("", "the cell failed above it")
                continue
            try:
                with at(f"running cell {statement['label']}"):
                    self._step(statement)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                failed = statement["cell"]
                said = "".join(format_exception_only(error)).strip()
                self.errors[statement["number"]] = (type(error).__name__, said)
        self.shell.close()

    def _step(self, statement: dict[str, Any]) -> None:
        number = statement["number"]
        if statement["ours"]:
            self.shared = self.cells.run(statement["ours"])
            self.names |= self.shared
            return
        if statement["cell"] != self.cell:  # as in a kernel, each cell gets clean copies of nodes
            self.cell = statement["cell"]
            close_figures()
            for name in [name for name, value in self.shared.items() if self.names.get(name) is value]:
                self.names[name] = self.shared[name] = self.values.isolate(self.clean(name))
        watched = [name for name in statement["reads"] if name in self.names]
        known = {name: reached([self.names[name]]) for name in watched}
        objects = set().union(*known.values())
        others = [name for name in statement["tracked"] if name not in watched and name in self.names]
        alike = [name for name in others if not objects.isdisjoint(reached([self.names[name]]))]
        latest, self.latest = self.latest, {}
        before = {name: self._now(name, latest) for name in [*watched, *alike]}
        self.before[number] = {name: state.fingerprint for name, state in before.items()}
        bound = dict(self.names) if statement["opaque"] else {}
        randomness = random_state()
        shown = self.shell.run(statement["text"], statement["last"])
        self.shown[self.cell] = self.shown.get(self.cell, "") + ("" if statement["hidden"] else shown)
        drew = randomness != random_state()
        if statement["opaque"]:
            new = [name for name, value in self.names.items() if bound.get(name, self) is not value]
            self.made[number] = [
                name for name in new if not name.startswith("_") and name not in ("In", "Out", "exit", "quit")
            ]
        binds = [name for name in (*statement["binds"], *self.made.get(number, ())) if name in self.names]
        for name in binds:
            made = reached([self.names[name]])
            self.shares.setdefault(number, {})[name] = [key for key, own in known.items() if own & made]
        wanted = [name for name in (*watched, *alike, *binds) if name in self.names]
        after = {name: self.state(self.names[name]) for name in dict.fromkeys(wanted)}
        self.latest = {name: (self.names[name], state) for name, state in after.items()}
        self.after[number] = {name: state.fingerprint for name, state in after.items()}
        called = statement["called"]
        given = self.shell.value  # by an expression that ends a cell
        if given is not None:
            self.displayed[number] = called if called and given is self.names.get(called) else ""
        got = given is not None and all(given is not self.names.get(name) for name in watched)
        query = (statement["prints"] or got) and not statement["fits"]
        self.moved[number] = [
            name
            for name, state in before.items()
            if name in after and state.moved(after[name], name == called, query)
        ]
        touched = [*binds, *self.moved[number]]
        if drew and not statement["draws"] and not statement["opaque"]:
            drew = self._another(statement["text"], [*before, *binds], touched)
        if drew or statement["draws"]:
            self.drew[number] = {name: pickled(self.names[name]) for name in (binds if binds else after)}
            if not drew:
                self.drew[number][""] = None  # no state of a library moved: unseeded, or a generator's own

    def _another(self, text: str, used: Iterable[str], touched: Iterable[str]) -> bool:
        """True when a statement gives other values with other random numbers.

        Many draws affect nothing, such as those of `SVC().fit(…)`. The statement runs again on copies.
        """
        if not touched:
            return True
        names = {
            **self.names,
            **{name: self.values.isolate(self.names[name]) for name in used if name in self.names},
        }
        end = other_randomness()
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(text, "<again>", "exec", dont_inherit=True), names)
        except Exception:
            return True
        finally:
            end()
        return any(
            fingerprint(self.values, names.get(name)) != fingerprint(self.values, self.names.get(name))
            for name in touched
        )

    def _now(self, name: str, latest: Mapping[str, tuple[object, "State"]]) -> "State":
        """What a variable is now; as after the last statement, since which nothing has run."""
        value = self.names[name]
        known = latest.get(name)
        return known[1] if known is not None and known[0] is value else self.state(value)

    def state(self, value: object) -> "State":
        """What a value is now."""
        digest, kind = fingerprint(self.values, value)
        return State((digest, kind), dict(self._inner(value, "", _DEPTH)) if _is_pickle(digest) else {})

    def _inner(self, value: object, path: str, depth: int) -> Iterator[tuple[str, str | None]]:
        """The digest of each attribute; of those that are objects without one, those of their attributes."""
        for name, item in (vars(value) if hasattr(value, "__dict__") else {}).items():
            if item is None:  # not computed yet
                continue
            digest = fingerprint(self.values, item)[0]
            if depth > 1 and _is_pickle(digest) and getattr(item, "__dict__", None):
                yield from self._inner(item, f"{path}{name}.", depth - 1)
            else:
                yield f"{path}{name}", digest


class State:
    """What a value is at one moment: its fingerprint, and those of its attributes if it has no digest."""

    def __init__(self, fingerprint: Fingerprint, inner: Mapping[str, str | None]) -> None:
        self.fingerprint, self.inner = fingerprint, inner

    def moved(self, after: "State", called: bool, query: bool) -> bool:
        """True when the value became another one; a result that it only caches inside is no change.

        Args:
            called: the statement calls a method of it, and does nothing else.
            query: the statement shows a value that it got from it, such as `print(results.summary())`.
        """
        (old, kind), (new, _) = self.fingerprint, after.fingerprint
        if old is None or new is None or self.fingerprint == after.fingerprint:
            return False
        if not _is_pickle(old) or kind in GENERATORS:
            return True
        if kind.endswith(VIEWS):
            return False
        if self.inner or after.inner:
            changed = (name for name, now in after.inner.items() if self.inner.get(name, "") != now)
            return any(not is_cache(name, name in self.inner, query) for name in changed) or any(
                name not in after.inner for name in self.inner
            )
        return called and not query


def _is_pickle(digest: str | None) -> bool:
    """True for the digest of a value that is known by its pickle only."""
    return digest is not None and digest.startswith("pickle")


_DEPTH = 3
"""How deep the attributes of attributes are compared."""
GENERATORS = frozenset({"Generator", "RandomState", "Random"})
VIEWS = ("GroupBy", "Rolling", "Resampler", "Expanding", "Window", "ExcelFile", "NpzFile", "LocIndexer")
"""How the names of types end whose objects only look at other data, and keep what they computed."""


_FLAGS = frozenset({"_has_sorted_indices", "_has_canonical_format"})
"""What a sparse matrix notes about itself when somebody looks at it."""


def is_cache(path: str, known: bool, query: bool = False) -> bool:
    """True when an attribute with this name holds what an object computed once, not what it is.

    Args:
        path: its name behind those of the objects that contain it.
        known: the object had it before.
        query: a value was got from the object; what that learns, if anything, ends with an underscore.
    """
    name = path.rpartition(".")[2]
    if query:
        return name[-1:] != "_"
    return "cache" in path.lower() or name in _FLAGS or (not known and name.startswith("_"))


def random_state() -> tuple[object, ...]:
    """The state of the generators that libraries share."""
    numpy: Any = sys.modules.get("numpy.random")
    python: Any = sys.modules.get("random")
    kind, keys, *rest = numpy.get_state() if numpy is not None else ("", b"")
    return kind, bytes(keys), *rest, python.getstate() if python is not None else None


def other_randomness() -> Callable[[], None]:
    """Let the generators that libraries share give other numbers; the result ends that."""
    numpy: Any = sys.modules.get("numpy.random")
    python: Any = sys.modules.get("random")
    state, other = numpy and numpy.get_state(), python and python.getstate()

    def end() -> None:
        if numpy:
            numpy.set_state(state)
        if python:
            python.setstate(other)

    if numpy:
        numpy.seed(None)
    if python:
        python.seed()
    return end


def pickled(value: object) -> bytes | None:
    """The value for another process; None if it cannot go there."""
    with contextlib.suppress(Exception):
        return pickle.dumps(value, protocol=5)
    return None


def close_figures() -> None:
    """In a notebook figures end with their cell; the next one does not draw on them."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")


def reached(values: Iterable[object]) -> set[int]:
    """The identities of what can be changed in place through some values."""
    found: dict[int, object] = {}
    queue = list(values)
    while queue and len(found) < 10_000:
        value = queue.pop()
        if id(value) in found or value is None or isinstance(value, _ATOMS):
            continue
        found[id(value)] = value
        if isinstance(value, dict):
            queue += value.values()
        elif isinstance(value, list | tuple | set | frozenset):
            queue += value
        elif getattr(value, "base", None) is not None:  # a view of an array
            queue.append(value.base)  # type: ignore[attr-defined]
        elif type(value).__module__ == MODULE:
            queue += vars(value).values() if hasattr(value, "__dict__") else []
    return set(found)


def fingerprint(values: Any, value: object) -> Fingerprint:
    """A digest of a value, None where it has none, and the name of its type."""
    digest = values.digest(opened(value, {}))
    if digest is None:
        with contextlib.suppress(Exception):
            digest = f"pickle {hashlib.sha256(state_of(values, value)).hexdigest()}"
    return digest, type(value).__name__


def defined_by(value: object) -> set[str]:
    """What the classes of a value define, without `object`."""
    return {name for kind in type(value).__mro__[:-1] for name in vars(kind)}


def state_of(values: Any, value: object) -> bytes:
    """What an object consists of, part by part; its pickle where the parts say no more, or are too many.

    Two equal objects may have different pickles, as these also tell which parts are one object.

    Raises:
        Exception: whatever pickling it raises.
    """
    parts: list[object] = []
    try:
        _add_parts(values, value, parts, {})
    except OverflowError:
        return pickle.dumps(value, protocol=5)
    return repr(parts).encode()


_MOST_PARTS = 500


def _add_parts(values: Any, value: Any, found: list[object], seen: dict[int, tuple[int, object]]) -> None:
    """Append what a value consists of; OverflowError for a value of too many parts.

    `seen` keeps the objects, too: many are made on the way, and an id is unique only while its object exists.
    """
    if len(found) > _MOST_PARTS:
        raise OverflowError
    if id(value) in seen:
        found.append(f"part {seen[id(value)][0]}")
        return
    fields = getattr(getattr(value, "dtype", None), "names", None)
    digest = values.digest(value) if not fields else None  # there may be anything between fields
    if digest is not None:
        found.append(digest)
        return
    seen[id(value)] = len(found), value
    parts: dict[str, Any] = {}
    if fields:
        parts = {name: value[name] for name in fields}
    elif isinstance(value, dict):
        parts = {f"[{key!r}]": item for key, item in value.items()}
    elif isinstance(value, list | tuple):
        parts = {f"[{place}]": item for place, item in enumerate(value)}
    elif not isinstance(value, _ATOMS) and {"__reduce__", "__slots__"}.isdisjoint(defined_by(value)):
        parts = getattr(value, "__dict__", {})
    if not parts and not isinstance(value, _ATOMS):
        parts = _compiled(value)
    if not parts:
        found.append(hashlib.sha256(pickle.dumps(value, protocol=5)).hexdigest())
        return
    found.append(f"{type(value).__module__}.{type(value).__qualname__}")
    for name, item in parts.items():
        if not is_cache(name, known=True):
            found.append(name)
            _add_parts(values, item, found, seen)


def _compiled(value: Any) -> dict[str, Any]:
    """The parts of an instance of a compiled class, by what it tells pickle; none of any other."""
    if getattr(value, "__dict__", None) or isinstance(value, type):
        return {}
    if hasattr(value, "get_arrays"):  # a tree of neighbours counts its calls, too
        return {str(place): part for place, part in enumerate(value.get_arrays())}
    reduced = value.__reduce_ex__(5)
    made_of = reduced[1:3] if isinstance(reduced, tuple) else ()
    return {str(place): part for place, part in enumerate(made_of) if part is not None}


def opened(value: Any, seen: dict[int, str]) -> Any:
    """A value with instances of the notebook's own classes replaced by their state, for digests."""
    if isinstance(value, _ATOMS) or value is None:
        return value
    if id(value) in seen:
        return seen[id(value)]
    if type(value).__module__ == MODULE and hasattr(value, "__dict__"):
        seen[id(value)] = f"object {len(seen)}"
        kind = f"{type(value).__qualname__} {seen[id(value)]}"
        return (kind, {name: opened(item, seen) for name, item in vars(value).items()})
    if type(value) is dict:
        seen[id(value)] = f"dict {len(seen)}"
        return {key: opened(item, seen) for key, item in value.items()}
    if type(value) in (list, tuple):
        seen[id(value)] = f"list {len(seen)}"
        return type(value)(opened(item, seen) for item in value)
    return value


class FlowRun:
    """Cells of a dataflow, run without a kernel."""

    def __init__(self, values: Any) -> None:
        from kernel_magics.engine.session.session import Session  # noqa: PLC0415  # after `sys.path` is set

        self.values = values
        self.session = Session(values)
        self.errors: dict[str, str] = {}

    def run(self, cells: list[list[Any]], given: Mapping[str, bytes] | None = None) -> dict[str, Any]:
        """Add cells, compute all nodes that can run, and return the values.

        Args:
            given: values of inputs that are no other in another run, pickled.
        """
        from kernel_magics.engine.run.event import Failed  # noqa: PLC0415  # as above
        from kernel_magics.engine.source.cell import CellSource  # noqa: PLC0415  # as above

        self.session.register(*(CellSource(*cell) for cell in cells), load=False)
        self._load(given or {})
        for event in self.session.compute():
            if isinstance(event, Failed):
                cause = event.error.__cause__
                shown = event.error.reason if cause is None else "".join(format_exception_only(cause))
                self.errors[event.name] = shown.strip()
        names = [name for name, memo in self.session.memos.items() if memo.error is None]
        shared = {
            name: value for name, value in self.session.runtime.namespace.items() if not name.startswith("__")
        }
        return shared | {name: self.session.value(name) for name in names}

    def _load(self, given: Mapping[str, bytes]) -> None:
        """Run the cells of inputs and params, also those that nothing reads."""
        for node in self.session.graph:
            if node.kind in ("input", "param"):
                try:
                    self.session.sample(node.name)
                except Exception as error:
                    cause = error.__cause__ or error
                    self.errors[node.name] = "".join(format_exception_only(cause)).strip()
        for name, data in given.items():
            if name in self.session.graph.nodes and name not in self.errors:
                self.session.memos.load({name: pickle.loads(data)}, [name])

    def fingerprints(self, cells: list[list[Any]], given: Mapping[str, bytes]) -> dict[str, Any]:
        """The fingerprint of each value."""
        found = self.run(cells, given)
        names = set(self.session.graph.names())
        return {name: fingerprint(self.values, found[name]) for name in sorted(names & found.keys())}


def written(cells: list[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """Run a converted notebook from top to bottom, as Jupyter would: what its cells show, and what fails."""
    from kernel_magics.convert.shell import Shell  # noqa: PLC0415  # IPython is for this run alone
    from kernel_magics.engine.run.whereabouts import at  # noqa: PLC0415  # as above

    module = ModuleType(MODULE)
    sys.modules[MODULE] = module
    shell = Shell(module, folder, ours=True)
    shown: dict[int, str] = {}
    errors: dict[int, str] = {}
    for number, cell in enumerate(cells):
        close_figures()
        try:
            with at(f"running code cell {number + 1} of the converted notebook"):
                shown[number] = shell.run(cell["text"], cell=cell["id"])
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            errors[number] = "".join(format_exception_only(error)).strip()
    shell.close()
    return {"shown": shown, "errors": errors}


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """Run the requested statements of an ordinary notebook, cells of a dataflow, or a converted notebook."""
    from kernel_magics.values import VALUES as values  # noqa: PLC0415  # as above

    if "notebook" in request:
        with tempfile.TemporaryDirectory(prefix="dagbook-") as folder:
            return written(request["notebook"], Path(folder))
    flow = FlowRun(values)
    if "statements" in request:
        with tempfile.TemporaryDirectory(prefix="dagbook-") as folder:
            plain = PlainRun(values, flow, Path(folder))
            plain.run(request["statements"])
        kept = ("before", "after", "moved", "made", "shares", "drew", "displayed", "errors", "shown")
        return {name: getattr(plain, name) for name in kept}
    found: dict[str, Any] = {"values": {}, "errors": flow.errors, "failure": ""}
    try:
        found["values"] = flow.fingerprints(request["cells"], request["given"])
    except Exception as error:  # of the setup
        found["failure"] = str(error)
    return found


def main(folder: Path) -> None:
    """Run the request; the notebook's output is not shown."""
    request = pickle.loads((folder / "request.pickle").read_bytes())
    sys.path[:0] = [os.getcwd()]
    sys.path.append(request["home"])
    from kernel_magics.engine.run.whereabouts import listen  # noqa: PLC0415  # as above

    listen(lambda place: (folder / "at").write_text(place, encoding="utf-8"))
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = answer(request)
    (folder / "answer.pickle").write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
