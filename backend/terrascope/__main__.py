"""`python -m terrascope`."""

from __future__ import annotations

import sys

from terrascope.cli import main

if __name__ == "__main__":
    sys.exit(main())
