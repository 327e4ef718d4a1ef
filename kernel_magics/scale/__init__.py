"""Scale: a dataflow runs in parts of a key, on any executor, where that was proved to change no value."""
