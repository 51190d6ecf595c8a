"""What becomes of whole networks: which kernels a training step has, and what they write."""

from collections import Counter

import numpy as np
import pytest

import nbnet
from nbnet.layers import Activation, BatchNormalization, Dense, Dropout, Input


def plan_of(*layers, optimizer="adam", batch=32):
    """The plan of a training step."""
    model = nbnet.Sequential([Input((20,)), *layers])
    model.compile(optimizer, "sparse_categorical_crossentropy")
    x, y = np.zeros((batch, 20), "f4"), np.zeros(batch, "int64")
    return nbnet.function(lambda x, y: model.train_step(x, y)["loss"]).explain(x, y)


def families(plan):
    """How many entries each kernel family has."""
    return Counter(entry.spec.family for entry in plan.entries)


def test_a_dense_network():
    plan = plan_of(Dense(30, activation="relu"), Dense(10, activation="softmax"))
    # forward 2, gradient of the input 1, of the weights 2; cross-entropy with its gradient, and the mean of the losses
    assert families(plan) == {"matmul": 5, "rows": 2, "columns": 2, "norm": 1, "guard": 1, "map": 1}


def test_the_cross_entropy_and_its_gradient_are_one_kernel():
    plan = plan_of(Dense(10, activation="softmax"))
    (entry,) = [entry for entry in plan.entries if "exp" in entry.label]
    assert entry.spec.family == "rows"
    assert {"max", "sum", "log", "one_hot"} <= set(entry.label.strip("]").split("[")[1].split())
    assert [result.lane for result in entry.spec.program.results].count(False) == 1


def test_a_batch_normalization_is_one_kernel_forward_and_one_backward():
    plan = plan_of(Dense(30), BatchNormalization(), Activation("relu"), Dense(10, activation="softmax"))
    statistics = [entry for entry in plan.entries if "rsqrt" in entry.label]
    assert [entry.spec.family for entry in statistics] == ["columns"]
    backward = [entry for entry in plan.entries if entry.spec.family == "columns" and entry not in statistics]
    assert len(backward) == 2  # of the normalization, and the gradient of the last bias


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
def test_a_hidden_layer_keeps_one_array_for_the_backward_pass(activation):
    plan = plan_of(Dense(30, activation=activation), Dense(10, activation="softmax"))
    first = next(entry for entry in plan.entries if entry.spec.family == "matmul")
    assert len(first.spec.epilogue.results) == 1


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam"])
def test_the_update_of_all_variables_is_one_entry_behind_the_guard(optimizer):
    plan = plan_of(
        Dense(30, activation="relu"), Dropout(0.5), Dense(20, activation="tanh"), Dense(10, activation="softmax"),
        optimizer=optimizer,
    )  # fmt: skip
    guard = next(index for index, entry in enumerate(plan.entries) if entry.guard)
    behind = plan.entries[guard + 1 :]
    assert [entry.spec.family for entry in behind] == ["map"]
    assert behind[0].label.endswith("x 6")
    assert all(result.alias is not None for result in behind[0].spec.program.results)
    assert not any(entry.group for entry in plan.entries[:guard])


def test_the_batch_size_changes_no_kernel():
    layers = lambda: (Dense(30), BatchNormalization(), Activation("relu"), Dropout(0.1), Dense(10, "softmax"))  # noqa: E731
    kernels = {frozenset(plan_of(*layers(), batch=batch).kernels()) for batch in (2, 32, 33, 200)}
    assert len(kernels) == 1


def test_intermediates_share_memory():
    plan = plan_of(*[Dense(64, activation="relu") for _ in range(8)], Dense(10, activation="softmax"), batch=512)
    written = sum(entry.bytes for entry in plan.entries if entry.spec.family == "matmul")
    assert plan.arena < written / 3
