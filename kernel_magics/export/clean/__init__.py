"""Clean: the export is proved and recorded in a clean Python process."""
