"""Package: the files around a module that make it an installable package."""
