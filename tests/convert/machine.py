"""A machine runs notebooks in this process: ordinary ones as plain Python, converted ones as a kernel would."""

from __future__ import annotations

import ast
import contextlib
import io
import pickle
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kernel_magics.convert import MadeCell, worker
from kernel_magics.convert.conversion import GivenCell
from kernel_magics.engine.run.event import Failed
from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import read_cell
from kernel_magics.engine.values.surroundings import Surroundings
from kernel_magics.values import VALUES
from kernel_magics.workspace.publish import Publisher


def ask(request: Mapping[str, Any]) -> dict[str, Any]:
    """What the clean process would answer, without starting one."""
    np.random.seed(0)
    around = Surroundings(VALUES.surroundings())
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            return pickle.loads(pickle.dumps(worker.answer(pickle.loads(pickle.dumps(dict(request))))))  # type: ignore[no-any-return]
    finally:
        around.undo(around.changed(random=False))


def _run(source: str, label: str, namespace: dict[str, Any]) -> None:
    """Run a cell as a kernel does: its last expression is displayed, and a failure ends this cell only."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    try:
        exec(compile(tree, label, "exec"), namespace)
        value = eval(compile(ast.Expression(last.value), label, "eval"), namespace) if last else None
    except Exception as error:
        print("failed:", type(error).__name__)
        return
    if value is not None and not source.rstrip().endswith(";"):
        print(value)


def shown_by_plain(cells: Sequence[GivenCell]) -> str:
    """What an ordinary notebook prints and displays."""
    namespace: dict[str, Any] = {}
    np.random.seed(0)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        for cell in cells:
            _run(cell.source, "plain", namespace)
    return out.getvalue()


def shown_by_flow(cells: Sequence[MadeCell]) -> str:
    """What a converted notebook prints and displays, its cells run one after the other."""
    variables: dict[str, Any] = {}
    session = Session(VALUES)
    publisher = Publisher(session, variables)
    np.random.seed(0)
    with contextlib.redirect_stdout(io.StringIO()) as out:
        for number, cell in enumerate(cells, start=1):
            source = read_cell(cell.source, cell.id, f"[{number}]")
            if source is None:
                publisher.prepare(cell.source)
                text = re.sub(r"^%.*$", "pass", cell.source, flags=re.MULTILINE)
                _run(text, f"cell {number}", variables)
                continue
            names = session.register(source)
            for event in session.compute(session.stale_after(names)):
                assert not isinstance(event, Failed), event
            publisher.claim([node.name for node in session.graph.owned[source.id]])
            if source.magic == "setup":
                publisher.share(source.id)
    return out.getvalue()
