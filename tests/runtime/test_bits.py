"""The same bits for any number of threads and in every process; nothing is compiled twice; guards keep the weights."""

import hashlib
import os
import subprocess
import sys
import threading

import numpy as np
import pytest

import nbnet
from nbnet import ops
from nbnet.errors import NonFiniteError
from nbnet.kernels import jit
from nbnet.layers import Activation, BatchNormalization, Dense, Dropout, Flatten
from nbnet.runtime import threads

TRAINING = """
import hashlib, sys
import numpy as np
import nbnet
from nbnet.kernels import jit
from nbnet.layers import Activation, BatchNormalization, Dense, Dropout, Flatten

nbnet.set_seed(7)
rng = np.random.default_rng(0)
x, y = rng.normal(size=(203, 9, 7)).astype("float32"), rng.integers(0, 5, 203)
model = nbnet.Sequential([
    Flatten(input_shape=(9, 7)), Dense(130), BatchNormalization(), Activation("relu"), Dropout(0.3),
    Dense(33, activation="tanh"), Dense(5, activation="softmax"),
])
model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(x, y, epochs=3, batch_size=64, verbose=0)
digest = hashlib.sha256()
for weight in model.get_weights():
    digest.update(np.ascontiguousarray(weight).tobytes())
digest.update(model.predict(x).tobytes())
print(digest.hexdigest(), jit.compilations())
"""


def train(**environment):
    """Digest of the weights after a training in a process of its own, and how many kernels it compiled."""
    inherited = {name: value for name, value in os.environ.items() if name not in ("NBNET_NUM_THREADS",)}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", TRAINING],
        env={**inherited, **environment}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    digest, compiled = done.stdout.split()
    return digest, int(compiled)


@pytest.fixture(scope="module")
def reference():
    """The digest with one thread; afterwards every kernel of the training is in the cache."""
    return train(NBNET_NUM_THREADS="1")[0]


@pytest.mark.parametrize(
    "environment",
    [
        {"NBNET_NUM_THREADS": "1"},
        {"NBNET_NUM_THREADS": "2"},
        {"NBNET_NUM_THREADS": "3"},
        {"NBNET_NUM_THREADS": "7"},
        {"NBNET_NUM_THREADS": "2", "OMP_THREAD_LIMIT": "1"},
        {"NBNET_NUM_THREADS": "2", "NUMBA_THREADING_LAYER": "workqueue"},
    ],
    ids=lambda environment: " ".join(environment.values()),
)
def test_weights_do_not_depend_on_threads_and_a_second_process_compiles_nothing(reference, environment):
    assert train(**environment) == (reference, 0)


def network():
    """A small classifier and its data."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(50, 4, 3)).astype("float32"), rng.integers(0, 3, 50)
    model = nbnet.Sequential(
        [
            Flatten(input_shape=(4, 3)), Dense(20), BatchNormalization(), Activation("relu"), Dropout(0.2),
            Dense(3, "softmax"),
        ]
    )  # fmt: skip
    model.compile("sgd", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, x, y


def state(model):
    """Digest of all weights."""
    digest = hashlib.sha256()
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return digest.hexdigest()


def test_the_number_of_threads_may_change_between_steps():
    found = set()
    for counts in ((1, 1), (1, 3), (7, 2)):
        model, x, y = network()
        for count in counts:
            nbnet.set_num_threads(count)
            model.fit(x, y, epochs=2, batch_size=16, verbose=0)
        found.add(state(model))
    threads._chosen = None
    assert len(found) == 1


def test_a_smaller_last_batch_and_another_learning_rate_compile_nothing():
    model, x, y = network()
    model.fit(x[:32], y[:32], epochs=1, batch_size=16, verbose=0)
    before = jit.compilations() + jit.hits()
    model.fit(x, y, epochs=1, batch_size=16, verbose=0)
    model.optimizer.learning_rate = 0.5
    model.fit(x, y, epochs=1, batch_size=16, verbose=0)
    assert jit.compilations() + jit.hits() == before


def test_a_guard_keeps_all_state_and_names_the_layer():
    model, x, y = network()
    model.fit(x, y, epochs=1, verbose=0)
    before = state(model)
    with pytest.raises(NonFiniteError, match="op 'matmul' in dense"):
        model.train_on_batch(np.full_like(x, 3e38), y)
    assert state(model) == before
    model.layers[1].kernel.storage[0, 0] = np.inf
    broken = state(model)
    with pytest.raises(NonFiniteError, match="the weight 'dense/kernel' already holds inf"):
        model.train_on_batch(x, y)
    assert state(model) == broken != before


def test_predictions_from_several_threads_agree():
    model, x, _ = network()
    expected, wrong = model.predict(x), []

    def ask():
        wrong.extend(not np.array_equal(model.predict(x), expected) for _ in range(20))

    asking = [threading.Thread(target=ask) for _ in range(4)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(wrong) == 80
    assert not any(wrong)


def test_a_function_keeps_the_eight_latest_plans():
    doubled = nbnet.function(lambda x: ops.exp(x) * 2.0)
    for size in range(1, 12):
        doubled(np.ones(size, "f4"))
    assert len(doubled._plans) == 8
    np.testing.assert_allclose(doubled(np.ones(1, "f4")), 2 * np.exp(1.0), rtol=1e-6)
