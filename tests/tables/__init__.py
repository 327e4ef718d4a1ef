"""Tables: values in files and on the command line."""
