"""Listeners that tell other systems about runs, one file for each system; each needs an extra."""
