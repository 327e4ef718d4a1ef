"""Import is the reverse of export: a module becomes a notebook, or its edits return to their cells.

Reading a module executes nothing of it.
"""
