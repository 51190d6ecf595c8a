"""scikit-learn: ``partial_fit`` of MLPClassifier or MLPRegressor on one batch, which is one step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn
from sklearn.neural_network import MLPClassifier, MLPRegressor

from benchmarks.images import ImageNetwork
from benchmarks.network import LEARNING_RATE, Network


def setup(threads: int) -> str:
    """The version; its BLAS reads the number of threads from the environment."""
    return str(sklearn.__version__)


def _begun(network: Network, x: np.ndarray, y: np.ndarray) -> tuple[Any, np.ndarray]:
    """An estimator after its first step, and targets as it wants them."""
    options: dict[str, Any] = {
        "hidden_layer_sizes": network.widths[1:-1], "solver": network.optimizer,
        "learning_rate_init": LEARNING_RATE, "alpha": 0.0, "batch_size": len(x),
        "momentum": 0.0, "nesterovs_momentum": False, "random_state": 0,
    }  # fmt: skip
    if network.loss == "mse":
        y = y[:, 0] if y.shape[1] == 1 else y
        return MLPRegressor(**options).partial_fit(x, y), y
    return MLPClassifier(**options).partial_fit(x, y, classes=np.arange(network.widths[-1])), y


def train_step(network: Network, x: np.ndarray, y: np.ndarray) -> Callable[[], Any] | None:
    """A training step on one batch; None with batch normalization, which it does not have."""
    if network.normalized:
        return None
    made, targets = _begun(network, x, y)
    return lambda: made.partial_fit(x, targets)


def predictors(network: Network | ImageNetwork, x: np.ndarray) -> dict[str, Callable[[], Any]]:
    """From array to array; none with convolutions, which it does not have."""
    if isinstance(network, ImageNetwork):
        return {}
    made, _ = _begun(network, *network.data(32))
    made.coefs_, made.intercepts_ = map(list, zip(*network.weights(), strict=True))
    return {"predict_proba": lambda: made.predict_proba(x)}
