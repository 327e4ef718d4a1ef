"""Cells: what one cell's text says about each name it defines, before anything is linked."""
