"""A selection names nodes as in dbt: `+ctr`, `ctr+`, `tag:owner=ads`, `state:stale`, `group:"Air"`.

Parts with spaces between them are united; terms with commas between them are intersected. `+` before a term
adds its upstream, after it its downstream; a number limits the steps. `*` matches any characters. The front
end has the same selections (`nbext/frontend/src/selection.ts`); both are tested with
`tests/recorded/selections.json`.
"""

import re
from collections.abc import Callable, Iterable, Mapping

from kernel_magics.engine.errors import UsageError, did_you_mean
from kernel_magics.view.links import Node, View, inputs_of, links_of, nodes_of, shown_state

_PART = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+""")
_TERM = re.compile(r"""(?:"[^"]*"|'[^']*'|[^,"'])+""")
_PLUS = re.compile(r"(?P<up>(?P<up_steps>\d*)\+)?(?P<core>.+?)(?P<down>\+(?P<down_steps>\d*))?$")


def selected(view: View, text: str) -> set[str]:
    """The names of the selected nodes.

    Raises:
        UsageError: DB308 for a name that does not exist, DB002 for an unknown method or a state that only a
            kernel has.
    """
    found: set[str] = set()
    for part in _PART.findall(text):
        found |= set.intersection(*(_term(view, term) for term in _TERM.findall(part)))
    return found


def only(view: View, names: Iterable[str]) -> View:
    """The view without all other nodes."""
    kept = set(names)
    nodes = [node for node in view["nodes"] if node["name"] in kept]
    headings = {node.get("group") for node in nodes}
    return {
        **view,
        "nodes": nodes,
        "groups": [group for group in view.get("groups", ()) if group in headings],
    }


def _term(view: View, term: str) -> set[str]:
    match = _PLUS.fullmatch(term)
    if match is None:
        raise UsageError("DB002", f"'{term}' selects nothing.", hint="write +NAME, NAME+ or METHOD:VALUE.")
    core = _core(view, match["core"])
    readers: dict[str, list[str]] = {}
    for source, reader in links_of(view):
        readers.setdefault(source, []).append(reader)
    nodes = nodes_of(view)
    found = set(core)
    if match["up"]:
        found |= _reach(core, lambda name: inputs_of(nodes[name]) if name in nodes else [], match["up_steps"])
    if match["down"]:
        found |= _reach(core, lambda name: readers.get(name, []), match["down_steps"])
    return found & nodes.keys()


def _reach(start: set[str], onwards: Callable[[str], list[str]], steps: str) -> set[str]:
    """The nodes at most so many steps away; "" for all."""
    found, edge, left = set(start), set(start), int(steps) if steps else -1
    while edge and left:
        edge = {after for name in edge for after in onwards(name)} - found
        found |= edge
        left -= 1
    return found


def _core(view: View, text: str) -> set[str]:
    method, colon, value = text.partition(":")
    if not colon:
        method, value = "name", text
    plain = value.strip("\"'")
    if method not in _METHODS:
        hint = f"{did_you_mean(method, _METHODS)} The methods are: {', '.join(_METHODS)}.".strip()
        raise UsageError("DB002", f"there is no selection by '{method}'.", hint=hint)
    if method == "state" and view.get("mode") == "static" and plain != "waiting":
        hint = "only a notebook's kernel knows states; here `state:waiting` can be selected."
        raise UsageError("DB002", f"'{text}' selects by a state, but nothing ran.", hint=hint)
    nodes = nodes_of(view)
    fits = re.compile(re.escape(plain).replace(r"\*", ".*"), re.IGNORECASE if method != "name" else 0)
    found = {name for name, node in nodes.items() if any(map(fits.fullmatch, _METHODS[method](node)))}
    if method == "name" and not found and "*" not in plain:
        hint = did_you_mean(plain, nodes) or "see `dagbook graph` for its names."
        raise UsageError("DB308", f"the dataflow has no '{plain}'.", hint=hint, names=[plain])
    return found


def _tags(node: Node) -> list[str]:
    tags: Mapping[str, object] = node.get("tags") or {}
    return [*tags, *(f"{key}={value}" for key, value in tags.items())]


def _state(node: Node) -> list[str]:
    state = shown_state(node) or ("waiting" if node.get("waiting") else "")
    return [state] if state else []


_METHODS: dict[str, Callable[[Node], list[str]]] = {
    "name": lambda node: [node["name"]],
    "tag": _tags,
    "state": _state,
    "kind": lambda node: [node["kind"]],
    "group": lambda node: [node.get("group") or ""],
    "family": lambda node: [node.get("family") or ""],
}
"""The values that each method compares with."""
