"""Monitor: what the log of a service tells about an envelope, as evidence for the rules of a registry."""
