"""Lineage: the columns from which a value is made, as far as code shows, and events about runs."""
