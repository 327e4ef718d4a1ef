"""The worker opens an envelope from its folder alone, as on a machine without Dagbook.

A script for `process.run_script`. It does not import Dagbook, and refuses such imports.
"""

import importlib.abc
import importlib.util
import pickle
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any


class Refusing(importlib.abc.MetaPathFinder):
    """Refuses to import modules of Dagbook."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> None:
        if fullname.partition(".")[0] in ("kernel_magics", "nbext"):
            raise ModuleNotFoundError(
                f"No module named '{fullname}' (an envelope runs without it)", name=fullname
            )


def load_tools(path: str) -> ModuleType:
    """The module that reads and writes pickled values."""
    spec = importlib.util.spec_from_file_location("dagbook_tools", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answer(folder: Path, request: dict[str, Any]) -> dict[str, Any]:
    """Compute the outputs on the samples, and answer the example."""
    tools = load_tools(request["tools"])
    before = set(sys.modules)
    sys.meta_path.insert(0, Refusing())
    package, root = request["package"], Path(request["root"])
    sys.path.insert(0, str(root / "code"))
    at = folder / "at"
    try:
        at.write_text("its code is imported", encoding="utf-8")
        entry = importlib.import_module(f"{package}.__main__")  # noqa: TID251  # the envelope's own
        features = entry.features
        at.write_text("its values are read", encoding="utf-8")
        stored = entry.stored()
        given = tools.read_values(request["given"], features)
        at.write_text("its outputs are computed", encoding="utf-8")
        values = entry.compute(entry.OUTPUTS, {**stored, **given}, "warn")
        outputs = {name: tools.dump(values[name], features) for name in entry.OUTPUTS}
        example = None
        if request["example"] is not None:
            at.write_text("its example is computed", encoding="utf-8")
            model = importlib.import_module(f"{package}.model")  # noqa: TID251  # the envelope's own
            found = model._load_pyfunc(str(root)).answer(
                request["example"]["rows"], request["example"]["inputs"]
            )
            example = {name: model.as_json(value) for name, value in found.items()}
    except Exception as error:
        return {
            "failure": "".join(traceback.format_exception_only(error)).strip(),
            "trace": traceback.format_exc(),
        }
    loaded = sorted(
        {
            name.partition(".")[0]
            for name, module in list(sys.modules.items())
            if name not in before and getattr(module, "__file__", None)
        }
        - sys.stdlib_module_names
        - {package}
    )
    return {"failure": "", "outputs": outputs, "example": example, "loaded": loaded}


def main(folder: Path) -> None:
    """Answer the request in a folder."""
    done = answer(folder, pickle.loads((folder / "request.pickle").read_bytes()))
    (folder / "answer.pickle").write_bytes(pickle.dumps(done))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
