"""Every registered part beside the one of PyTorch, where there is one: ``python -m acceptance.parts_with_torch``."""

from __future__ import annotations

import sys

from acceptance.report import run

if __name__ == "__main__":
    sys.exit(run("with_torch", sys.argv[1:]))
