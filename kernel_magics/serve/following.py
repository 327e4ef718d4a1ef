"""Following is serving the envelope that an environment's pointer names, also after the pointer has moved."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Final

from kernel_magics.engine.errors import DataflowError
from kernel_magics.envelope.envelope import Envelope
from kernel_magics.registry.folder import Folder
from kernel_magics.registry.pointer import pointer
from kernel_magics.registry.registry import pointed
from kernel_magics.serve.service import Service
from kernel_magics.serve.serving import Serving

EVERY: Final = 1.0  # seconds between two looks at the pointer
AGAIN: Final = 30.0
"""Seconds until an envelope that could not be loaded is tried again: it may have been published anew."""


class Follower:
    """Loads another envelope beside the one that is served, and exchanges them, when the pointer has moved.

    An envelope that cannot be loaded changes nothing: the old one answers on, `serving.problem` says why.
    """

    def __init__(self, root: Path, environment: str, serving: Serving) -> None:
        self._root, self._environment, self._serving = root, environment, serving
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="dagbook-follow", daemon=True)
        self._tried, self._again = "", 0.0

    def start(self) -> None:
        """Follow in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self._thread.join()

    def look(self) -> None:
        """Look at the pointer once."""
        serving = self._serving
        try:
            digest = pointer(Folder(self._root), self._environment)[0]
            if digest in ("", serving.now.envelope.digest):
                serving.problem, self._tried = "", ""
            elif digest != self._tried or time.monotonic() > self._again:
                self._tried, self._again = digest, time.monotonic() + AGAIN
                serving.exchange(Service(Envelope.open(pointed(self._root, self._environment))))
        except DataflowError as error:
            serving.problem = str(error)
        except Exception as error:  # of the envelope's own code
            serving.problem = f"{type(error).__name__}: {error}"

    def _follow(self) -> None:
        while not self._ended.wait(EVERY):
            self.look()
