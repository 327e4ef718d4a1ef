"""A shelf is a store for tests: pickles by key, which other sessions of this process find."""

import pickle
from dataclasses import replace

from kernel_magics.engine.session.store import Result


class Shelf:
    """See `kernel_magics.engine.session.store.Store`."""

    environment = ""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def get(self, key: str) -> Result | None:
        """The result, read anew each time."""
        return pickle.loads(self.kept[key]) if key in self.kept else None

    def put(self, key: str, name: str, result: Result) -> None:
        """Keep what can be pickled."""
        try:
            self.kept[key] = pickle.dumps(replace(result))
        except Exception:
            self.kept.pop(key, None)

    def fingerprint(self, value: object) -> str | None:
        """The pickle as text."""
        try:
            return pickle.dumps(value).hex()
        except Exception:
            return None
