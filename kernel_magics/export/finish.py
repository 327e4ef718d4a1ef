"""Finishing puts new files in place from a journal; it can be repeated at any point and gives the same.

Also runs as a script, `python finish.py JOURNAL`, so that it ends even when the export is killed.
"""

import json
import os
import sys

NEW, OLD = ".dagbook-new", ".dagbook-old"


def beside(path: str, suffix: str) -> str:
    """The hidden file that belongs to a path."""
    folder, name = os.path.split(path)
    return os.path.join(folder, f".{name}{suffix}")


def finish(journal: str) -> None:
    """Replace every file of the journal; where one cannot be replaced, put the old ones back.

    Raises:
        OSError: the old files stand.
    """
    with open(journal, encoding="utf-8") as file:
        paths = json.load(file)["files"]
    done = []
    try:
        for path in paths:
            if os.path.exists(beside(path, NEW)):
                os.replace(beside(path, NEW), path)
            done.append(path)
    except OSError:
        for path in done:
            if os.path.exists(beside(path, OLD)):
                os.replace(beside(path, OLD), path)
            else:
                os.unlink(path)
        clean(journal, paths)
        raise
    clean(journal, paths)


def clean(journal: str, paths: list[str]) -> None:
    """Remove the journal, then what it stood for."""
    os.unlink(journal)
    for path in paths:
        for suffix in (NEW, OLD):
            if os.path.lexists(beside(path, suffix)):
                os.unlink(beside(path, suffix))


if __name__ == "__main__":
    finish(sys.argv[1])
