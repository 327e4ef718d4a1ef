"""Graph: definitions linked by name into an immutable graph, and the plan of a request."""
