"""Importing is the way back: a module becomes a notebook, or its edits return to the cells they came from.

Reading a module executes nothing of it.
"""
