"""`python -m kernel_magics` is the `dagbook` command."""

import sys

from kernel_magics.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
