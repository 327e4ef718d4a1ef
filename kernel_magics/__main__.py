"""`python -m kernel_magics` is the `dagbook` command, for folders whose files are trusted.

Started so, Python looks for its own modules in the working folder first, before any code of ours can prevent
that. Where it finds files of their names there, we go no further.
"""

import os
import sys

if sys.path and sys.path[0] in ("", os.getcwd()):
    try:
        here = set(os.listdir())
    except OSError:  # Python finds no module in a folder that it cannot list
        here = set()
    for name in sorted(sys.stdlib_module_names):
        if f"{name}.py" in here or (name in here and os.path.exists(f"{name}/__init__.py")):
            sys.stderr.write(
                f"DB002 '{name}' of this folder takes the place of a module of Python's own.\n"
                "Hint: use the command `dagbook`, which does not look here.\n"
            )
            sys.exit(2)
    del sys.path[0]

from kernel_magics.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
