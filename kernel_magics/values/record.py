"""What the makers of records share: the refusal of a value, and moments as texts."""

from typing import Any, Final

import numpy as np

_UNITS: Final = ("D", "s", "ms", "us", "ns")


class Unsupported(Exception):
    """A value that a record cannot hold exactly; the message is the name of a type, and where it was met.

    Args:
        kind: the name of the type.
        place: such as "column 'model'" or "[0]['name']"; "" for the value itself.
    """

    def __init__(self, kind: str, place: str = "") -> None:
        super().__init__(f"{kind} in {place}" if place else kind)
        self.kind, self.place = kind, place


def moment_texts(column: Any) -> list[Any]:
    """As texts of the coarsest unit that says it all: dates rather than midnights."""
    for unit in _UNITS if np.datetime_data(column.dtype)[0] in _UNITS else ():
        coarse = column.astype(f"M8[{unit}]")
        if ((coarse.astype(column.dtype) == column) | np.isnat(column)).all():
            column = coarse
            break
    texts = np.datetime_as_string(column).tolist()
    return [None if text == "NaT" else text for text in texts]
