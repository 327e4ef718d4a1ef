"""Quality: what values are like, what changed, what drifted, and reports on all of that."""
