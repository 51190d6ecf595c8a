"""How much memory training takes: that of the weights, of what the plan says, and of the batch."""

from __future__ import annotations

import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import nbnet
from nbnet.layers import Dense, Flatten, Input

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from benchmarks import memory
from benchmarks.machine import resident_bytes
from benchmarks.processes import Settings, run_worker

WIDE = "784-1024-1024-10, batch 1024"
"""Arrays of some megabytes, beside which what Python keeps of a trace counts for little."""


@pytest.mark.skipif(resident_bytes() is None, reason="this system does not say how much memory is resident")
def test_a_hundred_steps_take_what_the_plan_says():
    settings = Settings(threads=2, rounds=1)
    found = run_worker("memory", WIDE, settings)
    if found["compiled"]:
        found = run_worker("memory", WIDE, settings)
    assert found["compiled"] == 0
    need, weights = sum(found["need"].values()), found["weights"]
    assert need > 32 << 20
    assert found["grown"] <= memory.OVER * need
    assert found["making"] + found["grown"] <= memory.OVER * (need + weights)
    assert found["grown"] > need / 2, "what was measured is not the memory of the steps"


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("layout", [np.ascontiguousarray, np.asfortranarray])
def test_fit_keeps_no_copy_of_the_data(dtype, layout, rng):
    def train(samples):
        x = layout(rng.integers(0, 255, (samples, 8, 8)).astype(dtype))
        y = rng.integers(0, 4, samples)
        model = nbnet.Sequential([Input((8, 8)), Flatten(), Dense(4, activation="softmax")])
        model.compile("sgd", "sparse_categorical_crossentropy")
        tracemalloc.start()
        model.fit(x, y, batch_size=32, verbose=0, validation_split=0.1)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most, x

    train(64)  # what a process takes once
    few, x = train(4000)
    many, longer = train(16000)
    order = 2 * 8 * (len(longer) - len(x))  # and the words that are sorted
    assert many - few <= order + (longer.nbytes - x.nbytes) / 10
