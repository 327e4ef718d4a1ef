"""A subgraph is the part of a view upstream or downstream of some names, with the checks on it."""

from collections.abc import Iterable

from kernel_magics.view.links import View, checks_of, downstream_of, upstream_of

Names = str | Iterable[str] | None


def focus(view: View, upstream: Names = None, downstream: Names = None, names: Names = None) -> View:
    """Keep the upstream of some names, the downstream of others, or `names` and their upstream.

    Several of these are united; without any, the whole view is kept. Checks on the kept nodes are kept, too.

    Raises:
        KeyError: a name is not in the view.
    """
    above, below, wanted = _listed(upstream), _listed(downstream), _listed(names)
    if not above and not below and not wanted:
        return view
    kept = upstream_of(view, [*above, *wanted]) | downstream_of(view, below)
    checks = checks_of(view)
    kept |= {check["name"] for name in kept for check in checks[name]}
    nodes = [node for node in view["nodes"] if node["name"] in kept]
    headings = {node.get("group") for node in nodes}
    return {
        **view,
        "nodes": nodes,
        "groups": [group for group in view.get("groups", ()) if group in headings],
    }


def _listed(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names or ())
