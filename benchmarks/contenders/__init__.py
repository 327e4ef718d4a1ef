"""A contender is one way to do the work: a module with a function for each experiment it takes part in.

An experiment takes a size and returns its results by row. Each runs in a process of its own.
"""
