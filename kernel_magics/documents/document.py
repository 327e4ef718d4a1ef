"""A document is a YAML file as plain data, with the line of each of its entries.

Scalars are read as YAML 1.2 reads them: `no`, `on` and `2026-01-31` are texts, only `true` and `false` are
truths. A key that stands twice in a mapping is an error, and so is a tag such as `!secret`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from kernel_magics.engine import ordinary
from kernel_magics.engine.errors import DataflowError, SourceError

Place = tuple[str | int, ...]
"""The keys and positions that lead from the root of a document to an entry."""
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT: Final = re.compile(r"[-+]?((\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)")
_WORDS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **dict.fromkeys([".inf", ".Inf", "+.inf"], math.inf),
    "-.inf": -math.inf,
    ".nan": math.nan,
}
_LEVELS: Final = 50
_ENTRIES: Final = 20_000  # an alias repeats what it names, and aliases of aliases multiply
_LONGEST: Final = 500_000
_DIGITS: Final = 300


@dataclass(frozen=True, slots=True)
class Document:
    """A YAML file.

    Attributes:
        path: the file, as messages name it.
        data: mappings, lists and scalars.
        lines: the line, from 1, on which each entry begins: that of its key in a mapping.
    """

    path: Path
    data: Any
    lines: Mapping[Place, int] = field(default_factory=dict)

    def line(self, place: Place = ()) -> int:
        """The line of an entry, or of the nearest one around it; 1 for the root."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def error(self, code: str, message: str, place: Place = (), hint: str = "") -> SourceError:
        """An error about an entry: `FILE:LINE: message`."""
        line = self.line(place)
        names = [str(place[-1])] if place else []
        return SourceError(
            code, f"{self.path}:{line}: {message}", hint=hint, line=line, names=names, reason=message
        )


def read_document(path: str | Path) -> Document:
    """Read a YAML file.

    Raises:
        SourceError: DB403 where the file cannot be read, DB461 where it is no YAML.
        DataflowError: DB003 where PyYAML is not installed.
    """
    path = Path(path)
    try:
        text = ordinary.read_text(path, "utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceError("DB403", f"cannot read '{path}': {said}.", hint="check the path.") from None
    return parse_document(text, path)


def parse_document(text: str, path: Path) -> Document:
    """The document of a text.

    Args:
        path: how messages name it.

    Raises:
        SourceError: DB461.
        DataflowError: DB003 where PyYAML is not installed.
    """
    try:
        import yaml  # noqa: PLC0415  # an extra
    except ImportError:
        raise DataflowError(
            "DB003",
            "YAML files need a package: PyYAML is not installed.",
            hint="pip install 'dagbook[pipeline]'.",
        ) from None
    if len(text) > _LONGEST:
        raise _invalid(path, 1, f"it has more than {_LONGEST:,} characters")
    try:
        root = yaml.compose(text, yaml.SafeLoader)  # whose messages are the same everywhere
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line = mark.line + 1 if mark is not None else 1
        said = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise _invalid(path, line, f"this is no YAML: {said}") from None
    except RecursionError:
        raise _invalid(path, 1, "it is nested too deeply") from None
    reading = _Reading(path)
    data = None if root is None else reading.value(root, ())
    for token in yaml.scan(text, yaml.SafeLoader):  # nodes have tags that nobody wrote, too
        if isinstance(token, yaml.TagToken):
            tag = "".join(filter(None, token.value))
            raise _invalid(path, token.start_mark.line + 1, f"tag '{tag}' has no meaning here")
    return Document(path, data, reading.lines)


class _Reading:
    """Turns the nodes of a YAML file into plain data."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._entries = 0
        self.lines: dict[Place, int] = {}

    def value(self, node: Any, place: Place) -> Any:
        line = node.start_mark.line + 1
        self.lines.setdefault(place, line)
        self._entries += 1
        if len(place) > _LEVELS:
            raise _invalid(self._path, line, "it is nested too deeply")
        if self._entries > _ENTRIES:
            raise _invalid(self._path, line, f"it has more than {_ENTRIES:,} entries")
        if node.id == "scalar":
            if len(node.value) > _DIGITS and _INT.fullmatch(node.value) and not node.style:
                raise _invalid(self._path, line, f"a number has more than {_DIGITS} digits")
            return node.value if node.style else _plain(node.value)  # quoted, or a block
        if node.id == "sequence":
            return [self.value(item, (*place, number)) for number, item in enumerate(node.value)]
        found: dict[str, Any] = {}
        for key, item in node.value:
            at = key.start_mark.line + 1
            if key.id != "scalar" or key.value == "<<":
                raise _invalid(self._path, at, "a key must be a text")
            if key.value in found:
                first = self.lines[(*place, key.value)]
                raise _invalid(self._path, at, f"key '{key.value}' stands here twice, first on line {first}")
            self.lines[(*place, key.value)] = at
            found[key.value] = self.value(item, (*place, key.value))
        return found


def _plain(text: str) -> Any:
    """A scalar without quotes."""
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return text


def _invalid(path: Path, line: int, what: str) -> SourceError:
    return SourceError(
        "DB461",
        f"{path}:{line}: {what}.",
        hint="indent with spaces, and quote texts that begin with a sign such as {, [, *, & or @.",
        line=line,
        reason=what,
    )
