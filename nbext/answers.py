"""Answers to the questions that a page may ask about its notebook, as plain data."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kernel_magics.assist import Document, complete, definition, inspect, name_at, needs, rename, uses
from kernel_magics.assist.explain import explain
from kernel_magics.convert import GivenCell
from kernel_magics.convert.conversion import Conversion
from kernel_magics.convert.converting import propose
from kernel_magics.convert.handing import files_of_proof
from kernel_magics.convert.proving import prove
from kernel_magics.convert.report import is_little, share
from kernel_magics.convert.running import in_clean_process
from kernel_magics.view.build import static_view

View = dict[str, Any]
Asked = Mapping[str, Any]


def answer(document: Document, view: View, asked: Asked) -> object:
    """The answer to `{"what": …, **arguments}`; None for an unknown question.

    Args:
        document: the notebook as the page shows it.
        view: the page's view: states and summaries of nodes.

    Raises:
        DataflowError: the question has no valid answer, such as a name that is not allowed.
    """
    known = _QUESTIONS.get(str(asked.get("what")))
    return known(document, view, asked) if known is not None else None


def _here(asked: Asked) -> tuple[str, int, int]:
    return str(asked["cell"]), int(asked["line"]), int(asked["column"])


def _complete(document: Document, _view: View, asked: Asked) -> object:
    return complete(document, *_here(asked)).to_json()


def _inspect(document: Document, view: View, asked: Asked) -> object:
    found = inspect(document, *_here(asked), seen=_Seen(view))
    return found.to_json() if found is not None else None


def _name_at(document: Document, _view: View, asked: Asked) -> object:
    place = name_at(document, *_here(asked))
    return place.to_json() if place is not None else None


def _definition(document: Document, _view: View, asked: Asked) -> object:
    place = definition(document, str(asked["name"]))
    return place.to_json() if place is not None else None


def _uses(document: Document, _view: View, asked: Asked) -> object:
    return [place.to_json() for place in uses(document, str(asked["name"]))]


def _rename(document: Document, _view: View, asked: Asked) -> object:
    return rename(document, str(asked["old"]), str(asked["new"])).to_json()


def _needs(document: Document, _view: View, asked: Asked) -> object:
    return list(needs(document, str(asked["cell"])))


def _explain(_document: Document, _view: View, asked: Asked) -> object:
    found = explain(str(asked["code"]))
    return found.to_json() if found is not None else None


def _given(asked: Asked) -> list[GivenCell]:
    return [GivenCell(str(cell["id"]), str(cell["type"]), str(cell["source"])) for cell in asked["cells"]]


def _proposal(made: Conversion) -> dict[str, Any]:
    """What a page shows of a conversion: its cells, its dataflow, and how much of the notebook that is."""
    return {
        **made.to_json(),
        "share": {"text": share(made), "little": is_little(made)},
        "hint": made.hint,
        "view": static_view(made.graph),
    }


def _convert(_document: Document, _view: View, asked: Asked) -> object:
    return _proposal(propose(_given(asked)))


def _prove(_document: Document, _view: View, asked: Asked) -> object:
    """A proposal whose values are equal, by running both versions in the notebook's folder."""
    with files_of_proof(Path.cwd(), lambda: ""):
        done = prove(_given(asked), in_clean_process(Path.cwd()), str(asked["name"]))
    proof = {
        "equal": list(done.equal),
        "opaque": list(done.opaque or ()),
        "refuted": dict(done.refuted or {}),
    }
    return {**_proposal(done.conversion), "proof": proof}


def _journey(_document: Document, _view: View, asked: Asked) -> object:
    """Where the envelopes of the notebook are, in the registries near its folder."""
    from kernel_magics.registry.journey import journey  # noqa: PLC0415  # a kernel starts without it

    return journey(str(asked["name"]), Path.cwd())


_QUESTIONS: Mapping[str, Callable[[Document, View, Asked], object]] = {
    "complete": _complete,
    "inspect": _inspect,
    "name_at": _name_at,
    "definition": _definition,
    "uses": _uses,
    "rename": _rename,
    "needs": _needs,
    "explain": _explain,
    "convert": _convert,
    "prove": _prove,
    "journey": _journey,
}


class _Seen(Mapping[str, Mapping[str, Any]]):
    """The facts of the view about each node, looked up on access."""

    def __init__(self, view: View) -> None:
        self._nodes = view["nodes"]

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        for node in self._nodes:
            if node["name"] == name:
                return {key: node[key] for key in ("state", "seconds", "type", "summary")}
        raise KeyError(name)

    def __iter__(self) -> Any:
        return (node["name"] for node in self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)
