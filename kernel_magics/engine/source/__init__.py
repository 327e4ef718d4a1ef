"""Source: the text of cells, with its lines, its names and its scopes."""
