"""``python -m nbnet`` and the console script ``nbnet``."""

from __future__ import annotations

import sys

from nbnet.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
