"""Documents: YAML files that people write, read with the line of each entry and checked against a schema."""
