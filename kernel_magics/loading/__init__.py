"""Loading of the notebook, module or envelope that a command or a pipeline names."""
