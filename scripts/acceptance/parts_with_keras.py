"""Every registered part beside the one of Keras 3 on JAX: ``python -m acceptance.parts_with_keras``."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("KERAS_BACKEND", "jax")

from acceptance.report import run

if __name__ == "__main__":
    sys.exit(run("with_keras", sys.argv[1:]))
