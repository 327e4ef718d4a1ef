"""The folder of an envelope is replaced as a whole: it is always either the old envelope or the new one."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from kernel_magics.engine.bracket import bracket
from kernel_magics.engine.errors import DataflowError, ExportError, SourceError
from kernel_magics.envelope.record import read_record


def refuse_foreign(target: Path) -> None:
    """Refuse to replace a folder that is not an unchanged envelope.

    Raises:
        ExportError: DB521.
    """
    if not os.path.lexists(target) or (
        target.is_dir() and not target.is_symlink() and not any(target.iterdir())
    ):
        return
    try:
        read_record(target)
        problem = "is a link, and what it leads to would be replaced." if target.is_symlink() else ""
    except (DataflowError, OSError) as error:
        reason = error.message if isinstance(error, DataflowError) else str(error)
        problem = f"would be replaced, and is no envelope as it was exported: {reason}"
    if problem:
        raise ExportError(
            "DB521",
            f"'{target}' {problem}",
            hint="export to another folder; --force replaces it all the same.",
        )


@bracket
def staging(target: Path) -> Iterator[Path]:
    """A new folder beside the target, which is gone afterwards.

    Raises:
        SourceError: DB405 when none can be made.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.dagbook-", dir=target.parent))
    except OSError as error:
        raise _unwritable(target, error) from None
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def write_files(root: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder.

    Raises:
        SourceError: DB405.
    """
    try:
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise _unwritable(root, error) from None


def replace_folder(new: Path, target: Path) -> None:
    """Move a new folder to the target; the old one is restored if that fails.

    Raises:
        SourceError: DB405.
    """
    old = new.with_name(f"{new.name}.old")
    try:
        if os.path.lexists(target):
            os.rename(target, old)
        try:
            os.rename(new, target)
        except OSError:
            if os.path.lexists(old):
                os.rename(old, target)
            raise
    except OSError as error:
        raise _unwritable(target, error) from None
    if old.is_dir() and not old.is_symlink():
        shutil.rmtree(old, ignore_errors=True)
    elif os.path.lexists(old):
        old.unlink()


def _unwritable(path: Path, error: OSError) -> SourceError:
    return SourceError(
        "DB405", f"cannot write '{path}': {error.strerror or error}.", hint="nothing was changed."
    )
