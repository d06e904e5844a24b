"""`python -m wince` is the same as the command `wince`."""

import sys

from wince.cli import main

if __name__ == "__main__":
    sys.exit(main())
