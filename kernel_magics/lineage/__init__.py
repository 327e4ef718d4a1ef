"""Lineage: which columns a value comes from, as far as the code says it, and how other systems are told."""
