"""A source is what a command compares: a file, or `REV:path`, the file in a git revision."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kernel_magics import hamilton
from kernel_magics.cli.unseen import say_unseen_of
from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import SourceError, UsageError
from kernel_magics.engine.graph.graph import Graph
from kernel_magics.engine.graph.module import link_modules
from kernel_magics.loading.files import graph_of, import_file
from kernel_magics.notebook import parse_notebook

_PATIENCE = 60.0  # seconds in which git answers


@dataclass(frozen=True, slots=True)
class Source:
    """A dataflow that was read, and whether it comes from a module."""

    graph: Graph
    is_module: bool


def read_source(name: str, config: Mapping[str, object] | None = None) -> Source:
    """Read a notebook or a module, of the working tree or of a revision; executes nothing of it.

    Args:
        config: values for decorators; modules of the working tree are imported. None reads their text.

    Raises:
        UsageError: DB002 for a name that is neither.
        DataflowError: it cannot be read or linked.
    """
    path, text = read_text(name)
    if config is not None and path.suffix == ".py" and Path(name).is_file():
        return Source(hamilton.read([import_file(name)], config).graph, True)
    if path.suffix == ".py":
        graph = link_modules([(text, path.name)])
        say_unseen_of(path, text)
        return Source(graph, True)
    notebook = parse_notebook(text, path)
    return Source(graph_of(notebook), False)


def read_text(name: str) -> tuple[Path, str]:
    """The path and the text of a notebook or module, of the working tree or of a revision.

    Raises:
        DataflowError: as `read_source`.
    """
    revision, colon, path = name.partition(":")
    if not colon or Path(name).exists():
        revision, path = "", name
    if Path(path).suffix not in (".py", ".ipynb"):
        raise UsageError(
            "DB002", f"'{name}' is neither a notebook nor a module.", hint="give .ipynb or .py files."
        )
    text = _git(revision, path, name) if colon and path != name else _file(Path(path))
    return Path(path), text


def _file(path: Path) -> str:
    try:
        return ordinary.read_text(path)
    except OSError as error:
        problem = error.strerror or str(error)
        hint = "check the path; REV:path reads it from a git revision."
        raise SourceError("DB403", f"cannot read '{path}': {problem}.", hint=hint) from None
    except UnicodeDecodeError:
        raise SourceError("DB403", f"cannot read '{path}': it is not UTF-8 text.") from None


def _git(revision: str, path: str, name: str) -> str:
    """The file in a revision, its path from the top of the repository or from here, as git has it."""
    if revision.startswith("-"):
        raise UsageError(
            "DB002", f"'{revision}' is no git revision.", hint="write REV:path, as in HEAD~1:nb.ipynb."
        )
    _git_output(name, "rev-parse", "--git-dir")
    if revision:
        _git_output(
            name,
            "rev-parse",
            "--verify",
            "--quiet",
            f"{revision}^{{commit}}",
            problem=f"git knows no revision '{revision}'",
        )
    here = f"{revision}:./{path}"
    for place in (f"{revision}:{path}", here):
        try:
            return _git_output(name, "cat-file", "blob", place, problem=f"'{revision}' has no file '{path}'")
        except SourceError:
            if place == here:
                raise
    raise AssertionError


def _git_output(name: str, *command: str, problem: str = "this is no git repository") -> str:
    """The output of git, run without filters, hooks and prompts."""
    environment = {
        **os.environ,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_LAZY_FETCH": "1",
    }
    try:
        done = subprocess.run(
            ["git", *command], capture_output=True, check=False, env=environment, timeout=_PATIENCE
        )
    except FileNotFoundError:
        raise SourceError(
            "DB417", f"cannot read '{name}': git is not installed.", hint="install git."
        ) from None
    except subprocess.TimeoutExpired:
        raise SourceError("DB417", f"cannot read '{name}': git does not answer.", hint="try again.") from None
    if done.returncode:
        hint = "REV is a commit, branch or tag, path a file in it: HEAD~1:notebooks/features.ipynb."
        raise SourceError("DB417", f"cannot read '{name}': {problem}.", hint=hint)
    try:
        return done.stdout.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise SourceError("DB417", f"cannot read '{name}': it is not UTF-8 text.") from None
