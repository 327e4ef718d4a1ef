"""Run: plans are executed, as a stream of events or as one compiled function."""
