"""Envelope: a folder with an exported module and all that it needs to run elsewhere, the unit that ships."""

from kernel_magics.envelope.envelope import Envelope

__all__ = ["Envelope"]
