"""`dagbook docs`: a static site of all features of notebooks, modules and folders; executes nothing."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from kernel_magics.cli.output import one_at_a_time, write_text
from kernel_magics.cli.overwriting import refuse_foreign
from kernel_magics.cli.pairs import importing
from kernel_magics.cli.terminal import say, say_aside
from kernel_magics.cli.unseen import say_unseen
from kernel_magics.engine.errors import DataflowError, SourceError
from kernel_magics.export.baseline import baseline_path
from kernel_magics.loading.files import read_graph
from kernel_magics.quality.baseline import read_baseline
from kernel_magics.quality.profile import Profile
from kernel_magics.tables.plural import plural
from kernel_magics.view.catalogue import Book, catalogue, features


def run(arguments: argparse.Namespace) -> int:
    """Write the site; files of an older one are replaced.

    Raises:
        DataflowError: DB403 when nothing is found, DB521 for a page of others under a name of these, else as
            reading does for a file that was named.
    """
    books = list(_books(arguments.sources, importing(arguments)))
    if not books:
        where = ", ".join(arguments.sources)
        hint = "name notebooks, modules or folders."
        raise SourceError("DB403", f"no notebook with nodes is in {where}.", hint=hint)
    folder = Path(arguments.output)
    files = catalogue(books, arguments.title)
    with one_at_a_time(folder):
        for name in files:
            refuse_foreign(folder / name)
        for name, text in files.items():
            write_text(folder / name, text)
    count = sum(len(features(book.graph)) for book in books)
    say(f"{folder / 'index.html'}: {plural(count, 'feature')} of {plural(len(books), 'notebook')}")
    return 0


def _books(sources: Iterable[str], config: Mapping[str, object] | None) -> Iterator[Book]:
    """The dataflows, each once; in a folder, notebooks that are none are left out and said.

    Args:
        config: values for decorators of modules, which are imported; None reads their text.
    """
    taken: set[str] = set()
    for source in sources:
        path = Path(source)
        named = not path.is_dir()
        for file in [path] if named else _inside(path):
            try:
                graph, title = read_graph(str(file), config)
                say_unseen(str(file), config is not None)
            except DataflowError as error:
                if named:
                    raise
                say_aside(f"note: {file} is left out: {error.code} {error.message}")
                continue
            if not named and not any(node.kind == "value" for node in graph):
                continue
            slug = _free(re.sub(r"\W+", "-", file.stem).strip("-").lower() or "notebook", taken)
            place = file.name if named else file.relative_to(path).as_posix()  # a site may be published
            yield Book(slug, title or file.stem, place, graph, _profiles(file))


def _inside(folder: Path) -> list[Path]:
    found = folder.rglob("*.ipynb")
    return sorted(
        path for path in found if not any(part[0] == "." for part in path.relative_to(folder).parts)
    )


def _free(slug: str, taken: set[str]) -> str:
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    taken.add(free)
    return free


def _profiles(file: Path) -> dict[str, Profile]:
    """The profiles of the baseline beside a module, or beside a notebook under its name."""
    path = baseline_path(file)
    return read_baseline(path) if path.is_file() else {}
