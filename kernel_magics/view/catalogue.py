"""A catalogue is a static site of features: each node of notebooks and modules has a page; all are searched.

Nothing is executed, nothing is loaded from elsewhere, and samples of inputs are left out.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from html import escape
from typing import Any, Final

from kernel_magics.engine.cells.outputs import joint
from kernel_magics.engine.cells.parse import parse_cell
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.source.cell import CellSource
from kernel_magics.engine.values.figures import percent
from kernel_magics.lineage.columns import Origin, dotted, origins
from kernel_magics.quality.page import GENERATOR, table
from kernel_magics.quality.profile import ColumnProfile, Profile
from kernel_magics.quality.profile_view import bars
from kernel_magics.tables.plural import plural
from kernel_magics.view.build import static_view
from kernel_magics.view.look import LOOK
from kernel_magics.view.subgraph import focus
from kernel_magics.view.svg import to_svg

View = dict[str, Any]
_LARGE: Final = 300
"""Nodes above which no picture of the whole is drawn: nobody could read its names."""

STYLE: Final = """
:root { color-scheme: light dark; --text: #1f2328; --soft: #57606a; --line: #d0d7de;
  --code: #f6f8fa; --page: #fff; --link: #0550ae }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9da7b3; --line: #3d444d;
  --code: #161b22; --page: #0d1117; --link: #79c0ff } }
body { max-width: 72rem; margin: 0 auto; padding: 1.5rem; background: var(--page); color: var(--text);
  font: 15px/1.55 system-ui, sans-serif }
a { color: var(--link); text-decoration: none }
a:hover { text-decoration: underline }
nav, .soft { color: var(--soft) }
h1 { margin: .4rem 0; font-size: 1.6rem }
h2 { margin: 1.8rem 0 .5rem; font-size: 1.1rem }
.tag { padding: 0 .5rem; border: 1px solid var(--line); border-radius: 999px }
table { border-collapse: collapse; width: 100% }
th { color: var(--soft); font-weight: 600 }
th, td { padding: .25rem 1rem .25rem 0; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top }
pre { padding: .8rem; overflow: auto; border: 1px solid var(--line); border-radius: 6px;
  background: var(--code); font: 13px/1.5 ui-monospace, monospace }
input { width: 100%; box-sizing: border-box; margin: 1rem 0; padding: .6rem .8rem; font: inherit;
  border: 1px solid var(--line); border-radius: 6px; background: var(--page); color: var(--text) }
.picture { overflow: auto }
.picture svg { max-width: 100%; height: auto }
"""
_SCRIPT: Final = """
const search = document.querySelector("input"), count = document.querySelector("#count");
const rows = [...document.querySelectorAll("#features tr")];
const find = () => {
  const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
  let shown = 0;
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !words.every((word) => text.includes(word));
    if (!row.hidden) shown += 1;
  }
  count.textContent = shown === 1 ? "1 feature" : `${shown} features`;
};
search.addEventListener("input", find);
find();
"""


@dataclass(frozen=True)
class Book:
    """One notebook or module of a catalogue.

    Attributes:
        slug: its folder in the site.
        place: its path from where the site was asked for, for display.
        profiles: of nodes, from the baseline of its last export.
    """

    slug: str
    title: str
    place: str
    graph: Graph
    profiles: Mapping[str, Profile] = field(default_factory=dict)


def catalogue(books: Sequence[Book], title: str = "Features") -> dict[str, str]:
    """Every file of the site: its path and its text."""
    views = {book.slug: static_view(book.graph, book.title) for book in books}
    makers = {
        node["name"]: book for book in books for node in views[book.slug]["nodes"] if node["kind"] == "value"
    }
    files = {"index.html": _index(books, views, makers, title), "style.css": STYLE.lstrip()}
    for book in books:
        view = views[book.slug]
        files[f"{book.slug}/index.html"] = _book_page(book, view, makers, title)
        known = origins(book.graph)
        readers = downstream(view)
        for node in view["nodes"]:
            if node["kind"] != "check":
                text = _node_page(book, view, node, known.get(node["name"]), readers, makers, title)
                files[f"{book.slug}/{node['name']}.html"] = text
    return files


def features(graph: Graph) -> list[str]:
    """The names of the nodes that are features: not the function behind several outputs of one cell."""
    cells: dict[str, list[str]] = {}
    for node in graph:
        if node.kind == "value" and node.name not in cells.setdefault(node.cell_id, []):
            cells[node.cell_id].append(node.name)
    found = (
        name
        for names in cells.values()
        for name in names
        if len(names) < 3 or name != joint([other for other in names if other != name])
    )
    return list(dict.fromkeys(found))  # a variant is in a cell of its own


def downstream(view: View) -> dict[str, list[str]]:
    """The nodes that read each node directly, checks left out."""
    found: dict[str, list[str]] = {node["name"]: [] for node in view["nodes"]}
    for node in view["nodes"]:
        for name in node["inputs"] if node["kind"] != "check" else ():
            found.setdefault(name, []).append(node["name"])
    return found


def _page(title: str, body: str, up: str, trail: Iterable[tuple[str, str]], script: str = "") -> str:
    """A file of the site; `body` is HTML already.

    Args:
        up: the way to the site's folder.
        trail: text and address of the pages above.
    """
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"; script-src 'sha256-{digest}'" if script else ""
    policy = f"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src data:{allowed}"
    links = " / ".join(f'<a href="{escape(address)}">{escape(text)}</a>' for text, address in trail)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">{GENERATOR}'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="{up}style.css"></head>\n'
        f"<body><nav>{links}</nav>\n<h1>{escape(title)}</h1>\n{body}\n"
        f"{f'<script>{script}</script>' if script else ''}</body></html>\n"
    )


def _index(books: Sequence[Book], views: Mapping[str, View], makers: Mapping[str, Book], title: str) -> str:
    rows = []
    for book in books:
        listed = {*features(book.graph)}
        for node in views[book.slug]["nodes"]:
            if node["name"] in listed:
                rows.append(
                    f"<tr><td>{_link(book, node['name'], '')}</td><td>{escape(node['type'])}</td>"
                    f"<td>{escape(_first_line(node['doc']))}</td><td>{_tags(node)}</td>"
                    f'<td><a href="{book.slug}/index.html">{escape(book.title)}</a></td></tr>'
                )
    heads = "".join(
        f'<th scope="col">{text}</th>' for text in ("feature", "type", "what it is", "tags", "notebook")
    )
    others = _notebooks(books, views, makers) if len(books) > 1 else ""
    search = "Search names, types, descriptions, tags"
    body = (
        f'<input type="search" placeholder="{search}" aria-label="{search}" autofocus>'
        f'<p class="soft" id="count" aria-live="polite">{plural(len(rows), "feature")}</p>'
        f'<table><thead><tr>{heads}</tr></thead><tbody id="features">{"".join(rows)}</tbody></table>{others}'
    )
    return _page(title, body, "", [], _SCRIPT)


def _notebooks(books: Sequence[Book], views: Mapping[str, View], makers: Mapping[str, Book]) -> str:
    """Every notebook with those whose nodes have the names of its inputs, as a table and as a picture."""
    reads = {
        book.slug: [
            makers[node["name"]].slug
            for node in views[book.slug]["nodes"]
            if node["kind"] == "input" and makers.get(node["name"], book) is not book
        ]
        for book in books
    }
    titles = {book.slug: book.title for book in books}
    rows = []
    for book in books:
        count = len(features(book.graph))
        above = ", ".join(_book_link(slug, titles[slug]) for slug in dict.fromkeys(reads[book.slug]))
        title = _book_link(book.slug, book.title)
        rows.append(f"<tr><td>{title}</td><td>{count}</td><td>{above}</td></tr>")
    head = "<tr><th>notebook</th><th>features</th><th>reads features of</th></tr>"
    listed = f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"
    return f"<h2>Notebooks</h2>{_picture_of(reads)}{listed}"


def _picture_of(reads: Mapping[str, Sequence[str]]) -> str:
    """The notebooks as a graph; nothing where none reads another, or where they read each other."""
    try:
        TopologicalSorter(reads).prepare()
    except CycleError:
        return ""
    if not any(reads.values()):
        return ""
    cells = [
        CellSource(
            slug, "", "node", "", f"def {_identifier(slug)}({', '.join(map(_identifier, above))}): ..."
        )
        for slug, above in ((slug, dict.fromkeys(above)) for slug, above in reads.items())
    ]
    graph = Graph().put(*(parse_cell(cell) for cell in cells))
    return f'<div class="picture">{to_svg(static_view(graph, "Notebooks"))}</div>'


def _identifier(slug: str) -> str:
    return f"notebook_{slug.replace('-', '_')}"


def _book_link(slug: str, title: str) -> str:
    return f'<a href="{slug}/index.html">{escape(title)}</a>'


def _book_page(book: Book, view: View, makers: Mapping[str, Book], title: str) -> str:
    parts = [f'<p class="soft">{escape(book.place)}</p>']
    nodes = [node for node in view["nodes"] if node["kind"] != "check"]
    if 0 < len(nodes) <= _LARGE:
        parts.append(f'<div class="picture">{to_svg(view)}</div>')
    headings = dict.fromkeys(node["group"] for node in nodes)
    for heading in headings:
        rows = [
            f"<tr><td>{_link(book, node['name'], '../')}</td><td>{escape(_kind(node))}</td>"
            f"<td>{escape(node['type'])}</td><td>{escape(_first_line(node['doc']))}</td><td>{_tags(node)}</td></tr>"
            for node in nodes
            if node["group"] == heading
        ]
        parts.append(f"<h2>{escape(heading or 'Nodes')}</h2><table><tbody>{''.join(rows)}</tbody></table>")
    return _page(book.title, "\n".join(parts), "../", [(title, "../index.html")])


def _node_page(
    book: Book,
    view: View,
    node: View,
    origin: Origin | None,
    readers: Mapping[str, list[str]],
    makers: Mapping[str, Book],
    title: str,
) -> str:
    name = node["name"]
    facts = [("kind", escape(_kind(node))), ("type", escape(node["type"])), ("tags", _tags(node))]
    facts += [("reads", _links(book, node["inputs"])), ("read by", _links(book, readers.get(name, [])))]
    if node["kind"] == "input" and name in makers and makers[name] is not book:
        facts.append(("made by", _link(makers[name], name, "../")))
    if node["volatile"]:
        facts.append(("each run reads", escape(node["volatile"])))
    facts.append(("cell", escape(f"{node['cell']} of {book.place}")))
    rows = "".join(f'<tr><th scope="row">{text}</th><td>{value}</td></tr>' for text, value in facts if value)
    parts = [f"<p>{escape(node['doc'])}</p>" if node["doc"] else "", f"<table><tbody>{rows}</tbody></table>"]
    parts += _columns(name, origin, book.profiles.get(name))
    near = focus(view, upstream=name, downstream=name)
    if len(near["nodes"]) > 1 and len(near["nodes"]) <= _LARGE:
        parts.append(f'<h2>Lineage</h2><div class="picture">{to_svg(near)}</div>')
    if node["kind"] == "value":
        parts.append(f"<h2>Source</h2><pre>{escape(node['source'])}</pre>")
    parts += _evidence(book, view, name)
    trail = [(title, "../index.html"), (book.title, "index.html")]
    return _page(name, "\n".join(part for part in parts if part), "../", trail)


def _columns(name: str, origin: Origin | None, profile: Profile | None) -> Iterator[str]:
    """The columns: their origin, and what was seen of them when the module was exported."""
    seen = {column.name: column for column in profile.columns} if profile is not None else {}
    known = origin.columns if origin is not None else {}
    own = {(name, "*")}
    rows = []
    for column in dict.fromkeys([*known, *seen]):
        sources = known.get(column, frozenset())
        shown = ", ".join(dotted(sources)) if set(sources) != own else ""
        rows.append([column or "(the value)", shown, *_seen(seen.get(column))])
    if rows and (seen or any(row[1] for row in rows)):
        heads = ["column", "values from", "type", "missing", "distribution"]
        width = len(heads) if seen else 2
        yield f"<h2>Columns</h2>{table(heads[:width], [row[:width] for row in rows])}"
    if origin is not None and origin.rows:
        rows_by = escape(", ".join(dotted(origin.rows)))
        yield f'<p class="soft">Rows chosen, ordered or grouped by {rows_by}.</p>'
    if origin is not None and not origin.exact:
        yield '<p class="soft">Not sure: other columns may count, too; the code does not show which.</p>'


def _seen(column: ColumnProfile | None) -> list[str]:
    if column is None:
        return ["", "", ""]
    return [column.dtype, percent(column.null_rate), bars(column)]


def _evidence(book: Book, view: View, name: str) -> Iterator[str]:
    """The checks and the tests of a node, as they are written."""
    graph = book.graph
    checks = [
        node for node in view["nodes"] if node["kind"] == "check" and graph.node(node["name"]).subject == name
    ]
    for check in checks:
        word = "warns" if check["severity"] == "warn" else "fails"
        heading = f'Check {escape(check["cell"])} <span class="soft">({word})</span>'
        yield f"<h2>{heading}</h2><pre>{escape(check['source'])}</pre>"
    for cell in graph.cells.values():
        if cell.magic == "test" and cell.subject == name:
            yield f"<h2>Test {escape(cell.label)}</h2><pre>{escape(cell.body.strip())}</pre>"


def _kind(node: View) -> str:
    return str(LOOK["kinds"][node["kind"]].get("word", node["kind"]))


def _first_line(text: str) -> str:
    return text.strip().split("\n")[0]


def _tags(node: View) -> str:
    return " ".join(
        f'<span class="tag">{escape(f"{key}={value}")}</span>' for key, value in node["tags"].items()
    )


def _link(book: Book, name: str, up: str) -> str:
    return f'<a href="{up}{book.slug}/{name}.html"><code>{escape(name)}</code></a>'


def _links(book: Book, names: Iterable[str]) -> str:
    known = {node.name for node in book.graph}
    return ", ".join(_link(book, name, "../") if name in known else escape(name) for name in names)
