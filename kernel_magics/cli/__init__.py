"""The `dagbook` command: adapters that parse arguments, call the library, and print."""
