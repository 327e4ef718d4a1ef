"""Benchmarks: Dagbook against a hand-written script, Apache Hamilton and marimo, in one run."""
