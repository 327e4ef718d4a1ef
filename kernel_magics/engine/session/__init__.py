"""Session: the one mutable object, with the memo of each node, its staleness and its cache."""
