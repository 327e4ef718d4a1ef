"""Source: the text of cells, its lines, names, scopes and magic lines."""
