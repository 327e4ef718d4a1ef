"""Cells: the definitions in the text of one cell, before their names are linked."""
