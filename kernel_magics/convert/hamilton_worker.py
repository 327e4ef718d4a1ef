"""The worker is a clean process that computes each node by Apache Hamilton and by Dagbook, and compares.

A script for `process.run_script`, in the notebook's own folder.
"""

import asyncio
import contextlib
import io
import os
import pickle
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """For each node, "" where both values are equal, else why they are not; `absent` without Hamilton."""
    try:
        from hamilton import ad_hoc_utils, async_driver, base, driver  # noqa: PLC0415  # an optional package
    except ImportError:
        return {"absent": True, "verdicts": {}, "failure": ""}
    from kernel_magics.engine.cells.form import node_name  # noqa: PLC0415  # its home is on the path by now
    from kernel_magics.engine.source.cell import CellSource  # noqa: PLC0415  # as above
    from kernel_magics.flow.flow import Flow  # noqa: PLC0415  # as above
    from kernel_magics.flow.request import prepare  # noqa: PLC0415  # as above
    from kernel_magics.hamilton.names import own_name  # noqa: PLC0415  # as above
    from kernel_magics.values import VALUES  # noqa: PLC0415  # as above

    config = request["config"]
    try:
        modules = [ad_hoc_utils.create_module(text, name) for text, name in request["texts"]]
        waits = any(re.search(r"(?m)^async def ", text) for text, _ in request["texts"])
        builder: Any = async_driver.Builder() if waits else driver.Builder()
        built = builder.with_modules(*modules).with_config(config)
        blocks = any("Parallelizable" in text for text, _ in request["texts"])
        if blocks and not waits:
            built = built.enable_dynamic_execution(allow_experimental_mode=True)
        elif not waits:
            built = built.with_adapters(base.DefaultAdapter())
        theirs = asyncio.run(built.build()) if waits else built.build()
    except BaseException as error:
        return {"absent": False, "verdicts": {}, "failure": f"Hamilton cannot load this ({_said(error)})"}
    flow = Flow.of_cells([CellSource(*cell) for cell in request["cells"]])
    samples: dict[str, Any] = {}
    for name, node in {**flow.inputs, **flow.params}.items():
        with contextlib.suppress(Exception):
            value = flow.default(node)
            if value is not ...:
                samples[name] = value
    spelled: dict[str, str] = {}
    with contextlib.suppress(Exception):
        spelled = {own_name(node_name(each.name)): each.name for each in theirs.list_available_variables()}
    known = {spelled.get(key, key): value for key, value in samples.items()}
    known = {key: value for key, value in known.items() if key not in config}

    def ask_theirs(names: list[str]) -> dict[str, Any]:
        asked = {spelled.get(name, name): name for name in names}
        found = theirs.execute(list(asked), inputs=known)
        found = asyncio.run(found) if waits else found
        return {asked[key]: value for key, value in found.items()}

    def ask_ours(names: list[str]) -> dict[str, Any]:
        asked = prepare(flow, names, checks="off")
        return dict(asked.program.run(asked.slots(), lambda *_: None))

    verdicts: dict[str, str] = {}
    names = list(flow.nodes)
    all_theirs, all_ours = _together(ask_theirs, names), _together(ask_ours, names)
    for name in names:
        if name in all_theirs and name in all_ours and VALUES.equal(all_theirs[name], all_ours[name]):
            verdicts[name] = ""
            continue
        try:
            wanted = ask_theirs([name])[name]
        except BaseException as error:
            absent = next(
                (key for key in _above(flow.graph, name) if key in flow.inputs.keys() - samples), ""
            )
            why = f"'{absent}' has no sample" if absent else _said(error)
            why += "; a node of a block has none of its own" if blocks else ""
            verdicts[name] = f"Hamilton gives no value to compare with ({why})"
            continue
        try:
            got = ask_ours([name])[name]
        except BaseException as error:
            verdicts[name] = f"it fails here: {str(error)[:120]}"
            continue
        verdicts[name] = _verdict(VALUES, wanted, got)
    return {"absent": False, "verdicts": verdicts, "failure": ""}


def _together(ask: Callable[[list[str]], dict[str, Any]], names: list[str]) -> dict[str, Any]:
    """All values of one run; none where one of them fails."""
    try:
        return ask(names)
    except BaseException:
        return {}


def _above(graph: Any, name: str) -> list[str]:
    """What a node is computed from, the nearest first."""
    found = [name]
    for each in found:
        found += [read for read in graph.reads(each) if read not in found]
    return found[1:]


def _said(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).split("\n") if line.strip()]
    said = [line for line in lines if not line.startswith("-")]
    first = " ".join(said[:2] if said and said[0].endswith(":") else said[:1])
    return f"{type(error).__name__}: {first[:120]}" if first else type(error).__name__


def _verdict(values: Any, wanted: object, got: object) -> str:
    if values.equal(wanted, got):
        return ""
    if values.digest(wanted) is None or values.digest(got) is None:
        return f"a {type(wanted).__name__} cannot be compared"
    if name := _other_class(wanted, got):
        return f"{name} is another class in the setup than in the module, so values of it cannot be compared"
    return "its value differs from Hamilton's"


def _other_class(wanted: object, got: object) -> str:
    """The name of a class of the values, or of what lists hold, that both define."""
    while isinstance(wanted, list | tuple) and isinstance(got, list | tuple) and wanted and got:
        wanted, got = wanted[0], got[0]
    one, two = type(wanted), type(got)
    return one.__name__ if one is not two and one.__qualname__ == two.__qualname__ else ""


def main(folder: Path) -> None:
    """Run the request; what the notebook prints is not shown."""
    request = pickle.loads((folder / "request.pickle").read_bytes())
    sys.path[:0] = [os.getcwd()]
    sys.path.append(request["home"])
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        found = answer(request)
    (folder / "answer.pickle").write_bytes(pickle.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
