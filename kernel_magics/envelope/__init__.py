"""Envelope: a folder with an exported module and all that it needs to run elsewhere, the unit that ships."""
