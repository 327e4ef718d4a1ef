"""Measures estimate the size of a text from the usual widths of sans-serif letters."""

from html import escape
from unicodedata import east_asian_width

from kernel_magics.engine.source.late import LatePattern

_WIDTHS = {
    letter: width / 1000
    for width, letters in {
        191: "'", 222: "ijl", 260: "|", 278: " !,./:;I[\\]ft", 333: "()-`r", 334: "{}", 355: '"', 389: "*",
        469: "^", 500: "Jckvxyzs", 556: "#$0123456789?L_abdeghnopqu", 584: "+<=>~", 611: "FTZ",
        667: "&ABEKPSVXY", 722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1015: "@",
    }.items()
    for letter in letters
}  # fmt: skip

SAFETY = 1.06
"""Fonts differ: a margin is better than a letter cut off."""

_NOT_XML = LatePattern("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def text_width(text: str, size: float, bold: bool = False) -> float:
    """The width in pixels of one line of text in a font of that size."""
    ems = sum(_WIDTHS.get(letter) or (1.0 if east_asian_width(letter) in "WF" else 0.6) for letter in text)
    return ems * size * SAFETY * (1.08 if bold else 1.0)


def shorten(text: str, room: float, size: float, bold: bool = False) -> str:
    """The text, cut with an ellipsis at its end to fit."""
    if text_width(text, size, bold) <= room + 0.1:
        return text
    for kept in range(min(len(text) - 1, int(room)), 0, -1):
        cut = text[:kept] + "…"
        if text_width(cut, size, bold) <= room:
            return cut
    return "…"


def one_line(text: str) -> str:
    """The text with every run of white space, line breaks included, as one space."""
    return " ".join(text.split())


def escaped(text: object) -> str:
    """A text escaped for XML, HTML and quoted attributes, without characters that XML forbids."""
    return escape(_NOT_XML.sub("", str(text)), quote=True)
