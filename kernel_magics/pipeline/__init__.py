"""Pipelines: a YAML file says what is computed from what, when, where to; a notebook or module says how."""
