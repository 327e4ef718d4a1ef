"""A cover takes secrets and private values out of what is written about a run: reports, logs, evidence."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Any, Final

from kernel_magics.engine.source.secrets import SECRET, kind_of, looks_secret, masked

PRIVATE: Final = "‹private›"
_LONG: Final = 6  # characters from which a text is distinctive
_MANY: Final = 10_000


class Cover:
    """Replaces secrets by `‹secret›`, and what is private by `‹private›`.

    Args:
        names: of private inputs and columns.
        values: private values; texts of six characters or more are found wherever they are, in capitals, too.
    """

    def __init__(self, names: Collection[str] = (), values: Iterable[object] = ()) -> None:
        self._names = frozenset(names)
        texts = {value for value in values if isinstance(value, str) and len(value) >= _LONG}
        longest = sorted(texts, key=len, reverse=True)[:_MANY]
        self._texts = re.compile("|".join(map(re.escape, longest)), re.IGNORECASE) if longest else None

    def text(self, text: str) -> str:
        """The text without secrets and private values."""
        text = masked(text)
        return self._texts.sub(PRIVATE, text) if self._texts else text

    def document(self, document: Any, name: str = "") -> Any:
        """A JSON document without them; everything under a private name is private.

        Args:
            name: under which the document stands.
        """
        if isinstance(document, dict):
            inside = name if name in self._names else None
            return {key: self.document(value, inside or str(key)) for key, value in document.items()}
        if isinstance(document, list | tuple):
            return [self.document(member, name) for member in document]
        if document is None or isinstance(document, bool):
            return document
        if name in self._names:
            return PRIVATE
        if isinstance(document, str):
            kind = kind_of(name)
            return SECRET if kind and looks_secret(kind, document) else self.text(document)
        return document
