"""Sources and sinks: where values come from and go to, be it files or databases."""
