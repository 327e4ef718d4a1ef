"""Export: a dataflow becomes a module of plain functions, with tests and a proof of equal values."""
