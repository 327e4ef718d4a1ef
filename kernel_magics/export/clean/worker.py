"""The worker is the clean process of an export: it imports the new module and nothing of the notebook.

Runs as a script: `python worker.py FOLDER`. The folder holds `request.json` and `given.pickle`; the worker
adds `proof.pickle` and, where examples are asked for, `recorded.json`. Only the standard library is imported
before the proof is done.
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
    """The module's own line on which an import of it failed; 0 when there is none."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == path), 0)


class Reader(pickle.Unpickler):
    """Reads values; classes and functions of the notebook's setup are those of the module."""

    def __init__(self, data: bytes, module: ModuleType) -> None:
        super().__init__(io.BytesIO(data))
        self._module = module

    def persistent_load(self, pid: Any) -> Any:
        return getattr(self._module, pid)


class Writer(pickle.Pickler):
    """Writes values; classes and functions of the module by name."""

    def __init__(self, file: io.BytesIO, module: ModuleType) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._module = module

    def persistent_id(self, obj: Any) -> str | None:
        if inspect.isclass(obj) or inspect.isfunction(obj):
            name = obj.__qualname__
            if obj.__module__ == self._module.__name__ and getattr(self._module, name, None) is obj:
                return str(name)
        return None


def dump(value: Any, module: ModuleType) -> bytes | None:
    """The pickled value; None for what cannot be pickled."""
    file = io.BytesIO()
    try:
        Writer(file, module).dump(value)
    except Exception:
        return None
    return file.getvalue()


def read_values(folder: Path, module: ModuleType) -> dict[str, Any]:
    """The samples, as far as they can be read here."""
    found = {}
    for name, data in pickle.loads((folder / "given.pickle").read_bytes()).items():
        try:
            found[name] = Reader(data, module).load()
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
    """Compute every step whose inputs are there; adds to `values`, gives the outcomes by key.

    Args:
        at: file that holds the name of the function that runs, for whoever finds the process dead.
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


def main(folder: Path) -> None:
    """Do what the request says."""
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    sys.path += request["paths"]
    answer: dict[str, Any] = {"failure": "", "line": 0, "outcomes": {}, "functions": {}}
    try:
        module = load_module(request["module"], request["file"])
    except BaseException as error:
        answer["failure"] = f"{type(error).__name__}: {error}"
        answer["line"] = failed_line(error, request["file"])
        (folder / "proof.pickle").write_bytes(pickle.dumps(answer))
        return
    values = read_values(folder, module)
    changes: list[Any] | None = [] if request.get("watch") else None
    answer["outcomes"] = prove(module, request["steps"], values, folder / "at", changes)
    answer["changes"] = changes
    (folder / "proof.pickle").write_bytes(pickle.dumps(answer))
    if request.get("record") is not None:
        record_examples(folder, request, module, values)


def record_examples(
    folder: Path, request: dict[str, Any], module: ModuleType, values: dict[str, Any]
) -> None:
    """The second half: Dagbook's own code is imported only now, when the proof is written."""
    sys.path.append(request["home"])
    from kernel_magics.export.examples import record as recorder  # noqa: PLC0415

    wanted = request["record"]
    given = read_values(folder, module)  # once more, because functions may have changed the first ones
    samples = {name: given[name] for name in wanted["inputs"] if name in given}
    done = recorder.record(module, wanted["steps"], samples, values, wanted["old"])
    answer = {
        "nodes": done.nodes,
        "values": done.values,
        "changed": done.changed,
        "unstable": done.unstable,
        "notes": done.notes,
    }
    (folder / "recorded.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
