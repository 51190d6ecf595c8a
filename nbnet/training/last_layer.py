"""A last layer and a loss that cannot be meant to go together, pointed out before the first training."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from nbnet import activations, losses
from nbnet.layers.dense import Dense
from nbnet.models.sequential import Sequential

__all__ = ["look_at_last_layer"]

_OF_PROBABILITIES = (
    losses.BinaryCrossentropy,
    losses.CategoricalCrossentropy,
    losses.SparseCategoricalCrossentropy,
)
_LOOKED_AT = 8  # samples, computed op by op


def look_at_last_layer(model: Any, x: Any) -> None:
    """Warn of a softmax over one output, and of a cross-entropy of probabilities for outputs that are none.

    Parameters
    ----------
    model : Model
        Built and compiled; one that ends in no Dense layer, or was trained before, is not looked at.
    x : nest of ndarray
        Training samples, of which a few are predicted in the second case.
    """
    if model.epochs or not isinstance(model, Sequential) or not model.layers or not isinstance(x, np.ndarray):
        return
    last = model.layers[-1]
    if not isinstance(last, Dense):
        return
    softmax = last.activation is activations.softmax or isinstance(last.activation, activations.Softmax)
    loss: Any = losses.get(model.loss) if isinstance(model.loss, (str, losses.Loss)) else None
    one_class = isinstance(loss, losses.SparseCategoricalCrossentropy)  # whose labels are then all 0
    if softmax and last.units == 1 and not one_class:
        warnings.warn(
            f"{last.title} has a softmax over one output, which is 1 for every input, so nothing is learned. Give it "
            "activation='sigmoid' for yes and no, or as many units as classes.",
            UserWarning,
            stacklevel=5,
        )
    if last.activation is not activations.linear or type(loss) not in _OF_PROBABILITIES or loss.from_logits:
        return
    outputs = np.asarray(model(x[:_LOOKED_AT]))
    if outputs.size and (outputs.min() < 0 or outputs.max() > 1):
        meant = "sigmoid" if type(loss) is losses.BinaryCrossentropy else "softmax"
        warnings.warn(
            f"{last.title} has no activation and gives numbers such as {float(outputs.ravel()[0]):.3g}, but the loss "
            f"'{loss.name}' expects probabilities. Give it activation='{meant}', or the loss from_logits=True.",
            UserWarning,
            stacklevel=5,
        )
