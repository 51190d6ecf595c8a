"""The networks that are timed, as plain data, and the arithmetic of their steps."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

LEARNING_RATE = 1e-5
"""So small that no batch is learned by heart while it is timed: then gradients and means become subnormal numbers,
which slow some frameworks down, and a benchmark would measure that."""


@dataclass(frozen=True)
class Network:
    """Dense layers with ReLU between them.

    Attributes
    ----------
    widths : tuple of int
        Inputs, hidden layers, outputs.
    normalized : bool
        Batch normalization between each hidden layer and its ReLU.
    optimizer : "adam" or "sgd"
    loss : "crossentropy" (of a softmax) or "mse"
    """

    widths: tuple[int, ...] = (784, 128, 64, 10)
    normalized: bool = False
    optimizer: str = "adam"
    loss: str = "crossentropy"

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """(inputs, outputs) of each layer."""
        return list(itertools.pairwise(self.widths))

    @property
    def name(self) -> str:
        """E.g. "784-128-64-10"."""
        return "-".join(map(str, self.widths))

    def forward_flops(self, batch: int) -> float:
        """Arithmetic of a prediction's matrix products."""
        return sum(2.0 * batch * a * b for a, b in self.pairs)

    def flops(self, batch: int) -> float:
        """Arithmetic of a step's matrix products: forward, by weights, and by inputs but those of the network."""
        return sum(2.0 * batch * a * b * (2 if index == 0 else 3) for index, (a, b) in enumerate(self.pairs))

    def data(self, samples: int) -> tuple[Any, Any]:
        """Random float32 inputs, and int64 labels or float32 targets of shape (samples, outputs)."""
        import numpy as np

        rng = np.random.default_rng(0)
        x = rng.standard_normal((samples, self.widths[0]), dtype="float32")
        if self.loss == "mse":
            return x, rng.standard_normal((samples, self.widths[-1]), dtype="float32")
        return x, rng.integers(0, self.widths[-1], samples)

    def weights(self) -> list[tuple[Any, Any]]:
        """A (kernel, bias) for each layer, kernels of shape (inputs, outputs), scaled to keep the variance."""
        import numpy as np

        rng = np.random.default_rng(1)
        return [
            (rng.standard_normal((a, b), dtype="float32") * np.float32((2 / a) ** 0.5), np.zeros(b, "float32"))
            for a, b in self.pairs
        ]
