"""Fitted nodes: what is learnt from data once is computed, or read as it was stored."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kernel_magics import Dataflow
from kernel_magics.engine.errors import UsageError
from kernel_magics.flow import Stored
from kernel_magics.notebook import read_notebook
from kernel_magics.view.build import static_view
from kernel_magics.view.look import LOOK
from kernel_magics.view.svg import to_svg
from tests.notebook_file import write_notebook

CELLS = (
    "%%inputs\nages: list = [1.0, 2.0, 6.0]\nrow: list = [5.0]",
    "%%node mean --fitted\nsum(ages) / len(ages)",
    "%%node spread, largest --fitted\nspread = max(ages) - mean\nlargest = max(ages)",
    "%%node scaled\n[(age - mean) / spread for age in row]",
)


@pytest.fixture
def computed(tmp_path: Path) -> Dataflow:
    """A dataflow without stored values."""
    return Dataflow.from_notebook(write_notebook(tmp_path / "flow.ipynb", CELLS))


def stored(computed: Dataflow, values: Mapping[str, object]) -> Dataflow:
    """The same with values that were learnt before."""
    flow = computed._flow
    fitted = frozenset(node.name for node in flow.graph if node.fitted)
    return Dataflow(flow.with_stored(Stored(fitted, values)))


def test_the_option_marks_every_node_of_the_cell(computed: Dataflow) -> None:
    """A cell with several outputs makes each of them a fitted node."""
    assert {name for name, node in computed.nodes.items() if node.fitted} >= {"mean", "spread", "largest"}
    assert not computed.nodes["scaled"].fitted


def test_a_notebook_computes_them(computed: Dataflow) -> None:
    """Where nothing is stored, a run computes, and asking for stored values is refused."""
    assert computed.run("scaled") == {"scaled": [2.0 / 3.0]}
    assert computed.run("scaled", fitted="compute") == computed.run("scaled")
    for ask in (computed.run, computed.needs, computed.compile, computed.frame):
        with pytest.raises(UsageError, match="no values of fitted nodes are stored"):
            ask(["scaled"], fitted="stored")
    with pytest.raises(UsageError, match="has no meaning"):
        computed.run("scaled", fitted="kept")  # type: ignore[arg-type]


def test_stored_values_are_read_unless_they_are_to_be_computed(computed: Dataflow) -> None:
    """They replace the nodes, so that nothing upstream of them is needed; an override takes precedence."""
    flow = stored(computed, {"mean": 1.0, "spread": 2.0})
    assert flow.run("scaled") == flow.run("scaled", fitted="stored") == {"scaled": [2.0]}
    assert flow.run("scaled", fitted="compute") == {"scaled": [2.0 / 3.0]}
    assert flow.run("scaled", overrides={"mean": 3.0}) == {"scaled": [1.0]}
    assert flow.run("mean") == {"mean": 1.0}
    assert flow.needs("scaled") == ("row",)
    assert flow.needs("scaled", fitted="compute") == ("ages", "row")


def test_the_compiled_form_holds_the_stored_values(computed: Dataflow) -> None:
    """They are no keywords of it: a request cannot replace the model."""
    serve = stored(computed, {"mean": 1.0, "spread": 2.0}).compile("scaled")
    assert serve(row=[5.0]) == {"scaled": [2.0]}
    with pytest.raises(TypeError, match="mean"):
        serve(row=[5.0], mean=0.0)


def test_what_was_not_stored_is_never_computed_by_accident(computed: Dataflow) -> None:
    """A run on stored values that lacks one names it."""
    flow = stored(computed, {"mean": 1.0})
    for ask in (flow.run, flow.compile):
        with pytest.raises(UsageError, match=r"'\w+' was not stored"):
            ask("scaled")


def test_fitted_nodes_have_an_icon_of_their_own(tmp_path: Path) -> None:
    """Pictures draw it in place of the icon of their kind, and say what it means."""
    flow = Dataflow.from_notebook(read_notebook(write_notebook(tmp_path / "flow.ipynb", CELLS[:2])))
    picture, icon = to_svg(static_view(flow.graph)), LOOK["fitted"]["icon"]["stroke"]
    assert picture.count(icon) == 1
    assert LOOK["fitted"]["meaning"] in picture
    assert icon not in to_svg(
        static_view(Dataflow.from_notebook(write_notebook(tmp_path / "a.ipynb", ["%%node a\n1"])).graph)
    )
