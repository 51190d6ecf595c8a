"""Sparse categorical cross-entropy: targets are class numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from nbnet.errors import DataError, ShapeError
from nbnet.graph import ops
from nbnet.graph.tensor import as_operand
from nbnet.hookspecs import Register, hookimpl
from nbnet.losses.crossentropy import clipped, logits_of
from nbnet.losses.loss import Loss, floats

__all__ = ["SparseCategoricalCrossentropy", "class_numbers"]


def class_numbers(y_true: Any, y_pred: Any, name: str) -> Any:
    """Targets as integers of the shape of the predictions without the axis of classes.

    Raises
    ------
    ShapeError
        When they have another shape.
    """
    y_true = as_operand(y_true)
    wanted = y_pred.shape[:-1]
    if y_true.shape not in (wanted, (*wanted, 1)):
        if y_true.shape == y_pred.shape:
            remedy = "Such rows are one-hot targets: use 'categorical_crossentropy'."
        elif y_true.shape == wanted[:1]:
            remedy = "For one class number a sample put a Flatten before the last layer."
        else:
            remedy = "Change the last layer or the targets."
        raise ShapeError(
            f"{name} expects one class number for each prediction, shape {wanted}; received targets of shape "
            f"{y_true.shape} for predictions of shape {y_pred.shape}. {remedy}"
        )
    y_true = y_true if y_true.dtype.kind in "iu" else ops.cast(y_true, "int32")
    return y_true if y_true.shape == wanted else ops.reshape(y_true, wanted)


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of one class among several; targets are the numbers of the classes.

    Parameters
    ----------
    from_logits : bool
        Whether predictions are logits z; else they are probabilities p = softmax(z). Behind a softmax it is
        computed from z in either case.

    Notes
    -----
    -ln p[y] = logsumexp(z) - z[y]. Probabilities are divided by their sum and kept 1e-7 away from 0 and 1.
    """

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = from_logits

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """One number for each sample."""
        y_pred = floats(y_pred)
        labels = class_numbers(y_true, y_pred, f"The loss '{self.name}'")
        chosen = ops.one_hot(labels, y_pred.shape[-1], y_pred.dtype)
        logits = y_pred if self.from_logits else logits_of(y_pred, "softmax")
        if logits is not None:
            return ops.logsumexp(logits, axis=-1) - ops.sum(chosen * logits, axis=-1)
        p = clipped(y_pred / ops.sum(y_pred, axis=-1, keepdims=True))
        return -ops.sum(chosen * ops.log(p), axis=-1)

    def check(self, y_true: np.ndarray, output_shape: tuple[int | None, ...]) -> None:
        """Targets are whole numbers in [0, classes)."""
        class_numbers(y_true, np.empty((y_true.shape[0], *output_shape[1:]), "bool"), f"The loss '{self.name}'")
        classes = output_shape[-1] or 0
        bad = np.flatnonzero((y_true < 0) | (y_true >= classes) | (y_true != np.floor(y_true)))
        if bad.size == 0:
            return
        low, high = y_true.min(), y_true.max()
        if low == 1 and high == classes:
            remedy = "Labels that start at 1 become class numbers by subtracting 1."
        elif not (y_true == np.floor(y_true)).all():
            remedy = "Labels are whole numbers; for targets of any value use a loss such as 'mse'."
        elif low < 0:
            remedy = "Labels count from 0; correct those below it."
        else:
            remedy = f"Give the last layer {int(high) + 1} units, or correct the labels."
        raise DataError(
            f"The loss '{self.name}' expects labels from 0 to {classes - 1}, since the model has {classes} outputs; "
            f"received {y_true.flat[bad[0]]} at y[{np.unravel_index(bad[0], y_true.shape)[0]}] ({bad.size} such in "
            f"all). {remedy}"
        )


@hookimpl
def register_losses(register: Register) -> None:
    """Register ``sparse_categorical_crossentropy``."""
    register("sparse_categorical_crossentropy", SparseCategoricalCrossentropy)
