"""Visible text has no characters that would control a terminal or hide text."""

from __future__ import annotations

import re
from typing import Final

_STEERING: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters; escape sequences begin with one
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # change the direction of what follows
    "\u2028\u2029\ufeff]"
)


_IN_CODE: Final = re.compile(r"""[\x00-\x1f"\\`{}<>]""")


_HALVES: Final = re.compile("[\ud800-\udfff]")
"""What stands in a name for bytes that are no text; no document can hold it."""


def file_name(name: str) -> str:
    """A file's name as docstrings, comments and documents hold it.

    Signs that end a text there, or begin code, are written as in a web address: `a%22b.ipynb`. The same again
    for a name that was made so.
    """
    steering = _STEERING.sub(_percent, _HALVES.sub(_percent, name))
    return _IN_CODE.sub(_percent, steering)


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode("utf-8", "surrogatepass"))


def visible(text: str) -> str:
    """The text with such characters escaped, as Python and JSON write them; tabs and ends of lines stay."""
    return _STEERING.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"
