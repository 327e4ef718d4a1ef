"""Values: isolation, equality, digests, summaries, records."""
