"""Pictures of a part of the graph, with colours by selection or by function."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from kernel_magics import Dataflow, DataflowError
from tests.notebook_file import write_notebook

CELLS = [
    "%%inputs\nx: int = 1",
    "%%node a --tag owner=ads\nx",
    "%%node b --tag owner=web\na",
    "%%node c\nx",
]


@pytest.fixture
def flow(tmp_path: Path) -> Dataflow:
    """A small dataflow with tags."""
    return Dataflow.from_notebook(write_notebook(tmp_path / "n.ipynb", CELLS))


def coloured(svg: str) -> dict[str, str]:
    """The rims in a picture: the colour by the node's name."""
    found = {}
    for group in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}g"):
        title = group.find("{http://www.w3.org/2000/svg}title")
        path = group.find("{http://www.w3.org/2000/svg}path")
        match = re.match(r"stroke:([^;]+);", path.get("style", "")) if path is not None else None
        if title is not None and match:
            found[str(title.text).split("(")[0].split(":")[0]] = match[1]
    return found


def test_a_part_of_the_graph(flow: Dataflow) -> None:
    """The selections of the command draw a part, in each format."""
    assert "c(" in flow.to_svg()
    assert ">c<" not in flow.to_svg("+b")
    assert "c" not in re.findall(r'"(\w+)', flow.to_mermaid("+b"))
    pytest.importorskip("graphviz")
    assert '"c"' not in flow.to_dot("+b").source


def test_colours_by_selection_and_by_function(flow: Dataflow) -> None:
    """Of several selections the last one counts; a function sees what `to_json` says of a node."""
    assert coloured(flow.to_svg()) == {}
    style: dict[str, str] = {"tag:owner": "teal", "b": "#c026d3"}
    assert coloured(flow.to_svg(style=style)) == {"a": "teal", "b": "#c026d3"}
    assert coloured(flow.to_svg("a", style=style)) == {"a": "teal"}

    def by_owner(node: dict[str, Any]) -> str | None:
        return {"ads": "red"}.get(node["tags"].get("owner"))

    assert coloured(flow.to_svg(style=by_owner)) == {"a": "red"}
    assert "stroke:red,stroke-width:3px" in flow.to_mermaid(style=by_owner)
    pytest.importorskip("graphviz")
    assert 'color="red" penwidth="3"' in flow.to_dot(style=by_owner).source.replace("tooltip", " tooltip")


@pytest.mark.parametrize("colour", ["red;x:url(y)", '"><script>', "", "#12", 7])
def test_what_is_no_colour_is_refused(flow: Dataflow, colour: Any) -> None:
    """Nothing but a name or a hexadecimal number gets into a picture."""
    with pytest.raises(DataflowError) as caught:
        flow.to_svg(style={"a": colour})
    assert caught.value.code == "DB002"
