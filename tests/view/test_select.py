"""Selections take the same nodes in Python and on the page, and refuse what they cannot mean."""

import json

import pytest

from kernel_magics.engine.errors import UsageError
from kernel_magics.view import only, selected
from tests.recorded import FOLDER
from tests.view.examples import recorded_view

CASES = json.loads((FOLDER / "selections.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("text", "names"), CASES)
def test_selections(text: str, names: list[str]) -> None:
    """The front end's tests read the same cases."""
    assert sorted(selected(recorded_view(), text)) == sorted(names)


def test_the_view_of_a_selection_is_these_nodes() -> None:
    """Nodes keep their order; headings without nodes go."""
    part = only(recorded_view(), {"ctr", "views", "clicks"})
    assert [node["name"] for node in part["nodes"]] == ["clicks", "views", "ctr"]
    assert part["groups"] == ["Inputs", "Engagement"]


@pytest.mark.parametrize(
    ("text", "code", "hint"),
    [
        ("crt", "DB308", "did you mean 'ctr'?"),
        ("stat:stale", "DB002", "did you mean 'state'?"),
        ("state:stale", "DB002", "only a notebook's kernel knows states"),
    ],
)
def test_what_a_selection_cannot_mean(text: str, code: str, hint: str) -> None:
    """Unknown names and methods have a did-you-mean; a static view has no states."""
    with pytest.raises(UsageError) as caught:
        selected({**recorded_view(), "mode": "static"}, text)
    assert caught.value.code == code
    assert hint in caught.value.hint
