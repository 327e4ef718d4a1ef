"""What commands say of decorators that they do not run."""

from __future__ import annotations

from pathlib import Path

from kernel_magics.cli.terminal import say_aside
from kernel_magics.loading.unseen import unseen_in, unseen_notice, unseen_of

_OFFER = "--import runs the module, and shows them."


def say_unseen(source: str, imports: bool) -> None:
    """Say which decorators of a module were not run, on stderr."""
    if not imports and (notice := unseen_notice(Path(source).name, unseen_in(Path(source)), _OFFER)):
        say_aside(notice)


def say_unseen_of(path: Path, text: str) -> None:
    """The same of a module's text, which may be that of a revision."""
    if path.suffix == ".py" and (notice := unseen_notice(path.name, unseen_of(text), _OFFER)):
        say_aside(notice)
