"""Session: the one mutable object, with a memo for each node, what is stale and what is cached."""
