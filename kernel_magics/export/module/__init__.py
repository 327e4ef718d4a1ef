"""Module: the text of the exported Python module, part by part."""
