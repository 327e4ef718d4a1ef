"""Values: isolation, comparison, digests and sizes of values; one protocol for every library."""
