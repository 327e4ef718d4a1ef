"""Formatting lays text out as `ruff format` does, with sorted and used imports only."""

from __future__ import annotations

import functools
import subprocess
import tempfile

from ruff.__main__ import find_ruff_bin

from kernel_magics.engine.errors import ExportError
from kernel_magics.export.module.style import PLAIN, Style

_COMMON = ("--quiet", "--no-cache", "--stdin-filename", "module.py")


def format_python(source: str, own: tuple[str, ...] = (), style: Style = PLAIN) -> str:
    """`source` with used imports only, sorted and formatted.

    Args:
        own: modules that belong to the same project as the text.
        style: of the folder where the text will stand.

    Raises:
        ExportError: DB510 when the text is not valid Python or ruff cannot run.
    """
    first_party = f"lint.isort.known-first-party=[{', '.join(repr(name) for name in own)}]"
    sorted_text = _ruff(
        source,
        style,
        "check",
        "--select=I,F401",
        "--fix-only",
        "--exit-zero",
        "--config",
        first_party,
        "--config",
        "src=[]",  # otherwise the files in the working directory would affect how imports are grouped
        "--config",
        "lint.ignore=[]",
    )
    return _ruff(sorted_text, style, "format")


def _ruff(source: str, style: Style, verb: str, *options: str) -> str:
    command = [_binary(), verb, *_COMMON, *style.options, *options, "-"]
    try:
        done = subprocess.run(
            command, input=source.encode(), capture_output=True, check=False, cwd=tempfile.gettempdir()
        )
    except OSError as error:
        raise ExportError(
            "DB510", f"ruff cannot run: {error.strerror or error}.", hint="reinstall it: `pip install ruff`."
        ) from None
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().split("\n")[0]
        raise ExportError(
            "DB510",
            f"ruff cannot format the exported text: {reason}.",
            hint="please report this with the notebook.",
        )
    return done.stdout.decode()


@functools.cache
def _binary() -> str:
    return str(find_ruff_bin())
