"""The worker runs in the clean process of an export: it imports the new module, not the notebook's code.

A script for `process.run_script`. Only the standard library is imported before the proof is done.
"""

import asyncio
import importlib
import importlib.util
import inspect
import io
import json
import pickle
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any


def load_module(name: str, path: str) -> ModuleType:
    """Import the exported module from its file."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def failed_line(error: BaseException, path: str) -> int:
    """The line of the module on which its import failed; 0 if the failure is elsewhere."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == path), 0)


class Reader(pickle.Unpickler):
    """Unpickles values; classes and functions of the notebook are found by their names in the module."""

    def __init__(self, data: bytes, find: Callable[[str], Any]) -> None:
        super().__init__(io.BytesIO(data))
        self._find = find

    def persistent_load(self, pid: Any) -> Any:
        return self._find(pid)


class Writer(pickle.Pickler):
    """Pickles values; classes and functions of the notebook go by their names in the module.

    Args:
        name: returns that name; None for what does not belong to the notebook.
    """

    def __init__(self, file: io.BytesIO, name: Callable[[Any], str | None]) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._name = name

    def persistent_id(self, obj: Any) -> str | None:
        return self._name(obj) if inspect.isclass(obj) or inspect.isfunction(obj) else None


def write_value(value: Any, name: Callable[[Any], str | None]) -> bytes | None:
    """The pickled value; None if it cannot be pickled."""
    file = io.BytesIO()
    try:
        Writer(file, name).dump(value)
    except Exception:
        return None
    return file.getvalue()


def dump(value: Any, module: ModuleType) -> bytes | None:
    """The value as bytes; None if it cannot be pickled."""

    def name(code: Any) -> str | None:
        known = code.__module__ == module.__name__ and getattr(module, code.__qualname__, None) is code
        return str(code.__qualname__) if known else None

    return write_value(value, name)


def read_values(given: dict[str, bytes], module: ModuleType) -> dict[str, Any]:
    """The samples that can be unpickled here."""
    found = {}
    for name, data in given.items():
        try:
            found[name] = Reader(data, lambda pid: getattr(module, pid)).load()
        except Exception:
            continue
    return found


def prove(
    module: ModuleType,
    steps: list[dict[str, Any]],
    values: dict[str, Any],
    at: Path,
    changes: list[Any] | None = None,
) -> dict[str, Any]:
    """Compute every step whose inputs are available; adds to `values`, returns the outcomes by key.

    Args:
        at: file for the name of the running function, to be read if the process dies.
        changes: filled with (function, parameter) for every input that a function changes in place.
    """
    outcomes: dict[str, Any] = {}
    for step in steps:
        params = {name: source for name, source in step["params"].items() if source in values}
        if len(params) < len(step["params"]):
            continue
        before = {
            name: dump(values[source], module) for name, source in params.items() if changes is not None
        }
        at.write_text(step["function"], encoding="utf-8")
        try:
            value = getattr(module, step["function"])(
                **{name: values[source] for name, source in params.items()}
            )
            if inspect.iscoroutine(value):
                value = asyncio.run(value)
        except Exception as error:
            outcomes[step["key"]] = ("error", "".join(traceback.format_exception_only(error)).strip())
            continue
        for name, data in before.items():
            if changes is not None and data != dump(values[params[name]], module):
                changes.append((step["function"], name))
        values[step["key"]] = value
        data = dump(value, module)
        outcomes[step["key"]] = ("opaque", type(value).__name__) if data is None else ("value", data)
    return outcomes


def answer(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Import the module, compute what is requested, and record examples of it."""
    sys.path += request["paths"]
    file = folder / f"{request['module']}.py"
    file.write_text(request["text"], encoding="utf-8")
    try:
        module = load_module(request["module"], str(file))
    except BaseException as error:
        return {"failure": f"{type(error).__name__}: {error}", "line": failed_line(error, str(file))}
    values = read_values(request["given"], module)
    changes: list[Any] | None = [] if request.get("watch") else None
    outcomes = prove(module, request["steps"], values, folder / "at", changes)
    wanted = request.get("record") is not None
    recorded = record_examples(request, module, values, folder / "at") if wanted else "{}"
    return {"failure": "", "outcomes": outcomes, "changes": changes, "recorded": recorded}


def record_examples(request: dict[str, Any], module: ModuleType, values: dict[str, Any], at: Path) -> str:
    """The second half, as JSON; Dagbook's own code is imported only now, after the proof."""
    sys.path.append(request["home"])
    from kernel_magics.export.examples import record as recorder  # noqa: PLC0415  # only after the proof
    from kernel_magics.export.examples.disguise import Disguise, disguise  # noqa: PLC0415  # as above

    def begin(function: str) -> None:
        at.write_text(function, encoding="utf-8")

    wanted = request["record"]
    given = read_values(request["given"], module)  # again, because functions may have changed the first ones
    seen = Disguise(given, values, {})
    if wanted["private"]:
        seen = disguise(module, wanted["steps"], given, values, wanted["private"], begin)
    samples = {name: seen.given[name] for name in wanted["inputs"] if name in seen.given}
    done = recorder.record(module, wanted["steps"], samples, seen.full, wanted["old"], begin)
    found = {
        "nodes": done.nodes,
        "values": done.values,
        "calls": done.calls,
        "changed": done.changed,
        "unstable": done.unstable,
        "notes": [*seen.notes, *done.notes],
        "hidden": seen.hidden,
    }
    return json.dumps(found)


def main(folder: Path) -> None:
    """Answer the request in a folder."""
    done = answer(folder, pickle.loads((folder / "request.pickle").read_bytes()))
    (folder / "answer.pickle").write_bytes(pickle.dumps(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
