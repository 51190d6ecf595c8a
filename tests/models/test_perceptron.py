"""The perceptron: learns what a line separates, and says when none does."""

from __future__ import annotations

import numpy as np
import pytest

from nbnet import Perceptron
from nbnet.errors import ConvergenceError, DataError, ShapeError

X = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
AND, OR, XOR = [0, 0, 0, 1], [0, 1, 1, 1], [0, 1, 1, 0]


def perceptron(**options):
    model = Perceptron(**options)
    model.run_eagerly = True
    return model


@pytest.mark.parametrize("y", [AND, OR])
@pytest.mark.parametrize("batch_size", [1, 2, "full"])
def test_learns_and_and_or(y, batch_size):
    model = perceptron()
    history = model.fit(X, y, batch_size=batch_size, verbose=0)
    assert model.converged_
    assert history.converged
    assert model.mistakes_ == 0
    np.testing.assert_array_equal(model.predict(X).ravel(), y)
    assert history.history["loss"][-1] == 0
    assert len(history.epoch) < 100  # it stopped by itself


def test_the_rule_by_hand():
    model = perceptron(learning_rate=0.5)
    model.fit(X, AND, epochs=1, verbose=0)
    weights, bias = np.zeros(2), 0.0
    for x, y in zip(X, AND, strict=True):
        wrong = y - (1 if weights @ x + bias >= 0 else 0)
        weights, bias = weights + 0.5 * wrong * x, bias + 0.5 * wrong
    np.testing.assert_array_equal(model.get_weights()[0].ravel(), weights)
    np.testing.assert_array_equal(model.get_weights()[1], [bias])


def test_the_rule_over_a_batch_by_hand():
    model = perceptron()
    model.fit(X, AND, batch_size="full", epochs=1, verbose=0)
    wrong = np.array(AND) - 1  # all weights are zero, and the step of 0 is 1
    np.testing.assert_array_equal(model.get_weights()[0].ravel(), X.T @ wrong)
    np.testing.assert_array_equal(model.get_weights()[1], [wrong.sum()])


def test_says_that_xor_did_not_converge(capsys):
    model = perceptron()
    history = model.fit(X, XOR, epochs=20, verbose=2)
    assert model.converged_ is False
    assert model.mistakes_ > 0
    assert "did not converge" in history.message
    assert "did not converge" in capsys.readouterr().out
    assert len(history.epoch) == 20
    with pytest.raises(ConvergenceError, match="XOR"):
        perceptron(must_converge=True).fit(X, XOR, epochs=5, verbose=0)


def test_wrong_targets():
    with pytest.raises(DataError, match=r"0 and 1.*\(y \+ 1\) / 2"):
        perceptron().fit(X, [-1, 1, 1, 1])
    with pytest.raises(ShapeError, match="one output"):
        perceptron().fit(X, np.eye(4)[:, :2])
