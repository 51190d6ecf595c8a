"""The plugin's formula, its gradient, and that nbnet finds it by name."""

from __future__ import annotations

import numpy as np
import pytest

import nbnet
import nbnet_swish
from nbnet import plugins, registry

POINTS = np.array([-30.0, -2.5, -1.0, 0.0, 0.3, 4.0, 30.0])


@pytest.fixture
def swish(monkeypatch):
    """The activation as a user of the installed plugin gets it."""

    class Point:
        name = "swish"
        value = "nbnet_swish"
        dist = None

        @staticmethod
        def load():
            return nbnet_swish

    others = plugins.metadata.entry_points  # Numba asks for its own while the test runs
    monkeypatch.setattr(
        plugins.metadata,
        "entry_points",
        lambda **selected: [Point] if selected.get("group") == "nbnet" else others(**selected),
    )
    monkeypatch.setenv("NBNET_PLUGINS", "swish")
    plugins.reload()
    yield registry.activations.get("swish")
    monkeypatch.undo()
    plugins.reload()


def test_values(swish):
    np.testing.assert_allclose(swish(POINTS), POINTS / (1 + np.exp(-POINTS)), rtol=1e-12, atol=1e-300)


def test_gradient(swish):
    step = 1e-6
    expected = (swish(POINTS + step) - swish(POINTS - step)) / (2 * step)
    slope = nbnet.grad(lambda x: nbnet.ops.sum(swish(x)))
    np.testing.assert_allclose(slope(POINTS), expected, rtol=1e-6, atol=1e-9)


def test_a_model_trains_with_it(swish):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(64, 4)).astype("float32")
    y = x.sum(1, keepdims=True)
    model = nbnet.Sequential([nbnet.layers.Dense(8, activation="swish", input_shape=(4,)), nbnet.layers.Dense(1)])
    model.compile(optimizer="adam", loss="mse")
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=20, batch_size=16, verbose=0)
    assert model.evaluate(x, y, verbose=0) < before
    assert registry.activations.owner("swish") == "swish"
