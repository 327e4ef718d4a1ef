"""Personal data is data about a person; an export reports what looks like it, and in which file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

from kernel_magics.engine.errors import quoted
from kernel_magics.engine.source.secrets import named_texts
from kernel_magics.export.examples.checksums import is_iban, luhn
from kernel_magics.export.examples.examples import read_document

_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@(?:[\w-]+\.)+(?!example\b)[A-Za-z]{2,}")
_IBAN: Final = re.compile(r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}")
_CARD: Final = re.compile(r"[3-6]\d(?:[ -]?\d){11,17}")
_PHONE: Final = re.compile(r"(?:\+|00)\d(?:[ ()/-]{0,2}\d){6,13}")
_NAMES: Final = (
    (
        "names of persons",
        re.compile(r"(?:first|last|full|given|family|sur|customer|patient|user)_?name|surname"),
    ),
    ("dates of birth", re.compile(r"birth|(?:^|_)dob(?:_|$)")),
    (
        "numbers of persons",
        re.compile(r"(?:^|_)(?:ssn|passport|tax_?id|national_?id|social_?security|nino)(?:_|$)"),
    ),
    ("addresses", re.compile(r"(?:^|_)(?:street|postal_address|home_address|ip_?address)(?:_|$)")),
    ("phone numbers", re.compile(r"(?:^|_)(?:phone|mobile|telephone|fax)(?:_|$)")),
)


def personal_notes(files: Mapping[Path, str], private: Collection[str]) -> list[str]:
    """What looks like personal data in the examples and the baseline of an export, one note for each kind.

    Args:
        private: names under which fakes stand.
    """
    found: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for path, text in files.items():
        if path.suffix == ".json" and ("@" in text or not path.name.endswith(".schema.json")):
            for name, part in set(named_texts(read_document(text))):
                what = _kind(name, part) if name not in private else ""
                if what:
                    places, names = found.setdefault(what, ({}, {}))
                    places[path.name] = None
                    names |= {name: None} if name else {}
    notes = []
    for what, (places, names) in sorted(found.items()):
        held = quoted(sorted(places))
        shown = f" ({', '.join(sorted(names)[:5])})" if names else ""
        verb = "holds" if len(places) == 1 else "hold"
        mark = ",".join(sorted(names)[:5]) or "COLUMN"
        notes.append(
            f"{held} {verb} what looks like {what}{shown}: `%%inputs --private {mark}` writes fakes."
        )
    return notes


def _kind(name: str, text: str) -> str:
    """The kind of personal data that a text under this name is; "" for none."""
    if _EMAIL.search(text):
        return "e-mail addresses"
    if _IBAN.fullmatch(text) and is_iban(text.replace(" ", "")):
        return "account numbers (IBAN)"
    if _CARD.fullmatch(text) and luhn(re.sub(r"\D", "", text)) == 0:
        return "card numbers"
    if _PHONE.fullmatch(text):
        return "phone numbers"
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return next((what for what, pattern in _NAMES if pattern.search(words)), "") if len(text) > 1 else ""
