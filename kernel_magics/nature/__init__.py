"""Natures, found out by experiment: whether a value depends on its row, its key, the past or everything."""
