"""Properties of the round trip: export, import, export is a fixed point, and the module computes the same."""

from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

from hypothesis import event, given
from hypothesis import strategies as st

from kernel_magics.dataflow import Dataflow
from kernel_magics.engine.session.session import Session
from kernel_magics.export.export import export_flow
from kernel_magics.export.layout import Kind
from kernel_magics.export.module import tables
from kernel_magics.export.request import ExportRequest
from kernel_magics.import_.draft import DraftCell, sources
from kernel_magics.import_.importing import import_module
from kernel_magics.import_.tests import read_tests
from kernel_magics.values import VALUES
from tests.examples import examples
from tests.export.notebooks import make_session
from tests.import_.books import Book, books
from tests.module_file import import_module as load


def exported(folder: Path, session: Session, kind: Kind = "module") -> tuple[str, str]:
    """The texts of module and tests, written without a run."""
    export_flow(session, ExportRequest("nb", "nb.ipynb", folder / "features.py", kind=kind, run=False))
    return (folder / "features.py").read_text(), (folder / "test_features.py").read_text()


def session_of(cells: tuple[DraftCell, ...]) -> Session:
    """A session with the cells of an imported notebook."""
    session = Session(VALUES)
    session.register(*sources(cells), load=False)
    return session.arranged(sources(cells))


LARGE = st.sampled_from((0, 20))
"""The number of members from which families are tables: 0 lets all of them be tables."""


KINDS: tuple[Kind, ...] = ("module", "hamilton")


@given(books(), LARGE, st.sampled_from(KINDS))
@examples(60)
def test_export_import_export_is_a_fixed_point(book: Book, large: int, kind: Kind) -> None:
    """The notebook made of a module, also of one for Hamilton, exports to the same bytes, tests included."""
    for cell in book.cells[3:]:
        event(cell.split("\n")[0].split(" ")[0])
    with tempfile.TemporaryDirectory() as name, mock.patch.object(tables, "MOST", large):
        folders = [Path(name) / part for part in ("first", "second")]
        first = exported(folders[0], make_session(*book.cells, groups=book.groups), kind)
        done = import_module(first[0], "features.py", read_tests(first[1], "features"))
        assert done.differing == ()
        folders[1].mkdir()
        assert exported(folders[1], session_of(done.cells), kind) == first


@given(books(), LARGE)
@examples(25)
def test_module_values_are_notebook_values(book: Book, large: int) -> None:
    """Every node of the module gives the value that the notebook has."""
    session = make_session(*book.cells, groups=book.groups)
    for _ in session.compute():
        pass
    names = [node.name for node in session.graph if node.kind == "value"]
    with tempfile.TemporaryDirectory() as name, mock.patch.object(tables, "MOST", large):
        text, _ = exported(Path(name), session)
        flow = Dataflow.from_module(load(Path(name), text))
        values = flow.run(names, inputs={key: {"spend": 2.5, "signups": 4}[key] for key in flow.inputs})
    for key in names:
        assert VALUES.equal(values[key], session.memos[key].value), key
