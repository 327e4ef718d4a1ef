"""A problem is what a person can put right about a file or a value."""

# The text of this module stands in exported packages for `kernel_magics.tables.problem`.


class Problem(Exception):
    """What a person can put right."""


def problem(code: str, message: str, hint: str) -> Problem:
    """The problem with a message and a way out; the code is that of the same error in a notebook."""
    return Problem(f"{message}\n{hint[:1].upper()}{hint[1:]}".rstrip())
