"""What every test shares: one kernel cache, eight possible threads, and seeds through a fixture."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

# Before anything imports Numba: the number of threads is fixed then, and 7 threads are tested on any machine.
os.environ.setdefault("NBNET_CACHE_DIR", os.path.join(tempfile.gettempdir(), f"nbnet-test-cache-{os.getuid()}"))
os.environ["NBNET_PLUGINS"] = ""  # what happens to be installed must not change a test

import numpy as np
import pytest


@pytest.fixture
def seed() -> Iterator[int]:
    """The seed of a test; nbnet's global seed is set to it and put back afterwards."""
    from nbnet.graph.seed import get_seed, set_seed

    before = get_seed()
    set_seed(1234)
    yield 1234
    set_seed(before)


@pytest.fixture
def rng(seed: int) -> np.random.Generator:
    """Random test data."""
    return np.random.default_rng(seed)
