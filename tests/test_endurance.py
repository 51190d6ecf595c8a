"""Long use of one model: memory stays flat, and a forked child predicts and trains."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from benchmarks.machine import resident_bytes

ROOT = Path(__file__).resolve().parent.parent
_SETUP = """
import sys
sys.path[:0] = [{scripts!r}]
import numpy as np, nbnet
from benchmarks.machine import resident_bytes
from nbnet.layers import BatchNormalization, Dense, Dropout
model = nbnet.Sequential([Dense(32, activation="relu", input_shape=(16,)), BatchNormalization(), Dropout(0.2),
                          Dense(4, activation="softmax")])
model.compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
random = np.random.default_rng(0)
x, y = random.normal(size=(400, 16)).astype("float32"), random.integers(0, 4, 400)
def grown(calls, warm, call):
    for number in range(warm):
        call(number)
    before = resident_bytes()
    for number in range(warm, calls):
        call(number)
    print(resident_bytes() - before)
"""
_PREDICT = "grown(10_000, 500, lambda number: model.predict(x[: 1 + number * 7 % 13]))"
_FIT = (
    "grown(200, 40, lambda number: model.fit(x[: 20 + number * 37 % 300], y[: 20 + number * 37 % 300],"
    " batch_size=8 + number % 11, verbose=0, validation_split=0.1))"
)


@pytest.mark.skipif(resident_bytes() is None, reason="this system does not say how much memory is resident")
@pytest.mark.parametrize("calls", [_PREDICT, _FIT], ids=["predict", "fit"])
def test_calls_of_changing_sizes_keep_no_memory(calls):
    code = _SETUP.format(scripts=str(ROOT / "scripts")) + calls
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert ended.returncode == 0, ended.stderr
    assert int(ended.stdout) < 4 << 20


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_is_forked_after_training_predicts_and_trains():
    code = """
import os, sys, warnings, numpy as np, nbnet
from nbnet.layers import Dense
warnings.simplefilter("ignore")
model = nbnet.Sequential([Dense(300, activation="relu", input_shape=(400,)), Dense(3)])
model.compile("adam", "mse")
x = np.random.default_rng(0).normal(size=(512, 400)).astype("float32")
model.fit(x, x[:, :3], batch_size=256, epochs=2, verbose=0)
expected = model.predict(x)
child = os.fork()
if child == 0:
    same = np.array_equal(model.predict(x), expected)
    model.fit(x, x[:, :3], batch_size=256, verbose=0)
    os._exit(0 if same and np.isfinite(model.predict(x)).all() else 3)
_, status = os.waitpid(child, 0)
model.fit(x, x[:, :3], batch_size=256, verbose=0)
sys.exit(os.waitstatus_to_exitcode(status))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stderr
