"""Clean: proof and recording of an export in a clean Python process."""
