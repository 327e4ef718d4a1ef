"""The view is built from a graph and a session, in the shape that every reader of the recorded one relies on."""

from typing import Any

import pytest

from kernel_magics.engine.session.session import Session
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.values import VALUES
from kernel_magics.view import Outcomes, changed_nodes, live_view, node_after, static_view
from tests.view.examples import recorded_view


def cell(magic: str, line: str, body: str) -> CellSource:
    """A cell whose id names what it is."""
    return CellSource(f"{magic} {line}", "[1]", magic, line, body)


@pytest.fixture
def session() -> Session:
    """Everything a view can hold: an input, a value, a failure, a check, and two nodes that wait."""
    session = Session(VALUES)
    session.register(
        cell("inputs", "", "clicks: int = 6  # a day"),
        cell("node", "half --tag owner=ads", "# Half of them.\nclicks / 2"),
        cell("node", "broken", "half / 0"),
        cell("check", "half", "half > 100  # many"),
        cell("node", "lost", "veiws + 1"),
        cell("node", "late", "lost + half"),
    )
    list(session.compute())
    return session


def by_name(view: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The view's nodes by name."""
    return {node["name"]: node for node in view["nodes"]}


def shapes(view: dict[str, Any], *keys: str) -> set[tuple[str, ...]]:
    """The keys of the objects under a path, `*` for each of a list."""
    found: list[Any] = [view]
    for key in keys:
        found = [item for each in found for item in (each if key == "*" else [each[key]])]
    return {tuple(sorted(item)) for item in found if item}


@pytest.mark.parametrize(
    "path",
    [
        (),
        ("nodes", "*"),
        ("nodes", "*", "summary"),
        ("nodes", "*", "error"),
        ("nodes", "*", "conditions", "*"),
    ],
)
def test_the_view_has_the_shape_of_the_recorded_one(session: Session, path: tuple[str, ...]) -> None:
    """Each object has exactly the keys of the recorded document, which the front end uses."""
    assert shapes(live_view(session), *path) == shapes(recorded_view(), *path)
    if path in ((), ("nodes", "*")):
        assert shapes(static_view(session.graph), *path) == shapes(recorded_view(), *path)


def test_what_waits_is_said_with_and_without_values(session: Session) -> None:
    """A node waits for what it lacks, and for what something upstream of it lacks."""
    for view in (static_view(session.graph), live_view(session)):
        waiting = {name: node["waiting"] for name, node in by_name(view).items() if node["waiting"]}
        assert waiting == {"lost": ["veiws"], "late": ["veiws"]}


def test_states_and_outcomes(session: Session) -> None:
    """The live view has the state and the outcome of each node."""
    nodes = by_name(live_view(session))
    assert {name: node["state"] for name, node in nodes.items()} == {
        "clicks": "fresh", "half": "fresh", "broken": "failed", "check_half": "fresh", "lost": "waiting", "late": "waiting",
    }  # fmt: skip
    assert nodes["half"]["summary"]["preview"] == "3.0"
    assert nodes["half"]["type"] == "float"
    assert (nodes["half"]["doc"], nodes["half"]["tags"]) == ("Half of them.", {"owner": "ads"})
    assert nodes["broken"]["error"]["code"] == "DB301"
    assert nodes["check_half"]["conditions"] == [{"message": "many", "held": False, "detail": "it is 3"}]


def test_families_are_told_by_their_templates() -> None:
    """Members, members with several outputs and checks of members have their template; other nodes have none."""
    session = Session(VALUES)
    session.register(
        cell("inputs", "", "clicks: list = [1, 2]"),
        cell("node", "lag_{k} --for k=1,7 --check not_null", "clicks[-k:]"),
        cell(
            "node",
            "low_{k}, high_{k} --for k=1",
            "low, high = min(clicks), max(clicks)\nlow_k, high_k = low + k, high + k",
        ),
        cell("node", "alone", "clicks"),
    )
    nodes = by_name(static_view(session.graph))
    families = {name: node["family"] for name, node in nodes.items() if node["family"]}
    assert families.items() >= {("lag_1", "lag_{k}"), ("lag_7", "lag_{k}"), ("check_lag_7", "check_lag_{k}")}
    assert not {"alone", "clicks"} & families.keys()
    assert {families[name] for name in families if "lag" not in name} == {
        "low_{k}",
        "high_{k}",
        "low_{k}_and_high_{k}",
    }


def test_a_node_after_an_event_is_the_node_of_the_next_view(session: Session) -> None:
    """What a running view shows of a node is what a view made afterwards shows."""
    outcomes = Outcomes()
    session.register(cell("inputs", "", "clicks: int = 8"))
    last = {
        event.name: node_after(session, event, outcomes) for event in session.compute(["half", "check_half"])
    }
    nodes = by_name(live_view(session, outcomes=outcomes))
    assert last == {name: nodes[name] for name in ("half", "check_half")}


def test_only_what_differs_is_changed(session: Session) -> None:
    """Of two views of the same session nothing changed; after an edit the edited node and its readers did."""
    before = by_name(live_view(session))
    assert changed_nodes(before, live_view(session)["nodes"]) == []
    session.register(cell("node", "half --tag owner=ads", "clicks / 2 + 0"))
    after = live_view(session)["nodes"]
    assert {node["name"] for node in changed_nodes(before, after)} == {"half", "broken", "check_half"}
