"""Attacks on what keeps values apart and fresh: each is stopped, told, or documented in the guide."""
